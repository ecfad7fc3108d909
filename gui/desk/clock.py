"""The window's clock: reads one view per run and hands it to every visible panel whose parts changed.

Twenty short beats a second. While something trains or a finger drags, a beat serves only the few panels that waited
longest: many small pieces of drawing never make a frame late, and between them the trainers get the GIL. A second,
faster beat exists only while the point moves by itself. Nothing else in the window starts a timer.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from gui.desk.desk import Desk
from gui.widgets import focus

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

BEAT_MS = 50
TURNS = 3
"""So many panels draw in one beat while something trains; one while a finger drags."""
ASK_S = 0.12
CURSOR_S = 0.1
"""Numbers and sliders follow the point so often."""
HIDDEN_BEAT_MS = 500
MOTION_MS = 16
COLLECT_S = 10.0
FAILED_REST_S = 5.0
DRAWING_SHARE = 0.10
"""Of one core, while something trains: beyond it every panel draws less often, for drawing holds the GIL."""
LARGEST_STRETCH = 1.6


class Panel(Protocol):
    """Anything that draws views. ``run`` of None means: the views of all lanes concern it."""

    run: Run | None
    hz: float

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view: it is refreshed when one of these is another object. Called at every beat."""

    def refresh(self, view: View) -> None:
        """Draw what is new."""

    def ask(self) -> None:
        """Ask the run for slow looks that the panel needs."""

    def isVisible(self) -> bool:  # noqa: N802
        """Whether a person can see it."""


class _Seen:
    """What a panel drew last, and when it may draw again."""

    def __init__(self) -> None:
        self.parts: tuple[object, ...] = ()
        self.due = 0.0
        self.drawn = 0.0
        self.asked = 0.0


class Clock(QObject):
    """See the module."""

    ticked = Signal()  # after every beat
    second = Signal()  # once a second
    moved = Signal(float)  # a frame of motion, while something moves by itself: seconds since the last

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._panels: dict[Panel, _Seen] = {}
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._motion = QTimer(self)
        self._motion.setTimerType(Qt.TimerType.PreciseTimer)
        self._motion.timeout.connect(self._move)
        self._moved_at = self._cursor_at = 0.0
        self._second_at = 0.0
        self._collected_at = time.perf_counter()
        self._beats: deque[float] = deque(maxlen=60)
        desk.point.animated.connect(self._animate)
        self.hidden = False
        self._settled = False
        self._spent_at, self._spent = time.perf_counter(), 0.0
        self._stretch = 1.0

    def start(self) -> None:
        """Begin to beat."""
        self._spent_at, self._spent = time.perf_counter(), time.thread_time()
        self._timer.start(BEAT_MS)

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()
        self._motion.stop()

    def add(self, panel: Panel) -> None:
        """Let a panel draw."""
        self._panels[panel] = _Seen()

    def drop(self, panel: object) -> None:
        """Forget a panel; anything that was never added is no panel of ours."""
        self._panels.pop(panel, None)  # type: ignore[call-overload]

    def redraw(self) -> None:
        """Let every panel draw at the next beat, changed or not. The pause that this makes is no stutter."""
        self._beats.clear()
        for seen in self._panels.values():
            seen.parts, seen.due, seen.asked = (), 0.0, 0.0

    def gap_ms(self) -> float:
        """How late the worst of the last beats was, in ms: what a hand feels as stutter."""
        if len(self._beats) < 2:
            return 0.0
        times = list(self._beats)
        return max(0.0, max(b - a for a, b in itertools.pairwise(times)) * 1000 - self._timer.interval())

    def _beat(self) -> None:
        now = time.perf_counter()
        self._beats.append(now)
        views = {run: run.look() for run in self._desk.runs}
        training = any(view.status.state == "training" for view in views.values())
        if now - self._cursor_at >= CURSOR_S:
            self._cursor_at = now
            self._desk.point.show()
        button = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        hand = self._desk.pressed or button or focus.key_is_held()
        if self._desk.is_open:
            self._desk.experiment.give_way(hand)
        turns = 1 if hand else TURNS if training else len(self._panels)
        for panel, seen in sorted(self._panels.items(), key=lambda each: each[1].drawn):
            if not shiboken6.isValid(panel):
                del self._panels[panel]
            elif turns and now >= seen.due and panel.isVisible():
                try:
                    turns -= self._show(panel, seen, views, now)
                except Exception:  # one panel that fails must not starve the others
                    seen.due = now + FAILED_REST_S
                    sys.excepthook(*sys.exc_info())
        self.ticked.emit()
        if not self._settled and views and all(view.status.state != "building" for view in views.values()):
            self._settled = True
            gc.freeze()  # engine and window are there to stay: collections need not look at them again
        if now - self._second_at >= 1.0:
            self._second_at = now
            self.second.emit()
            self._weigh(now, training)
        if now - self._collected_at >= COLLECT_S and not hand:
            self._collected_at = now
            gc.collect(1)  # automatic collection is off: it may run in any thread, and Qt objects die in this one
        wanted = HIDDEN_BEAT_MS if self.hidden else BEAT_MS
        if self._timer.interval() != wanted:
            self._timer.setInterval(wanted)
            self._beats.clear()

    def _weigh(self, now: float, training: bool) -> None:
        """How much of a core this thread took since the last call decides how often panels draw."""
        spent = time.thread_time()
        share = (spent - self._spent) / (now - self._spent_at)
        self._spent_at, self._spent = now, spent
        wanted = min(LARGEST_STRETCH, max(1.0, self._stretch * share / DRAWING_SHARE)) if training else 1.0
        self._stretch += 0.5 * (wanted - self._stretch)

    def _show(self, panel: Panel, seen: _Seen, views: dict[Run, View], now: float) -> bool:
        """Whether the panel drew."""
        if panel.run is None:
            parts = tuple(part for view in views.values() for part in panel.parts(view))
            view = next(iter(views.values()), None)
        else:
            view = views.get(panel.run)
            parts = panel.parts(view) if view is not None else ()
        if now - seen.asked >= ASK_S:
            seen.asked = now
            panel.ask()
        if view is None or (len(parts) == len(seen.parts) and all(map(_same, parts, seen.parts))):
            return False
        seen.parts, seen.drawn, seen.due = parts, now, now + self._stretch / panel.hz - 0.01
        panel.refresh(view)
        return True

    def _animate(self, moving: bool) -> None:
        self._moved_at = time.perf_counter()
        if moving:
            self._motion.start(MOTION_MS)
        else:
            self._motion.stop()

    def _move(self) -> None:
        now = time.perf_counter()
        seconds, self._moved_at = min(0.1, now - self._moved_at), now
        self._desk.point.advance(seconds)
        self.moved.emit(seconds)


def _same(a: object, b: object) -> bool:
    return a is b
