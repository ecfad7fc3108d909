"""Copies of lanes: the same knobs and, once their state has come, the same weights, moments and place in the data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, SignalInstance

from core.engine.lane_names import MOST_LANES, MOST_LETTERS

if TYPE_CHECKING:
    from core.engine.experiment import Experiment
    from core.engine.kept import Kept
    from core.engine.run import Run
    from core.foundation.mailbox import Mailbox
    from core.models.base import TrainConfig
    from core.training.saved import Saved
    from gui.desk.lane_edits import LaneEdits
    from gui.desk.lane_names import LaneNames
    from gui.desk.time_machine import TimeMachine

POLL_MS = 20
"""How often it is looked whether the state of a lane has come, ms."""
PATIENCE_S = 20.0
"""Time after which the state of a lane is waited for no longer, s; it comes between two of its steps."""


class _Desk(Protocol):
    """What it needs of the desk."""

    names: LaneNames
    time: TimeMachine
    told: SignalInstance

    @property
    def experiment(self) -> Experiment: ...
    @property
    def runs(self) -> list[Run]: ...


class Copies(QObject):
    """Opens a copy of a lane beside it. Those that wait for a state are looked after by one timer, which else rests."""

    def __init__(self, desk: _Desk, edits: LaneEdits, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._edits = desk, edits
        self._asked: list[tuple[Run, Mailbox[Kept], int]] = []  # and how often it may still be looked
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)

    def duplicate(self, run: Run) -> None:
        """Open a copy to the right of a lane, which goes on to the last bit as the lane does. It trains if that does.

        Of a lane that another program trains, it goes on from what was read last.
        """
        if len(self._desk.runs) >= MOST_LANES:
            self._desk.told.emit(f"There are {MOST_LANES} lanes already; close one first.", "note")
        elif run.followed is not None:
            self._desk.time.fork(run)
        elif run.has_learned:
            self._asked.append((run, run.keep(), round(1000 * PATIENCE_S / POLL_MS)))
            self._timer.start()
        else:
            self._open(run, run.pending, None)

    def _look(self) -> None:
        """Open the copies whose state has come."""
        from core.engine.kept import Kept

        waiting, self._asked = self._asked, []
        for run, mailbox, turns in waiting:
            content = mailbox.take()
            if run not in self._desk.runs:
                continue
            if isinstance(content, Kept):
                self._open(run, content.config, content.saved)
            elif content is None and turns > 0:
                self._asked.append((run, mailbox, turns - 1))
            else:
                self._open_newest(run)
        if not self._asked:
            self._timer.stop()

    def _open_newest(self, run: Run) -> None:
        """Open a copy with the newest weights that the window has: a lane that failed has no state to give."""
        moment = run.reel.at(math.inf)
        if moment is None:
            name = self._desk.names.of(run).full
            self._desk.told.emit(f"{name} has no weights yet that could be copied; try again in a second.", "warn")
        else:
            self._open(run, moment.config, run.state_at(moment))

    def _open(self, run: Run, config: TrainConfig, saved: Saved | None) -> None:
        desk, name = self._desk, self._desk.names.of(run).full
        opened: list[Run] = []

        def act() -> Run:
            experiment, at = desk.experiment, desk.runs.index(run) + 1
            copy = experiment.add(run.model_name, config, at, threads=run.threads, saved=saved)
            copy.pending = run.pending
            if run.name:
                copy.name = name_of_copy(run.name, [each.name for each in desk.runs])
            if run.will_train:
                copy.start()
            opened.append(copy)
            return copy

        try:
            self._edits.do(lambda *_: f"duplicate {name}", act)
        except ValueError as error:  # another lane has come meanwhile
            desk.told.emit(str(error), "warn")
            return
        how = "begins as it did" if saved is None else f"goes on from its step {saved.step:,}"
        desk.told.emit(f"{desk.names.of(opened[0]).full} is a copy of {name} and {how}.", "note")


def name_of_copy(name: str, taken: Sequence[str]) -> str:
    """The name of a copy of a lane: "mine copy", "mine copy 2"."""
    for number in itertools.count(1):
        ending = " copy" if number == 1 else f" copy {number}"
        new = f"{name[: MOST_LETTERS - len(ending)]}{ending}"
        if new not in taken:
            break
    return new
