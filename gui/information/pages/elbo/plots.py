"""The ELBO page's plots: stacked terms, bounds that fall with k, draws of z with their distortions."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import COUNTS, Anatomy
from core.theory import intervals
from gui.drawing import chart, numbers, paint, pictures, theme
from gui.drawing.painting import pixel
from gui.information import axes
from gui.information.card import Plot, bar_fill
from gui.widgets.prose_formulas import explain

BINS = 48
"""Bins of the histogram of distortions."""


class AnatomyPlot(Plot):
    """A plot of one anatomy in the colour of a lane, or a hint while there is none (abstract)."""

    hint = "Measuring"

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words)
        self._shown: Anatomy | None = None
        self._slot = 0

    def set_hint(self, words: str) -> None:
        """Set the text shown while there is no anatomy."""
        if words != self.hint:
            self.hint = words
            self.update()

    def show_anatomy(self, shown: Anatomy | None, slot: int) -> None:
        """Show an anatomy in the colour of a lane."""
        self._shown, self._slot = shown, slot
        if shown is not None:
            self.setAccessibleDescription(self.description(shown))
        self.update()

    def description(self, shown: Anatomy) -> str:
        """What the plot shows, in words for screen readers."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with self.painting() as painter:
            if self._shown is not None:
                self._paint(painter, self._shown)
            else:
                paint.text(painter, QRectF(self.rect()), self.hint, "body", colors.text_3, paint.CENTER)

    def _paint(self, painter: QPainter, shown: Anatomy) -> None:
        raise NotImplementedError


