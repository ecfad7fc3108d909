"""A sweep that trains in a process of its own beside the window."""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from core.foundation.user_error import as_sentence

NICENESS = 19
"""Priority of the process and all that it starts: below everything else on the machine."""
ENDING_MS = 20_000
"""Longest wait for a process that was asked to end, ms: it saves the runs under way."""
MOST_LINES = 20
"""Lines of its standard error that are kept."""
RUNS_FAILED = 1
"""Exit status of a sweep that came to its end, but some of whose runs failed."""
PREFIX = "latent-playground: "
"""What the program writes before a sentence about an error."""


class SweepProcess(QObject):
    """One process that trains the sweep of ``folder``. ``ended`` carries a sentence of why it failed, or "".

    ``under_way`` has the step and the share (0 to 1) of each run that it trains now, by number, as it says them.
    """

    ended = Signal(str)
    progressed = Signal()

    def __init__(self, words: Sequence[str], folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.was_stopped = False
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._rest = b""  # of a line that has not ended
        self._is_told = False
        self.under_way: dict[int, tuple[int, float]] = {}
        self.seconds_left: float | None = None
        self._events_rest = b""
        self._process = QProcess(self)
        self._process.setProgram(words[0])
        self._process.setArguments(list(words[1:]))
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.started.connect(self._be_nice)
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(lambda *_: self._end())
        self._process.errorOccurred.connect(self._fail)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self) -> None:
        """Start it."""
        self._process.start()

    def _be_nice(self) -> None:
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self._process.processId(), NICENESS)

    def ask_to_end(self) -> None:
        """Have it end as by Ctrl-C in a terminal: what has ended is kept."""
        if self.is_running:
            self.was_stopped = True
            self._process.terminate()

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self.ask_to_end()
        if self.is_running and not self._process.waitForFinished(ENDING_MS):
            self._process.kill()
            self._process.waitForFinished(ENDING_MS)

    def _read_events(self) -> None:
        """Take what it says of its runs; what is no such line is passed over."""
        found = self._events_rest + self._process.readAllStandardOutput().data()
        *lines, self._events_rest = found.split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                self._take(json.loads(line))
        if lines:
            self.progressed.emit()

    def _take(self, event: dict[str, Any]) -> None:
        number, left = event.get("run"), event.get("seconds_left")
        if isinstance(left, int | float):
            self.seconds_left = float(left)
        if not isinstance(number, int):
            return
        if event.get("event") in ("begun", "progress"):
            self.under_way[number] = int(event.get("step", 0)), float(event.get("share", 0.0))
        else:
            self.under_way.pop(number, None)

    def _read_errors(self) -> None:
        found = self._rest + self._process.readAllStandardError().data()
        *lines, self._rest = found.replace(b"\r", b"\n").split(b"\n")
        self._lines.extend(line.decode("utf-8", "replace").strip() for line in lines if line.strip())

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._lines.append(self._process.errorString())
            self._end()

    def _end(self) -> None:
        """Tell once how it ended."""
        if self._is_told:
            return
        self._is_told = True
        self.under_way.clear()
        self._read_errors()
        if self._rest.strip():
            self._lines.append(self._rest.decode("utf-8", "replace").strip())
        self.ended.emit("" if self.was_stopped else self._why())

    def _why(self) -> str:
        """Why it failed, in a sentence; "" where it came to its end: which runs failed stands in its folder."""
        last, status = self._lines[-1] if self._lines else "", self._process.exitCode()
        has_ended = self._process.exitStatus() == QProcess.ExitStatus.NormalExit
        has_started = self._process.error() != QProcess.ProcessError.FailedToStart
        if has_ended and has_started and (status == 0 or (status == RUNS_FAILED and not last.startswith(PREFIX))):
            return ""
        return as_sentence(last.removeprefix(PREFIX)) if last else f"The sweep ended with status {status}."
