"""A sweep's folder, read again and again in a thread while it grows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.foundation.user_error import UserError
from gui.sweeps.points import Choice, Scene, first_choice, scene_of
from gui.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from core.sweeps.folder import Reading

INTERVAL_S = 1.5
"""Time between two readings, s."""
RESTS = 10.0
"""After a reading the thread rests so many times as long as it took: a sweep may have thousands of runs."""
ENDING_S = 10.0
"""Longest wait for the thread, s: a reading that has begun is finished."""


@dataclass(frozen=True)
class Grown:
    """A sweep as it was read, and its points for a choice of axes, made in the thread that has read it."""

    sweep: Sweep
    choice: Choice
    scene: Scene


class SweepReader(QObject):
    """Reads one folder in a thread until every run is over and the report is there, or `stop`.

    While it is `patient`, a folder that holds no sweep yet is waited for: somebody is about to write it. ``choice`` is
    what the user has chosen to see, None for what suits the sweep.
    """

    changed = Signal(object)  # `Grown`; its sweep is another than the one before
    failed = Signal(str)  # why the folder cannot be read, in a sentence

    def __init__(self, folder: Path, *, patient: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.patient = patient
        self.choice: Choice | None = None
        self._wake, self._stopped = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="reading a sweep", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def poke(self) -> None:
        """Read now instead of after the pause."""
        self._wake.set()

    def stop(self) -> None:
        """Emit nothing any more, and wait for the thread."""
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(ENDING_S)

    def _run(self) -> None:
        try:
            self._read()
        except UserError as error:
            self._tell(self.failed.emit, str(error))
        except Exception as error:  # a thread that ends without a word would leave the window waiting
            self._tell(self.failed.emit, f"{type(error).__name__}: {error}")

    def _read(self) -> None:
        reading, before = self._opened(), None
        while reading is not None and not self._stopped:
            began = time.perf_counter()
            sweep = self._look(reading)
            if sweep != before:
                choice = self.choice or first_choice(sweep)
                self._tell(self.changed.emit, Grown(sweep, choice, scene_of(sweep, choice)))
                before = sweep
            if sweep.is_over and sweep.has_report:
                return
            self._rest(max(INTERVAL_S, RESTS * (time.perf_counter() - began)))

    def _opened(self) -> Reading | None:
        """The sweep in the folder; None where it was stopped before there was one. Raises `FileError`."""
        from core.sweeps.folder import Reading, holds_sweep

        while self.patient and not self._stopped and not holds_sweep(self.folder):
            self._rest(INTERVAL_S / 3)
        return None if self._stopped else Reading.of(self.folder)

    @staticmethod
    def _look(reading: Reading) -> Sweep:
        from core.sweeps.folder import REPORT

        return Sweep(reading.sweep, reading.plan, reading.outcomes(), (reading.sweep / REPORT).is_file())

    def _rest(self, seconds: float) -> None:
        if not self._stopped:
            self._wake.wait(seconds)
        self._wake.clear()

    def _tell(self, emit: Callable[[object], object], what: object) -> None:
        if not self._stopped:
            with contextlib.suppress(RuntimeError):  # the window, and this object with it, may just have gone
                emit(what)
