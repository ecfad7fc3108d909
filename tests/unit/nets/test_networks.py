"""Networks for images of every side that is allowed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.foundation.pixels import LARGEST_SIDE, SMALLEST_SIDE
from core.models.base import MODELS, Batch, build
from core.nets.networks import Shape, decoder, encoder

SIDES = (SMALLEST_SIDE, 31, 32, 33, 48, 63, 64, 65, 96, 127, LARGEST_SIDE)


@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("side", SIDES)
def test_a_decoder_mirrors_its_encoder(side: int, kind: str) -> None:
    shape = Shape(3, side, side, 2)
    codes = encoder(kind, shape, 4, "16, 8", 4)(torch.zeros(2, 3, side, side))
    assert codes.shape == (2, 4)
    assert decoder(kind, shape, "16, 8", 4)(torch.zeros(2, 2)).shape == (2, 3, side, side)


@pytest.mark.parametrize(("side", "halvings"), [(28, 2), (32, 2), (33, 3), (64, 3), (65, 4), (128, 4)])
def test_convolutions_end_at_eight_pixels_a_side(side: int, halvings: int) -> None:
    body = encoder("conv", Shape(1, side, side, 2), 4, "8", 2)
    assert sum(isinstance(layer, nn.Conv2d) for layer in body.modules()) == halvings


@pytest.mark.parametrize("name", MODELS.names())
def test_gradients_of_activations_lie_in_memory_as_their_outputs(name: str) -> None:
    """Else the backward pass of an activation takes ten times as long."""
    made = MODELS.get(name)
    config = made.Config()
    model = build(name, config, Shape(1, 28, 28, 2), "conv").train()
    layouts: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def note(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if output.requires_grad:
            output.register_hook(lambda gradient: layouts.append((gradient.stride(), output.stride())))

    for layer in model.modules():
        if isinstance(layer, nn.ReLU | nn.LeakyReLU):
            layer.register_forward_hook(note)
    for phase in model.phases():
        batch = Batch(torch.rand(4, 1, 28, 28), config, 1, torch.Generator().manual_seed(0))
        phase.loss(batch)[0].backward()  # type: ignore[no-untyped-call]
    assert len(layouts) >= 3
    assert all(gradient == output for gradient, output in layouts), layouts
