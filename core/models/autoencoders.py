"""What the deterministic autoencoders share: networks, code, chart, how they are measured."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from typing_extensions import TypeVar

from core.models.base import AutoencoderConfig, CodeScale, Model, Posterior, Terms, TrainConfig
from core.models.declarations import Chart, Remedies, Series, draw_from_mixture, take_smaller_steps
from core.models.narration import CodedTurn
from core.nets.networks import Shape, decoder, encoder
from core.nets.objectives import distortion_per_image

CHART = Chart(
    family="nats",
    series=(Series("distortion", "train", "lane"), Series("distortion", "test", "text", source="test")),
    about="How badly pictures fit the images they were made from, of a training batch and of test images.",
    formula=r"\distortion{D} = -\log p(x \mid z)",
)

C = TypeVar("C", bound=AutoencoderConfig, default=AutoencoderConfig)


def one_cost(config: TrainConfig, step: int) -> CodedTurn:
    """The narration of a phase whose loss is the distortion alone."""
    return CodedTurn()


class PointAutoencoder(Model[C]):
    """Encoder, code and decoder, with no noise between them: a code is a point."""

    def __init__(self, config: C, shape: Shape, network: str) -> None:
        super().__init__()
        self.encoder = encoder(network, shape, shape.latent, config.hidden, config.channels)
        self.decoder = decoder(network, shape, config.hidden, config.channels)

    def code(self, x: Tensor) -> Tensor:
        """The code (N, D) of images (N, C, H, W)."""
        code: Tensor = self.encoder(x).float()
        return code

    def encode(self, x: Tensor) -> Posterior:
        """The code (N, D), without sigma."""
        return Posterior(self.code(x))

    def logits(self, z: Tensor) -> Tensor:
        """Decoder outputs (N, C, H, W), before the sigmoid."""
        logits: Tensor = self.decoder(z)
        return logits


class Autoencoder(PointAutoencoder[C]):
    """A point autoencoder without a prior; its codes are in units of their own σ."""

    Config = AutoencoderConfig
    badge = "no prior"
    chart = CHART
    columns: ClassVar[tuple[str, ...]] = ("distortion",)
    watched = ("distortion",)
    has_prior = False
    no_rate = "The code has no prior, so there is no rate and no ELBO."
    usual_holes = "autoencoders on MNIST read 11 to 33 % in 2 dims"
    scale: CodeScale

    def __init__(self, config: C, shape: Shape, network: str) -> None:
        super().__init__(config, shape, network)
        self.scale = CodeScale(shape.latent)

    @classmethod
    def remedies(cls, config: C) -> Remedies:
        """Smaller steps; and a mixture for holes, which nothing in the loss can close."""
        mixture = "Draw from a mixture of Gaussians fitted to its codes, or use a VAE, which fills its prior."
        return {
            "holes": (draw_from_mixture(mixture),),
            "getting_worse": (take_smaller_steps("lr", "learning rate", config.lr),),
        }

    def measure(self, x: Tensor, config: C, noise: torch.Generator) -> Terms:
        """The distortion (N,) of clean images, reconstructed from their codes."""
        return {"distortion": distortion_per_image(self.logits(self.code(x)), x, *config.pixel_model)}
