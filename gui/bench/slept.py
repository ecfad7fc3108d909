"""The program with lanes that train, which says twice a second how they are: for those who send it to sleep.

``python -m gui.bench.slept FLAG [OPTIONS]``. Once there is a file FLAG, its clock has been set back by an hour. It
closes its window when its input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox

from core.cli import start
from core.faults.sleeps import set_back
from gui.shell.window import MainWindow

TELL_MS = 500


class Teller(QObject):
    """Starts the lanes and tells how they are until the input ends; what they have learned is then discarded."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._desk = window, window.desk
        self._input = threading.Thread(target=sys.stdin.read, daemon=True)
        self._input.start()
        self._desk.toggle_training()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tell)
        self._timer.start(TELL_MS)

    def _tell(self) -> None:
        statuses = [run.live_view.status for run in self._desk.runs]
        said = {
            "steps": [each.step for each in statuses],
            "seconds": [each.seconds for each in statuses],
            "states": [each.state for each in statuses],
            "speeds": [self._desk.speeds.of(run) for run in self._desk.runs],
            "told": [each.text for each in self._window.status.events if each.tone in ("warn", "error")],
        }
        print(json.dumps(said), flush=True)
        if not self._input.is_alive():
            self._timer.stop()
            QTimer.singleShot(0, self, self._discard)
            self._window.close()

    def _discard(self) -> None:
        for box in self._window.findChildren(QMessageBox):
            if box.isVisible():
                next(button for button in box.buttons() if "Discard" in button.text()).click()
                return
        QTimer.singleShot(50, self, self._discard)


def main(words: list[str]) -> int:
    """Run the program; returns its exit status."""
    open_quietly = MainWindow.open

    def open_and_tell(window: MainWindow, *parts: Any) -> None:
        open_quietly(window, *parts)
        Teller(window)

    with patch.object(MainWindow, "open", open_and_tell), patch.object(time, "time", set_back(Path(words[0]))):
        return start.main(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
