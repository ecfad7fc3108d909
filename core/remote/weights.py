"""Snapshots as they travel: the weights of a model by name, and the model built of them again."""

from __future__ import annotations

from typing import Any

from core.models.base import Model, build
from core.nets.networks import Shape
from core.remote.changes import Weights
from core.remote.checks import check_weights
from core.remote.forms import own
from core.training.snapshot import Snapshot, with_weights


def weights_of(snapshot: Snapshot, network: str) -> Weights:
    """A snapshot as it travels; ``network`` is that of its setup. The tensors are the snapshot's own, not copies."""
    shape = snapshot.shape
    tensors = {name: tensor.contiguous().numpy() for name, tensor in snapshot.model.state_dict().items()}
    return Weights(
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
        tensors = {name: own(array) for name, array in weights.tensors.items()}
        return Snapshot(with_weights(self._template, tensors), weights.step, weights.life, weights.config)
