"""The program with a hand in its window that knows no rest: 1,000 mouse events a second while three lanes train.

``python -m gui.bench.stormed SECONDS``. Prints a line of JSON for each spell on one of `PLACES`, then closes the window
amid another one.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from core.cli import start
from gui.bench.window import Gaps, meeting, mouse_event, percentiles
from gui.shell.window import MainWindow

EVENTS_A_SECOND = 1000
SETTLE_S = 8.0
"""Time before the first spell, s."""
SPELL_S = 2.0
"""Length of a spell, and of the one before it on a widget that does nothing, with which its training is compared, s."""
REST_S = 0.5
"""Time after which what the last event asked for must be in force, s."""
PLACES = ("map", "beta", "z1", "time")
"""Where the hand drags, in turn."""


class Hand(QObject):
    """Drags on one widget, back and forth, `EVENTS_A_SECOND` times a second, until it is lifted."""

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        self._target, self._meets = target, meeting(target)
        self._began, self.sent = time.perf_counter(), 0
        self.spot = QPointF(target.width() / 2, target.height() / 2)
        self._post(QEvent.Type.MouseButtonPress)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._move)
        self._timer.start(1)

    def _post(self, kind: QEvent.Type) -> None:
        at = QPointF(self._meets.mapFrom(self._target, self.spot.toPoint()))
        QCoreApplication.postEvent(self._meets, mouse_event(self._meets, kind, at))

    def _move(self) -> None:
        due = int((time.perf_counter() - self._began) * EVENTS_A_SECOND)
        for number in range(self.sent, due):
            angle = 2 * math.pi * number / 700
            wide, high = self._target.width(), self._target.height()
            self.spot = QPointF(wide * (0.5 + 0.3 * math.cos(angle)), high * (0.5 + 0.2 * math.sin(angle)))
            self._post(QEvent.Type.MouseMove)
        self.sent = max(self.sent, due)

    def lift(self) -> None:
        """Let go where it is."""
        self._timer.stop()
        self._post(QEvent.Type.MouseButtonRelease)


class Storm(QObject):
    """Spells on one place after the other for so long, s, and what is found after each."""

    def __init__(self, window: MainWindow, seconds: float) -> None:
        super().__init__(window)
        self._window, self._desk, self._seconds = window, window.desk, seconds
        self._nothing = QWidget(window)
        self._nothing.setGeometry(0, 0, 100, 100)
        self._course = self._spells()
        self._desk.select(next(run for run in self._desk.runs if run.model_name == "vae"))
        self._desk.toggle_training()
        self._go_on(SETTLE_S)

    def _go_on(self, seconds: float) -> None:
        QTimer.singleShot(round(1000 * seconds), self, self._next)

    def _next(self) -> None:
        try:
            self._go_on(next(self._course))
        except StopIteration:
            pass
        except Exception:
            traceback.print_exc()
            os._exit(1)  # an error here must not look like a window that holds

    def _target(self, place: str) -> QWidget:
        run = self._desk.selected
        assert run is not None
        found = self._window.lineup.panel("map", run) if place == "map" else self._window.findChild(QWidget, place)
        assert found is not None
        return found

    def _value(self, place: str) -> list[float]:
        """What is decided by the place: as the window has it, and as the engine has it."""
        run = self._desk.selected
        assert run is not None
        if place == "beta":
            return [run.pending.beta, run.live_view.config.beta]  # type: ignore[attr-defined]
        if place == "time":
            return [float(each.view.status.step) for each in self._desk.runs if each.moment is not None]
        return [float(value) for value in self._desk.experiment.cursor]

    def _steps(self) -> list[int]:
        return [run.live_view.status.step for run in self._desk.runs]

    def _speeds(self, before: list[int], took_s: float) -> list[float]:
        return [(now - then) / took_s for now, then in zip(self._steps(), before, strict=True)]

    def _spells(self) -> Iterator[float]:
        """The course of the storm; yields how long to wait."""
        for number in range(max(1, round(self._seconds / SPELL_S))):
            place = PLACES[number % len(PLACES)]
            idle = Hand(self._nothing)
            before, began = self._steps(), time.perf_counter()
            yield SPELL_S
            calm = self._speeds(before, time.perf_counter() - began)
            idle.lift()
            hand, gaps = Hand(self._target(place)), Gaps()
            before, began = self._steps(), time.perf_counter()
            yield SPELL_S
            wild = self._speeds(before, time.perf_counter() - began)
            hand.lift()
            gaps.stop()
            yield REST_S
            found = self._value(place)
            again = self._repeated(place, hand.spot)
            yield REST_S
            said = {
                "place": place,
                "events": hand.sent,
                "gap_ms": percentiles(gaps.ms),
                "calm": calm,
                "wild": wild,
                "value": found,
                "expected": again(),
            }
            print(json.dumps({"event": "spell", **said}), flush=True)
            self._desk.time.now()
        Hand(self._target("map"))
        yield SPELL_S / 4
        print(json.dumps({"event": "closing", "at": time.time()}), flush=True)
        QTimer.singleShot(0, self, self._discard)
        self._window.close()

    def _repeated(self, place: str, spot: QPointF) -> Callable[[], list[float]]:
        """Do once, calmly, what the last events asked for; gives what it leads to."""
        target = self._target(place)
        meets = meeting(target)
        at = QPointF(meets.mapFrom(target, spot.toPoint()))
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
            QCoreApplication.postEvent(meets, mouse_event(meets, kind, at))
        return lambda: self._value(place)

    def _discard(self) -> None:
        for box in self._window.findChildren(QMessageBox):
            if box.isVisible():
                next(button for button in box.buttons() if "Discard" in button.text()).click()
                return
        QTimer.singleShot(10, self, self._discard)


def main(words: list[str]) -> int:
    """Run the program; returns its exit status."""
    open_quietly, seconds = MainWindow.open, float(words[0])

    def open_and_rage(window: MainWindow, *parts: Any) -> None:
        open_quietly(window, *parts)
        Storm(window, seconds)

    with patch.object(MainWindow, "open", open_and_rage):
        return start.main(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
