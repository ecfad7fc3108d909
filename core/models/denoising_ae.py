"""Denoising autoencoder: encodes a corrupted image, must reconstruct the clean one (Vincent et al. 2008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.autoencoders import Autoencoder
from core.models.base import AutoencoderConfig, Batch, Phase, Terms, register
from core.models.declarations import Chart, Series
from core.models.narration import CodedTurn
from core.nets.objectives import distortion, is_points

CHART = Chart(
    family="nats",
    series=(
        Series("distortion", "train, corrupted", "lane", short="corrupted"),
        Series("distortion", "test, clean", "text", source="test", short="clean"),
    ),
    about="How badly pictures fit the clean images: in training the encoder sees corrupted ones, of test images the"
    " clean ones. So the two curves may stay apart without any image being memorised.",
    formula=r"\distortion{D} = -\log p(x \mid z)",
)


@dataclass(frozen=True)
class DenoisingConfig(AutoencoderConfig):
    """The knobs of the denoising autoencoder."""

    corruption: Annotated[
        str,
        Param(
            "Corruption",
            short="noise",
            choices=("gaussian", "masking", "salt and pepper"),
            live=True,
            help="Gaussian adds noise, masking sets pixels to 0, salt and pepper sets them to 0 or 1. Brightness stays"
            " within [0, 1].",
        ),
    ] = "masking"
    amount: Annotated[
        float,
        Param(
            "Amount",
            0.0,
            1.0,
            short="amount",
            live=True,
            formula=r"\sigma \text{ of the noise, or share } p \text{ of the pixels}",
            help="How much of the image is corrupted before the encoder sees it. More makes the code more robust.",
        ),
    ] = 0.3


def corrupted(x: Tensor, kind: str, amount: float, noise: torch.Generator) -> Tensor:
    """A corrupted copy of images (N, C, H, W) in [0, 1], or of points.

    All channels of a pixel are masked together; the coordinates of a point are drawn one by one. Images with Gaussian
    noise are clipped to [0, 1].
    """
    if kind == "gaussian":
        noisy = x + amount * torch.randn(x.shape, generator=noise, device=x.device)
        return noisy if is_points(x) else noisy.clamp_(0, 1)
    size = x.shape if is_points(x) else (x.shape[0], 1, *x.shape[2:])
    draw = torch.rand(size, generator=noise, device=x.device)  # (N, 1, H, W), or (N, C, 1, 1) of points
    if kind == "masking":
        return x * (draw >= amount)
    peppered = torch.where(draw < amount / 2, torch.zeros_like(x), x)
    return torch.where(draw > 1 - amount / 2, torch.ones_like(x), peppered)


@register("denoising_ae")
class DenoisingAutoencoder(Autoencoder[DenoisingConfig]):
    """An autoencoder whose encoder is trained on corrupted images alone."""

    title = "Denoising autoencoder"
    short = "DAE"
    order = 30
    summary = "Sees a corrupted image and must draw the clean one, so that copying is not enough."
    Config = DenoisingConfig
    badge = "{corruption} {amount:.2f}"
    corrupts = True
    chart = CHART

    def phases(self) -> tuple[Phase[DenoisingConfig], ...]:
        """One: the distortion of the clean image."""
        return (Phase("autoencoder", (self,), self._loss, narration=_narration),)

    def corrupt(self, x: Tensor, config: DenoisingConfig, noise: torch.Generator) -> Tensor:
        """A corrupted copy of x, for the encoder."""
        return corrupted(x, config.corruption, config.amount, noise)

    def _loss(self, batch: Batch[DenoisingConfig]) -> tuple[Tensor, Terms]:
        code = self.code(self.corrupt(batch.x, batch.config, batch.noise))  # (N, D)
        loss = distortion(self.logits(code), batch.x, *batch.config.pixel_model)
        return loss, {"distortion": loss}


def _narration(config: DenoisingConfig, step: int) -> CodedTurn:
    return CodedTurn(amount=config.amount)