class BalanceBars(AnatomyPlot):
    """Three stacked bars over one axis in nats: −ELBO, the objective at the slider's β, and the pull on the code."""

    least_px = (240, 132)

    def __init__(self) -> None:
        super().__init__("elbo bars", "Distortion and rate, stacked")
        self._beta = 1.0
        explain(
            self,
            r"$-\mathrm{ELBO} = \distortion{D} + \rate{R}$, always with $\beta = 1$. The objective $\distortion{D}"
            r" + \beta \cdot \rate{R}$ is what a lane with this"
            r" $\beta$ would minimise; the weights stay what they are."
            "\n"
            r"Pull $= \frac{\|\nabla (\beta \cdot \rate{R})\|}{\|\nabla \distortion{D}\| + \|\nabla (\beta \cdot"
            r" \rate{R})\|}$, gradients by $\mu$ and"
            r" $\ln \sigma$ of this code.",
        )

    def show_balance(self, shown: Anatomy | None, beta: float, slot: int) -> None:
        """Show an anatomy with the rate weighted by β, in the colour of a lane."""
        self._beta = beta
        self.show_anatomy(shown, slot)

    def description(self, shown: Anatomy) -> str:
        """Both terms and the objective, nats."""
        cost = elbo_anatomy.objective(shown.distortion, shown.rate, self._beta)
        return f"Distortion {shown.distortion:.2f} plus rate {shown.rate:.2f} nats; objective {cost:.2f} nats."

    def _paint(self, painter: QPainter, shown: Anatomy) -> None:
        px, distortion, weighted = theme.px, shown.distortion, self._beta * shown.rate
        low, high = span(distortion, max(shown.rate, weighted))
        share = elbo_anatomy.rate_share(shown.slope, elbo_anatomy.rate_slope(shown.mu, shown.sigma), self._beta)
        tall = min(px(44), (self.height() - px(20)) // 3 - px(8))
        pitch = tall + px(10)
        rows = (
            ("−ELBO", (("D", distortion), ("R", shown.rate)), " nats", (low, high)),
            ("D + β·R", (("D", distortion), ("β·R", weighted)), " nats", (low, high)),
            ("Pull on the code", (("D", 100 * (1 - share)), ("β·R", 100 * share)), " %", (0.0, 100.0)),
        )
        for index, (name, parts, unit, ends) in enumerate(rows):
            y = index * pitch + (px(8) if index == 2 else 0)
            self._paint_bar(painter, QRectF(0, y, self.width(), tall), name, parts, unit, ends)

    def _paint_bar(
        self,
        painter: QPainter,
        row: QRectF,
        name: str,
        parts: tuple[tuple[str, float], ...],
        unit: str,
        ends: tuple[float, float],
    ) -> None:
        """Parts stacked from zero; where the first is negative, one below the other."""
        colors, px = theme.current(), theme.px
        head = QRectF(row.left(), row.top(), px(LABEL - 10), row.height())
        paint.text(painter, head, name, "strong", colors.text)
        background = QRectF(px(LABEL), row.top(), self.width() - px(LABEL) - px(4), row.height())
        paint.box(painter, background, 3, colors.plot)
        scale = background.width() / (ends[1] - ends[0])
        zero = background.left() - ends[0] * scale
        at, split = 0.0, parts[0][1] < 0
        for index, ((what, value), color) in enumerate(
            zip(parts, (colors.lanes[self._slot], colors.info_kl), strict=True)
        ):
            if not math.isfinite(value):
                continue
            tall = row.height() / 2 if split else row.height()
            left, wide = zero + min(at, at + value) * scale, abs(value) * scale
            part = QRectF(left, row.top() + (tall * index if split else 0.0), max(1.0, wide - 1), tall)
            paint.box(painter, part, 2, bar_fill(color))
            cap = part.left() if value < 0 else part.right() - 2
            painter.fillRect(QRectF(cap, part.top(), 2, part.height()), QColor(color))
            words = f"{what} {numbers.number(value, 1 if unit == ' %' else 2)}{unit}"
            needed = paint.wide(words, "caption") + px(10)
            if wide >= needed:
                paint.text(painter, part.adjusted(px(6), 0, -px(4), 0), words, "caption", colors.text)
            elif background.right() - part.right() > needed:  # beside a part that is too narrow for words
                place = QRectF(part.right() + px(6), part.top(), needed, part.height())
                paint.text(painter, place, words, "caption", colors.text)
            at += value
        if split:
            painter.fillRect(QRectF(pixel(zero), row.top(), 1, row.height()), QColor(colors.line_strong))


def span(distortion: float, rate: float) -> tuple[float, float]:
    """Axis of the bars, nats: holds both terms and their sum with a margin; D of a density may be negative."""
    total = distortion + rate
    high = chart.axis_end(max(distortion, total, 0.0) * 1.16 + 0.02 * rate + 1e-6, 1.15)
    return -chart.axis_end(-distortion * 1.05, 1.15) if distortion < 0 else 0.0, high


LABEL = 110
"""Width of the bars' names, px at text size 1."""


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

    def description(self, shown: Anatomy) -> str:
        """Every bound, nats."""
        return ", ".join(f"k = {k:,}: {bound:.2f} nats" for k, bound in shown.bounds.items())

    def _paint(self, painter: QPainter, shown: Anatomy) -> None:
        colors, px = theme.current(), theme.px
        bounds = shown.bounds
        k, y = np.log10(np.array(list(bounds), float)), np.array(list(bounds.values()))
        low, high = float(y.min()), max(float(y.max()), shown.negative_elbo)
        pad = max(0.25, 0.18 * (high - low))
        up = axes.linear(low - pad, high + pad, 5)
        left = axes.left_margin(up)
        area = QRectF(left, px(8), self.width() - left, self.height() - px(8) - px(4))
        frame = chart.Frame(area, chart.Picture((-0.25, 4.0), (low - pad, high + pad)))
        names = [(math.log10(each), f"k = {each:,}" if each == 1 else f"{each:,}") for each in COUNTS]
        axes.paint_axes(painter, frame, names, up)
        color, inner = colors.lanes[self._slot], frame.inner
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.mix(colors.info_kl, colors.card, 0.22)))
        level = np.full_like(y, y[0])
        painter.drawPolygon(frame.polygon(np.concatenate([k, k[::-1]]), np.concatenate([y, level])))
        top, bottom = (float(frame.down(np.array([value]))[0]) for value in (y[0], low))
        painter.fillRect(QRectF(inner.left(), pixel(top), inner.width(), 1), QColor(colors.line_strong))
        paint.curve(painter, frame.polygon(k, y), color)
        for count, bound in bounds.items():
            self._paint_dot(painter, frame, count, bound, shown)
        if len(bounds) > 1 and bottom - top > px(16):
            words = f"gap {numbers.number(shown.gap, 2)} nats"
            x = float(frame.across(k[-1:])[0])
            place = QRectF(x - px(150), (top + bottom) / 2 - px(8), px(140), px(16))
            paint.text(painter, place, words, "caption_strong", colors.text, paint.RIGHT)
        words = "−ELBO" if bottom - top > px(16) else "−ELBO, and hardly less with more draws"
        place = QRectF(inner.left() + px(40), top - px(17), inner.width() - px(40), px(15))
        paint.text(painter, place, words, "caption", colors.text_2, paint.RIGHT)

    def _paint_dot(self, painter: QPainter, frame: chart.Frame, k: int, bound: float, shown: Anatomy) -> None:
        colors, at = theme.current(), np.array([math.log10(k)])
        x, y = float(frame.across(at)[0]), float(frame.down(np.array([bound]))[0])
        color, bottom = colors.lanes[self._slot], y + 4
        group_bounds = elbo_anatomy.bound_per_group(shown.log_weights, k)
        if len(group_bounds) > 1:
            _, half = intervals.of_mean(group_bounds)
            ends = frame.down(np.array([bound - half, bound + half]))
            painter.setPen(QPen(QColor(color), 1))
            painter.drawLine(QPointF(x, float(ends[0])), QPointF(x, float(ends[1])))
            bottom = max(bottom, float(ends[0]))
        painter.setPen(QPen(QColor(colors.card), 1.5))
        painter.setBrush(QColor(color))
        painter.drawEllipse(QPointF(x, y), 4.5, 4.5)
        words = numbers.number(bound, 2)
        place = QRectF(x - 40, bottom + 2, 80, 14)
        if place.bottom() > frame.inner.bottom():
            place.moveBottom(y - 6)
        paint.text(painter, place, words, "tick", colors.text_2, paint.CENTER)


