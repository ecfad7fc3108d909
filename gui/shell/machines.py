"""The machines that lanes can be computed on: commands that the window remembers, and the move to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.settings import Settings
from gui.shell.machine_dialog import MachineDialog

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.foundation.reading import Report
    from core.remote.trial import Found

LEAVING_S = 5.0
"""Longest time that an engine which nobody uses any more takes to end, s."""


class Machines(QObject):
    """Opens the dialog of one window. ``present`` is the command whose engine is in use, "" for this computer."""

    def __init__(self, window: QWidget, desk: Desk, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self.present = ""
        self._leaving: list[Loading] = []

    def ask(self) -> None:
        """Open the dialog."""
        if not self._desk.is_open:
            return
        self._desk.make_way()
        commands = [each for each in self._settings.read("machines", []) if isinstance(each, str)]
        if self.present and self.present not in commands:
            commands.append(self.present)
        dialog = MachineDialog(self._window, commands, self.present)
        dialog.chosen.connect(self._move)
        dialog.finished.connect(lambda: self._settings.write("machines", dialog.commands))
        dialog.open()

    def _move(self, found: Found, command: str) -> None:
        """Go on with every lane in the engine that was found, and end the one of before."""
        self._end(self._desk.move_to(found.engine))
        self.present = command
        where = found.host if command else "this computer"
        self._desk.told.emit(f"Every lane is computed on {where} from now on.", "note")

    def _end(self, engine: Engine) -> None:
        """End an engine without waiting for it."""

        def leave(report: Report) -> None:
            engine.close(LEAVING_S)

        loading = Loading(leave)
        self._leaving = [*(each for each in self._leaving if each.is_running()), loading]
        loading.start()

    def stop(self) -> None:
        """Wait for engines that are ending."""
        for loading in self._leaving:
            loading.wait(LEAVING_S)
        self._leaving.clear()
