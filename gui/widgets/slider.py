"""A slider with a thin groove, a fill and a round knob; linear or logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting
from gui.drawing.scale import Scale
from gui.widgets import focus
from gui.widgets.groove import GrooveSlider

_STEP = 0.01  # of the groove, per arrow key or wheel notch
_FINE = 0.1  # with Shift


class Slider(GrooveSlider):
    """One number in a range; linear or logarithmic.

    ``scale`` "log" with ``low`` = 0: the first 8 % of the groove is 0, then logarithmic from ``log_floor`` (default
    ``high`` × 1e-4). Shift is ten times finer, Delete sets the default, Esc reverts a drag. The groove starts `inset`
    px inside the widget, so that the knob fits at the ends.
    """

    keys = focus.MOVE_KEYS | {Qt.Key.Key_Delete}

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
        super().__init__(Scale(low, high, scale, decimals, log_floor), default, parent)
        self._from_zero = from_zero and low < 0 < high
        self._ticks = tuple(ticks)
        self._knob = knob
        self._fill: str | None = None

    def set_fill(self, color_hex: str | None) -> None:
        """Set the colour of fill and knob ring; None for the accent."""
        if color_hex != self._fill:
            self._fill = color_hex
            self.update()

    def _words(self) -> str:
        return numbers.knob(self._value, self._scale.decimals)

    def _stepped(self, steps: float, fine: bool) -> float:
        return self._scale.stepped(self._value, _STEP * steps * (_FINE if fine else 1.0))

    # -- geometry and paint

    def inset(self) -> int:
        """The distance from the widget's left and right edges to the ends of the groove, px."""
        return theme.px(self._knob) // 2

    def _tick_height(self) -> int:
        return theme.px(6) + theme.line_height("tick") if self._ticks else 0

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), max(theme.px(24), theme.px(self._knob) + 2) + self._tick_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(56) + 2 * self.inset(), self.sizeHint().height())

    def _span(self) -> tuple[float, float]:
        return float(self.inset()), max(1.0, float(self.width() - 2 * self.inset()))

    def _grab_px(self) -> float:
        return max(theme.px(self._knob) / 2, 8)

    def _x(self, position: float) -> float:
        left, span = self._span()
        return left + span * position

    def _middle(self) -> float:
        return round((self.height() - self._tick_height()) / 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, enabled = theme.current(), self.isEnabled()
        with painting(self, smooth=True) as painter:
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

    # -- keyboard

    def _claims(self, event: QEvent) -> bool:
        return super()._claims(event) or (self.isSliderDown() and focus.claims(event, {Qt.Key.Key_Escape}))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Delete:
            self._set_by_step(self._default)
        elif key == Qt.Key.Key_Escape and self.isSliderDown():
            self.setSliderDown(False)
            self._move(self._before)
        else:
            super().keyPressEvent(event)
