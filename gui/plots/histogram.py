"""A histogram: numbers as bars between edges, read bin by bin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Doubles
from gui.drawing import chart, numbers
from gui.drawing.painting import pixel
from gui.plots.chart import Chart
from gui.plots.items import Layer
from gui.plots.link import Link, Range
from gui.widgets.offer import Offer, csv_of

LEAST_GAP_PX = 3
"""Bars at least this wide have a gap of 1 px between them, px."""


def number_words(low: float, high: float, count: int) -> str:
    """What a reading says of a bin, where nothing else is known of it."""
    return f"{numbers.telling(low, 2)} to {numbers.telling(high, 2)}: {count:,}"


class Histogram(Chart):
    """Bars in one colour, with lines at some places of x. ``bin_words`` says what a bin holds."""

    def __init__(
        self,
        name: str,
        *,
        link: Link | None = None,
        bin_words: Callable[[float, float, int], str] = number_words,
    ) -> None:
        super().__init__(name, link=link)
        self._edges, self._counts = np.zeros(0), np.zeros(0, np.int64)
        self._color = ""
        self._lines_at: tuple[tuple[float, str], ...] = ()
        self._bin_words = bin_words
        self._bars = Layer(self, self._paint_bars)
        self.add_over(self._bars, -1.0)

    def show_bins(self, edges: Doubles, counts: Doubles, color: str, lines: Sequence[tuple[float, str]] = ()) -> None:
        """Show counts (K,) between ascending edges (K + 1,); ``lines``: places of x and their colours."""
        self._edges, self._counts = np.asarray(edges, np.float64), np.asarray(counts)
        self._color, self._lines_at = color, tuple(lines)
        self.set_home(_reach(self._edges), (0.0, chart.axis_end(1.05 * max(1.0, float(self._counts.max())), 1.1)))
        self._bars.renew()
        self._show_reading()

    def offer(self) -> Offer:
        """The bars, and their edges and numbers as a table."""
        columns = {"from": self._edges[:-1], "to": self._edges[1:], "count": self._counts}
        return Offer(self.accessibleName(), table=lambda: csv_of(columns))

    def _paint_bars(self, painter: QPainter) -> None:
        painter.setClipRect(self.inner)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        shown = np.flatnonzero(self._counts)
        tops = self.to_pixels(np.stack([self._edges[shown], self._counts[shown]], 1)).tolist()
        ends = self.to_pixels(np.stack([self._edges[shown + 1], np.zeros(len(shown))], 1)).tolist()
        for (x, top), (end, bottom) in zip(tops, ends, strict=True):
            left, wide = pixel(x), pixel(end) - pixel(x)
            gap = 1 if wide >= LEAST_GAP_PX else 0
            tall = max(1.0, bottom - top)
            painter.fillRect(QRectF(left, bottom - tall, max(1, wide - gap), tall), QColor(self._color))
        for at, color in self._lines_at:
            x = pixel(self.to_pixel(at, 0.0).x())
            painter.fillRect(QRectF(x, self.inner.top(), 1, self.inner.height()), QColor(color))

    # --- reading -----------------------------------------------------------------------------------------------------

    def bin_at(self, x: float) -> int:
        """The bin that holds x, −1 or K beside all."""
        at = int(np.searchsorted(self._edges, x, "right")) - 1
        return at - 1 if len(self._edges) and x == self._edges[-1] else at

    def read(self, spot: QPointF | None) -> None:
        is_over = spot is not None and self.inner.contains(spot) and len(self._counts) > 0
        self.link.point(self.to_point(spot)[0] if is_over and spot is not None else None)

    def read_on(self, right: int, up: int) -> None:
        """Move the reading to the middle of the next bin."""
        if not right or not len(self._counts):
            return
        (left, end), at = self.x_range, self.link.pointer
        number = self.bin_at((left + end) / 2) if at is None else self.bin_at(at) + right
        number = min(max(number, 0), len(self._counts) - 1)
        self.link.point(min(max(float(self._edges[number : number + 2].mean()), left), end))

    def _show_reading(self) -> None:
        at = self.link.pointer
        if at is None or not len(self._counts):
            self._reading.hide()
            return
        number = self.bin_at(at)
        is_inside = 0 <= number < len(self._counts)
        low, high = (float(edge) for edge in self._edges[number : number + 2]) if is_inside else (at, at)
        words = self._bin_words(low, high, int(self._counts[number])) if is_inside else numbers.telling(at, 2)
        self._reading.show_at(self.to_pixel(at, 0.0).x(), self.inner, words)


def _reach(edges: Doubles) -> Range:
    """The range of all bins, which grows in steps."""
    low, high = float(edges[0]), float(edges[-1])
    return (-chart.axis_end(-low) if low < 0 else low), (chart.axis_end(high) if high > 0 else high)
