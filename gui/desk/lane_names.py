"""The names of the window's lanes, live: they follow the lanes and the knobs in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.engine.lane_names import LaneName, Named, checked_name, lane_names
from gui.desk.edits import Edit, Edits

if TYPE_CHECKING:
    from core.engine.run import Run


class LaneNames(QObject):
    """Names every lane of a desk, which ``runs`` returns. `of` is cheap enough to call while painting."""

    changed = Signal()  # at least one lane has another name than at the last beat
    rename_wanted = Signal(object)  # the run that is to have another name

    def __init__(self, runs: Callable[[], list[Run]], edits: Edits, parent: QObject) -> None:
        super().__init__(parent)
        self._runs, self._edits = runs, edits
        self._lanes: tuple[Named, ...] = ()
        self._names: dict[int, LaneName] = {}  # by slot
        self._announced: dict[int, LaneName] = {}

    def of(self, run: Run) -> LaneName:
        """The present name of a lane; a run that is no lane of the desk is named alone."""
        lanes_now = self._runs()
        return self._named(lanes_now if run in lanes_now else [run])[run.slot]

    def _named(self, runs: list[Run]) -> dict[int, LaneName]:
        """The names of runs beside each other, by slot."""
        lanes = tuple(Named(each.slot, each.model, each.live_view.config, each.name) for each in runs)
        if lanes != self._lanes:
            self._lanes = lanes
            self._names = {lane.slot: name for lane, name in zip(lanes, lane_names(lanes), strict=True)}
        return self._names

    def rename(self, run: Run, words: str) -> None:
        """Call a lane by a name of the user's; "" by its model and knobs again. It can be undone.

        ValueError for a name that is too long, or that another lane has.
        """
        name, before = checked_name(words), run.name
        if name == before:
            return
        others = (self.of(each) for each in self._runs() if each is not run)
        if name and any(name in (each.brief, each.full, each.long) for each in others):
            raise ValueError(f"another lane is called {name} already; take a name of its own")
        called = self.of(run).full

        def put(name: str) -> None:
            run.name = name
            self.follow()

        put(name)
        text = f"rename {called} to {self.of(run).full}"
        self._edits.push(Edit(text, lambda: put(before), lambda: put(name)))

    def follow(self) -> None:
        """Emit `changed` if a name differs from the one announced last. Called at every beat of the clock."""
        names = self._named(self._runs())
        if names != self._announced:
            self._announced = names
            self.changed.emit()
