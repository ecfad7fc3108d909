"""Where labels have room on a chart: none lies on another one, or on a mark."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.sweeps.strokes import SMALL_LETTER_PX

_SIDES = (1, -0.7), (1, 0.7), (-1, 0.7), (-1, -0.7), (1, 0), (-1, 0), (0, -1), (0, 1)
"""Where a label is tried around a mark: right and down."""


class Room:
    """Which px of a chart are free: labels go only where nothing is drawn."""

    def __init__(self, width: int, height: int) -> None:
        self._taken = np.zeros((height, width), np.bool_)

    def take(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Take a rectangle."""
        self._part(x0, y0, x1, y1)[:] = True

    def take_line(self, places: Sequence[tuple[float, float]]) -> None:
        """Take what a line through places crosses."""
        for (x0, y0), (x1, y1) in itertools.pairwise(places):
            count = max(2, int(math.hypot(x1 - x0, y1 - y0) / 2))
            for x, y in zip(np.linspace(x0, x1, count), np.linspace(y0, y1, count), strict=True):
                self.take(x - 1, y - 1, x + 1, y + 1)

    def is_free(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether a rectangle lies within the chart and nothing is in it."""
        height, width = self._taken.shape
        inside = x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height
        return inside and not self._part(x0, y0, x1, y1).any()

    def _part(self, x0: float, y0: float, x1: float, y1: float) -> npt.NDArray[np.bool_]:
        rows = slice(max(0, math.floor(y0)), max(0, math.ceil(y1)))
        return self._taken[rows, max(0, math.floor(x0)) : max(0, math.ceil(x1))]

    def place(self, x: float, y: float, words: str, away: float) -> tuple[float, float] | None:
        """Where words fit beside a mark at (x, y): where the text begins, px; None where there is no room."""
        wide, high = SMALL_LETTER_PX * len(words) + 2, 11.0
        for distance, (right, down) in itertools.product((away, away + 7), _SIDES):
            left = x + distance - 2 if right > 0 else x - distance + 2 - wide if right < 0 else x - wide / 2
            top = y + down * (distance + high / 2) - high / 2
            if self.is_free(left, top, left + wide, top + high):
                self.take(left - 2, top - 1, left + wide + 2, top + high + 1)
                return left + 1, top + high - 2
        return None
