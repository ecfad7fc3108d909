"""The terms of the ELBO as stacked bars."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent

from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import Anatomy
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information.card import Plot, bar_fill
from gui.widgets.prose_formulas import explain

LABEL = 110
"""Width of the bars' names, px at text size 1."""


class BalanceBars(Plot):
    """Three stacked bars over one axis in nats: −ELBO, the objective at the slider's β, and the pull on the code."""

    least_px = (240, 132)

    def __init__(self) -> None:
        super().__init__("elbo bars", "Distortion and rate, stacked")
        self._shown: Anatomy | None = None
        self._slot, self._beta, self._hint = 0, 1.0, ""
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
        self._shown, self._beta, self._slot = shown, beta, slot
        if shown is not None:
            cost = elbo_anatomy.objective(shown.distortion, shown.rate, beta)
            terms = f"Distortion {shown.distortion:.2f} plus rate {shown.rate:.2f} nats"
            self.setAccessibleDescription(f"{terms}; objective {cost:.2f} nats.")
        self.update()

    def set_hint(self, words: str) -> None:
        """Set the text shown while there is no anatomy."""
        if words != self._hint:
            self._hint = words
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            if self._shown is not None:
                self._paint(painter, self._shown)
            else:
                ink = theme.current().text_3
                paint.text(painter, QRectF(self.rect()), self._hint, "body", ink, paint.CENTER)

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
