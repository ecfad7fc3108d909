"""Training without a window: one run of the same engine, saved at its end, whatever ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from pathlib import Path

import torch

from core.cli import signals
from core.cli.order import Order
from core.cli.reporters import Ending, JsonReporter, Reporter, Test, TextReporter
from core.datasets.base import Dataset, Images, describe, load
from core.engine import run_folder
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.engine.run_folder import SavedRun
from core.evaluation import held_out
from core.foundation.files import FileError
from core.foundation.slices import finish
from core.training import devices
from core.training.setup import Setup
from core.training.snapshot import Snapshot

PROGRESS_S = 1.0
"""Time between two progress reports, s."""
LAST_STEP_S = 60.0
"""Longest wait for the current step after a signal, s."""
FAILED = 1
"""Exit status of a run that failed, or could not be saved."""


def train(order: Order, as_json: bool) -> int:
    """Train and return the exit status. Raises `UserError` if device, folder or data cannot be used.

    SIGINT, SIGTERM and SIGHUP end the training; what it has learned is saved. Without a folder it also ends when nobody
    reads its reports any longer, because nothing else would come of it.
    """
    devices.choose(order.setup.device)
    torch.set_num_threads(order.setup.threads)  # of what this thread measures at the end
    with contextlib.ExitStack() as held:
        if order.out is not None:
            held.enter_context(run_folder.claimed(order.out))
            if run_folder.holds_run(order.out) and not order.overwrite:
                raise FileError(f"{order.out} holds a run already; choose another place, or replace it by --overwrite")
        reporter: Reporter = JsonReporter(sys.stdout) if as_json else TextReporter(sys.stdout, sys.stderr)
        dataset = load(order.dataset, order.source)
        experiment = Experiment(order.setup, dataset, ())
        held.callback(experiment.close)
        return _train(order, experiment, reporter)


def _train(order: Order, experiment: Experiment, reporter: Reporter) -> int:
    run = experiment.add(order.model, order.config)
    run.board.wait(lambda view: view.status.state != "building")
    stop = signals.Stop(lambda: _end_now(run))
    with signals.handled_by(stop):  # until all is on the disk: a second Ctrl-C must not cost what the first one saved
        if run.view.status.failure is None:
            reporter.started(order, experiment.dataset, run)
            run.start()
            _watch(order, run, reporter, stop)
        view = run.view
        if not reporter.is_heard and order.out is None:
            return FAILED
        if view.status.failure is not None:
            folder, error = _save(order, experiment.dataset, view, unless_worse=True)
            reporter.failed(view.status.failure, folder)
            return _failed(error)
        return _end(order, experiment.dataset, view, reporter, stop)


def _end_now(run: Run) -> None:
    """End a run as its own limit would, which also checks that the last step was sound."""
    run.limit(dataclasses.replace(run.setup, steps=1))


def _watch(order: Order, run: Run, reporter: Reporter, stop: signals.Stop) -> None:
    """Report on the run until it has ended."""
    patience_until = float("inf")
    while not run.board.wait(lambda view: view.status.state in ("finished", "failed"), PROGRESS_S):
        now = time.perf_counter()
        if stop.number:
            patience_until = min(patience_until, now + LAST_STEP_S)
        elif not reporter.is_heard and order.out is None:
            _end_now(run)
            patience_until = now
        if now > patience_until:
            return
        reporter.progress(run.view, share_done(run.view, order.setup))


def _end(order: Order, dataset: Dataset, view: View, reporter: Reporter, stop: signals.Stop) -> int:
    """Save, measure and report a run that did not fail; returns the exit status."""
    assert view.snapshot is not None
    number = stop.number  # a signal that comes from here on finds the run complete
    folder, error = _save(order, dataset, view, unless_worse=bool(number))
    test = no_measurements() if number else held_out_means(view.snapshot, dataset.test)
    speed = view.status.step * order.setup.batch / view.status.seconds if view.status.seconds else 0.0
    reporter.ended(Ending(view, test, speed, signals.name_of(number) if number else "", folder))
    if error is not None:
        return _failed(error)
    return signals.status_of(number) if number else 0


def _failed(error: FileError | None) -> int:
    if error is not None:
        print(f"latent-playground: the run could not be saved: {error}", file=sys.stderr)
    return FAILED


def _save(order: Order, dataset: Dataset, view: View, unless_worse: bool) -> tuple[Path | None, FileError | None]:
    """Save the run; where it is saved, or why it cannot be. Numbers must not be lost with a disk.

    ``unless_worse``: untrained weights do not replace a saved run.
    """
    if order.out is None or view.snapshot is None:
        return None, None
    if unless_worse and not view.snapshot.step and run_folder.holds_run(order.out):
        return None, None
    data = describe(dataset, order.source)
    try:
        run_folder.write(order.out, SavedRun.of(order.model, view, order.setup, data))
    except FileError as error:
        return None, error
    return order.out, None


def share_done(view: View, setup: Setup) -> float:
    """Progress of a run to the stop condition that it will meet first, 0 to 1."""
    status = view.status
    progress = (status.step, setup.steps), (status.epoch, setup.epochs), (status.seconds, setup.seconds)
    return min(1.0, max((done / limit for done, limit in progress if limit), default=0.0))


def no_measurements() -> Test:
    """The result of `held_out_means` without values."""
    return {"distortion": None, "rate": None, "negative_elbo": None}


def held_out_means(snapshot: Snapshot, images: Images) -> Test:
    """Mean distortion, rate and -ELBO over all test images, nats per image; None where the model has none."""
    terms, test = finish(held_out.terms(snapshot, images.pixels)), no_measurements()
    return test | {name: held_out.mean(values) for name, values in terms.items() if name in test}
