"""The posterior of one image dimension by dimension: a row of curves for each, beside the prior and all codes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from core.foundation.arrays import Doubles, Floats
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.posterior import Posterior, dimension
from gui.plots.bins import Bins, paint_bars
from gui.plots.plane import STEP_PX
from gui.plots.plot import Plot
from gui.plots.view import Axes, Margins
from gui.widgets.offer import Offer, csv_of
from gui.widgets.prose_formulas import explain

REACH = 4.0
"""Half the width of the curves' axis, σ of the prior."""
TOP = 1.12
"""Height of a row's curves, in heights of their peaks."""
BINS = 56
"""Bins of the histograms of codes."""
MOST_HALVINGS = 5
"""How often the bins of codes are halved in nearer views, at most."""
ROW_PX = 88
"""Least height of a dimension's row, px at text size 1."""
MOST_ROW_PX = 190
"""Largest height of a dimension's row, px at text size 1."""
HEAD_PX = 18
"""Height of a row's line of words, px at text size 1."""
SIDE_PX = 2.0
"""Space beside the curves, px; twice that at the right."""


class PosteriorCurves(Plot):
    """A row for each dimension: the prior, the posterior, and the codes of all test images behind them.

    The rows share x: they zoom, pan and are read together.
    """

    tip = (
        r"$\kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{\mathcal{N}(0, 1)}) = \tfrac12 (\mu^2 + \sigma^2 -"
        r" 1 - \ln \sigma^2)$ in each dimension."
        "\nEach curve is scaled to its own peak; behind them the codes of all test images."
    )

    def __init__(self) -> None:
        super().__init__("Posterior against prior", margins=Margins(SIDE_PX, 0.0, 2 * SIDE_PX, 0.0))
        self.setObjectName("posteriors")
        self._posterior: Posterior | None = None
        self._rows = _Rows(self)
        self.set_home((-REACH, REACH), (0.0, TOP))
        self.add_over(self._rows)
        self.ranged.connect(self._rows.update)
        self.link.pointed.connect(self._rows.update)
        explain(self, self.tip)

    def show_posterior(self, shown: Posterior | None) -> None:
        """Show a posterior, or nothing."""
        if shown is None and self._posterior is None:
            return
        before = self._count()
        self._posterior = shown
        if self._count() != before:
            self._place_rows()
        self.setAccessibleDescription(self.described())
        self._rows.update()

    def described(self) -> str:
        if self._posterior is None:
            return ""
        rates = [f"{dimension(i)} {rate:.2f}" for i, rate in enumerate(self._posterior.rates.tolist())]
        return f"Rate per dimension in nats: {', '.join(rates)}"

    def offer(self) -> Offer:
        """The rows, and all that is drawn in them as a table."""
        shown = self._posterior
        return Offer(self.accessibleName(), table=None if shown is None else lambda: csv_of(self.columns(shown)))

    def columns(self, shown: Posterior) -> dict[str, npt.NDArray[Any]]:
        """Points of the curves (value: share of the peak) and bins of the codes (middle, number), row by row."""
        parts: list[tuple[str, str, Doubles, Doubles]] = []
        for index in range(len(shown.mu)):
            name = f"z{index + 1}"
            parts += [
                (name, "prior", *self._prior()),
                (name, "posterior", *self._q(float(shown.mu[index]), float(shown.sigma[index]))),
            ]
            if shown.latent_codes is not None:
                bins, _ = self._bins(shown.latent_codes.codes[:, index])
                parts.append((name, "codes", bins.middles, bins.counts.astype(np.float64)))
        return {
            "dimension": np.concatenate([[name] * len(x) for name, _, x, _ in parts]),
            "drawn": np.concatenate([[what] * len(x) for _, what, x, _ in parts]),
            "z": np.concatenate([x for _, _, x, _ in parts]),
            "value": np.concatenate([y for *_, y in parts]),
        }

    # --- room --------------------------------------------------------------------------------------------------------

    def _count(self) -> int:
        return 0 if self._posterior is None else len(self._posterior.mu)

    def _row_px(self) -> float:
        return min(self.height() / max(1, self._count()), float(theme.px(MOST_ROW_PX)))

    def _place_rows(self) -> None:
        """Take the height that the rows need; the area of the data reaches from the first curves to the last."""
        self.setMinimumHeight(max(1, self._count()) * theme.px(ROW_PX))
        last = self._count() * self._row_px() - theme.px(4) - chart.BOTTOM
        top, bottom = theme.px(HEAD_PX + 2), max(0.0, self.height() - last)
        self.set_margins(Margins(SIDE_PX, top, 2 * SIDE_PX, bottom))
        self._rows.renew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_rows()

    def restyle(self) -> None:
        self._place_rows()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(150), theme.px(ROW_PX))

    # --- hands -------------------------------------------------------------------------------------------------------

    def zoom(self, factor: float, about: QPointF | None = None, axes: Axes = "xy") -> None:
        super().zoom(factor, about, "x")

    def pan(self, right: float, down: float) -> None:
        super().pan(right, 0.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # rows scroll
        else:
            super().keyPressEvent(event)

    def read(self, spot: QPointF | None) -> None:
        is_over = spot is not None and self.inner.left() <= spot.x() <= self.inner.right() and self._count() > 0
        self.link.point(self.to_point(spot)[0] if is_over and spot is not None else None)

    def read_on(self, right: int, up: int) -> None:
        if right and self._count():
            (left, end), at = self.x_range, self.link.pointer
            step = right * STEP_PX * (end - left) / max(1.0, self.inner.width())
            self.link.point(min(max((left + end) / 2 if at is None else at + step, left), end))

    # --- painting ----------------------------------------------------------------------------------------------------

    def paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(theme.current().card))

    def paint_rows(self, painter: QPainter, exposed: QRectF) -> None:
        """Paint the rows that lie in a part of the plot."""
        shown, tall = self._posterior, self._row_px()
        for index in range(self._count()):
            area = QRectF(0, index * tall, self.width(), tall)
            if shown is not None and area.intersects(exposed):
                self._paint_row(painter, area, shown, index)

    def _paint_row(self, painter: QPainter, area: QRectF, shown: Posterior, index: int) -> None:
        colors, px = theme.current(), theme.px
        mu, sigma, rate = float(shown.mu[index]), float(shown.sigma[index]), float(shown.rates[index])
        head = QRectF(area.left(), area.top(), area.width() - px(4), px(HEAD_PX))
        paint.text(painter, head, dimension(index), "strong", colors.text)
        room = head.adjusted(px(22), 0, -px(64), 0)
        words = paint.fitting(self._words(shown, index), "caption", room.width())
        paint.text(painter, room, words, "caption", colors.text_2)
        paint.text(painter, head, "nats", "caption", colors.text_3, paint.RIGHT)
        value = head.adjusted(0, 0, -px(28), 0)
        paint.text(painter, value, numbers.number(rate, 2), "title", colors.text, paint.RIGHT)
        plot = QRectF(area.left(), head.bottom() + px(2), area.width(), area.height() - head.height() - px(6))
        plot.adjust(SIDE_PX - chart.LEFT, 0, chart.RIGHT - 2 * SIDE_PX, 0)  # no labels at the left
        frame = chart.Frame(plot, chart.Picture(self.x_range, (0.0, TOP)))
        inner = frame.inner
        painter.save()
        painter.setClipRect(inner.adjusted(-1, -1, 1, 1), Qt.ClipOperation.IntersectClip)
        if shown.latent_codes is not None:
            self._paint_codes(painter, frame, shown.latent_codes.codes[:, index])
        painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line_strong))
        painter.setClipRect(inner.adjusted(0, -1, 0, 1), Qt.ClipOperation.IntersectClip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.info_p), 1))
        painter.drawPolyline(frame.polygon(*self._prior()))
        paint.curve(painter, frame.polygon(*self._q(mu, sigma)), colors.lanes[shown.slot])
        if self.link.pointer is not None:
            x = pixel(self.to_pixel(self.link.pointer, 0.0).x())
            painter.fillRect(QRectF(x, inner.top(), 1, inner.height()), QColor(colors.text_3))
        painter.restore()
        ticks = axes.linear(*self.x_range, 4)
        for (_, words), at in zip(ticks, frame.across(np.array([each for each, _ in ticks])).tolist(), strict=True):
            half = paint.wide(words, "tick") / 2
            place = QRectF(at - 30, plot.bottom() - 15, 60, 14)
            if at - half < area.left():
                place.moveLeft(area.left())
                paint.text(painter, place, words, "tick", colors.text_3, paint.LEFT)
            elif at + half > area.right():
                place.moveRight(area.right())
                paint.text(painter, place, words, "tick", colors.text_3, paint.RIGHT)
            else:
                paint.text(painter, place, words, "tick", colors.text_3, paint.CENTER)

    def _words(self, shown: Posterior, index: int) -> tuple[str, ...]:
        """Mean and deviation of a dimension, or densities and number of codes at the reading; the longest first."""
        mu, sigma, at = float(shown.mu[index]), float(shown.sigma[index]), self.link.pointer
        if at is None:
            words = f"μ {numbers.number(mu, 2)} · σ {numbers.number(sigma, 3 if sigma < 0.1 else 2)}"
            return words, words.replace(" · ", " ")
        q, p = (math.exp(-0.5 * ((at - m) / s) ** 2) / s / math.sqrt(2 * math.pi) for m, s in ((mu, sigma), (0.0, 1.0)))
        densities = f"q {numbers.number(q, 2)} · p {numbers.number(p, 2)}"
        words = f"at {numbers.number(at, 2)}: {densities}"
        forms = [words, words.replace(" · ", " "), densities, densities.replace(" · ", " ")]
        if shown.latent_codes is not None:
            bins, _ = self._bins(shown.latent_codes.codes[:, index])
            number = int(bins.counts[min(max(bins.at(at), 0), len(bins.counts) - 1)])
            forms.insert(0, f"{words} · {number:,} code{'' if number == 1 else 's'}")
        return tuple(forms)

    def _prior(self) -> tuple[Doubles, Doubles]:
        """The prior over what is shown, relative to its peak."""
        x = np.linspace(*self.x_range, max(60, min(300, self.width() // 2)))
        return x, np.exp(-0.5 * x * x)

    def _q(self, mu: float, sigma: float) -> tuple[Doubles, Doubles]:
        """The part of a posterior that is shown, up to 4 σ from its mean, relative to its peak."""
        (left, right), reach = self.x_range, 4 * sigma
        x = np.linspace(max(mu - reach, left), max(min(mu + reach, right), left), 81)
        x = x[(x >= left) & (x <= right)]
        return x, np.exp(-0.5 * ((x - mu) / sigma) ** 2)

    def _bins(self, codes: Floats) -> tuple[Bins, int]:
        """The bins that are shown, finer if nearer, and the most codes in one at home."""
        left, right = self.x_range
        nearer = round(math.log2(2 * REACH / (right - left)))
        wide = 2 * REACH / BINS * 2.0 ** -min(nearer, MOST_HALVINGS)
        first, last = math.floor(left / wide + 1e-9), math.ceil(right / wide - 1e-9)
        counts, edges = np.histogram(codes, last - first, (first * wide, last * wide))
        most = np.histogram(codes, round(2 * REACH / wide), (-REACH, REACH))[0].max()
        return Bins(edges.astype(np.float64), counts), int(most)

    def _paint_codes(self, painter: QPainter, frame: chart.Frame, codes: Floats) -> None:
        colors, inner = theme.current(), frame.inner
        bins, most = self._bins(codes)
        if most:
            tops = inner.bottom() - bins.counts / most * inner.height() / TOP
            shade = theme.mix(colors.text_3, colors.card, 0.42)
            paint_bars(painter, frame.across(bins.edges), tops, inner.bottom(), shade)


class _Rows(QGraphicsItem):
    """The rows, painted where they are exposed: in a latent space of many dimensions most are scrolled away."""

    def __init__(self, plot: PosteriorCurves) -> None:
        super().__init__()
        self._plot = plot
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def renew(self) -> None:
        """Take another size."""
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._plot.rect())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._plot.paint_rows(painter, QRectF(option.exposedRect))
