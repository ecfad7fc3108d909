"""One run trained to its end without a window: saved on the way, at its end, and whatever ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from core.datasets.base import Dataset, describe
from core.engine import run_folder
from core.engine.autosave import Autosave
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.order import Order
from core.engine.run_folder import SavedRun
from core.foundation.files import FileError
from core.training.setup import Setup

PROGRESS_S = 1.0
"""Time between two reports, s."""
LAST_STEP_S = 60.0
"""Longest wait for the current step after it is to end, s."""


class Headless:
    """Trains what an `Order` says on its data. The caller holds the folder (`run_folder.claimed`) and closes this.

    One thread calls it, `end` any.
    """

    def __init__(self, order: Order, dataset: Dataset) -> None:
        self.order, self.dataset = order, dataset
        self._experiment = Experiment(order.setup, dataset, ())
        with contextlib.ExitStack() as held:
            held.callback(self._experiment.close)
            saved = None if order.resumed is None else order.resumed.training_state()
            self.run = self._experiment.add(order.model, order.config, saved=saved)
            self.run.board.wait(lambda view: view.status.state != "building")
            held.pop_all()
        self.saved: SavedRun | None = None
        """What was written last."""
        self._autosave = Autosave(self.run, order.save, self._save_amid)

    def close(self) -> None:
        """End its threads."""
        self._experiment.close()

    def train(self, is_to_end: Callable[[View], bool], report_s: float = PROGRESS_S) -> bool:
        """Train to the end; called about every second, ``is_to_end`` may end it early. Returns whether it has ended.

        False is a step that takes longer than `LAST_STEP_S`.
        """

        def has_ended(view: View) -> bool:
            return view.status.state in ("finished", "failed")

        def needs_us(view: View) -> bool:
            return has_ended(view) or self._autosave.has_come()

        patience_until = float("inf")
        self.run.start()
        while not self.run.board.wait(needs_us, report_s) or not has_ended(self.run.view):
            if self.order.out is not None:
                self._autosave.look()
            now = time.perf_counter()
            if is_to_end(self.run.view):
                self.end()
                patience_until = min(patience_until, now + LAST_STEP_S)
            if now > patience_until:
                return False
        return True

    def end(self) -> None:
        """End the run as its own limit would, which also checks that the last step was sound."""
        self.run.limit(dataclasses.replace(self.run.setup, steps=1))

    def save(self, unless_worse: bool) -> tuple[Path | None, FileError | None]:
        """Save the run; where it is saved, or why it cannot be. Numbers must not be lost with a disk.

        ``unless_worse``: untrained weights do not replace a saved run.
        """
        order, view = self.order, self.run.view
        if order.out is None or view.snapshot is None:
            return None, None
        if unless_worse and not view.snapshot.step and run_folder.holds_run(order.out):
            return None, None
        kept = self.run.keep().take(LAST_STEP_S)
        try:
            if isinstance(kept, Kept):
                self._write(kept)
            else:  # without memory for a copy, or amid a step that takes for ever
                described = describe(self.dataset, order.source)
                saved = SavedRun.of(order.model, view, order.setup, described)
                self.saved = dataclasses.replace(saved, name=order.name)
                run_folder.write(order.out, self.saved)
        except FileError as error:
            return None, error
        return order.out, None

    def _save_amid(self, kept: Kept) -> None:
        self._write(kept, goes_on_s=self._autosave.interval_s())

    def _write(self, kept: Kept, goes_on_s: float = 0.0) -> None:
        """Write the whole state of the run, which goes on or has ended. Raises `FileError`."""
        order = self.order
        assert order.out is not None
        kept = dataclasses.replace(kept, setup=order.setup)  # a signal ends a run by another limit
        saved = SavedRun.of_kept(order.model, kept, describe(self.dataset, order.source))
        self.saved = dataclasses.replace(saved, goes_on_s=goes_on_s, name=order.name)
        run_folder.write(order.out, self.saved)


def share_done(view: View, setup: Setup) -> float:
    """Progress of a run to the stop condition that it will meet first, 0 to 1."""
    status = view.status
    progress = (status.step, setup.steps), (status.epoch, setup.epochs), (status.seconds, setup.seconds)
    return min(1.0, max((done / limit for done, limit in progress if limit), default=0.0))
