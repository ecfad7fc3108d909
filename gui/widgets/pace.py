"""What a hand does faster than the window can follow: the newest counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

V = TypeVar("V")

ROOM = 2.0
"""An act that takes 1 ms may come again after so many, ms."""
ACTS_A_FRAME = 1.25
"""Most acts of a hand that does not stop for each frame of its screen: more would never be seen, and cost training."""
SLOWEST_SCREEN_HZ = 60.0
"""A screen that tells less, or nothing, counts as one of so many frames a second."""
GRACE_S = 0.03
"""So much may be owed before an act waits, s: a drag of 60 events a second waits for nothing."""


class Pace(QObject, Generic[V]):
    """Does something with each of many values, or where they come too fast with the newest, a moment later.

    A mouse of 1,000 events a second would else keep the window from painting what they ask for. What has to be in force
    before something else happens is brought about by `flush`. ``least_s``: shortest time between two acts of a hand
    that does not stop, s; as the screen has frames without it.
    """

    def __init__(self, act: Callable[[V], object], parent: QObject, least_s: float | None = None) -> None:
        super().__init__(parent)
        self._act, self._least_s = act, least_s
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
            least_s = frame_s() / ACTS_A_FRAME if self._least_s is None else self._least_s
            self._free_at = max(self._free_at, began) + max(least_s, ROOM * (time.perf_counter() - began))


def frame_s() -> float:
    """How long a frame of the screen lasts, s."""
    screen = QGuiApplication.primaryScreen()
    return 1 / max(SLOWEST_SCREEN_HZ, screen.refreshRate() if screen is not None else 0.0)
