"""One image's posterior q(z|x), and the bar of its rates. `posterior_curves` and `posterior_map` plot it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent

from core.engine.freshness import present
from core.foundation.arrays import Doubles, Floats
from core.foundation.pixels import display
from core.probes.codes import LatentCodes, LatentCodesLook
from core.theory.gaussians import kl_to_prior
from gui.desk.freshness import origin_if_old
from gui.drawing import numbers, paint, theme
from gui.information.card import Plot
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.training.snapshot import Snapshot


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Posterior:
    """q(z|x) of one image by one lane: ``mu``, ``sigma`` and ``rates``, the KL to the prior in nats, each (D,).

    ``decoded`` is the picture of μ, as `core.foundation.pixels.display` returns it. ``codes_since`` says of which step
    the codes of the test images are where the lane has trained on since ("step 480"), else it is "". ``noun``: what
    one of the data is called.
    """

    slot: int
    step: int
    mu: Doubles
    sigma: Doubles
    rates: Doubles
    decoded: npt.NDArray[np.uint8]
    latent_codes: LatentCodes | None
    codes_since: str = ""
    noun: str = "image"

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
    rates, noun = kl_to_prior(mu, sigma), run.dataset.noun
    return Posterior(run.slot, snapshot.step, mu, sigma, rates, decoded, latent_codes, since, noun)


def dimension(index: int) -> str:
    """Name of a dimension, counted from 1: z₁."""
    return "z" + str(index + 1).translate(SUBSCRIPTS)


class RateBar(Plot):
    """The rates of all dimensions end to end; thinner below, at the same scale, their means over test images."""

    least_px = (100, 42)
    spoken = "Rate of this image, dimension by dimension"

    def __init__(self) -> None:
        super().__init__("rate bar", self.spoken)
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
        words = paint.fitting((f"below: {words}", words, words.replace(" test ", " ", 1)), "caption", place.width())
        paint.text(painter, place, words, "caption", colors.text_2)

    @staticmethod
    def _mean_words(shown: Posterior) -> str:
        """Label of the thin row; "" where there is none."""
        if shown.latent_codes is None or shown.mean_rate is None:
            return ""
        words = f"mean of {shown.latent_codes.rated:,} test {shown.noun}s, {numbers.number(shown.mean_rate, 2)} nats"
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
