"""Importance-weighted bounds that fall with the number of draws."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from core.foundation.arrays import Doubles
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import COUNTS, Anatomy
from core.theory import intervals
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.chart import Frame
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.axes import Ticks
from gui.information.card_plot import Columns
from gui.information.pages.elbo.anatomy_plot import AnatomyPlot
from gui.plots.curves import Curve, cut
from gui.plots.items import Area, Layer
from gui.plots.link import Range
from gui.plots.values import Row
from gui.plots.view import Margins
from gui.widgets.prose_formulas import explain

DOT_PX = 4.5
"""Radius of a dot, px."""
GAP_SHARE = 0.22
"""Share of the colour of KL in the shade of the gap, over the card's."""
NARROW_GAP_PX = 16
"""A gap of fewer pixels has no words, px at text size 1."""


class BoundPlot(AnatomyPlot):
    """Importance-weighted bounds against k; the gap from −ELBO to the tightest is shaded: the encoder's own error."""

    least_px = (220, 150)

    def __init__(self) -> None:
        super().__init__("bounds", "Importance-weighted bounds")
        explain(
            self,
            r"$-\log \tfrac{1}{k} \sum \frac{p(x, z)}{\lane{q(z \mid x)}}$, $z \sim \lane{q(z \mid x)}$, averaged"
            r" over groups of $k$ among 5,000 draws."
            "\n"
            r"$k = 1$ is −ELBO; with $k$ it falls to $-\log p(x)$, which no bound passes on average. Bars are 95 %"
            r" intervals.",
        )
        self._counts: Doubles = np.empty(0)  # k of each bound (N,)
        self._bounds: Doubles = np.empty(0)  # nats (N,)
        self._halves: Doubles = np.empty(0)  # half of the interval of each, NaN for a single group, nats (N,)
        self._gap = Area()
        self.add(self._gap, 0.0)
        self._curve = Curve(self, 10.0, is_strong=True)
        self._dots = Layer(self, self._paint_dots)
        self.add_over(self._dots)

    def take(self, shown: Anatomy | None) -> None:
        """Its bounds and their intervals."""
        bounds = {} if shown is None else shown.bounds
        self._counts, self._bounds = np.array(list(bounds), float), np.array(list(bounds.values()))
        groups = [] if shown is None else [elbo_anatomy.bound_per_group(shown.log_weights, k) for k in bounds]
        self._halves = np.array([intervals.of_mean(each)[1] for each in groups])

    def description(self) -> str:
        return ", ".join(f"k = {k:,.0f}: {bound:.2f} nats" for k, bound in zip(self._counts, self._bounds, strict=True))

    # --- axes --------------------------------------------------------------------------------------------------------

    def home_ranges(self) -> tuple[Range, Range]:
        """Powers of ten of k, and nats."""
        low, high = float(self._bounds.min()), max(float(self._bounds.max()), self.anatomy.negative_elbo)
        pad = max(0.25, 0.18 * (high - low))
        return (-0.25, 4.0), axes.in_steps(low - pad, high + pad)

    def margins(self) -> Margins:
        left = 0.0 if self.is_empty else axes.left_margin(self.ticks_up())
        return Margins(chart.LEFT + left, theme.px(8), chart.RIGHT, chart.BOTTOM + theme.px(4))

    def ticks_across(self) -> Ticks:
        left, right = self.x_range
        names = [(math.log10(each), f"k = {each:,}" if each == 1 else f"{each:,}") for each in COUNTS]
        in_sight = [(at, name) for at, name in names if left <= at <= right]
        return in_sight if len(in_sight) > 1 else axes.logarithmic(left, right)

    def ticks_up(self) -> Ticks:
        return axes.linear(*self.y_range, 5)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        self._dots.setVisible(not self.is_empty)
        if self.is_empty:
            self._gap.hide()
            self._curve.hide()
            return
        colors, k = theme.current(), np.log10(self._counts)
        self._curve.show(k, self._bounds, colors.lanes[self.slot])
        x, falling = cut(self, k, self._bounds)
        low, high = self.y_range
        level = np.clip(np.full_like(x, self._bounds[0]), 2 * low - high, 2 * high - low)
        self._gap.setVisible(len(x) > 1)
        self._gap.show_between(x, falling, level, theme.mix(colors.info_kl, colors.card, GAP_SHARE))
        self._dots.renew()

    def _paint_dots(self, painter: QPainter) -> None:
        """The level of −ELBO, the dots with their intervals and values, and the words."""
        colors, px, frame = theme.current(), theme.px, self.frame_of_data()
        inner = frame.inner
        top, bottom = (float(frame.down(np.array([value]))[0]) for value in (self._bounds[0], self._bounds.min()))
        is_wide = bottom - top > px(NARROW_GAP_PX)
        if inner.top() <= top <= inner.bottom():
            painter.fillRect(QRectF(inner.left(), pixel(top), inner.width(), 1), QColor(colors.line_strong))
        values: list[QRectF] = []
        for index in range(len(self._counts)):
            self._paint_dot(painter, frame, index, values)
        if len(self._bounds) > 1 and is_wide:
            words = f"gap {numbers.number(self.anatomy.gap, 2)} nats"
            x = float(frame.across(np.log10(self._counts[-1:]))[0])
            place = QRectF(x - px(150), (top + bottom) / 2 - px(8), px(140), px(16))
            if inner.contains(place):
                paint.text(painter, place, words, "caption_strong", colors.text, paint.RIGHT)
        words = "−ELBO" if is_wide else "−ELBO, and hardly less with more draws"
        place = QRectF(inner.left() + px(40), top - px(17), inner.width() - px(40), px(15))
        if inner.top() <= place.bottom() and place.top() >= 0 and place.bottom() <= inner.bottom():
            paint.text(painter, place, words, "caption", colors.text_2, paint.RIGHT)

    def _paint_dot(self, painter: QPainter, frame: Frame, index: int, values: list[QRectF]) -> None:
        """Paint a dot with its interval, and its value unless it would lie on one of ``values``, which gets it."""
        colors, bound, half = theme.current(), float(self._bounds[index]), float(self._halves[index])
        x = float(frame.across(np.log10(self._counts[index : index + 1]))[0])
        y, *ends = frame.down(np.array([bound, bound - half, bound + half])).tolist()
        if not frame.inner.left() <= x <= frame.inner.right():
            return
        color, foot = colors.lanes[self.slot], y + 4
        if math.isfinite(half):
            lower, upper = min(ends[0], frame.inner.bottom()), max(ends[1], frame.inner.top())
            if upper < lower:
                painter.setPen(QPen(QColor(color), 1))
                painter.drawLine(QPointF(x, lower), QPointF(x, upper))
            foot = max(foot, ends[0])
        if not frame.inner.top() <= y <= frame.inner.bottom():
            return
        painter.setPen(QPen(QColor(colors.card), 1.5))
        painter.setBrush(QColor(color))
        painter.drawEllipse(QPointF(x, y), DOT_PX, DOT_PX)
        words = numbers.number(bound, 2)
        wide = math.ceil(paint.wide(words, "tick")) + 1
        place = QRectF(min(x - wide / 2, self.width() - wide), foot + 2, wide, 14)
        if place.bottom() > frame.inner.bottom():
            place.moveBottom(y - 6)
        if not any(place.intersects(each) for each in values):
            values.append(place)
            paint.text(painter, place, words, "tick", colors.text_2, paint.CENTER)

    # --- reading -----------------------------------------------------------------------------------------------------

    def stops(self) -> Doubles:
        return np.log10(self._counts)

    def read_at(self, stop: int) -> tuple[str, Sequence[Row]]:
        words = numbers.number(float(self._bounds[stop]), 3)
        if math.isfinite(self._halves[stop]):
            words += f" ± {numbers.number(float(self._halves[stop]), 3)}"
        return f"k = {self._counts[stop]:,.0f}", [(theme.current().lanes[self.slot], f"{words} nats")]

    def columns(self) -> Columns:
        """The bounds in sight with their intervals, nats."""
        left, right = self.x_range
        at = self.stops()
        return self._table((at >= left) & (at <= right))

    def all_columns(self) -> Columns:
        """Every bound with its interval, nats."""
        return self._table(np.ones(len(self._counts), bool))

    def _table(self, rows: npt.NDArray[np.bool_]) -> Columns:
        k, bound, half = self._counts[rows].astype(int), self._bounds[rows], self._halves[rows]
        return {"k": k, "bound nats": bound, "lower nats": bound - half, "upper nats": bound + half}
