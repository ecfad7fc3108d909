"""The base class of sliders: a number moved along a groove by mouse, wheel and keyboard."""

from __future__ import annotations

import math
from typing import ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from gui.drawing.scale import Scale
from gui.widgets import focus
from gui.widgets.pace import Pace
from gui.widgets.painted import Keyboard

_FINE_DRAG = 0.1  # with Shift the knob moves a tenth as far as the mouse
_PLACES = 10_000
"""Whole places of the groove, in which Qt counts where the knob is."""
_Action = QAbstractSlider.SliderAction
_STEPS = {
    _Action.SliderSingleStepSub: -1.0,
    _Action.SliderSingleStepAdd: 1.0,
    _Action.SliderPageStepSub: -10.0,
    _Action.SliderPageStepAdd: 10.0,
}


class GrooveSlider(Keyboard, QAbstractSlider):
    """One number in a range (abstract).

    Qt's slider knows the place of the knob, as a whole number along the groove; `value` is the number there.

    ``moved`` is emitted at every change by the user, ``settled`` once at the end (release, key, wheel, double-click).
    With Shift a drag, a key or a notch of the wheel moves less; a double-click sets the default.
    """

    moved = Signal(float)
    settled = Signal(float)
    keys = focus.MOVE_KEYS
    least_s: ClassVar[float | None] = None
    """Shortest time between two values of a drag, s, see `Pace`."""
    spoken_role = QAccessible.Role.Slider

    def __init__(self, scale: Scale, default: float, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._scale = scale
        self._default = scale.round(default)
        self._value = self._default
        self._fine = False
        self._anchor = (0.0, 0.0)  # mouse x, position
        self._before = self._value
        self._pace = Pace(self._move, self, self.least_s)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, _PLACES)
        self.actionTriggered.connect(self._act)
        self._place_knob()

    # -- for subclasses

    def _words(self) -> str:
        """The value in words, for screen readers."""
        raise NotImplementedError

    def _span(self) -> tuple[float, float]:
        """Left end and length of the groove, px; the length is positive."""
        raise NotImplementedError

    def _grab_px(self) -> float:
        """A press within this distance of the knob grabs it, px; farther away, the knob jumps to the mouse."""
        raise NotImplementedError

    def _stepped(self, steps: float, fine: bool) -> float:
        """The value after a number of arrow keys; ``fine`` with Shift."""
        raise NotImplementedError

    # -- value

    def value(self) -> float:  # type: ignore[override]  # Qt's own is the whole place of the knob
        """The present value."""
        return self._value

    def set_value(self, value: float) -> None:
        """Set the value without a signal. It is clamped; a non-finite value is ignored."""
        if math.isfinite(value):
            value = min(self._scale.high, max(self._scale.low, float(value)))
            if value != self._value:
                self._value = value
                self._place_knob()
                self.update()

    def _place_knob(self) -> None:
        """Tell Qt where the knob is: a screen reader hears of it."""
        self.setValue(round(_PLACES * self._scale.position(self._value)))

    def spoken_value(self) -> str:
        """The value in words, for screen readers."""
        return self._words()

    def spoken_range(self) -> tuple[float, float, float]:
        """Value, lowest and highest value, for screen readers."""
        return self._value, self._scale.low, self._scale.high

    def take_spoken(self, value: float) -> None:
        """Set the value for a screen reader, as a key does."""
        self._set_by_step(self._scale.round(value))

    def _move(self, value: float) -> bool:
        """Set a value chosen by the user. Returns whether it changed."""
        if value == self._value:
            return False
        self.set_value(value)
        self.moved.emit(self._value)
        return True

    def _set_by_step(self, value: float) -> None:
        self._pace.flush()
        if self._move(value):
            self.settled.emit(self._value)

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self._before, self._fine = self._value, focus.with_shift(event)
        x, here = event.position().x(), self._scale.position(self._value)
        left, span = self._span()
        if abs(x - (left + span * here)) > self._grab_px():
            here = min(1.0, max(0.0, (x - left) / span))
            self._move(self._scale.value(here))
        self._anchor = (x, here)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.isSliderDown():
            return
        x, fine = event.position().x(), focus.with_shift(event)
        if fine != self._fine:
            self._pace.flush()
            self._fine, self._anchor = fine, (x, self._scale.position(self._value))
        at, position = self._anchor
        self._pace.take(self._scale.value(position + (x - at) / self._span()[1] * (_FINE_DRAG if fine else 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self._pace.flush()
            self.setSliderDown(False)
            if self._value != self._before:
                self.settled.emit(self._value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._set_by_step(self._default)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        notches = (turn.y() or turn.x()) / 120
        if not self.hasFocus() or notches == 0:
            event.ignore()  # the panel scrolls
            return
        self._set_by_step(self._stepped(notches, focus.with_shift(event)))
        event.accept()

    # -- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._fine = focus.with_shift(event)
        super().keyPressEvent(event)  # calls `_act`

    def _act(self, action: int) -> None:
        """Do what a key asks for: Qt's own steps are whole places of the groove."""
        asked = _Action(action)
        if asked in _STEPS:
            self._set_by_step(self._stepped(_STEPS[asked], self._fine and abs(_STEPS[asked]) == 1))
        elif asked in (_Action.SliderToMinimum, _Action.SliderToMaximum):
            self._set_by_step(self._scale.low if asked == _Action.SliderToMinimum else self._scale.high)
        self.setSliderPosition(round(_PLACES * self._scale.position(self._value)))
