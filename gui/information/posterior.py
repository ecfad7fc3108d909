"""Plots of one image's posterior q(z|x): a curve for each dimension, its place on the latent map, a bar of rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from core.engine.freshness import present
from core.foundation.arrays import Doubles, Floats
from core.foundation.pixels import display
from core.probes.codes import LatentCodes, LatentCodesLook
from core.theory.gaussians import kl_to_prior
from gui.desk.freshness import origin_if_old
from gui.drawing import chart, numbers, paint, point_plot, theme
from gui.drawing.painting import pixel
from gui.information.card import Plot
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.training.snapshot import Snapshot


REACH = 4.0
"""Half the width of the curves' axis, σ of the prior."""
MAP_REACH = 3.4
"""Half the width of the map, σ of the prior."""
BINS = 56
"""Bins of the histograms of codes."""
ROW_PX = 88
"""Least height of a dimension's row, px at text size 1."""
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
GROUND = chart.Picture((-REACH, REACH), (0.0, 1.12))


@dataclass(frozen=True)
class Posterior:
    """q(z|x) of one image by one lane: ``mu``, ``sigma`` and ``rates``, the KL to the prior in nats, each (D,).

    ``decoded`` is the picture of μ, as `core.foundation.pixels.display` returns it. ``codes_since`` says of which step
    the codes of the test images are where the lane has trained on since ("step 480"), else it is ""."""

    slot: int
    step: int
    mu: Doubles
    sigma: Doubles
    rates: Doubles
    decoded: npt.NDArray[np.uint8]
    latent_codes: LatentCodes | None
    codes_since: str = ""

    @property
    def rate(self) -> float:
        """KL to the prior, nats: the sum over dimensions."""
        return float(self.rates.sum())

    @property
    def mean_rate(self) -> float | None:
        """Mean rate of the test images, nats; None until they are encoded."""
        return None if self.mean_rates is None else float(self.mean_rates.sum())

    @property
    def mean_rates(self) -> Doubles | None:
        """Mean rate of each dimension, nats (D,)."""
        return self.latent_codes.rate_per_dimension if self.latent_codes is not None else None


def encode_posterior(run: Run, snapshot: Snapshot, image: Floats) -> Posterior | None:
    """Encode an image (C, H, W) with a lane's weights.

    None where the encoder has no σ, takes other shapes, or gives numbers that are not finite.
    """
    if image.shape != snapshot.shape.image:
        return None
    codes = snapshot.encode(image[None])
    if codes is None or codes.sigma is None or not np.isfinite([codes.mu, codes.sigma]).all():
        return None
    answer = run.view.looks.of(LatentCodesLook)
    latent_codes = answer.value if answer is not None and answer.value.codes.shape[1] == codes.mu.shape[1] else None
    mu, sigma = codes.mu[0].astype(np.float64), codes.sigma[0].astype(np.float64)
    decoded = display(snapshot.decode(codes.mu))[0]
    since = "" if latent_codes is None else origin_if_old(present(run.view), answer)
    return Posterior(run.slot, snapshot.step, mu, sigma, kl_to_prior(mu, sigma), decoded, latent_codes, since)


def dimension(index: int) -> str:
    """Name of a dimension, counted from 1: z₁."""
    return "z" + str(index + 1).translate(SUBSCRIPTS)


