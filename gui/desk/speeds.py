"""How fast every lane trains: read once a second, so that all places show the same number and it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


class Speeds(QObject):
    """Steps of training in a second, of every lane that trains. One per desk; the clock calls `follow`."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps_per_s: WeakKeyDictionary[Run, float] = WeakKeyDictionary()

    def of(self, run: Run) -> float:
        """Steps a second of a lane; 0 while it rests or was not measured yet."""
        return self._steps_per_s.get(run, 0.0) if run.live_view.status.state == "training" else 0.0

    def follow(self, views: Mapping[Run, View]) -> None:
        """Take over the speeds of these views."""
        now = {run: view.status.steps_per_s for run, view in views.items()}
        if now != dict(self._steps_per_s):
            self._steps_per_s = WeakKeyDictionary(now)
            self.changed.emit()
