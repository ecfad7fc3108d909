"""Snapshots as they travel: the weights of a model by name, and the model built of them again."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from core.models.base import Model, build
from core.nets.networks import Shape
from core.nets.twins import twin
from core.remote.changes import Weights
from core.remote.checks import check_weights
from core.remote.forms import own
from core.training.snapshot import Snapshot


def weights_of(number: int, snapshot: Snapshot, network: str) -> Weights:
    """A snapshot under a number; ``network`` is that of its setup. The tensors are the snapshot's own, not copies."""
    shape = snapshot.shape
    tensors = {name: tensor.contiguous().numpy() for name, tensor in snapshot.model.state_dict().items()}
    return Weights(
        number,
        snapshot.step,
        snapshot.life,
        snapshot.config,
        shape.channels,
        shape.height,
        shape.width,
        shape.latent,
        network,
        tensors,
    )


class Rebuilder:
    """Makes the snapshots of one run of their weights. A model is built once per life; later ones are copies of it."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._template: Model | None = None
        self._of: tuple[Any, ...] = ()

    def snapshot(self, weights: Weights) -> Snapshot:
        """The snapshot. ValueError where the weights are not those of the model."""
        shape = Shape(weights.channels, weights.height, weights.width, weights.latent)
        of = (weights.life, shape, weights.network)
        if self._template is None or of != self._of:
            check_weights(weights, self._model)
            made = build(self._model, weights.config, shape, weights.network)
            self._template, self._of = made.requires_grad_(False).eval(), of
        return Snapshot(_with(self._template, weights), weights.step, weights.life, weights.config)


def _with(template: Model, weights: Weights) -> Model:
    """A copy of a model with other weights. It shares no tensor with it."""
    expected = template.state_dict(keep_vars=True)
    if expected.keys() != weights.tensors.keys():
        raise ValueError("the weights have other names than the model's")
    memo: dict[int, Any] = {}
    for name, old in expected.items():
        array = weights.tensors[name]
        tensor = torch.from_numpy(own(array))
        if tensor.shape != old.shape or tensor.dtype != old.dtype:
            raise ValueError(f"{name} is {tensor.dtype} {tuple(tensor.shape)}, not {old.dtype} {tuple(old.shape)}")
        if old.is_contiguous(memory_format=torch.channels_last) and old.dim() == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        memo[id(old)] = nn.Parameter(tensor, requires_grad=False) if isinstance(old, nn.Parameter) else tensor
    return twin(template, memo)
