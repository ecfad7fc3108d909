"""What the models with two networks in competition share. `core.models` holds the models."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from core.models.base import Batch, Model, TrainConfig
from core.networks import FourierFeatures, Shape, ToImage, conv_down, conv_up, mlp
from core.params import Param

FEATURES = 64
SPREAD = 2.0


@dataclass(frozen=True)
class AdversarialConfig(TrainConfig):
    """The knobs of a model with a generator G and a second network D."""

    lr_g: Annotated[
        float,
        Param(
            "Learning rate G",
            0.0,
            1e9,
            scale="log",
            soft=(1e-5, 1e-1),
            live=True,
            decimals=4,
            help="How far each step moves the generator.",
        ),
    ] = 5e-4
    lr_d: Annotated[
        float,
        Param(
            "Learning rate D",
            0.0,
            1e9,
            scale="log",
            soft=(1e-5, 1e-1),
            live=True,
            decimals=4,
            help="How far each step moves the second network. Faster than G and it wins, slower and it blocks G.",
        ),
    ] = 5e-4
    hidden: Annotated[
        int,
        Param("Hidden units", 4, 4096, unit="units", help="Width of the dense layers. More units, slower steps."),
    ] = 256
    depth: Annotated[int, Param("Hidden layers", 1, 8, help="Dense layers of each MLP.")] = 2
    averaging: Annotated[
        float,
        Param(
            "Weight averaging",
            0.0,
            0.9999,
            live=True,
            decimals=4,
            formula="θ̄ ← a·θ̄ + (1 − a)·θ",
            help="The pictures come from a running mean of the generator's weights: calmer and sharper. 0 shows the"
            " last weights.",
        ),
    ] = 0.995


def leaky() -> nn.Module:
    """The activation of both networks."""
    return nn.LeakyReLU(0.2)


def generator(network: str, shape: Shape, config: AdversarialConfig) -> nn.Module:
    """z (N, D) to logits (N, C, H, W)."""
    features = FourierFeatures(shape.latent, FEATURES, SPREAD)
    inputs = shape.latent + FEATURES
    dense = [inputs, *[config.hidden] * config.depth]
    if network == "mlp":
        return nn.Sequential(features, *mlp([*dense, shape.pixels], leaky), ToImage(shape.image))
    return nn.Sequential(features, *mlp(dense[:2], leaky), leaky(), *conv_up(shape, config.hidden, config.channels, leaky))


class Scores(nn.Module):
    """Images (N, C, H, W) in [0, 1] to scores (N, 1): logits for a discriminator, values for a critic."""

    def __init__(self, network: str, shape: Shape, config: AdversarialConfig) -> None:
        super().__init__()
        if network == "mlp":
            self.body: nn.Module = nn.Sequential(
                nn.Flatten(), *mlp([shape.pixels, *[config.hidden] * config.depth, 1], leaky)
            )
        else:
            down, flat = conv_down(shape, config.channels, leaky)
            self.body = nn.Sequential(*down, nn.Linear(flat, 1))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        scores: Tensor = self.body(2 * x - 1)
        return scores


class Adversarial(Model):
    """A generator that is trained against a second network; pictures come from its averaged weights."""

    Config = AdversarialConfig
    has_encoder = False
    he_init = True
    no_rate = "A GAN only draws samples: it has no likelihood, so no distortion, rate or ELBO."

    def __init__(self, config: AdversarialConfig, shape: Shape, network: str) -> None:
        super().__init__()
        self.latent = shape.latent
        self.generator = generator(network, shape, config)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        self.scores = Scores(network, shape, config)

    def logits(self, z: Tensor) -> Tensor:
        """See `Model.logits`: the averaged generator."""
        logits: Tensor = self.averaged(z)
        return logits

    def draw(self, batch: Batch) -> Tensor:
        """Fresh images (N, C, H, W) in [0, 1] of the live generator."""
        images: Tensor = torch.sigmoid(self.generator(batch.randn(batch.x.shape[0], self.latent)))
        return images

    @torch.no_grad()
    def average(self, batch: Batch) -> None:
        """Move the averaged weights; the first steps count more, so that the picture starts at once."""
        config: Any = batch.config
        keep = min(config.averaging, (1 + batch.step) / (10 + batch.step))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.generator.parameters()), 1.0 - keep)
        if batch.step == 0:
            for mine, live in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
                mine.copy_(live)
