"""A slider under the histogram of the latent codes along one dimension, as one painted widget."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting, pixel
from gui.drawing.scale import Scale
from gui.widgets.groove import GrooveSlider

_BARS = 44
"""Height of the histogram, px."""
_HEIGHT = 58
_KNOB = 14
"""Diameter of the knob, px."""
_STEP = 0.05  # z per arrow key or wheel notch
_FINE = 5.0  # divides the step with Shift


class HistogramSlider(GrooveSlider):
    """z along one dimension, under the histogram of the latent codes; 58 px high, filled from 0, double-click sets 0.

    Groove and bars take the full width. At the ends the knob stays inside, and the hairline shows the exact value.
    """

    preferred_px = (208, _HEIGHT)
    least_px = (80, _HEIGHT)

    def __init__(self, low: float = -4, high: float = 4, parent: QWidget | None = None) -> None:
        super().__init__(Scale(low, high, "linear", 2), 0.0, parent)
        self._bins: NDArray[np.float64] = np.zeros(56)
        self._slot = 0
        self._silent = False

    def set_bins(self, bins: ArrayLike) -> None:
        """Set the bar heights (N,) from low to high, in any unit. The tallest fills the height; non-finite are 0."""
        heights = np.nan_to_num(np.asarray(bins, dtype=float).ravel(), nan=0.0, posinf=0.0, neginf=0.0)
        self._bins = np.maximum(heights, 0.0) if heights.size else np.zeros(56)
        self.update()

    def set_slot(self, slot: int) -> None:
        """Set the lane of the latent codes, for its histogram colour."""
        if slot != self._slot:
            self._slot = slot
            self.update()

    def set_silent(self, silent: bool) -> None:
        """Grey the slider, because the dimension carries no information."""
        if silent != self._silent:
            self._silent = silent
            self.update()

    def _words(self) -> str:
        return numbers.number(self._value, 2)

    def _span(self) -> tuple[float, float]:
        return 0.0, max(1.0, float(self.width()))

    def _grab_px(self) -> float:
        return theme.px(_KNOB) / 2 + 1

    def _stepped(self, steps: float, fine: bool) -> float:
        return self._scale.round(self._value + _STEP * steps / (_FINE if fine else 1.0))

    # -- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, enabled = theme.current(), self.isEnabled()
        with painting(self, smooth=True) as painter:
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
            paint.box(painter, QRectF(pixel(zero) - 1, middle - 4, 1, 8), 0, colors.text_3)
            line = QRectF(min(max(pixel(here - 0.5), 0), width - 1), 0, 1, middle)
            paint.box(painter, line, 0, colors.text_3 if quiet else colors.text)
            paint.knob(painter, knob_at, middle, size, colors.knob if enabled else colors.panel, fill)

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
