"""Histograms of single-draw estimates of one gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from core.foundation.arrays import Doubles
from core.theory.reparameterization import ESTIMATORS, Estimator
from gui.drawing import chart, formula_line, numbers, paint, theme
from gui.drawing.chart import Frame
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.axes import Ticks
from gui.information.card import bar_fill
from gui.information.card_plot import CardPlot, Columns
from gui.information.pages.reparameterization.estimators import COLORS, LINES, NAMES
from gui.information.pages.reparameterization.lab import Lab
from gui.plots.bins import Bins, paint_bars
from gui.plots.items import Layer
from gui.plots.link import Range
from gui.plots.values import Row
from gui.plots.view import Margins
from gui.widgets.prose_formulas import explain

BINS = 61
"""Bins of the histograms of estimates."""


class EstimatesPlot(CardPlot):
    """A histogram of single-draw estimates for each estimator, over one axis, with a line at the exact value."""

    least_px = (220, 130)
    values_px = 19  # below the words of the exact value

    def __init__(self, lab: Lab) -> None:
        super().__init__("estimates", "What single draws say of the gradient", free="x")
        self._lab = lab
        explain(
            self,
            r"Score function: $\p{f(z) \cdot \partial \ln \mathcal{N}(z) / \partial\mu = f(z) \cdot \varepsilon /"
            r" \sigma}$, by $\sigma$"
            r" $\p{f(z) \cdot (\varepsilon^2 - 1) / \sigma}$; the baseline takes $\kl{\mathbb{E} f}$ off $f(z)$."
            "\n"
            r"Through $\q{z = \mu + \sigma \varepsilon}$: $\q{f'(z)}$, by $\sigma$ $\q{f'(z) \cdot \varepsilon}$."
            r" All have the same mean. What lies"
            " far out is not shown.",
        )
        self._of: tuple[object, ...] = ()  # the function and the parameter whose estimates were drawn last
        self._bins = {way: Bins.empty() for way in ESTIMATORS}
        self._most = dict.fromkeys(ESTIMATORS, 1)  # draws in the fullest bin at home
        self._rows = Layer(self, self._paint_rows, is_live=True)
        self.add_over(self._rows)
        lab.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        shown = (self._lab.name, self._lab.by)
        if shown != self._of:
            self._of = shown
            self.link.fit()  # a range of another function says nothing
        self.redraw()

    def description(self) -> str:
        means = [f"{NAMES[way]} {mean:.3f}" for way, (mean, _) in self._lab.estimates.means.items()]
        return f"Exact {self._lab.estimates.exact:.3f}; {', '.join(means)}"

    # --- axes --------------------------------------------------------------------------------------------------------

    def home_ranges(self) -> tuple[Range, Range]:
        """97 % of the estimates of each estimator, whatever N is; from every eighth of them. Rows have no unit."""
        estimates = self._lab.estimates
        ends = np.array([np.percentile(each[::8], [1.5, 98.5]) for each in estimates.single_draws.values()])
        low, high = min(float(ends.min()), estimates.exact), max(float(ends.max()), estimates.exact)
        pad = max(1e-6, 0.06 * (high - low))
        return axes.in_steps(low - pad, high + pad), (0.0, 1.0)

    def margins(self) -> Margins:
        return Margins(theme.px(4), 0.0, chart.RIGHT, chart.BOTTOM)

    def ticks_across(self) -> Ticks:
        return axes.linear(*self.x_range, 6)

    def _places(self) -> dict[Estimator, QRectF]:
        """Where each histogram stands, px: below the words of the exact value."""
        inner, head = self.inner, theme.px(16)
        tall = (inner.height() - head) / len(ESTIMATORS)
        return {
            way: QRectF(inner.left(), inner.top() + head + index * tall, inner.width(), tall)
            for index, way in enumerate(ESTIMATORS)
        }

    # --- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        lab, home = self._lab, self.home[0]
        for way in ESTIMATORS:
            values = lab.estimates.single_draws[way][: lab.count]
            at_home = Bins.of(values, home, BINS)
            self._most[way] = max(1, int(at_home.counts.max()))
            self._bins[way] = at_home if self.is_home else Bins.of(values, home, BINS, self.x_range)
        self._rows.renew()

    def _paint_rows(self, painter: QPainter) -> None:
        colors, frame, exact = theme.current(), self.frame_of_data(), self._lab.estimates.exact
        inner, head = frame.inner, theme.px(16)
        for way, row in self._places().items():
            self._paint_row(painter, frame, row, way)
        at = float(frame.across(np.array([exact]))[0])
        if inner.left() <= at <= inner.right():
            painter.fillRect(QRectF(pixel(at), inner.top() + head, 1, inner.height() - head), QColor(colors.text))
            place = QRectF(min(max(0.0, pixel(at) - 60.0), self.width() - 120.0), inner.top(), 120, head)
            words = f"exact {numbers.number(exact, 3)}"
            paint.text(painter, place, words, "caption_strong", colors.text, paint.CENTER)
        self._paint_formulas(painter)

    def _paint_row(self, painter: QPainter, frame: Frame, row: QRectF, way: Estimator) -> None:
        colors, px, lab = theme.current(), theme.px, self._lab
        color = colors.token(COLORS[way])
        painter.setClipRect(row.adjusted(0, 0, 1, 1))
        bins = self._bins[way]
        tops = row.bottom() - bins.counts * (row.height() - px(8)) / self._most[way]
        paint_bars(painter, frame.across(bins.edges), tops, row.bottom(), bar_fill(color))
        painter.fillRect(QRectF(row.left(), round(row.bottom()), row.width(), 1), QColor(colors.line))
        mean, error = lab.estimates.means[way]
        left, middle, right = frame.across(np.array([mean - error, mean, mean + error])).tolist()
        y = row.bottom() - px(4)
        if math.isfinite(error):
            painter.fillRect(QRectF(left, y - 1, right - left, 2), QColor(color))
        painter.setClipping(False)
        painter.setPen(QPen(QColor(colors.card), 1))
        painter.setBrush(QColor(color))
        if row.left() <= middle <= row.right():
            painter.drawEllipse(QPointF(middle, y), px(4), px(4))

    def _paint_formulas(self, painter: QPainter) -> None:
        """The names of the estimators, where bars are few: away from the exact value."""
        middle = float(self.frame_of_data().across(np.array([self._lab.estimates.exact]))[0])
        for way, row in self._places().items():
            name = QRectF(row.left(), row.top() + theme.px(2), row.width(), theme.px(15))
            is_right = middle <= row.center().x()
            formula_line.line(painter, name, LINES[self._lab.by][way], "caption", right=is_right)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _longest(self) -> Bins:
        """The bins of all estimators are the same where they overlap: those that reach farthest."""
        first = min(float(each.edges[0]) for each in self._bins.values())
        last = max(float(each.edges[-1]) for each in self._bins.values())
        home = self.home[0]
        return Bins.of(np.array([first, last]), home, BINS, (first, last))

    def stops(self) -> Doubles:
        return self._longest().middles

    def read_at(self, stop: int) -> tuple[str, Sequence[Row]]:
        colors, longest, lab = theme.current(), self._longest(), self._lab
        counts = self._counts(longest)
        rows = [
            (colors.token(COLORS[way]), f"{NAMES[way]}: {counts[way][stop]:,} of {lab.count:,} draws")
            for way in ESTIMATORS
        ]
        return longest.words(stop), rows

    def _counts(self, longest: Bins) -> dict[Estimator, npt.NDArray[np.int64]]:
        lab = self._lab
        draws = {way: lab.estimates.single_draws[way][: lab.count] for way in ESTIMATORS}
        return {way: np.histogram(each, longest.edges)[0].astype(np.int64) for way, each in draws.items()}

    def columns(self) -> Columns:
        """The bars in sight: their ends, and the draws in each for every estimator."""
        longest = self._longest()
        counts = {NAMES[way]: each for way, each in self._counts(longest).items()}
        return {"from": longest.edges[:-1], "to": longest.edges[1:], **counts}

    def all_columns(self) -> Columns:
        """Every draw of ε with what each estimator makes of it."""
        lab = self._lab
        draws = {NAMES[way]: lab.estimates.single_draws[way][: lab.count] for way in ESTIMATORS}
        return {"epsilon": lab.epsilon[: lab.count], **draws}
