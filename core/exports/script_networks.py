"""The networks of a model as lines of a Python script: one line for each layer that learns, with what follows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import nn

from core.foundation.user_error import UserError
from core.models.adversarial import Adversarial
from core.models.base import Model
from core.nets.networks import Crop, FourierFeatures, ToImage

FOURIER = """
class FourierFeatures(nn.Module):  # (N, D) to (N, D + count): z, and sines of projections of it (Tancik et al. 2020)
    def __init__(self, inputs, count):
        super().__init__()
        self.register_buffer("weight", torch.zeros(inputs, count))
        self.register_buffer("bias", torch.zeros(count))

    def forward(self, z):
        return torch.cat([z, math.sqrt(2.0) * torch.sin(torch.addmm(self.bias, z, self.weight))], 1)
"""

CROP = """
class Crop(nn.Module):  # the top left of images (N, C, H, W): doubled sizes may be larger than an image is
    def __init__(self, height, width):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images):
        return images[..., : self.height, : self.width]
"""


def networks(model: Model) -> dict[str, nn.Sequential]:
    """The networks of a model by their name in the script, in the order in which they are initialised.

    The averaged generator, a copy of the generator, is not among them.
    """
    if isinstance(model, Adversarial):
        return {"generator": _sequential(model.generator), "scores": model.scores.body}
    parts = dict(model.named_children())
    return {name: _sequential(parts[name]) for name in ("encoder", "decoder")}


def _sequential(network: Any) -> nn.Sequential:
    return cast(nn.Sequential, network)


def written(network: nn.Sequential, indent: int) -> str:
    """A network as text: the lines between ``nn.Sequential(`` and its bracket."""
    lines: list[str] = []
    for layer in _needed(network):
        begins = isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | FourierFeatures)
        if begins or not lines:
            lines.append(_line(layer))
        else:
            lines[-1] += f" {_line(layer)}"
    return "\n".join(" " * indent + line for line in lines)


def helpers(model: Model) -> list[str]:
    """The classes of layers that PyTorch does not have, as text."""
    layers = [layer for network in networks(model).values() for layer in _needed(network)]
    kinds = ((FourierFeatures, FOURIER), (Crop, CROP))
    return [text.strip("\n") for kind, text in kinds if any(isinstance(layer, kind) for layer in layers)]


def last_layer(network: nn.Sequential) -> int:
    """The index of the last layer that learns."""
    return max(i for i, layer in enumerate(network) if isinstance(layer, nn.Linear | nn.ConvTranspose2d))


def _needed(network: nn.Sequential) -> list[nn.Module]:
    """The layers without a crop that cuts nothing; it is the last one, so that no other changes its number."""
    layers = list(network)
    crop = layers[-1]
    if not isinstance(crop, Crop):
        return layers
    at = max(i for i, layer in enumerate(layers) if isinstance(layer, ToImage))
    coarse = cast(ToImage, layers[at]).shape
    with torch.no_grad():
        height, width = network[at + 1 : -1](torch.zeros(1, *coarse)).shape[-2:]
    return layers if (height, width) != (crop.height, crop.width) else layers[:-1]


def _line(layer: nn.Module) -> str:
    for kind, text in _LAYERS.items():
        if isinstance(layer, kind):
            return f"{text(layer)},"
    raise UserError(f"a layer of type {type(layer).__name__} cannot be written as a script; export to onnx instead")


def _convolution(layer: Any) -> str:
    sizes = f"{layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]}"
    return f"nn.{type(layer).__name__}({sizes}, stride={layer.stride[0]}, padding={layer.padding[0]})"


def spread_of(network: nn.Sequential) -> float:
    """The spread of the Fourier features at the beginning of a network, as its model asked for it."""
    layer = cast(FourierFeatures, network[0])
    return round(layer.spread / math.sqrt(2.0 / layer.weight.shape[0]), 9)


_LAYERS: dict[type[nn.Module], Callable[[Any], str]] = {
    nn.Linear: lambda layer: f"nn.Linear({layer.in_features}, {layer.out_features})",
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
    nn.ReLU: lambda layer: "nn.ReLU()",
    nn.LeakyReLU: lambda layer: f"nn.LeakyReLU({layer.negative_slope})",
    nn.Flatten: lambda layer: "nn.Flatten()",
    ToImage: lambda layer: f"nn.Unflatten(1, {layer.shape})",
    Crop: lambda layer: f"Crop({layer.height}, {layer.width})",
    FourierFeatures: lambda layer: f"FourierFeatures({layer.weight.shape[0]}, {layer.weight.shape[1]})",
}
