"""Training without a window: one run of the same engine, saved at its end, whatever ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from pathlib import Path

import torch

from core.cli import signals
from core.cli.autosave import Autosave
from core.cli.order import Order
from core.cli.reporters import Ending, JsonReporter, Reporter, Test, TextReporter
from core.cli.saved_run import data_of
from core.datasets.base import Dataset, Images, describe, load
from core.engine import run_folder
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.run import Run
from core.engine.run_folder import SavedRun
from core.evaluation import held_out
from core.foundation.files import FileError
from core.foundation.params import KnobError
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
        dataset = load(order.dataset, order.source) if order.resumed is None else data_of(order.resumed)
        experiment = Experiment(order.setup, dataset, ())
        held.callback(experiment.close)
        return _train(order, experiment, reporter)


def _train(order: Order, experiment: Experiment, reporter: Reporter) -> int:
    saved = None if order.resumed is None else order.resumed.training_state()
    run = experiment.add(order.model, order.config, saved=saved)
    run.board.wait(lambda view: view.status.state != "building")
    autosave = Autosave(
        run, order.save, lambda kept: _write(order, experiment.dataset, kept, goes_on_s=autosave.interval_s())
    )
    stop = signals.Stop(lambda: _end_now(run))
    with signals.handled_by(stop):  # until all is on the disk: a second Ctrl-C must not cost what the first one saved
        if run.view.status.failure is None:
            _check_something_is_left(order, run.view)
            reporter.started(order, experiment.dataset, run)
            run.start()
            _watch(order, run, reporter, stop, autosave)
        view = run.view
        if not reporter.is_heard and order.out is None:
            return FAILED
        if view.status.failure is not None:
            folder, error = _save(order, experiment.dataset, run, unless_worse=True)
            reporter.failed(view.status.failure, folder)
            return _failed(error)
        return _end(order, experiment.dataset, run, reporter, stop)


def _check_something_is_left(order: Order, view: View) -> None:
    """Raise `KnobError` for a run that is resumed and has reached its end already."""
    status = view.status
    if order.resumed is not None and order.setup.ends(status.step, status.epoch, status.seconds):
        came = f"{status.step:,} steps, {status.epoch:.4g} epochs, {status.seconds:.0f} s"
        raise KnobError(f"the run has come to its end ({came}); say how far it is to go: --steps {2 * status.step}")


def _end_now(run: Run) -> None:
    """End a run as its own limit would, which also checks that the last step was sound."""
    run.limit(dataclasses.replace(run.setup, steps=1))


def _watch(order: Order, run: Run, reporter: Reporter, stop: signals.Stop, autosave: Autosave) -> None:
    """Report on the run, and save it, until it has ended."""

    def needs_us(view: View) -> bool:
        return has_ended(view) or autosave.has_come()

    def has_ended(view: View) -> bool:
        return view.status.state in ("finished", "failed")

    patience_until = float("inf")
    while not run.board.wait(needs_us, PROGRESS_S) or not has_ended(run.view):
        if order.out is not None:
            autosave.look()
        now = time.perf_counter()
        if stop.number:
            patience_until = min(patience_until, now + LAST_STEP_S)
        elif not reporter.is_heard and order.out is None:
            _end_now(run)
            patience_until = now
        if now > patience_until:
            return
        reporter.progress(run.view, share_done(run.view, order.setup))


def _end(order: Order, dataset: Dataset, run: Run, reporter: Reporter, stop: signals.Stop) -> int:
    """Save, measure and report a run that did not fail; returns the exit status."""
    view, number = run.view, stop.number  # a signal that comes from here on finds the run complete
    assert view.snapshot is not None
    folder, error = _save(order, dataset, run, unless_worse=bool(number))
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


def _save(order: Order, dataset: Dataset, run: Run, unless_worse: bool) -> tuple[Path | None, FileError | None]:
    """Save the run; where it is saved, or why it cannot be. Numbers must not be lost with a disk.

    ``unless_worse``: untrained weights do not replace a saved run.
    """
    view = run.view
    if order.out is None or view.snapshot is None:
        return None, None
    if unless_worse and not view.snapshot.step and run_folder.holds_run(order.out):
        return None, None
    kept = run.keep().take(LAST_STEP_S)
    try:
        if isinstance(kept, Kept):
            _write(order, dataset, kept)
        else:  # without memory for a copy, or amid a step that takes for ever
            run_folder.write(order.out, SavedRun.of(order.model, view, order.setup, describe(dataset, order.source)))
    except FileError as error:
        return None, error
    return order.out, None


def _write(order: Order, dataset: Dataset, kept: Kept, goes_on_s: float = 0.0) -> None:
    """Write the whole state of the run, which goes on or has ended. Raises `FileError`."""
    assert order.out is not None
    kept = dataclasses.replace(kept, setup=order.setup)  # a signal ends a run by another limit
    saved = SavedRun.of_kept(order.model, kept, describe(dataset, order.source))
    run_folder.write(order.out, dataclasses.replace(saved, goes_on_s=goes_on_s))


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
