"""Curves of pyqtgraph, which take new points only when they are others, and what is in sight of a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from gui.plots.items import curve_kind, line_pen

if TYPE_CHECKING:
    from gui.plots.view import View

REACH = 1.0
"""Curves go on for so many heights of the plot beyond its edges."""
PX_A_VERTEX = 2
"""A curve that leaves the plot has a vertex in so many pixels, so that it is cut off where it leaves."""
STRONG_PX = ((0.0, 0.0), (0.25, 0.4))
"""Where the two lines of a strong curve lie, px to the right and down."""


class Curve:
    """A curve of a plot. ``is_strong``: a little over 1 px wide, as two lines, which are ten times faster."""

    def __init__(self, view: View, z: float, *, is_strong: bool = False) -> None:
        self._view = view
        self._shifts: Sequence[tuple[float, float]] = STRONG_PX if is_strong else STRONG_PX[:1]
        self.item: Any = curve_kind()(view)
        self._drawn: tuple[object, ...] = ()
        view.add(self.item, z)
        self.item.hide()

    def show(self, x: Doubles, y: Doubles, color: str) -> None:
        """Draw what is in sight of the curve through x, ascending, and y, each (N,)."""
        finite = np.isfinite(x) & np.isfinite(y)
        x, y = cut(self._view, x[finite], y[finite])
        across, up = self._view.unit_px()
        lines = [(x + right / across, y - down / up) for right, down in self._shifts]
        xs, ys = (np.concatenate(each) for each in zip(*lines, strict=True))
        joined = np.ones(len(xs), np.bool_)
        joined[len(x) - 1 :: max(1, len(x))] = False
        self.draw(xs, ys, color, joined)

    def draw(self, x: Doubles, y: Doubles, color: str, joined: npt.NDArray[np.bool_] | None = None) -> None:
        """Draw the line through x and y, each (N,), as it is. ``joined``: whether each is joined to the next (N,)."""
        key = (color, x.tobytes(), y.tobytes(), None if joined is None else joined.tobytes())
        if key != self._drawn:
            self._drawn = key
            connect = "all" if joined is None else joined
            self.item.setData(x, y, pen=line_pen(color), connect=connect, skipFiniteCheck=True)
        self.item.setVisible(len(x) > 1)

    def hide(self) -> None:
        """Draw nothing."""
        self.item.hide()


def cut(view: View, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
    """The part in sight of the curve through x, ascending, and y, each (N,). What is whole in sight stays as it is."""
    (left, right), (low, high) = view.x_range, view.y_range
    far = REACH * (high - low)
    if not len(x) or (left <= x[0] and x[-1] <= right and low - far <= y.min() and y.max() <= high + far):
        return x, y
    first, last = max(left, float(x[0])), min(right, float(x[-1]))
    if first >= last:
        return x[:0], y[:0]
    vertices = max(2, int(view.inner.width() * (last - first) / (right - left) / PX_A_VERTEX))
    at = np.union1d(x[(x > first) & (x < last)], np.linspace(first, last, vertices))
    return at, np.clip(np.interp(at, x, y), low - far, high + far)
