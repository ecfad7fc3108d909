"""The window's clock: reads one view per run and passes it to every visible panel whose parts changed.

It beats 20 times a second. While a run trains or the user drags, a beat serves only the panels that waited longest:
many small pieces of drawing never make a frame late, and between them the trainers get the GIL. Where beats come late
all the same, because data are read or the machine has other work, a beat serves one panel. A second, faster timer
runs only while the point moves by itself. Nothing else in the window starts a timer.
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
from gui.plots.scene import settle
from gui.widgets import focus

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

BEAT_MS = 50
"""Time between two beats, ms."""
HIDDEN_BEAT_MS = 500
"""The same while the window is hidden, ms."""
MOTION_MS = 16
"""Time between two frames while the point moves by itself, ms."""
PANELS_PER_BEAT = 3
"""Most panels that draw in one beat while something trains. While the user drags, or beats are late, it is one."""
LATE_MS = 40.0
"""Delay of one of the last beats from which they are late, ms."""
ASK_INTERVAL_S = 0.12
"""Shortest time between two requests of one panel for looks, s."""
POINT_INTERVAL_S = 0.1
"""Shortest time between two updates of the numbers and sliders of the point, s."""
COLLECT_INTERVAL_S = 10.0
"""Time between two garbage collections, s."""
FULL_COLLECTION_EVERY = 6
"""One in so many collections, and the first after lanes or data were replaced, looks at all that is not frozen, also at
what has survived others. It takes 10 to 30 ms (2 cores, November 2026), the others 1."""
RETRY_AFTER_S = 5.0
"""Time after which a panel that failed to draw is tried again, s."""
DRAWING_SHARE = 0.08
"""Share of a core for drawing while something trains. Above it panels draw less often."""
LARGEST_STRETCH = 1.6
"""Largest factor by which the intervals between two refreshes of a panel grow."""


class Panel(Protocol):
    """Draws the views of ``run``, or of all lanes where it is None, at most ``hz`` times a second."""

    run: Run | None
    hz: float

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn: `refresh` follows when one is another object. Called at every beat."""

    def refresh(self, view: View) -> None:
        """Draw the view."""

    def ask(self) -> None:
        """Ask the run for the looks that the panel needs."""

    def isVisible(self) -> bool:  # noqa: N802
        """Whether the panel is on screen."""


class _Seen:
    """What a panel drew last, and when it may draw again (times of ``perf_counter``, s)."""

    def __init__(self) -> None:
        self.parts: tuple[object, ...] = ()
        self.due = 0.0
        self.drawn = 0.0
        self.asked = 0.0


