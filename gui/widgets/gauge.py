"""A thin bar that says how far, with a tick at the limit."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets import numbers, paint


class Gauge(QWidget):
    """0 to ``high`` with a tick at ``tick``; None is empty, beyond the end is full."""

    def __init__(self, high: float = 4.0, tick: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if not (math.isfinite(high) and high > 0 and 0 <= tick <= high):
            raise ValueError(f"a gauge cannot run to {high} with a tick at {tick}")
        self._high, self._tick = high, tick
        self._value: float | None = None
        self._token = "ok"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changes.changed.connect(self._restyle)

    def set_value(self, value: float | None) -> None:
        """Show a value; None and what is no number show nothing."""
        value = None if value is None or math.isnan(value) else min(self._high, max(0.0, value))
        if value != self._value:
            self._value = value
            self.setAccessibleDescription("" if value is None else numbers.number(value, 1))
            self.update()

    def value(self) -> float | None:
        """The value shown, clamped to the gauge."""
        return self._value

    def set_token(self, token: str) -> None:
        """The colour of the bar, by token."""
        if token != self._token:
            self._token = token
            self.update()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(9))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), theme.px(9))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = paint.begin(self)
        top = (self.height() - 3) // 2
        width = float(self.width())
        paint.box(painter, QRectF(0, top, width, 3), 1.5, colors.track)
        if self._value:
            color = colors.token(self._token) if self.isEnabled() else colors.line_strong
            paint.box(painter, QRectF(0, top, max(3.0, width * self._value / self._high), 3), 1.5, color)
        at = min(round(width * self._tick / self._high), self.width() - 1)
        paint.box(painter, QRectF(at, top - 3, 1, 9), 0, colors.text_2)
        painter.end()
