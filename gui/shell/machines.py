"""The machines that lanes can be computed on: commands that the window remembers, and the move to one of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.settings import Settings
from gui.shell.machine_dialog import MachineDialog

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.run import Run
    from core.foundation.reading import Report
    from core.remote.trial import Found

SETTLING_S = 3.0
"""Longest wait for the states that lanes take with them, s; then they take their weights alone."""
LOOK_S = 0.02
"""Time between two looks at whether they have come, s."""
LEAVING_S = 5.0
"""Longest time that an engine which nobody uses any more takes to end, s."""


class Machines(QObject):
    """Opens the dialog of one window. ``present`` is the command whose engine is in use, "" for this computer."""

    def __init__(self, window: QWidget, desk: Desk, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self.present = ""
        self._settling: Loading | None = None
        self._leaving: list[Loading] = []
        self._coming: Found | None = None  # the engine that lanes are about to go on in

    def ask(self) -> None:
        """Open the dialog."""
        if not self._desk.is_open or self._settling is not None:
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
        """Pause every lane, and go on with it in the engine that was found as soon as nothing is lost by that."""
        self._coming, experiment = found, self._desk.experiment
        training = {run for run in experiment.runs if run.will_train}
        experiment.pause()

        def settle(report: Report) -> None:
            until = time.monotonic() + SETTLING_S
            while not experiment.is_settled and time.monotonic() < until:
                time.sleep(LOOK_S)

        self._settling = Loading(settle)
        self._settling.done.connect(lambda _: self._go_on(found, command, training))
        self._settling.start()

    def _go_on(self, found: Found, command: str, training: set[Run]) -> None:
        """Go on with every lane in another engine, and end the one of before."""
        self._settling = None
        if found is not self._coming:  # the window closes
            return
        self._coming = None
        self._end(self._desk.move_to(found.engine, training))
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
        """End the engine that lanes were about to go on in, and wait for those that are ending."""
        coming, self._coming = self._coming, None
        if coming is not None:
            coming.engine.close(LEAVING_S)
        if self._settling is not None:
            self._settling.wait(SETTLING_S)
        for loading in self._leaving:
            loading.wait(LEAVING_S)
        self._leaving.clear()