class Clock(QObject):
    """Timers of the window. Panels register with `add`; most are refreshed when their run has news."""

    ticked = Signal()  # after every beat
    second = Signal()  # once a second
    moved = Signal(float)  # one frame of motion, while the point moves by itself: seconds since the last

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
        self._moved_at = self._point_shown_at = 0.0
        self._second_at = 0.0
        self._collected_at = time.perf_counter()
        self._collections = itertools.count(1)
        self._is_replaced = False  # lanes or data, since the last collection
        for replaced in (desk.lanes_changed, desk.dataset_changed):
            replaced.connect(self._note_replaced)
        self._beats: deque[float] = deque(maxlen=60)
        desk.point.animated.connect(self._animate)
        self.hidden = False
        self._is_heap_frozen = False
        self._spent_at, self._spent = time.perf_counter(), 0.0
        self._stretch = 1.0

    def start(self) -> None:
        """Start the beats."""
        self._spent_at, self._spent = time.perf_counter(), time.thread_time()
        self._timer.start(BEAT_MS)

    def stop(self) -> None:
        """Stop the beats and the motion."""
        self._timer.stop()
        self._motion.stop()

    def add(self, panel: Panel) -> None:
        """Refresh this panel from now on."""
        self._panels[panel] = _Seen()

    def drop(self, panel: object) -> None:
        """Stop refreshing a panel. A widget that was never added is ignored."""
        self._panels.pop(panel, None)  # type: ignore[call-overload]

    def redraw(self) -> None:
        """Refresh every panel at the next beat, changed or not. `gap_ms` leaves out the pause that this causes."""
        self._beats.clear()
        for seen in self._panels.values():
            seen.parts, seen.due, seen.asked = (), 0.0, 0.0

    def gap_ms(self) -> float:
        """Largest delay among the last 60 beats, ms: the stutter that the user feels."""
        if len(self._beats) < 2:
            return 0.0
        times = list(self._beats)
        return max(0.0, max(b - a for a, b in itertools.pairwise(times)) * 1000 - self._timer.interval())

    def _beat(self) -> None:
        now = time.perf_counter()
        self._beats.append(now)
        if now < self._desk.opens_until:
            return
        views = {run: run.look() for run in self._desk.runs}
        live = {run: run.live_view for run in views}
        training = any(view.status.state == "training" for view in live.values())
        if now - self._point_shown_at >= POINT_INTERVAL_S:
            self._point_shown_at = now
            self._desk.point.show()
        button = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        is_interacting = self._desk.pressed or button or focus.key_is_held()
        if self._desk.is_open:
            self._desk.experiment.give_way(is_interacting)
            self._desk.engine_watch.look()
        most = len(self._panels)
        if is_interacting or training:
            most = 1 if is_interacting or self.gap_ms() > LATE_MS else PANELS_PER_BEAT
        due = [item for item in self._panels.items() if now >= item[1].due]
        for panel, seen in sorted(due, key=_drawn):
            if not most:
                break
            if not shiboken6.isValid(panel):
                del self._panels[panel]
            elif panel.isVisible():
                try:
                    most -= self._show(panel, seen, views, now)
                except Exception:  # one failing panel must not stop the others
                    seen.due = now + RETRY_AFTER_S
                    sys.excepthook(*sys.exc_info())
        self._desk.names.follow()
        self.ticked.emit()
        settle()
        if not self._is_heap_frozen and views and all(view.status.state != "building" for view in views.values()):
            self._is_heap_frozen = True
            gc.freeze()  # engine and window live to the end: collections need not traverse them again
        if now - self._second_at >= 1.0:
            self._second_at = now
            self._desk.speeds.follow(live)
            self.second.emit()
            self._adapt_stretch(now, training)
        if now - self._collected_at >= COLLECT_INTERVAL_S and not is_interacting:
            self._collected_at = now
            # automatic collection is off: it may run in any thread, and Qt objects die in this one
            is_full = self._is_replaced or next(self._collections) % FULL_COLLECTION_EVERY == 0
            self._is_replaced = False
            gc.collect(2 if is_full else 1)
        interval_ms = HIDDEN_BEAT_MS if self.hidden else BEAT_MS
        if self._timer.interval() != interval_ms:
            self._timer.setInterval(interval_ms)
            self._beats.clear()

    def _note_replaced(self) -> None:
        self._is_replaced = True

    def _adapt_stretch(self, now: float, training: bool) -> None:
        """Stretch the intervals of the panels so that this thread takes at most `DRAWING_SHARE` of a core."""
        spent = time.thread_time()
        share = (spent - self._spent) / (now - self._spent_at)
        self._spent_at, self._spent = now, spent
        target = min(LARGEST_STRETCH, max(1.0, self._stretch * share / DRAWING_SHARE)) if training else 1.0
        self._stretch += 0.5 * (target - self._stretch)

    def _show(self, panel: Panel, seen: _Seen, views: dict[Run, View], now: float) -> bool:
        """Refresh the panel if its parts changed; whether it drew."""
        if panel.run is None:
            parts = tuple(part for view in views.values() for part in panel.parts(view))
            view = next(iter(views.values()), None)
        else:
            view = views.get(panel.run)
            parts = panel.parts(view) if view is not None else ()
        if now - seen.asked >= ASK_INTERVAL_S:
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
        if now < self._desk.opens_until:
            self._moved_at = now
            return
        seconds, self._moved_at = min(0.1, now - self._moved_at), now
        self._desk.point.advance(seconds)
        self.moved.emit(seconds)


def _drawn(item: tuple[Panel, _Seen]) -> float:
    return item[1].drawn


def _same(a: object, b: object) -> bool:
    return a is b
