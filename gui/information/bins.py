"""Histograms of plots that are zoomed: bins as wide as at home, wherever is looked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Doubles
from gui.drawing import numbers
from gui.drawing.chart import Frame
from gui.drawing.painting import pixel
from gui.plots.link import Range

DECIMALS = 8
"""Most decimals of the ends of a bin."""


@dataclass(frozen=True, eq=False)
class Bins:
    """``edges`` of bins (N + 1,), ascending, and how many values lie in each: ``counts`` (N,)."""

    edges: Doubles
    counts: npt.NDArray[np.int64]

    @classmethod
    def empty(cls) -> Bins:
        """Without a bin."""
        return cls(np.zeros(1), np.zeros(0, np.int64))

    @classmethod
    def of(cls, values: Doubles, home: Range, bins: int, in_sight: Range | None = None) -> Bins:
        """A histogram of values (N,), with so many bins in the range of home, of the bins in sight that hold values."""
        low, wide = home[0], (home[1] - home[0]) / bins
        left, right = home if in_sight is None else in_sight
        if in_sight is not None:  # no bins beyond the values but those at home
            left = max(left, min(home[0], float(values.min())))
            right = min(right, max(home[1], float(values.max())))
        first, last = math.floor((left - low) / wide + 1e-9), math.ceil((right - low) / wide - 1e-9)
        if last <= first:
            return cls.empty()
        edges: Doubles = low + wide * np.arange(first, last + 1, dtype=np.float64)
        return cls(edges, np.histogram(values, edges)[0].astype(np.int64))

    @property
    def middles(self) -> Doubles:
        """The middle of each bin (N,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def words(self, index: int) -> str:
        """The ends of a bin, to a tenth of its width."""
        decimals = min(DECIMALS, max(0, 1 - math.floor(math.log10(self.edges[1] - self.edges[0]))))
        first, last = (numbers.number(float(end), decimals) for end in self.edges[index : index + 2])
        return f"{first} to {last}"


def paint_bars(painter: QPainter, frame: Frame, foot: float, histogram: Bins, px_per_count: float, color: str) -> None:
    """Paint the bars of a histogram upward from ``foot`` px, 1 px apart; none that has a value is lower than 1 px."""
    left = [pixel(x) for x in frame.across(histogram.edges).tolist()]
    bars = [
        QRectF(a, foot - max(1.0, count * px_per_count), max(1, b - a - 1), max(1.0, count * px_per_count))
        for a, b, count in zip(left[:-1], left[1:], histogram.counts.tolist(), strict=True)
        if count
    ]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRects(bars)
