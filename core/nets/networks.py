"""Layers and networks: fully connected, or convolutional for images of 28 to 128 pixels a side."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

MOST_AT_ONCE = 256
"""Most images in a forward pass without gradients."""
MOST_NUMBERS = 1 << 22
"""Most numbers in them; convolutions hold twenty times as many."""


@dataclass(frozen=True)
class Shape:
    """Sizes of an image, (channels, height, width), and of its latent code, ``latent`` dimensions."""

    channels: int
    height: int
    width: int
    latent: int

    @property
    def pixels(self) -> int:
        """Numbers in one image, C * H * W."""
        return self.channels * self.height * self.width

    @property
    def at_once(self) -> int:
        """Images in a forward pass without gradients."""
        return max(1, min(MOST_AT_ONCE, MOST_NUMBERS // self.pixels))

    @property
    def points(self) -> bool:
        """Whether the data are points of ``channels`` coordinates, not images."""
        return (self.height, self.width) == (1, 1)

    @property
    def planar(self) -> bool:
        """Whether the data are points of a plane, which have two coordinates."""
        return self.points and self.channels == 2

    @property
    def image(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return self.channels, self.height, self.width


def initialise(module: nn.Module, generator: torch.Generator, he: bool = False) -> None:
    """PyTorch's default initialisation, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), from an explicit generator.

    With ``he`` weights are U(-b, b), b = sqrt(6 / fan_in), and biases 0 (He et al. 2015). torch's global generator is
    shared by all threads, so a run that used it would not be reproducible.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            fan_in = _fan_in(layer, he)
            bound = math.sqrt((6.0 if he else 1.0) / fan_in)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            if layer.bias is not None:
                bias_bound = 0.0 if he else bound
                nn.init.uniform_(layer.bias, -bias_bound, bias_bound, generator=generator)
        elif isinstance(layer, FourierFeatures):
            layer.draw(generator)


def _fan_in(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, exact: bool) -> int:
    """Inputs of one output unit if ``exact``; else PyTorch's count: that of outputs for a transposed convolution."""
    if exact and isinstance(layer, nn.ConvTranspose2d):
        return layer.in_channels * math.prod(layer.kernel_size) // math.prod(layer.stride)
    return layer.weight[0].numel()


class FourierFeatures(nn.Module):
    """(N, D) to (N, D + count): the input beside sines of random projections of it, sqrt(2) sin(z W + b).

    A network of few inputs is slow to learn functions that change fast along them; the sines help (Tancik et al.
    2020). ``spread`` is the standard deviation of the phase per unit of z, for any D.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, inputs: int, count: int, spread: float) -> None:
        super().__init__()
        self.spread = spread * math.sqrt(2.0 / inputs)
        self.register_buffer("weight", torch.zeros(inputs, count))
        self.register_buffer("bias", torch.zeros(count))

    def draw(self, generator: torch.Generator) -> None:
        """Draw the projections W and phases b."""
        self.weight.normal_(0.0, self.spread, generator=generator)
        self.bias.uniform_(0.0, 2 * math.pi, generator=generator)

    def forward(self, z: Tensor) -> Tensor:
        """The features (N, D + count) of z (N, D)."""
        return torch.cat([z, math.sqrt(2.0) * torch.sin(torch.addmm(self.bias, z, self.weight))], 1)


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of the given sizes with the activation between them."""
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        if i:
            layers.append(activation())
        layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers)


class ToImage(nn.Module):
    """(N, C*H*W) to (N, C, H, W)."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, flat: Tensor) -> Tensor:
        """Reshape; no copy."""
        return flat.view(-1, *self.shape)


class Crop(nn.Module):
    """Crop (N, C, H, W) to the size of the images: 8 px doubled twice are 32, but an image may have 30."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: Tensor) -> Tensor:
        """The top left (height, width) of every image."""
        return images[..., : self.height, : self.width]


def _levels(shape: Shape) -> int:
    """Number of stride-2 layers: two up to 32 px a side, three up to 64, four up to 128."""
    return 2 + sum(max(shape.height, shape.width) > side for side in (32, 64))


def _coarse(shape: Shape) -> tuple[int, int]:
    """(height, width) after all halvings, rounded up."""
    scale = 2 ** _levels(shape)
    return -(-shape.height // scale), -(-shape.width // scale)


def widths_of(hidden: str) -> list[int]:
    """Layer widths from a knob's text: "256, 128" gives [256, 128]."""
    return [int(width) for width in re.findall(r"\d+", hidden)]


def conv_down(
    shape: Shape, channels: int, activation: Callable[[], nn.Module], kernel: int = 3
) -> tuple[nn.Sequential, int]:
    """Stride-2 convolutions from images to flat vectors (N, F), and F.

    The first layer has ``channels``, each further one twice as many. ``kernel`` is 3 or 4; 4 rounds odd sides down.
    """
    widths = [shape.channels, *(channels * 2**i for i in range(_levels(shape)))]
    layers: list[nn.Module] = []
    height, width = shape.height, shape.width
    for a, b in pairwise(widths):
        layers += [nn.Conv2d(a, b, kernel, stride=2, padding=1), activation()]
        height, width = (height - kernel) // 2 + 2, (width - kernel) // 2 + 2
    layers.insert(-1, nn.Flatten())  # before the activation, see `conv_up`
    return nn.Sequential(*layers), widths[-1] * height * width


def conv_up(shape: Shape, inputs: int, channels: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """The mirror of `conv_down`: (N, inputs) to logits (N, C, H, W).

    The activation between dense and convolutional layers acts on flat vectors, which changes no bit: gradients come in
    the other layout where images are laid out channels last, and its backward pass takes ten times as long for two.
    """
    levels = _levels(shape)
    widths = [*(channels * 2**i for i in reversed(range(levels))), shape.channels]
    coarse = (widths[0], *_coarse(shape))
    layers: list[nn.Module] = [nn.Linear(inputs, math.prod(coarse)), activation(), ToImage(coarse)]
    for a, b in pairwise(widths):
        layers += [nn.ConvTranspose2d(a, b, 4, stride=2, padding=1), activation()]
    return nn.Sequential(*layers[:-1], Crop(shape.height, shape.width))


def encoder(kind: str, shape: Shape, outputs: int, hidden: str, channels: int) -> nn.Module:
    """A network from images (N, C, H, W) in [0, 1] to (N, outputs).

    ``kind`` "mlp": dense layers of the widths ``hidden``. "conv": ``channels`` in the first layer, twice as many in
    each further one, then a dense layer of the last width.
    """
    if kind == "mlp":
        return nn.Sequential(nn.Flatten(), *mlp([shape.pixels, *widths_of(hidden), outputs]))
    body, flat = conv_down(shape, channels, nn.ReLU)
    return nn.Sequential(*body, *mlp([flat, widths_of(hidden)[-1], outputs]))


def decoder(kind: str, shape: Shape, hidden: str, channels: int) -> nn.Module:
    """A network from latent codes (N, D) to logits (N, C, H, W): the mirror of `encoder`."""
    widths = widths_of(hidden)
    if kind == "mlp":
        return nn.Sequential(*mlp([shape.latent, *reversed(widths), shape.pixels]), ToImage(shape.image))
    return nn.Sequential(nn.Linear(shape.latent, widths[-1]), nn.ReLU(), *conv_up(shape, widths[-1], channels, nn.ReLU))
