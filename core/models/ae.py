"""Autoencoder: image -> code -> image, minimising the distortion alone (Hinton & Salakhutdinov 2006)."""

from __future__ import annotations

from torch import Tensor

from core.models.autoencoders import Autoencoder, one_cost
from core.models.base import AutoencoderConfig, Batch, Phase, Terms, register
from core.nets.objectives import distortion


@register("ae")
class PlainAutoencoder(Autoencoder):
    """Nothing shapes the code space: it reconstructs well, and has holes between the codes."""

    title = "Autoencoder"
    short = "AE"
    order = 10
    summary = "Squeezes an image into a code and back. Nothing shapes the space of codes, so it has holes."

    def phases(self) -> tuple[Phase[AutoencoderConfig], ...]:
        """One: the distortion."""
        return (Phase("autoencoder", (self,), self._loss, narration=one_cost),)

    def _loss(self, batch: Batch[AutoencoderConfig]) -> tuple[Tensor, Terms]:
        code = self.code(batch.x)  # (N, D)
        loss = distortion(self.logits(code), batch.x, *batch.config.pixel_model)
        return loss, {"distortion": loss}
