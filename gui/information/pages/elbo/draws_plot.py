"""Draws of z, decoded, and the histogram of their distortions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from core.foundation.arrays import Doubles
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import Anatomy
from gui.drawing import chart, numbers, paint, pictures, theme
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.axes import Ticks
from gui.information.card import bar_fill
from gui.information.card_plot import Columns
from gui.information.pages.elbo.anatomy_plot import AnatomyPlot
from gui.plots.bins import Bins, paint_bars
from gui.plots.items import Layer
from gui.plots.link import Range
from gui.plots.values import Row
from gui.plots.view import Margins
from gui.widgets.prose_formulas import explain

BINS = 48
"""Bins of the histogram of distortions."""
PICTURES_SHARE = 0.42
"""Most of the height that the pictures take."""


class DrawsPlot(AnatomyPlot):
    """The first draws of z, decoded, with their distortions; below, a histogram of all draws so far with their mean."""

    least_px = (240, 170)
    values_px = 30  # below the words of the mean

    def __init__(self) -> None:
        super().__init__("draws of z", "Draws of z, decoded", free="x")
        explain(
            self,
            r"Expected log likelihood: $\mathbb{E}_{\lane{q(z \mid x)}} \log p(x \mid z) = -\distortion{D}$, a"
            r" mean over draws."
            "\nTraining takes one draw for each $x$ and step (more where z samples is turned up); the histogram shows"
            " how much one may be off.",
        )
        self._bins = Bins.empty()
        self._most = 1  # draws in the fullest bin at home
        self._pictures: tuple[tuple[object, ...], list[QImage]] = ((), [])
        self._taken = 0
        self._bars = Layer(self, self._paint_bars)
        self.add_over(self._bars)

    def take(self, shown: Anatomy | None) -> None:
        """Its pictures are others."""
        self._taken += 1

    def description(self) -> str:
        each = ", ".join(f"{value:.1f}" for value in self.anatomy.distortions[: elbo_anatomy.SHOWN].tolist())
        return f"Distortions of the decoded draws in nats: {each}."

    # --- axes --------------------------------------------------------------------------------------------------------

    def home_ranges(self) -> tuple[Range, Range]:
        """Nats: 99 % of the draws, and all that are shown as pictures. Of y, the highest bar is at 1 / 1.15."""
        distortions = self.anatomy.distortions
        low, high = (float(v) for v in np.percentile(distortions, [0.5, 99.5]))
        pad, first = max(1e-3, 0.06 * (high - low)), distortions[: elbo_anatomy.SHOWN]
        return axes.in_steps(min(low, float(first.min())) - pad, max(high, float(first.max())) + pad), (0.0, 1.0)

    def margins(self) -> Margins:
        top = 0.0 if self.is_empty else self._side() + theme.px(24)
        return Margins(theme.px(4), top, chart.RIGHT, chart.BOTTOM)

    def ticks_across(self) -> Ticks:
        return axes.linear(*self.x_range, 6)

    def _side(self) -> int:
        """Side of a picture, px."""
        count = len(self.anatomy.drawn)
        return int(min((self.width() - theme.px(6) * (count - 1)) / count, self.height() * PICTURES_SHARE))

    # --- drawing -----------------------------------------------------------------------------------------------------

    def ground_key(self) -> tuple[object, ...]:
        return *super().ground_key(), self._taken

    def paint_ground(self, painter: QPainter) -> None:
        super().paint_ground(painter)
        if not self.is_empty:
            self._paint_pictures(painter)

    def _paint_pictures(self, painter: QPainter) -> None:
        colors, px, shown, side = theme.current(), theme.px, self.anatomy, self._side()
        count = len(shown.drawn)
        pitch = (self.width() - side) / max(1, count - 1)
        for index, image in enumerate(self._scaled(side)):
            x = round(index * min(pitch, side * 1.6))
            painter.drawImage(QPointF(x, 0), image)
            paint.box(painter, QRectF(x, 0, side, side), 3, None, colors.line)
            words = numbers.number(float(shown.distortions[index]), 1)
            place = QRectF(x - px(4), side + px(2), side + px(8), px(15))
            paint.text(painter, place, words, "caption", colors.text_2, paint.CENTER)

    def _scaled(self, side: int) -> list[QImage]:
        """The decoded draws as pictures of this side."""
        key = (self._taken, side, theme.current().name)
        if key != self._pictures[0]:
            batch = pictures.scaled(self.anatomy.drawn, side, side)
            colored = pictures.colored(batch, theme.current().image_table)
            self._pictures = key, [pictures.qimage(np.ascontiguousarray(each)) for each in colored]
        return self._pictures[1]

    def draw(self) -> None:
        self._bars.setVisible(not self.is_empty)
        if not self.is_empty:
            distortions, home = self.anatomy.distortions, self.home[0]
            at_home = Bins.of(distortions, home, BINS)
            self._most = max(1, int(at_home.counts.max()))
            self._bins = at_home if self.is_home else Bins.of(distortions, home, BINS, self.x_range)
            self._bars.renew()

    def _paint_bars(self, painter: QPainter) -> None:
        colors, px, shown, frame = theme.current(), theme.px, self.anatomy, self.frame_of_data()
        inner, color = frame.inner, colors.lanes[self.slot]
        painter.setClipRect(inner.adjusted(0, 0, 1, 1))
        tops = inner.bottom() - self._bins.counts / self._most * inner.height() / 1.15
        paint_bars(painter, frame.across(self._bins.edges), tops, inner.bottom(), bar_fill(color))
        for at in frame.across(shown.distortions[: elbo_anatomy.SHOWN]).tolist():
            painter.fillRect(QRectF(pixel(at), inner.bottom() - px(7), 2, px(7)), QColor(color))
        mean, spread = shown.distortion, shown.spread
        left, middle, right = frame.across(np.array([mean - spread, mean, mean + spread])).tolist()
        painter.fillRect(QRectF(left, inner.top() + px(8), right - left, 1), QColor(colors.text_2))
        painter.fillRect(QRectF(pixel(middle), inner.top(), 2, inner.height()), QColor(colors.text))
        painter.setClipping(False)
        if not inner.left() <= middle <= inner.right():
            return
        words = f"mean D {numbers.number(mean, 2)} nats, one draw spreads by {numbers.number(spread, 2)}"
        place = QRectF(middle + px(8), inner.top() + px(10), paint.wide(words, "caption") + 2, px(15))
        if place.right() > self.width():
            place.moveRight(middle - px(8))
        place.moveLeft(max(0.0, place.left()))
        paint.text(painter, place, words, "caption", colors.text)

    # --- reading -----------------------------------------------------------------------------------------------------

    def stops(self) -> Doubles:
        return self._bins.middles

    def read_at(self, stop: int) -> tuple[str, Sequence[Row]]:
        count, draws = int(self._bins.counts[stop]), self.anatomy.draws
        row = (theme.current().lanes[self.slot], f"{count:,} of {draws:,} draws")
        return f"{self._bins.words(stop)} nats", [row]

    def columns(self) -> Columns:
        """The bars in sight: their ends in nats, and the draws in each."""
        return {"from nats": self._bins.edges[:-1], "to nats": self._bins.edges[1:], "draws": self._bins.counts}

    def all_columns(self) -> Columns:
        """The distortion of every draw, nats."""
        return {"distortion nats": self.anatomy.distortions}
