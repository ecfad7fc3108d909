"""A slider under the histogram of the codes along one latent dimension: one painted widget."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import numbers, paint, theme
from gui.drawing.scale import Scale
from gui.widgets import focus

_BARS = 44
_HEIGHT = 58
_KNOB = 14
_STEP = 0.05  # z per arrow key
_PAGE = 0.5


class HistogramSlider(QWidget):
    """z along one dimension, over the spread of the codes; 58 high, fill from zero, double-click means zero.

    Groove and bars use the whole width; at the very ends the knob stays inside while the hairline tells the truth.
    """

    moved = Signal(float)
    settled = Signal(float)

    def __init__(self, low: float = -4, high: float = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = Scale(low, high, "linear", 2)
        self._value = self._scale.round(0.0)
        self._bins: NDArray[np.float64] = np.zeros(56)
        self._slot = 0
        self._silent = False
        self._dragging = False
        self._fine = False
        self._anchor = (0.0, 0.0)
        self._before = self._value
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()
        theme.changes.changed.connect(self._restyle)

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

    def set_bins(self, bins: ArrayLike) -> None:
        """Bar heights from low to high, in any unit; the tallest fills the height, what is no number is 0."""
        heights = np.nan_to_num(np.asarray(bins, dtype=float).ravel(), nan=0.0, posinf=0.0, neginf=0.0)
        self._bins = np.maximum(heights, 0.0) if heights.size else np.zeros(56)
        self.update()

    def set_slot(self, slot: int) -> None:
        """The lane whose codes these are: its histogram colour."""
        if slot != self._slot:
            self._slot = slot
            self.update()

    def set_silent(self, silent: bool) -> None:
        """Grey: this dimension carries nothing."""
        if silent != self._silent:
            self._silent = silent
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(numbers.number(self._value, 2))

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def _move(self, value: float) -> bool:
        if value == self._value:
            return False
        self.set_value(value)
        self.moved.emit(self._value)
        return True

    def _set_by_step(self, value: float) -> None:
        if self._move(self._scale.round(value)):
            self.settled.emit(self._value)

    # -- paint

    def sizeHint(self) -> QSize:
        return QSize(theme.px(208), theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, enabled = theme.current(), self.isEnabled()
        painter = paint.begin(self)
        width, base = float(self.width()), float(theme.px(_BARS))
        middle = base + theme.px(7)
        self._paint_bars(painter, base)
        paint.box(painter, QRectF(0, middle - 2, width, 4), 2, colors.track if enabled else colors.line)
        here = self._scale.position(self._value) * width
        zero = self._scale.position(0.0) * width
        size = theme.px(_KNOB)
        knob_at = min(max(here, size / 2), width - size / 2)
        quiet = self._silent or not enabled
        fill = colors.line_strong if quiet else colors.accent
        paint.box(painter, QRectF(min(zero, knob_at), middle - 2, abs(knob_at - zero), 4), 0, fill)
        paint.box(painter, QRectF(round(zero) - 1, middle - 4, 1, 8), 0, colors.text_3)
        line = QRectF(min(max(round(here - 0.5), 0), width - 1), 0, 1, middle)
        paint.box(painter, line, 0, colors.text_3 if quiet else colors.text)
        paint.knob(painter, knob_at, middle, size, colors.knob if enabled else colors.panel, fill)
        painter.end()

    def _paint_bars(self, painter: QPainter, base: float) -> None:
        colors = theme.current()
        tallest = float(self._bins.max())
        if tallest <= 0:
            return
        quiet = self._silent or not self.isEnabled()
        shade = theme.mix(colors.text_3, colors.panel, 0.30) if quiet else colors.hist(self._slot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pitch = self.width() / self._bins.size
        gap = 1 if pitch >= 3 else 0
        for index, height in enumerate((self._bins / tallest * base).round().astype(int).tolist()):
            left, right = round(index * pitch), round((index + 1) * pitch) - gap
            if height or self._bins[index] > 0:
                tall = max(1, height)
                paint.box(painter, QRectF(left, base - tall, max(1, right - left), tall), 0, shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    # -- hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x, here = event.position().x(), self._scale.position(self._value)
        self._dragging, self._before = True, self._value
        self._fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if abs(x - here * self.width()) > theme.px(_KNOB) / 2 + 1:
            here = min(1.0, max(0.0, x / max(1, self.width())))
            self._move(self._scale.value(here))
        self._anchor = (x, here)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._dragging:
            return
        x, fine = event.position().x(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if fine != self._fine:
            self._fine, self._anchor = fine, (x, self._scale.position(self._value))
        at, position = self._anchor
        self._move(self._scale.value(position + (x - at) / max(1, self.width()) * (0.1 if fine else 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            if self._value != self._before:
                self.settled.emit(self._value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._set_by_step(0.0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        notches = (turn.y() or turn.x()) / 120
        if not self.hasFocus() or notches == 0:
            event.ignore()  # the panel scrolls
            return
        fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._set_by_step(self._value + _STEP * notches * fine)
        event.accept()

    # -- keyboard

    def event(self, event: QEvent) -> bool:
        if self.hasFocus() and focus.claims(event, focus.MOVE_KEYS):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = 0.01 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        moves = {
            Qt.Key.Key_Left: -step,
            Qt.Key.Key_Down: -step,
            Qt.Key.Key_Right: step,
            Qt.Key.Key_Up: step,
            Qt.Key.Key_PageDown: -_PAGE,
            Qt.Key.Key_PageUp: _PAGE,
        }
        if key in moves:
            self._set_by_step(self._value + moves[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._set_by_step(self._scale.low if key == Qt.Key.Key_Home else self._scale.high)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        focus.entered(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        focus.left(self)
