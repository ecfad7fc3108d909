"""A run that another program trains and saves in a folder, as `train --out` does: read again whenever it was saved.

Reading takes no lock: a save replaces the manifest last (`core.foundation.generations`). So the folder may lie on
another machine, and the program that writes it may run there.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.background import Background
from core.engine.board import Board, View
from core.engine.commands import Command, Keep, Lend, Stop
from core.engine.kept import Kept
from core.engine.look_requests import LookRequests
from core.engine.measure_rounds import MeasureRequest, MeasureRounds, Pace
from core.engine.run_folder import SavedRun
from core.engine.status import Status
from core.evaluation.reference import Reference
from core.foundation.files import FileError
from core.foundation.generations import MANIFEST
from core.foundation.history import History
from core.foundation.mailbox import Refusal, sentence_of
from core.probes.look import Look
from core.training.saved import Saved
from core.training.setup import Setup
from core.training.snapshot import Snapshot

POLL_S = 2.0
"""Time between two looks at the manifest, s."""
TROUBLE_S = 30.0
"""For so long a folder that cannot be read is tried again before that is told, s: it may be amid a save."""
LATE = 3.0
"""A folder of which nothing came for so many times the usual is no longer written."""
LEAST_LATE_S = 60.0
"""Shortest such time, s: clocks of two machines differ."""


def is_written(folder: Path, saved: SavedRun) -> bool:
    """Whether a program is still at work on the run in a folder: it said that it goes on, and saved not long ago."""
    if not saved.goes_on_s:
        return False
    try:
        age_s = time.time() - (folder / MANIFEST).stat().st_mtime
    except OSError:
        return False
    return age_s < max(LEAST_LATE_S, LATE * saved.goes_on_s)


class Followed:
    """A `Worker` (see `core.engine.engine`) that trains nothing, but shows what the folder holds.

    ``setup`` is that of the window, to which the run fits.
    """

    will_train = False
    keeps = True
    why_not = "another program trains this lane; Fork in its menu goes on from here"
    """Why it does not do what a trainer does."""

    def __init__(
        self, label: str, folder: Path, saved: SavedRun, setup: Setup, dataset: Dataset, background: Background
    ) -> None:
        self.folder = folder
        self.has_ended = False
        self.is_written = True
        """Whether more is expected to come."""
        self._label, self._setup, self._dataset = label, setup, dataset
        self.saved = saved
        """What was read last."""
        self._kept = Kept(0, saved.config, setup, dataset, saved.training_state())
        self.board = Board(self._view_of(saved, 0))
        self._requests = LookRequests(id(self), self.board, background)
        self._measures = MeasureRounds(id(self), self.board, background)
        self._manifest = b""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"follower {label}", daemon=True)
        self._thread.start()

    @property
    def kept(self) -> Saved | None:
        """See `Worker`: what was read last."""
        return self._kept.saved

    def say(self, command: Command) -> None:
        """See `Worker`: it gives its state, and obeys nothing but the end."""
        match command:
            case Keep(answer):
                answer.put(self._kept)
            case Lend(answer):
                answer.put(Refusal(self.why_not))
            case Stop():
                self.has_ended = True
                self._stopped.set()

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """See `Worker`."""
        self._requests.ask(look, reference)

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace, reference: Reference) -> None:
        """See `Worker`."""
        view = self.board.view
        if view.snapshot is not None:
            seconds, real_side = view.status.seconds, reference.real_side
            self._measures.ask(MeasureRequest(view.snapshot, seconds, real_side, sampler, tuple(names), pace))

    def again(self, background: Background) -> Followed:
        """Another that follows on from here, with looks made in another background; this one is to be stopped."""
        return Followed(self._label, self.folder, self.saved, self._setup, self._dataset, background)

    # --- the thread that reads ----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        readable_at, told = time.monotonic(), False
        while not self._stopped.wait(POLL_S):
            try:
                self._read()
            except (OSError, FileError, ValueError) as error:
                if not told and time.monotonic() - readable_at > TROUBLE_S:
                    told = True
                    self.board.tell(f"cannot be read any more: {sentence_of(error)}", self._label, "warn")
            else:
                readable_at, told = time.monotonic(), False

    def _read(self) -> None:
        """Show what the folder holds, if it is something new. Raises `OSError`, `FileError`, `ValueError`."""
        manifest = (self.folder / MANIFEST).read_bytes()
        if manifest == self._manifest:
            return
        saved = run_folder.load(self.folder)
        if (saved.model, saved.shape) != (self.saved.model, self.saved.shape):
            raise FileError(f"{self.folder} holds another run now, {saved.model} of {saved.shape.image}")
        life = self.board.view.life + (saved.step < self.saved.step)  # it began again
        view = self._view_of(saved, life)
        self._manifest, self.saved, self.is_written = manifest, saved, bool(saved.goes_on_s)
        self._kept = Kept(life, saved.config, self._setup, self._dataset, saved.training_state())

        def after(before: View) -> View:
            kept = {"looks": before.looks, "measures": before.measures} if before.life == life else {}
            return dataclasses.replace(view, events=before.events, **kept)  # type: ignore[arg-type]

        self.board.change(after)

    def _view_of(self, saved: SavedRun, life: int) -> View:
        drawn = 0 if saved.continuation is None else saved.continuation.drawn
        status = Status("paused", saved.step, drawn / len(self._dataset.train), saved.seconds, threads=saved.threads)
        model = saved.snapshot(self._dataset).model
        snapshot = Snapshot(model, saved.step, life, saved.config)
        history = History(saved.history.names)
        history.resume(saved.history, saved.pending)
        turned = saved.turned_at
        return View(status, history.table(), saved.config, turned, self._setup, self._dataset, life, snapshot)
