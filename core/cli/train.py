"""Training without a window: one run of the same engine, saved at its end, whatever ends it."""

from __future__ import annotations

import contextlib
import sys

import torch

from core.cli import signals
from core.cli.reporters import Ending, JsonReporter, Reporter, Test, TextReporter
from core.cli.saved_run import data_of
from core.datasets.base import Images, load
from core.engine import run_folder
from core.engine.board import View
from core.engine.headless import Headless, share_done
from core.engine.order import Order
from core.evaluation import held_out
from core.foundation.files import FileError
from core.foundation.params import KnobError
from core.foundation.slices import finish
from core.training import devices
from core.training.snapshot import Snapshot

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
        lone = held.enter_context(contextlib.closing(Headless(order, dataset)))
        return _train(order, lone, reporter)


def _train(order: Order, lone: Headless, reporter: Reporter) -> int:
    run = lone.run
    stop = signals.Stop(lone.end)

    def is_to_end(view: View) -> bool:
        reporter.progress(view, share_done(view, order.setup))
        return bool(stop.number) or (not reporter.is_heard and order.out is None)

    with signals.handled_by(stop):  # until all is on the disk: a second Ctrl-C must not cost what the first one saved
        if run.view.status.failure is None:
            _check_something_is_left(order, run.view)
            reporter.started(order, lone.dataset, run)
            lone.train(is_to_end)
        view = run.view
        if not reporter.is_heard and order.out is None:
            return FAILED
        if view.status.failure is not None:
            folder, error = lone.save(unless_worse=True)
            reporter.failed(view.status.failure, folder)
            return _failed(error)
        return _end(lone, reporter, stop)


def _check_something_is_left(order: Order, view: View) -> None:
    """Raise `KnobError` for a run that is resumed and has reached its end already."""
    status = view.status
    if order.resumed is not None and order.setup.ends(status.step, status.epoch, status.seconds):
        came = f"{status.step:,} steps, {status.epoch:.4g} epochs, {status.seconds:.0f} s"
        raise KnobError(f"the run has come to its end ({came}); say how far it is to go: --steps {2 * status.step}")


def _end(lone: Headless, reporter: Reporter, stop: signals.Stop) -> int:
    """Save, measure and report a run that did not fail; returns the exit status."""
    view, number = lone.run.view, stop.number  # a signal that comes from here on finds the run complete
    assert view.snapshot is not None
    folder, error = lone.save(unless_worse=bool(number))
    test = no_measurements() if number else held_out_means(view.snapshot, lone.dataset.test)
    speed = view.status.step * lone.order.setup.batch / view.status.seconds if view.status.seconds else 0.0
    reporter.ended(Ending(view, test, speed, signals.name_of(number) if number else "", folder))
    if error is not None:
        return _failed(error)
    return signals.status_of(number) if number else 0


def _failed(error: FileError | None) -> int:
    if error is not None:
        print(f"latent-playground: the run could not be saved: {error}", file=sys.stderr)
    return FAILED


def no_measurements() -> Test:
    """The result of `held_out_means` without values."""
    return {"distortion": None, "rate": None, "negative_elbo": None}


def held_out_means(snapshot: Snapshot, images: Images) -> Test:
    """Mean distortion, rate and -ELBO over all test images, nats per image; None where the model has none."""
    terms, test = finish(held_out.terms(snapshot, images.pixels)), no_measurements()
    return test | {name: held_out.mean(values) for name, values in terms.items() if name in test}