class DrawsPlot(AnatomyPlot):
    """The first draws of z, decoded, with their distortions; below, a histogram of all draws so far with their mean."""

    least_px = (240, 170)

    def __init__(self) -> None:
        super().__init__("draws of z", "Draws of z, decoded")
        explain(
            self,
            r"Expected log likelihood: $\mathbb{E}_{\lane{q(z \mid x)}} \log p(x \mid z) = -\distortion{D}$, a"
            r" mean over draws."
            "\nTraining takes one draw for each $x$ and step (more where z samples is turned up); the histogram shows"
            " how much one may be off.",
        )

    def description(self, shown: Anatomy) -> str:
        """Distortions of the decoded draws, nats."""
        each = ", ".join(f"{value:.1f}" for value in shown.distortions[: elbo_anatomy.SHOWN].tolist())
        return f"Distortions of the decoded draws in nats: {each}."

    def _paint(self, painter: QPainter, shown: Anatomy) -> None:
        self._paint_histogram(painter, shown, self._paint_pictures(painter, shown))

    def _paint_pictures(self, painter: QPainter, shown: Anatomy) -> float:
        colors, px = theme.current(), theme.px
        gap, count = px(6), len(shown.drawn)
        side = int(min((self.width() - gap * (count - 1)) / count, self.height() * 0.42))
        batch = pictures.scaled(shown.drawn, side, side)
        colored = pictures.colored(batch, colors.image_table)
        pitch = (self.width() - side) / max(1, count - 1)
        for index in range(count):
            x = round(index * min(pitch, side * 1.6))
            painter.drawImage(QPointF(x, 0), pictures.qimage(np.ascontiguousarray(colored[index])))
            paint.box(painter, QRectF(x, 0, side, side), 3, None, colors.line)
            words = numbers.number(float(shown.distortions[index]), 1)
            place = QRectF(x - px(4), side + px(2), side + px(8), px(15))
            paint.text(painter, place, words, "caption", colors.text_2, paint.CENTER)
        return side + px(24)

    def _paint_histogram(self, painter: QPainter, shown: Anatomy, top: float) -> None:
        colors, px, distortions = theme.current(), theme.px, shown.distortions
        low, high = (float(v) for v in np.percentile(distortions, [0.5, 99.5]))
        pad = max(1e-3, 0.06 * (high - low))
        low, high = (
            min(low, float(distortions[: elbo_anatomy.SHOWN].min())) - pad,
            max(high, float(distortions[: elbo_anatomy.SHOWN].max())) + pad,
        )
        area = QRectF(-chart.LEFT + px(4), top, self.width() + chart.LEFT - px(4), self.height() - top)
        counts, edges = np.histogram(distortions, BINS, (low, high))
        frame = chart.Frame(area, chart.Picture((low, high), (0.0, float(counts.max()) * 1.15)))
        axes.paint_axes(painter, frame, axes.linear(low, high, 6), ())
        color = colors.lanes[self._slot]
        body = QColor(bar_fill(color))
        x, y = frame.across(edges), frame.down(counts.astype(float))
        for k, count in enumerate(counts.tolist()):
            if count:
                bar = QRectF(pixel(float(x[k])), float(y[k]), 0, frame.inner.bottom() - float(y[k]))
                bar.setWidth(max(1, pixel(float(x[k + 1])) - pixel(float(x[k])) - 1))
                painter.fillRect(bar, body)
        mean, spread = shown.distortion, shown.spread
        ends = frame.across(np.array([mean - spread, mean, mean + spread]))
        y_mid = frame.inner.top() + px(8)
        painter.fillRect(QRectF(float(ends[0]), y_mid, float(ends[2] - ends[0]), 1), QColor(colors.text_2))
        painter.fillRect(QRectF(pixel(float(ends[1])), frame.inner.top(), 2, frame.inner.height()), QColor(colors.text))
        words = f"mean D {numbers.number(mean, 2)} nats, one draw spreads by {numbers.number(spread, 2)}"
        place = QRectF(float(ends[1]) + px(8), frame.inner.top() + px(10), paint.wide(words, "caption") + 2, px(15))
        if place.right() > self.width():
            place.moveRight(float(ends[1]) - px(8))
            paint.text(painter, place, words, "caption", colors.text, paint.RIGHT)
        else:
            paint.text(painter, place, words, "caption", colors.text)
        marks = frame.across(distortions[: elbo_anatomy.SHOWN])
        for at in marks.tolist():
            painter.fillRect(QRectF(pixel(at), frame.inner.bottom() - px(7), 2, px(7)), QColor(color))
