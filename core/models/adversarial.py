"""What the adversarial models share: the generator and its averaged weights, the second network, packs of images."""

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from typing_extensions import TypeVar

from core.foundation.params import Param
from core.models.base import HIDDEN, Batch, Model, TrainConfig, learning_rate
from core.models.declarations import Remedy, set_knob
from core.nets.networks import FourierFeatures, Shape, ToImage, conv_down, conv_up, mlp, widths_of
from core.nets.objectives import decoder_mean, is_points


@dataclass(frozen=True)
class AdversarialConfig(TrainConfig):
    """The knobs of a model with a generator G and a second network D."""

    lr_g: Annotated[float, learning_rate("Learning rate G", "How far each step moves the generator.", "lr G")] = 2e-3
    lr_d: Annotated[
        float,
        learning_rate(
            "Learning rate D",
            "How far each step moves the second network. Faster than G and it wins, slower and it blocks G.",
            "lr D",
        ),
    ] = 2e-3
    hidden: Annotated[str, HIDDEN] = "256, 256"
    averaging: Annotated[
        float,
        Param(
            "Averaging",
            0.0,
            0.9999,
            short="averaging",
            words=((0.0, "off"),),
            live=True,
            decimals=4,
            formula=r"\bar\theta \leftarrow a \cdot \bar\theta + (1 - a) \cdot \theta",
            help="The pictures come from a running mean of the generator's weights: calmer and cleaner. 0 shows the"
            " last weights.",
        ),
    ] = 0.995


C = TypeVar("C", bound=AdversarialConfig, default=AdversarialConfig)

FAR_APART = 4.0
"""Ratio of the two learning rates from which they are the first thing to suspect."""


def same_pace(config: AdversarialConfig) -> tuple[Remedy, ...]:
    """Equal learning rates, where they lie far apart: the one farther from its default is set to the other."""
    g, d, defaults = config.lr_g, config.lr_d, type(config)()
    off_g, off_d = (
        abs(math.log(max(rate, 1e-12) / default)) for rate, default in ((g, defaults.lr_g), (d, defaults.lr_d))
    )
    advice = "Let both networks learn at the same pace: one runs away from the other."
    far_apart = min(g, d) <= 0 or max(g, d) >= FAR_APART * min(g, d)
    if off_g >= off_d:
        return (set_knob("lr_g", "learning rate G", d, advice, far_apart),)
    return (set_knob("lr_d", "learning rate D", g, advice, far_apart),)


def leaky() -> nn.Module:
    """The activation of both networks."""
    return nn.LeakyReLU(0.2)


def generator(network: str, shape: Shape, config: AdversarialConfig) -> nn.Module:
    """The network from z (N, D) to outputs (N, C, H, W): logits of images, or coordinates of points."""
    if shape.points:
        return nn.Sequential(*mlp([shape.latent, *widths_of(config.hidden), shape.pixels], leaky), ToImage(shape.image))
    if network == "mlp":
        features = FourierFeatures(shape.latent, 64, 2.0)
        sizes = [shape.latent + 64, *widths_of(config.hidden), shape.pixels]
        return nn.Sequential(features, *mlp(sizes, leaky), ToImage(shape.image))
    return nn.Sequential(
        FourierFeatures(shape.latent, 128, 3.0), *conv_up(shape, shape.latent + 128, config.channels, leaky)
    )


class Scores(nn.Module):
    """Images (N, C, H, W) in [0, 1] to scores (N, 1): logits for a discriminator, values for a critic.

    ``shape`` is that of one input: a pack (m*C, H, W) where m images are judged together.
    """

    def __init__(self, network: str, shape: Shape, config: AdversarialConfig) -> None:
        super().__init__()
        if network == "mlp":
            sizes = [shape.pixels, *widths_of(config.hidden), 1]
            self.body: nn.Sequential = nn.Sequential(nn.Flatten(), *mlp(sizes, leaky))
        else:
            down, flat = conv_down(shape, config.channels, leaky, kernel=4)
            self.body = nn.Sequential(*down, *mlp([flat, 64, 1], leaky))

    def forward(self, x: Tensor) -> Tensor:
        """Scores (N, 1) of images, packs or points."""
        scores: Tensor = self.body(x if is_points(x) else 2 * x - 1).float()
        return scores


def _last_layer(network: nn.Module) -> nn.Linear | nn.ConvTranspose2d:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.ConvTranspose2d)][-1]


class Adversarial(Model[C]):
    """A generator trained against a second network; images are decoded with the generator's averaged weights."""

    Config = AdversarialConfig
    has_encoder = False
    he_init = True
    best_network = "conv"
    no_rate = "A GAN only draws samples: it has no likelihood, so no distortion, rate or ELBO."

    def __init__(self, config: C, shape: Shape, network: str) -> None:
        super().__init__()
        self.latent = shape.latent
        self.span = 1.0 if shape.points else 2.0  # units of D's input per unit of x: images are mapped to [-1, 1]
        self.generator = generator(network, shape, config)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        self.pack = self.packing(config)
        self.scores = Scores(network, dataclasses.replace(shape, channels=self.pack * shape.channels), config)

    @classmethod
    def packing(cls, config: C) -> int:
        """How many images the second network judges at once."""
        return 1

    @torch.no_grad()
    def settle(self) -> None:
        """Scale the last layers down: D's scores start small, G dark grey. Copy G's weights to the average.

        The mean of D(x) over data or samples starts between 0.17 and 0.78 (five data sets, both networks, four seeds).
        """
        last_g, last_d = _last_layer(self.generator), _last_layer(self.scores)
        last_g.weight.mul_(0.5 / math.sqrt(2))
        assert last_g.bias is not None
        last_g.bias.fill_(0.0 if self.span == 1.0 else -1.0)
        last_d.weight.mul_(1 / math.sqrt(2))
        self.averaged.load_state_dict(self.generator.state_dict())

    def logits(self, z: Tensor) -> Tensor:
        """Outputs (N, C, H, W) of the averaged generator, before the sigmoid."""
        logits: Tensor = self.averaged(z)
        return logits

    def judge(self, x: Tensor) -> Tensor:
        """Scores (N,) by the second network, each of ``pack`` copies of one image."""
        scores: Tensor = self.scores(x if self.pack == 1 else x.repeat(1, self.pack, 1, 1))[:, 0]
        return scores

    def draw(self, batch: Batch[C]) -> Tensor:
        """As many samples of the live generator as the batch has images: (N, C, H, W) in [0, 1], or points."""
        return decoder_mean(self.generator(batch.randn(batch.x.shape[0], self.latent)).float())

    def packed(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) in packs, (N // m, m*C, H, W); fewer than m images are repeated."""
        if self.pack == 1:
            return x
        missing = self.pack - x.shape[0]
        if missing > 0:
            x = x.repeat(1 + -(-missing // x.shape[0]), 1, 1, 1)
        packs = x.shape[0] // self.pack
        return x[: packs * self.pack].reshape(packs, -1, *x.shape[2:])

    @torch.no_grad()
    def average(self, batch: Batch[C]) -> None:
        """Update the averaged weights; early steps count more, so that images improve from the start."""
        decay = min(batch.config.averaging, (1 + batch.step) / (10 + batch.step))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.generator.parameters()), 1.0 - decay)
