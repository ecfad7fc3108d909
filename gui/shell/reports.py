"""Reports of the window: errors, events and timings."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.shell.events_dialog import EventsDialog
from gui.shell.status_line import StatusLine
from gui.widgets.dialogs import ErrorDialog


class Reports(QObject):
    """Opens the dialogs of one window. One error dialog at a time: an error at every beat would open dozens."""

    def __init__(self, window: QWidget, desk: Desk, clock: Clock, status: StatusLine) -> None:
        super().__init__(window)
        self._window, self._desk, self._clock, self._status = window, desk, clock, status

    def _shows_error(self) -> bool:
        return any(dialog.isVisible() for dialog in self._window.findChildren(ErrorDialog))

    def show_error(self, title: str, sentence: str, details: str) -> None:
        """Open the error dialog, unless one is open."""
        if not self._shows_error():
            ErrorDialog(self._window, title, sentence, details).open()

    def show_uncaught(self, sentence: str, details: str) -> None:
        """Report an uncaught exception: as an event, unless it repeats, and in the error dialog."""
        if not self._shows_error():
            self._desk.told.emit(sentence, "error")
            self.show_error("Something went wrong", sentence, details)
        elif self._status.events and self._status.events[-1].text != sentence:
            self._desk.told.emit(sentence, "error")

    def show_events(self) -> None:
        """Open the list of all events since the start."""
        EventsDialog(self._window, self._status.events).open()

    def show_timings(self) -> None:
        """Add an event with the delay of the latest beat and the speed of every lane."""
        name, speed = self._desk.names.of, self._desk.speeds.of
        lanes = ", ".join(f"{name(run).full}: {speed(run):.0f} steps/s" for run in self._desk.runs)
        self._desk.told.emit(f"Latest beat {self._clock.gap_ms():.0f} ms late. {lanes}.", "note")
