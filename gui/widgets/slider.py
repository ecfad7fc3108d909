"""A slider with a thin groove, a fill and a round knob; linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import numbers, paint, theme
from gui.drawing.scale import Scale
from gui.widgets import focus

_STEP = 0.01  # of the groove, per arrow key or wheel notch
_PAGE = 0.1
_FINE = 0.1  # with Shift


class Slider(QWidget):
    """One number in a range.

    ``moved`` follows the hand, ``settled`` comes once at its end (release, key, wheel, double-click). `set_value`
    emits nothing and clamps. ``scale`` "log" with ``low`` = 0: the first 8 % of the groove is 0, then logarithmic
    from ``log_floor`` (``high`` × 1e-4 unless given). Shift is ten times finer, double-click and Delete mean the
    default. The groove starts `inset` pixels inside the widget, so that the knob has room at the ends.
    """

    moved = Signal(float)
    settled = Signal(float)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        scale: Literal["linear", "log"] = "linear",
        default: float,
        decimals: int = 2,
        from_zero: bool = False,
        ticks: Sequence[tuple[float, str]] = (),
        knob: int = 12,
        log_floor: float = 0.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scale = Scale(low, high, scale, decimals, log_floor)
        self._default = self._scale.round(default)
        self._value = self._default
        self._from_zero = from_zero and low < 0 < high
        self._ticks = tuple(ticks)
        self._knob = knob
        self._fill: str | None = None
        self._dragging = False
        self._fine = False
        self._anchor = (0.0, 0.0)  # mouse x, position
        self._before = self._value
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()
        theme.changes.changed.connect(self._restyle)

    # -- value

    def value(self) -> float:
        """The value."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value without a signal; it is clamped, and what is no number is ignored."""
        if math.isfinite(value):
            value = min(self._scale.high, max(self._scale.low, float(value)))
            if value != self._value:
                self._value = value
                self._describe()
                self.update()

    def set_fill(self, color_hex: str | None) -> None:
        """The colour of fill and knob ring: a lane's, or None for the accent."""
        if color_hex != self._fill:
            self._fill = color_hex
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(numbers.knob(self._value, self._scale.decimals))

    def _move(self, value: float) -> bool:
        """Take a value from the hand; whether it was a change."""
        if value == self._value:
            return False
        self.set_value(value)
        self.moved.emit(self._value)
        return True

    def _set_by_step(self, value: float) -> None:
        if self._move(value):
            self.settled.emit(self._value)

    # -- geometry and paint

    def inset(self) -> int:
        """The distance from the widget's left and right edge to the ends of the groove."""
        return theme.px(self._knob) // 2

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def _tick_height(self) -> int:
        return theme.px(6) + theme.line_height("tick") if self._ticks else 0

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), max(theme.px(24), theme.px(self._knob) + 2) + self._tick_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(56) + 2 * self.inset(), self.sizeHint().height())

    def _span(self) -> tuple[float, float]:
        return float(self.inset()), max(1.0, float(self.width() - 2 * self.inset()))

    def _x(self, position: float) -> float:
        left, span = self._span()
        return left + span * position

    def _middle(self) -> float:
        return round((self.height() - self._tick_height()) / 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, enabled = theme.current(), self.isEnabled()
        painter = paint.begin(self)
        left, span = self._span()
        middle, thick = self._middle(), 4.0
        groove = QRectF(left, middle - thick / 2, span, thick)
        paint.box(painter, groove, 2, colors.track if enabled else colors.line)
        fill = (self._fill or colors.accent) if enabled else colors.track
        here = self._x(self._scale.position(self._value))
        start = self._x(self._scale.position(0.0)) if self._from_zero else left
        filled = QRectF(min(start, here), groove.top(), abs(here - start), thick)
        if filled.width() > 0:
            paint.box(painter, filled, 0 if self._from_zero else 2, fill)
        if self._from_zero:
            paint.box(painter, QRectF(round(start), middle - 4, 1, 8), 0, colors.text_3 if enabled else colors.line)
        self._paint_ticks(painter, middle)
        size = theme.px(self._knob)
        paint.knob(painter, here, middle, size, colors.knob if enabled else colors.panel, fill)
        painter.end()

    def _paint_ticks(self, painter: QPainter, middle: float) -> None:
        if not self._ticks:
            return
        colors = theme.current()
        ink = colors.text_3 if self.isEnabled() else colors.disabled()
        top = middle + theme.px(self._knob) / 2 + 3
        for value, caption in self._ticks:
            x = min(round(self._x(self._scale.position(value))), round(self._x(1.0)) - 1)
            paint.box(painter, QRectF(x, top, 1, 3), 0, ink)
            width = paint.wide(caption, "tick")
            left = min(max(x + 0.5 - width / 2, self._x(0.0)), self._x(1.0) - width)
            paint.text(painter, QRectF(left, top + 4, width + 1, theme.line_height("tick")), caption, "tick", ink)

    # -- hand

    def _press_at(self, point: QPointF, fine: bool) -> None:
        here = self._scale.position(self._value)
        left, span = self._span()
        grabs = abs(point.x() - self._x(here)) <= max(theme.px(self._knob) / 2, 8)
        if not grabs:
            here = min(1.0, max(0.0, (point.x() - left) / span))
            self._move(self._scale.value(here))
        self._fine = fine
        self._anchor = (point.x(), here)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._dragging = True
        self._before = self._value
        self._press_at(event.position(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._dragging:
            return
        x, fine = event.position().x(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if fine != self._fine:
            self._fine, self._anchor = fine, (x, self._scale.position(self._value))
        at, position = self._anchor
        self._move(self._scale.value(position + (x - at) / self._span()[1] * (_FINE if fine else 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
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
        fine = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._set_by_step(self._scale.stepped(self._value, _STEP * notches * fine))
        event.accept()

    # -- keyboard

    def event(self, event: QEvent) -> bool:
        if self.hasFocus() and focus.claims(event, focus.MOVE_KEYS | {Qt.Key.Key_Delete}):
            return True
        if self._dragging and focus.claims(event, {Qt.Key.Key_Escape}):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        fine = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        shares = {
            Qt.Key.Key_Left: -_STEP * fine,
            Qt.Key.Key_Down: -_STEP * fine,
            Qt.Key.Key_Right: _STEP * fine,
            Qt.Key.Key_Up: _STEP * fine,
            Qt.Key.Key_PageDown: -_PAGE,
            Qt.Key.Key_PageUp: _PAGE,
        }
        ends = {Qt.Key.Key_Home: self._scale.low, Qt.Key.Key_End: self._scale.high, Qt.Key.Key_Delete: self._default}
        if key in shares:
            self._set_by_step(self._scale.stepped(self._value, shares[key]))
        elif key in ends:
            self._set_by_step(ends[key])
        elif key == Qt.Key.Key_Escape and self._dragging:
            self._dragging = False
            self._move(self._before)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        focus.entered(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        focus.left(self)
