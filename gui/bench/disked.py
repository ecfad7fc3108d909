"""The program on a disk that fails: an experiment is saved and kept there while its lanes train.

``python -m gui.bench.disked KIND SECONDS FOLDER``, see `core.faults.bad_disk`. Prints a line of JSON: what the window
said, how long its event loop was late, and how far the lanes came before, meanwhile and afterwards.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialog

from core.cli import start
from core.faults.bad_disk import BadDisk
from gui.bench.window import Gaps, percentiles
from gui.files import kept_work
from gui.shell.window import MainWindow
from gui.widgets.dialogs import ErrorDialog

BEFORE_S = 3.0
"""Training before the trouble, s."""
KEEP_S = 1.5
"""Time after which work is kept here, s: so that it comes several times in a trouble."""
PATIENCE_S = 30.0
"""Longest wait for a save, s."""
TURN_S = 0.5
DOCUMENT = "mine.lplay"


class Course(QObject):
    """Saves, lets the disk fail, edits and saves meanwhile, saves again, and closes the window."""

    def __init__(self, window: MainWindow, disk: BadDisk, kind: str, seconds: float, folder: Path) -> None:
        super().__init__(window)
        self._window, self._desk, self._disk = window, window.desk, disk
        self._kind, self._seconds, self._place = kind, seconds, folder / DOCUMENT
        self._errors: list[str] = []
        self._parts = self._course()
        self._desk.toggle_training()
        self._go_on(BEFORE_S)

    def _go_on(self, seconds: float) -> None:
        QTimer.singleShot(round(1000 * seconds), self, self._next)

    def _next(self) -> None:
        for dialog in self._window.findChildren(QDialog):
            if isinstance(dialog, ErrorDialog) and dialog.isVisible():
                self._errors.append(dialog.windowTitle() or "an error")
                dialog.reject()
        try:
            self._go_on(next(self._parts))
        except StopIteration:
            self._window.close()
        except Exception:
            traceback.print_exc()
            os._exit(1)  # an error here must not look like a window that holds

    def _steps(self) -> list[int]:
        return [run.live_view.status.step for run in self._desk.runs]

    def _is_saved_at(self) -> int:
        return self._place.stat().st_mtime_ns

    def _saved(self) -> Iterator[float]:
        """Save, and wait until that has ended, well or not."""
        documents = self._window.documents
        documents.write(self._place)
        for _ in range(int(PATIENCE_S / TURN_S)):
            yield TURN_S
            if documents._saving is None:
                return

    def _list_recent(self) -> None:
        """List what was open lately, with its pictures, as the main menu does when it opens."""
        self._window.menus.list_recent()

    def _course(self) -> Iterator[float]:
        while not all(self._steps()):
            yield TURN_S
        yield from self._saved()
        said = len(self._window.status.events)
        first, steps = self._is_saved_at(), [self._steps()]
        self._disk.begin(self._kind)
        gaps = Gaps()
        for turn in range(int(self._seconds / TURN_S)):
            run = self._desk.runs[1]
            self._desk.set_knob(run, "lr", 1e-3 + 1e-5 * turn)
            if turn == 4:
                self._window.documents.write(self._place)
            if turn == 8:
                self._list_recent()
            yield TURN_S
        steps.append(self._steps())
        gaps.stop()
        tones = [(each.tone, each.text) for each in self._window.status.events[said:]]
        self._disk.end()
        for _ in range(int(PATIENCE_S / TURN_S)):
            yield TURN_S
            if self._window.documents._saving is None:
                break
        survived = self._is_saved_at() >= first
        errors = list(self._errors)
        yield from self._saved()
        steps.append(self._steps())
        told = {
            "survived": survived,
            "is_saved": self._is_saved_at() > first,
            "told": [text for tone, text in tones if tone in ("warn", "error")],
            "errors": errors,
            "late_errors": self._errors[len(errors) :],
            "refused": self._disk.refused,
            "gap_ms": percentiles(gaps.ms),
            "steps": steps,
        }
        print(json.dumps(told), flush=True)
        self._desk.experiment.pause()
        yield TURN_S
        yield from self._saved()  # nothing is asked at the end


def main(words: list[str]) -> int:
    """Run the program; returns its exit status."""
    open_quietly, kind, seconds, folder = MainWindow.open, words[0], float(words[1]), Path(words[2])
    with BadDisk(folder).installed() as disk:

        def open_and_fail(window: MainWindow, *parts: Any) -> None:
            open_quietly(window, *parts)
            Course(window, disk, kind, seconds, folder)

        with patch.object(MainWindow, "open", open_and_fail), patch.object(kept_work, "KEEP_S", KEEP_S):
            return start.main(words[3:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
