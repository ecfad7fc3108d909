"""A histogram: numbers as bars between edges, read bin by bin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Doubles
from gui.drawing import chart, numbers
from gui.drawing.painting import pixel
from gui.plots.bins import Bins, paint_bars
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
        self.bins = Bins.empty()
        self._color = ""
        self._lines_at: tuple[tuple[float, str], ...] = ()
        self._bin_words = bin_words
        self._bars = Layer(self, self._paint_bars)
        self.add_over(self._bars, -1.0)

    def show_bins(self, bins: Bins, color: str, lines: Sequence[tuple[float, str]] = ()) -> None:
        """Show a histogram; ``lines``: places of x and their colours."""
        self.bins, self._color, self._lines_at = bins, color, tuple(lines)
        self.set_home(_reach(bins.edges), (0.0, chart.axis_end(1.05 * max(1.0, float(bins.counts.max())), 1.1)))
        self._bars.renew()
        self._show_reading()

    def offer(self) -> Offer:
        """The bars, and their edges and numbers as a table."""
        columns = {"from": self.bins.edges[:-1], "to": self.bins.edges[1:], "count": self.bins.counts}
        return Offer(self.accessibleName(), table=lambda: csv_of(columns), acts=self.acts())

    def _paint_bars(self, painter: QPainter) -> None:
        painter.setClipRect(self.inner)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        across, tops = self.to_pixels(np.stack([self.bins.edges, np.append(self.bins.counts, 0)], 1)).T
        paint_bars(painter, across, tops[:-1], tops[-1], self._color, LEAST_GAP_PX)
        for at, color in self._lines_at:
            x = pixel(self.to_pixel(at, 0.0).x())
            painter.fillRect(QRectF(x, self.inner.top(), 1, self.inner.height()), QColor(color))

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        is_over = spot is not None and self.inner.contains(spot) and len(self.bins.counts) > 0
        self.link.point(self.to_point(spot)[0] if is_over and spot is not None else None)

    def read_on(self, right: int, up: int) -> None:
        """Move the reading to the middle of the next bin."""
        bins, at, (left, end) = self.bins, self.link.pointer, self.x_range
        if right and len(bins.counts):
            number = bins.at((left + end) / 2) if at is None else bins.at(at) + right
            number = min(max(number, 0), len(bins.counts) - 1)
            self.link.point(min(max(float(bins.middles[number]), left), end))

    def _show_reading(self) -> None:
        at, bins, (left, right) = self.link.pointer, self.bins, self.x_range
        if at is None or not len(bins.counts) or not left <= at <= right:
            self._reading.hide()
            return
        number, words = bins.at(at), numbers.telling(at, 2)
        if 0 <= number < len(bins.counts):
            low, high = bins.edges[number : number + 2].tolist()
            words = self._bin_words(low, high, int(bins.counts[number]))
        self._reading.show_at(self.to_pixel(at, 0.0).x(), self.inner, words)


def _reach(edges: Doubles) -> Range:
    """The range of all bins, which grows in steps."""
    low, high = float(edges[0]), float(edges[-1])
    return (-chart.axis_end(-low) if low < 0 else low), (chart.axis_end(high) if high > 0 else high)
