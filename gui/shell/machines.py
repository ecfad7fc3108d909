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
    from core.remote.homes import Home

SETTLING_S = 3.0
"""Longest wait for the states that lanes take with them, s; then they take their weights alone."""
LOOK_S = 0.02
"""Time between two looks at whether they have come, s."""
WHERE = {"process": "in a process of its own", "threads": "in the process of this window"}
"""Where the lanes are at each home on this computer."""
LEAVING_S = 5.0
"""Longest time that an engine which nobody uses any more takes to end, s."""


class Machines(QObject):
    """Opens the dialog of one window. ``present`` is the command whose engine is in use, "" for this computer."""

    def __init__(self, window: QWidget, desk: Desk, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self.present = ""
        self.asked = ""
        """The home that the command line names for this start; it wins over the preferences."""
        self._settling: Loading | None = None
        self._leaving: list[Loading] = []
        self._next: Home | None = None  # to go on to once lanes have settled
        self._starting: Loading | None = None  # an engine of other preferences
        self._coming: Engine | None = None  # the engine that lanes are about to go on in

    def ask(self) -> None:
        """Open the dialog."""
        if not self._desk.is_open or self._settling is not None:
            return
        self._desk.make_way()
        commands = [each for each in self._settings.read("machines", []) if isinstance(each, str)]
        if self.present and self.present not in commands:
            commands.append(self.present)
        dialog = MachineDialog(self._window, commands, self.present)
        dialog.chosen.connect(
            lambda found, command: self._move(found.engine, command, self._place_of(command, found.host))
        )
        dialog.finished.connect(lambda: self._settings.write("machines", dialog.commands))
        dialog.open()

    @staticmethod
    def _place_of(command: str, host: str) -> str:
        return f"on {host if command else 'this computer'}"

    def renew(self, home: Home) -> None:
        """Go on in another engine on this computer, of the present preferences. Nothing for lanes elsewhere."""
        self.asked = ""
        if self._settling is not None:  # lanes are under way to another engine
            self._next = home
            return
        if not self._desk.is_open or self.present:
            return

        def start(report: Report) -> Engine:
            from core.engine.threads import ThreadEngine
            from core.remote.trial import find

            return ThreadEngine() if home == "threads" else find("", report).engine

        if self._starting is not None:
            self._starting.cancel()
        starting = self._starting = Loading(start)
        starting.done.connect(lambda engine: self._started(starting, engine, home))
        starting.failed.connect(lambda sentence, _: self._desk.told.emit(f"The lanes stay: {sentence}.", "warn"))
        starting.start()

    def _started(self, starting: Loading, engine: Engine, home: Home) -> None:
        if starting is self._starting and self._settling is None and self._desk.is_open:
            self._starting = None
            self._move(engine, "", WHERE[home])
        else:  # a newer one is coming, or the window closes
            self._end(engine)

    def _move(self, engine: Engine, command: str, where: str) -> None:
        """Pause every lane, and go on with it in that engine as soon as nothing is lost by that."""
        self._coming, experiment = engine, self._desk.experiment
        training = {run for run in experiment.runs if run.will_train}
        experiment.pause()

        def settle(report: Report) -> None:
            until = time.monotonic() + SETTLING_S
            while not experiment.is_settled and time.monotonic() < until:
                time.sleep(LOOK_S)

        self._settling = Loading(settle)
        self._settling.done.connect(lambda _: self._go_on(engine, command, where, training))
        self._settling.start()

    def _go_on(self, engine: Engine, command: str, where: str, training: set[Run]) -> None:
        """Go on with every lane in another engine, and end the one of before."""
        self._settling = None
        if engine is not self._coming:  # the window closes
            return
        self._coming = None
        self._end(self._desk.move_to(engine, training))
        self.present = command
        after, self._next = self._next, None
        if after is not None:
            self.renew(after)
        self._desk.told.emit(f"Every lane is computed {where} from now on.", "note")

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
            coming.close(LEAVING_S)
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()
            starting.wait(LEAVING_S)
        if self._settling is not None:
            self._settling.wait(SETTLING_S)
        for loading in self._leaving:
            loading.wait(LEAVING_S)
        self._leaving.clear()
