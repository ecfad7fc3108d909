"""The slider over the lanes that leads back to what they were, with what can be done from there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.time_machine import TimeMachine, how_it_goes_on
from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting
from gui.widgets import layouts
from gui.widgets.buttons import IconButton
from gui.widgets.key_hints import Hint, hint
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.naming import named
from gui.widgets.slider import Slider

NOTHING_YET = "Time: what the lanes were at steps gone by. Nothing is kept yet."
ABOUT = "Time: drag back to see the lanes as they were. They train on meanwhile."
WIDEST = "step 999,999"
"""Words for which there is room beside the slider."""
DIGITS = 12
"""Digits of a place on the slider: a step of a million is met."""
ROUNDING = 1e-9
"""A place is so much later, as a share, that rounding does not lead to the moment before."""


class TimeSlider(Slider):
    """From the start, 0, to now, 1. An arrow key goes to the next moment that is kept. ``pressed`` comes before a drag
    or click acts."""

    pressed = Signal()
    least_s = 1 / 30

    def __init__(self, time: TimeMachine) -> None:
        self._time = time
        self._marks: tuple[float, ...] = ()
        super().__init__(0.0, 1.0, default=1.0, decimals=DIGITS, knob=10)
        self.setToolTip(NOTHING_YET)

    def is_held(self) -> bool:
        """Whether it is being dragged."""
        return self.isSliderDown()

    def set_marks(self, marks: tuple[float, ...]) -> None:
        """Where whole states are kept, 0 to 1."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def _words(self) -> str:
        moment = self._time.moment
        return "now" if moment is None else f"step {moment.step:,}"

    def _stepped(self, steps: float, fine: bool) -> float:
        end, axis = self._time.end(), self._time.axis
        kept = [min(1.0, moment.on(axis) / end) for moment in self._time.moments()] if end else []
        beyond = [at for at in (*kept, 1.0) if (at - self._value) * steps > ROUNDING]
        return min(beyond, key=lambda at: abs(at - self._value), default=self._value)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(32) + 2 * self.inset(), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        ink = theme.current().text_3
        with painting(self) as painter:
            below = self._middle() + theme.px(5)
            for at in self._marks:
                paint.box(painter, QRectF(round(self._x(at)), below, 1, theme.px(4)), 0, ink)


class TimeBar(QWidget):
    """The slider, the step that is shown, "Fork", and "Now". The last two show only while looking back."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Time"))
        self._desk, self._time = desk, desk.time
        self._end = 0.0  # of the axis, as the slider counts it
        self.slider = named(TimeSlider(desk.time), "time", "Time: what the lanes were")
        self.words = Label("now", "caption", "text_3")
        self.fork = named(IconButton("fork", "Fork", 24, filled=True), "fork", "Fork: one more lane goes on from here")
        self.now = named(IconButton("close", "", 20), "now")
        Hint(self.now, "Show the lanes as they are now", "cancel")
        self.now.setAccessibleName("Now")
        parts = (self.slider, 1), self.words, self.fork, self.now
        layouts.row(*parts, spacing=theme.px(6), margins=layouts.NO_MARGINS, on=self)
        for button in (self.fork, self.now):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # nothing moves when a drag begins
            button.setSizePolicy(policy)
        self.slider.pressed.connect(self._show)
        self.slider.moved.connect(self._move)
        self.fork.clicked.connect(self._fork)
        self.now.clicked.connect(desk.time.now)
        desk.time.changed.connect(self._show)
        clock.second.connect(self._show)
        for signal in (desk.chart_changed, desk.lane_selected, desk.lanes_changed, theme.changes.changed):
            signal.connect(self._show)
        self._show()

    def _move(self, position: float) -> None:
        if not self.slider.is_held():  # a key or the wheel, which count from now
            self._end = self._time.end()
        if position >= 1.0:
            self._time.now()
        elif self._end:
            self._time.look_at(position * self._end * (1 + ROUNDING))

    def _fork(self) -> None:
        run = self._desk.first_lane(lambda run: run.moment is not None)
        if run is not None:
            self._time.fork(run)

    def _show(self) -> None:
        """Show where the slider stands on the axis as it is now. While it is held, the axis stays."""
        moment, kept, axis = self._time.moment, self._time.moments(), self._time.axis
        if not self.slider.is_held():
            self._end = self._time.end()
            self.slider.set_value(1.0 if moment is None or not self._end else moment.on(axis) / self._end)
        self.slider.setEnabled(bool(kept))
        self.slider.setToolTip(hint(ABOUT, "look_back", "look_on") if kept else NOTHING_YET)
        states = [each.on(axis) / self._end for each in kept if each.saved is not None] if self._end else []
        self.slider.set_marks(tuple(round(at, 4) for at in states if at <= 1.0))
        self.words.setFixedWidth(round(paint.wide(WIDEST, "caption")))
        self.slider.set_fill(theme.current().text_3 if moment is None else theme.current().warn)
        self.fork.setVisible(moment is not None)
        self.now.setVisible(moment is not None)
        if moment is None:
            self.words.setText("now")
            self.words.set_token("text_3")
            return
        words = f"step {moment.step:,}" if axis == "step" else f"at {numbers.clock(moment.seconds)}"
        self.words.setText(words)
        self.words.set_token("warn")
        self.fork.setToolTip(f"Fork: one more lane goes on from step {moment.step:,}, {how_it_goes_on(moment)}")
