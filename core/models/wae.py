"""Wasserstein autoencoder with an MMD penalty (Tolstikhin et al. 2018, "Wasserstein Auto-Encoders", algorithm 2).

The encoder is deterministic: an image has one code. What is pulled toward the prior is not each code, as in a VAE, but
the codes of all images together: the aggregate posterior q(z).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.autoencoders import CHART, PointAutoencoder
from core.models.base import AutoencoderConfig, Batch, Phase, Terms, register
from core.models.declarations import Readout, Remedies, draw_from_mixture, set_knob, take_smaller_steps
from core.models.narration import CodedTurn, CodeStage, CodeTerm, Reading, Weight
from core.nets.objectives import distortion, distortion_per_image

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Multiples of C = 2 d σ², σ = 1 of the prior, over which kernels are summed, as in the authors' implementation."""
WEIGHT = 30.0
"""On MNIST in 2 dims after 1,500 steps (seeds 7, 1, 2) 5 to 7 % of prior draws fall in holes, images cost 149 to 151
nats and codes have σ 0.9 to 1.1. With λ = 10 σ is 1.0 to 1.4 (147 to 149 nats), with 100 images cost 152 to 154 nats; a
VAE leaves 8 % at 152 nats."""
FELT = 1.0
"""Below it codes hardly feel the prior. In 10 dims λ = 0 leaves 76 % in holes, 30 leaves 45 %, 1,000 again 81 %."""


@dataclass(frozen=True)
class WaeConfig(AutoencoderConfig):
    """The knobs of the Wasserstein autoencoder."""

    mmd_weight: Annotated[
        float,
        Param(
            "MMD weight λ",
            0.0,
            1e6,
            short="λ",
            scale="log",
            soft=(0.0, 1000.0),
            unit="nats",
            live=True,
            formula=r"\distortion{D} + \lambda \cdot \mathrm{MMD}^2(\q{q(z)}, \p{p(z)})",
            help="How hard the codes of all images together are pulled into the shape of the prior; each stays a point."
            " More: a rounder map, less faithful images. Tolstikhin et al. 2018.",
        ),
    ] = WEIGHT


def kernel(a: Tensor, b: Tensor) -> Tensor:
    """The inverse multiquadratic kernel of points (N, D) and (M, D): sum over scales of C / (C + ‖a - b‖²), (N, M)."""
    square = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0)  # (N, M)
    sizes = [scale * 2 * a.shape[1] for scale in SCALES]
    return functools.reduce(torch.add, [c / (c + square) for c in sizes])


def mmd(codes: Tensor, prior: Tensor) -> Tensor:
    """The squared maximum mean discrepancy between codes and as many draws from the prior, each (N, D): a scalar.

    The unbiased U-statistic: no point is compared with itself, so the mean is 0 where both come from one distribution,
    and a single value may be below. Of one code alone nothing can be said: 0.
    """
    count = len(codes)
    if count < 2:
        return 0.0 * codes.sum()
    with torch.autocast(codes.device.type, enabled=False):  # squared distances do not survive bfloat16
        among_codes, among_prior = kernel(codes, codes), kernel(prior, prior)
        within = among_codes.sum() + among_prior.sum() - among_codes.trace() - among_prior.trace()
        return within / (count * (count - 1)) - 2 * kernel(codes, prior).mean()


@register("wae")
class WassersteinAutoencoder(PointAutoencoder[WaeConfig]):
    """Codes are points, and all of them together look like draws from the prior."""

    title = "Wasserstein autoencoder"
    short = "WAE"
    order = 45
    summary = "Each image becomes a point, and all points together take the shape of the prior: a space with few holes."
    Config = WaeConfig
    badge = "λ {mmd_weight:,.6g}"
    chart = CHART
    columns = ("objective", "distortion", "mmd")
    watched = ("objective",)
    no_rate = (
        "Its encoder gives a point, and only all codes together are matched to the prior: no q(z|x), so no rate and no"
        " ELBO."
    )
    usual_holes = "a WAE at λ = 30 reads 5 to 7 % on MNIST in 2 dims"

    @classmethod
    def readouts(cls, config: WaeConfig) -> tuple[Readout, ...]:
        """The distance to the prior, which no curve shows."""
        return (Readout("mmd", "MMD²", 3),)

    @classmethod
    def remedies(cls, config: WaeConfig) -> Remedies:
        """λ where the codes hardly feel the prior; else another sampler, for more of it fills no holes."""
        feel = "Raise λ, so that the codes feel the prior."
        mixture = "Draw from a mixture of Gaussians fitted to its codes; a larger λ leaves no fewer holes."
        return {
            "holes": (
                set_knob("mmd_weight", "MMD weight λ", WEIGHT, feel, config.mmd_weight < FELT),
                draw_from_mixture(mixture),
            ),
            "getting_worse": (take_smaller_steps("lr", "learning rate", config.lr),),
        }

    def phases(self) -> tuple[Phase[WaeConfig], ...]:
        """One: distortion and distance to the prior together."""
        return (Phase("autoencoder", (self,), self._loss, narration=_narration),)

    def _loss(self, batch: Batch[WaeConfig]) -> tuple[Tensor, Terms]:
        config = batch.config
        code = self.code(batch.x)  # (N, D)
        apart = mmd(code, batch.randn(*code.shape))
        fit = distortion(self.logits(code), batch.x, *config.pixel_model)
        loss = fit + config.mmd_weight * apart
        return loss, {"objective": loss, "distortion": fit, "mmd": apart}

    def measure(self, x: Tensor, config: WaeConfig, noise: torch.Generator) -> Terms:
        """The distortion (N,) of images through their codes."""
        return {"distortion": distortion_per_image(self.logits(self.code(x)), x, *config.pixel_model)}


def _narration(config: WaeConfig, step: int) -> CodedTurn:
    """The codes of the batch are compared with draws from the prior before they are decoded."""
    stage = CodeStage(
        name="match",
        title="Match",
        sentence="Match: the codes of the whole batch are compared with as many draws from the prior.",
        readings=(
            Reading("Mean of z", lambda code: code.mean(0), "Over the batch; 0 under the prior"),
            Reading("Spread of z", lambda code: code.std(0, correction=0), "Over the batch; 1 under the prior"),
        ),
        drawn="A draw from the prior N(0, 1): it comes from no layer",
    )
    apart = CodeTerm(
        column="mmd",
        letter="M",
        title="Mismatch",
        tip="MMD²: how much nearer codes lie to each other, and draws to each other, than codes to draws",
        box="Mismatch: MMD² between the codes of the batch and draws from the prior, straight from the codes",
        cost="how unlike the prior the codes are, all together",
        weight=Weight("λ", "MMD weight λ", config.mmd_weight, "nats"),
        stage=stage,
    )
    return CodedTurn((apart,))
