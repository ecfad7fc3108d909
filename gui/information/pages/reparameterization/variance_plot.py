"""The variance of the mean of N draws against N."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Doubles
from core.theory import reparameterization as rp
from core.theory.reparameterization import ESTIMATORS, Estimator
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.axes import Ticks
from gui.information.card_plot import CardPlot, Columns
from gui.information.pages.reparameterization.estimators import COLORS, NAMES
from gui.information.pages.reparameterization.lab import MOST, Lab
from gui.plots.curves import Curve
from gui.plots.items import Layer
from gui.plots.link import Range
from gui.plots.values import Row
from gui.plots.view import Margins
from gui.widgets.prose_formulas import explain

DECADES = math.log10(MOST)
"""Powers of ten of N at home."""
LEAST = 1e-14
"""A smaller variance is 0, and has no line."""


@functools.lru_cache(maxsize=8)
def _marks(count: int) -> npt.NDArray[np.int64]:
    """At most a hundred numbers of draws from 2 to ``count``, evenly spaced in log; none where ``count`` is 1."""
    return np.unique(np.geomspace(2, count, 100).astype(np.int64)) if count >= 2 else np.zeros(0, np.int64)


class VariancePlot(CardPlot):
    """The variance of the mean of N draws against N, log-log: estimated from the draws, and exact."""

    least_px = (220, 130)
    values_px = 18  # below the words of N

    def __init__(self, lab: Lab) -> None:
        super().__init__("variance", "Variance of the mean against the number of draws")
        self._lab = lab
        explain(
            self,
            r"$s^2 / N$ = variance of the mean of the first $N$ draws, as these $N$ tell it; thin: exact, by"
            r" quadrature."
            "\nEvery line falls by a decade per decade; how high it lies is what the way of estimating costs.",
        )
        self._of: tuple[object, ...] = ()  # the function and the parameter whose variances were drawn last
        self._running: dict[Estimator, Doubles] = {}  # s² / N of the first N draws, at the marks (M,)
        self._exact = {way: Curve(self, 10.0) for way in ESTIMATORS}
        self._estimated = {way: Curve(self, 20.0, is_strong=True) for way in ESTIMATORS}
        self._count = Layer(self, self._paint_count, is_live=True)
        self.add_over(self._count, -200.0)
        lab.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        lab = self._lab
        shown = (lab.name, lab.by)
        if shown != self._of:
            self._of = shown
            self.link.fit()  # a range of another function says nothing
        draws, marks = lab.estimates.single_draws, _marks(lab.count)
        shown_ways = self._variances()
        self._running = {way: rp.running_variance(draws[way][: lab.count], marks) for way in shown_ways if len(marks)}
        self.redraw()

    def _variances(self) -> dict[Estimator, float]:
        """The exact variance of one draw, of those that have any."""
        return {way: value for way, value in self._lab.estimates.variances.items() if value > LEAST}

    def description(self) -> str:
        each = ", ".join(f"{NAMES[way]} {value / self._lab.count:.3g}" for way, value in self._variances().items())
        return f"N = {self._lab.count:,}: {each}"

    # --- axes --------------------------------------------------------------------------------------------------------

    def home_ranges(self) -> tuple[Range, Range]:
        """Powers of ten of N and of the variance."""
        variances = self._variances().values()
        most, least = math.log10(max(variances, default=1.0)), math.log10(min(variances, default=1.0))
        return (0.0, DECADES), axes.in_steps(max(least - DECADES, most - 12) - 0.3, most + 0.5)

    def margins(self) -> Margins:
        left = axes.left_margin(self.ticks_up())
        return Margins(chart.LEFT + left, theme.px(6), chart.RIGHT, chart.BOTTOM)

    def ticks_across(self) -> Ticks:
        return axes.logarithmic(*self.x_range)

    def ticks_up(self) -> Ticks:
        return axes.logarithmic(*self.y_range, 5)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        colors, variances = theme.current(), self._variances()
        ends, marks = np.array([0.0, DECADES]), np.log10(_marks(self._lab.count))
        for way in ESTIMATORS:
            color = colors.token(COLORS[way])
            if way in variances:
                faint = theme.mix(color, colors.card, 0.5)
                self._exact[way].show(ends, math.log10(variances[way]) - ends, faint)
            else:
                self._exact[way].hide()
            if way in self._running:
                self._estimated[way].show(marks, np.log10(np.maximum(self._running[way], 1e-30)), color)
            else:
                self._estimated[way].hide()
        self._count.renew()

    def _paint_count(self, painter: QPainter) -> None:
        """The line of the chosen N."""
        colors, px, inner = theme.current(), theme.px, self.inner
        at = pixel(self.to_pixel(math.log10(self._lab.count), self.y_range[0]).x())
        if not inner.left() <= at <= inner.right():
            return
        painter.fillRect(QRectF(at, inner.top(), 1, inner.height()), QColor(colors.line_strong))
        is_left = at > inner.center().x()
        place = QRectF(at - px(96) if is_left else at + px(6), inner.top(), px(90), px(14))
        words = f"N = {self._lab.count:,}"
        paint.text(painter, place, words, "caption", colors.text_2, paint.RIGHT if is_left else paint.LEFT)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _counts(self) -> npt.NDArray[np.int64]:
        """Numbers of draws at which it is read: the marks of the curves, and beyond them those of the longest."""
        marks, all_marks = _marks(self._lab.count), _marks(MOST)
        return np.concatenate([[1], marks, all_marks[all_marks > self._lab.count]]).astype(np.int64)

    def stops(self) -> Doubles:
        return np.log10(self._counts())

    def read_at(self, stop: int) -> tuple[str, Sequence[Row]]:
        colors, count = theme.current(), int(self._counts()[stop])
        rows = []
        for way, variance in self._variances().items():
            words = f"{NAMES[way]}: exact {numbers.knob(variance / count, 3)}"
            if way in self._running and 0 < stop <= len(self._running[way]):
                words += f", drawn {numbers.knob(float(self._running[way][stop - 1]), 3)}"
            rows.append((colors.token(COLORS[way]), words))
        return f"N = {count:,}", rows

    def columns(self) -> Columns:
        """The curves in sight: at each N the estimated variance, as far as there are draws, and the exact one."""
        (left, right), at = self.x_range, self.stops()
        return self._table((at >= left - 1e-12) & (at <= right + 1e-12))

    def all_columns(self) -> Columns:
        """The whole curves."""
        return self._table(np.ones(len(self._counts()), bool))

    def _table(self, rows: npt.NDArray[np.bool_]) -> Columns:
        counts = self._counts()
        columns: dict[str, npt.NDArray[Any]] = {"N": counts[rows]}
        for way, variance in self._variances().items():
            if way in self._running:
                drawn = np.full(len(counts), np.nan)
                drawn[1 : 1 + len(self._running[way])] = self._running[way]
                columns[NAMES[way]] = drawn[rows]
            columns[f"{NAMES[way]}, exact"] = variance / counts[rows]
        return columns
