"""Histograms: bins, and their bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Doubles
from gui.drawing import numbers
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
        """A histogram of values (N,): so many bins in the range of home, as wide wherever is looked; of them those in
        sight that hold values."""
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

    def at(self, x: float) -> int:
        """The bin that holds x, −1 or N beside all."""
        index = int(np.searchsorted(self.edges, x, "right")) - 1
        return index - 1 if x == self.edges[-1] else index

    def words(self, index: int) -> str:
        """The ends of a bin, to a tenth of its width."""
        decimals = min(DECIMALS, max(0, 1 - math.floor(math.log10(self.edges[1] - self.edges[0]))))
        first, last = (numbers.number(float(end), decimals) for end in self.edges[index : index + 2])
        return f"{first} to {last}"


def paint_bars(
    painter: QPainter, across: Doubles, tops: Doubles, foot: float, color: str | QColor, gap_from: int = 1
) -> None:
    """Paint bars from ``foot`` up to ``tops`` (N,) between the edges ``across`` (N + 1,), all px; none where both are
    one, and no lower one than 1 px. Those at least ``gap_from`` px wide are 1 px apart."""
    edges = [pixel(x) for x in across.tolist()]
    bars = []
    for left, right, top in zip(edges[:-1], edges[1:], tops.tolist(), strict=True):
        if top < foot:
            wide, tall = right - left, max(1.0, foot - top)
            bars.append(QRectF(left, foot - tall, max(1, wide - (wide >= gap_from)), tall))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRects(bars)
