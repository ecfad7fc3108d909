"""What the deterministic autoencoders share: networks, code, how they are measured. `core.models` holds the models."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from core.models.base import AutoencoderConfig, Chart, CodeScale, Model, Posterior, Series, Terms
from core.nets.networks import Shape, decoder, encoder
from core.nets.objectives import distortion_each

CHART = Chart(
    family="nats",
    series=(Series("distortion", "train", "lane"), Series("distortion", "test", "text", source="test")),
)


class Autoencoder(Model):
    """An encoder to a code and a decoder back, no noise between them."""

    Config = AutoencoderConfig
    chart = CHART
    columns: ClassVar[tuple[str, ...]] = ("distortion",)
    watched = ("distortion",)
    has_prior = False
    no_rate = "The code has no prior, so there is no rate and no ELBO."
    scale: CodeScale

    def __init__(self, config: AutoencoderConfig, shape: Shape, network: str) -> None:
        super().__init__()
        self.encoder = encoder(network, shape, shape.latent, config.hidden, config.channels)
        self.decoder = decoder(network, shape, config.hidden, config.channels)
        self.scale = CodeScale(shape.latent)

    def code(self, x: Tensor) -> Tensor:
        """The code (N, D) of images (N, C, H, W)."""
        code: Tensor = self.encoder(x).float()
        return code

    def encode(self, x: Tensor) -> Posterior:
        """The code, with no spread."""
        return Posterior(self.code(x))

    def logits(self, z: Tensor) -> Tensor:
        """See `Model.logits`."""
        logits: Tensor = self.decoder(z)
        return logits

    def measure(self, x: Tensor, config: Any, noise: torch.Generator) -> Terms:
        """The distortion (N,) of clean images through the code."""
        return {"distortion": distortion_each(self.logits(self.code(x)), x, config.likelihood, config.pixel_sigma)}
