"""What a hand does faster than the window can follow: the newest counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer

V = TypeVar("V")

ROOM = 2.0
"""An act that takes 1 ms may come again after so many, ms."""
LEAST_S = 1 / 125
"""Shortest time between two acts of a hand that does not stop, s: no screen shows more."""
GRACE_S = 0.03
"""So much may be owed before an act waits, s: a drag of 60 events a second waits for nothing."""


class Pace(QObject, Generic[V]):
    """Does something with each of many values, or where they come too fast with the newest, a moment later.

    A mouse of 1,000 events a second would else keep the window from painting what they ask for. What has to be in force
    before something else happens is brought about by `flush`.
    """

    def __init__(self, act: Callable[[V], object], parent: QObject) -> None:
        super().__init__(parent)
        self._act = act
        self._waiting: list[V] = []  # the newest, if it waits
        self._free_at = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.flush)

    def take(self, value: V) -> None:
        """Act on a value, within this call where there is time for it."""
        owed_s = self._free_at - GRACE_S - time.perf_counter()
        if owed_s <= 0 and not self._waiting:
            self._do(value)
            return
        if not self._waiting:
            self._timer.start(max(1, round(1000 * owed_s)))
        self._waiting = [value]

    def flush(self) -> None:
        """Act on the value that waits, if one does."""
        self._timer.stop()
        waiting, self._waiting = self._waiting, []
        for value in waiting:
            self._do(value)

    def _do(self, value: V) -> None:
        began = time.perf_counter()
        try:
            self._act(value)
        finally:
            self._free_at = max(self._free_at, began) + max(LEAST_S, ROOM * (time.perf_counter() - began))