class PosteriorCurves(Plot):
    """A row for each dimension: the prior, the posterior, and the codes of all test images behind them."""

    least_px = (150, ROW_PX)

    def __init__(self) -> None:
        super().__init__("posteriors", "Posterior against prior")
        self._shown: Posterior | None = None
        explain(
            self,
            r"$\kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{\mathcal{N}(0, 1)}) = \tfrac12 (\mu^2 + \sigma^2 -"
            r" 1 - \ln \sigma^2)$ in each dimension."
            "\nEach curve is scaled to its own peak; behind them the codes of all test images.",
        )

    def show_posterior(self, shown: Posterior | None) -> None:
        """Show a posterior, or nothing."""
        before = 0 if self._shown is None else len(self._shown.mu)
        self._shown = shown
        count = 0 if shown is None else len(shown.mu)
        if count != before:
            self.setMinimumHeight(count * theme.px(ROW_PX))
        if shown is not None:
            rates = [f"{dimension(i)} {rate:.2f}" for i, rate in enumerate(shown.rates.tolist())]
            self.setAccessibleDescription(f"Rate per dimension in nats: {', '.join(rates)}")
        self.update()

    def _restyle(self) -> None:
        if self._shown is not None:
            self.setMinimumHeight(len(self._shown.mu) * theme.px(ROW_PX))
        super()._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            shown = self._shown
            if shown is not None:
                tall = min(self.height() / len(shown.mu), float(theme.px(190)))
                for index in range(len(shown.mu)):
                    area = QRectF(0, index * tall, self.width(), tall)
                    if area.intersects(QRectF(event.rect())):
                        self._paint_row(painter, area, shown, index)

    def _paint_row(self, painter: QPainter, area: QRectF, shown: Posterior, index: int) -> None:
        colors, px = theme.current(), theme.px
        mu, sigma, rate = float(shown.mu[index]), float(shown.sigma[index]), float(shown.rates[index])
        head = QRectF(area.left(), area.top(), area.width() - px(4), px(18))
        paint.text(painter, head, dimension(index), "strong", colors.text)
        words = f"μ {numbers.number(mu, 2)} · σ {numbers.number(sigma, 3 if sigma < 0.1 else 2)}"
        room = head.adjusted(px(22), 0, -px(64), 0)
        words = paint.fitting((words, words.replace(" · ", " ")), "caption", room.width())
        paint.text(painter, room, words, "caption", colors.text_2)
        paint.text(painter, head, "nats", "caption", colors.text_3, paint.RIGHT)
        value = head.adjusted(0, 0, -px(28), 0)
        paint.text(painter, value, numbers.number(rate, 2), "title", colors.text, paint.RIGHT)
        plot = QRectF(area.left(), head.bottom() + px(2), area.width(), area.height() - head.height() - px(6))
        plot.adjust(-chart.LEFT + 2, 0, chart.RIGHT - 4, 0)  # no labels at the left
        frame = chart.Frame(plot, GROUND)
        if shown.latent_codes is not None:
            self._paint_codes(painter, frame, shown.latent_codes.codes[:, index])
        inner = frame.inner
        painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line_strong))
        painter.setClipRect(inner.adjusted(0, -1, 0, 1))
        x = np.linspace(-REACH, REACH, max(60, min(300, self.width() // 2)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.info_p), 1))
        painter.drawPolyline(frame.polygon(x, np.exp(-0.5 * x * x)))
        z = np.linspace(-4.0, 4.0, 81)
        near = mu + sigma * z
        paint.curve(painter, frame.polygon(near, np.exp(-0.5 * z * z)), colors.lanes[shown.slot])
        painter.setClipping(False)
        for tick in (-4, -2, 0, 2, 4):
            at = float(frame.across(np.array([float(tick)]))[0])
            place = QRectF(min(max(area.left(), at - 14), area.right() - 28), plot.bottom() - 15, 28, 14)
            align = paint.LEFT if tick == -4 else paint.RIGHT if tick == 4 else paint.CENTER
            paint.text(painter, place, numbers.short(tick), "tick", colors.text_3, align)

    def _paint_codes(self, painter: QPainter, frame: chart.Frame, codes: Floats) -> None:
        colors, inner = theme.current(), frame.inner
        counts, _ = np.histogram(codes, BINS, (-REACH, REACH))
        most = int(counts.max())
        if most <= 0:
            return
        shade = QColor(theme.mix(colors.text_3, colors.card, 0.42))
        pitch = inner.width() / BINS
        for k, count in enumerate(counts.tolist()):
            if count:
                tall = max(1.0, count / most * inner.height() / 1.12)
                left, right = inner.left() + k * pitch, inner.left() + (k + 1) * pitch
                bar = QRectF(pixel(left), inner.bottom() - tall, max(1, pixel(right) - pixel(left) - 1), tall)
                painter.fillRect(bar, shade)


class PosteriorMap(Plot):
    """The posterior as an ellipse on the latent map, among all codes, with the prior's rings."""

    least_px = (96, 96)

    def __init__(self) -> None:
        super().__init__("posterior map", "Posterior on the latent map")
        self._shown: Posterior | None = None
        self._axes: Floats | None = None
        self._still = chart.Backdrop()
        explain(
            self,
            r"The rings hold 39 %, 86 % and 99 % of the prior; the ellipse is one $\sigma$ of $\lane{q(z \mid x)}$",
        )

    def show_posterior(self, shown: Posterior | None, axes: Floats) -> None:
        """Show a posterior on the plane spanned by ``axes`` (2, D)."""
        self._shown = shown
        self._axes = axes if shown is not None and axes.shape[1] == len(shown.mu) else None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            shown, axes = self._shown, self._axes
            area = QRectF(self.rect())
            ratio = self.devicePixelRatioF()
            key = (None if shown is None else shown.latent_codes, None if axes is None else axes.tobytes())
            painter.drawPixmap(
                0, 0, self._still.pixmap(key, self.size(), ratio, lambda to: self._paint_still(to, area))
            )
            if shown is not None and axes is not None:
                self._paint_posterior(painter, area, shown, axes)

    def _scale(self, area: QRectF) -> float:
        return min(area.width(), area.height()) / (2 * MAP_REACH)

    def _paint_still(self, painter: QPainter, area: QRectF) -> None:
        colors, shown, axes = theme.current(), self._shown, self._axes
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, area, theme.px(4), colors.plot, colors.line)
        if shown is not None and shown.latent_codes is not None and axes is not None:
            with np.errstate(invalid="ignore"):  # codes of a diverging run may be infinite
                flat = (shown.latent_codes.codes @ axes.T).astype(np.float32)  # (N, 2)
            flat = flat[np.isfinite(flat).all(1)]
            square = point_plot.square(area)
            shade = theme.mix(colors.text_3, colors.plot, 0.75)
            painter.drawImage(
                square.topLeft(), point_plot.dots(flat, square, shade, self.devicePixelRatioF(), MAP_REACH)
            )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.info_p), 1))
        scale = self._scale(area)
        for ring in (1, 2, 3):
            painter.drawEllipse(area.center(), ring * scale, ring * scale)
        note = QRectF(area.left() + 4, area.bottom() - theme.px(18), theme.px(106), theme.px(15))
        if area.width() > theme.px(130):
            paint.box(painter, note, 3, colors.plot, colors.line)
            words = "rings: prior 1σ 2σ 3σ"
            paint.text(painter, note, words, "tick", colors.text_2, paint.CENTER)

    def _paint_posterior(self, painter: QPainter, area: QRectF, shown: Posterior, axes: Floats) -> None:
        colors, scale = theme.current(), self._scale(area)
        at = axes @ shown.mu
        spread = np.sqrt(np.square(axes) @ np.square(shown.sigma))  # (2,)
        spot = QPointF(area.center().x() + float(at[0]) * scale, area.center().y() - float(at[1]) * scale)
        color = colors.lanes[shown.slot]
        painter.setClipRect(area.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(QColor(colors.plot), 1))
        painter.setBrush(QColor(color))
        painter.drawEllipse(spot, max(2.5, float(spread[0]) * scale), max(2.5, float(spread[1]) * scale))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((colors.plot, 4.5), (color, 2.0)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawEllipse(spot, 8.0, 8.0)
        painter.setClipping(False)


class RateBar(Plot):
    """The rates of all dimensions end to end; thinner below, at the same scale, their means over test images."""

    least_px = (100, 42)

    def __init__(self) -> None:
        super().__init__("rate bar", "Rate of this image, dimension by dimension")
        self._shown: Posterior | None = None
        explain(
            self,
            r"Rate $= \sum \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{\mathcal{N}(0, 1)})$ over the"
            r" dimensions, in nats",
        )

    def show_posterior(self, shown: Posterior | None) -> None:
        """Show a posterior, or nothing."""
        self._shown = shown
        description = ""
        if shown is not None:
            rates = [f"{dimension(i)} {numbers.number(rate, 2)}" for i, rate in enumerate(shown.rates.tolist())]
            description = "; ".join(filter(None, (f"{', '.join(rates)} nats", self._mean_words(shown))))
        self.setAccessibleDescription(description)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._shown
        with self.painting() as painter:
            if shown is not None:
                self._paint(painter, shown)

    def _paint(self, painter: QPainter, shown: Posterior) -> None:
        colors, px = theme.current(), theme.px
        area = QRectF(0, px(1), self.width(), px(19))
        below = QRectF(0, area.bottom() + px(2), self.width(), px(6))
        mean, mean_rates = shown.mean_rate, shown.mean_rates
        scale = self.width() / (1.05 * max(shown.rate, mean or 0.0, 1e-6))  # pixels a nat
        paint.box(painter, area, 3, colors.plot)
        for index, part in self._parts(area, shown.rates, scale):
            paint.box(painter, part, 2, colors.info_kl)
            words = f"{dimension(index)} {numbers.number(float(shown.rates[index]), 2)}"
            if part.width() > px(22):
                inside = part.adjusted(px(6 if part.width() > px(30) else 2), 0, -1, 0)
                name = words if part.width() > px(58) else dimension(index)
                paint.text(painter, inside, name, "caption_strong", colors.plot)
        if mean_rates is None:
            return
        paint.box(painter, below, 2, colors.plot)
        for _, part in self._parts(below, mean_rates, scale):
            paint.box(painter, part, 1, theme.mix(colors.info_kl, colors.card, 0.6))
        place = QRectF(0, below.bottom() + px(1), self.width(), px(15))
        words = self._mean_words(shown)
        words = paint.fitting(
            (f"below: {words}", words, words.replace("test images", "images")), "caption", place.width()
        )
        paint.text(painter, place, words, "caption", colors.text_2)

    @staticmethod
    def _mean_words(shown: Posterior) -> str:
        """Label of the thin row; "" where there is none."""
        if shown.latent_codes is None or shown.mean_rate is None:
            return ""
        words = f"mean of {shown.latent_codes.rated:,} test images, {numbers.number(shown.mean_rate, 2)} nats"
        return f"{words}, {shown.codes_since}" if shown.codes_since else words

    @staticmethod
    def _parts(area: QRectF, rates: Doubles | Floats, scale: float) -> list[tuple[int, QRectF]]:
        """The rates (D,) as boxes end to end, ``scale`` pixels a nat; those below a pixel are left out."""
        parts, x = [], area.left()
        for index, wide in enumerate((rates * scale).tolist()):
            if wide >= 1:
                parts.append((index, QRectF(x, area.top(), max(1.0, wide - 1), area.height())))
            x += wide
        return parts
