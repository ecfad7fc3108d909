"""Watching one training step from inside: what each layer says, what chance draws, gradients and what moved.

Forward hooks, hooks on gradients, and a batch that keeps its draws: reading only, so that the step is the step it
would be unwatched, to the last bit.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn

from core.foundation.arrays import Floats
from core.models.base import Batch, Model, Phase, Terms
from core.nets.optimisers import Optimiser

UNITS = 12
"""So many units of a layer are kept, evenly spaced among them."""


@dataclass(frozen=True)
class WatchedBatch(Batch):
    """A batch that keeps what was drawn."""

    drawn: list[Tensor] = field(default_factory=list)

    def randn(self, *shape: int) -> Tensor:
        """As `Batch.randn`, kept."""
        self.drawn.append(super().randn(*shape))
        return self.drawn[-1]

    def rand(self, *shape: int) -> Tensor:
        """As `Batch.rand`, kept."""
        self.drawn.append(super().rand(*shape))
        return self.drawn[-1]


class Layer:
    """A layer with weights and the activation after it.

    ``values`` (2, U) are outputs of the first example and of the first of the second half (where real and drawn images
    are judged together, that is the first drawn one); ``pulls`` (2, U) the gradient of the loss by them, or None.
    Of feature maps, means over their pixels. ``size`` is the shape of one example's output.
    """

    def __init__(self, name: str, size: tuple[int, ...]) -> None:
        self.name, self.size = name, size
        self.values: Floats = np.zeros((2, 0), np.float32)
        self.pulls: Floats | None = None
        self._last = 0

    def take(self, output: Tensor) -> None:
        """The newest of what the layer and its activation put out."""
        self.values = _units(output)
        self._last += 1
        if output.requires_grad:
            output.register_hook(functools.partial(self._pulled, self._last))

    def _pulled(self, which: int, gradient: Tensor) -> None:
        if which == self._last:  # not that before the activation
            self.pulls = _units(gradient)


class Call:
    """A network's turn of work: its input and output (N, ...), its layers, gradients of both of example 0.

    ``slopes`` (N,) are the lengths of the first gradient that was taken by each example of the input: of what a
    gradient penalty asks for.
    """

    def __init__(self, network: str, given: Tensor) -> None:
        self.network = network
        self.layers: list[Layer] = []
        self.given = given.detach().clone()
        self.output = self.given
        self.given_pull: Floats | None = None
        self.output_pull: Floats | None = None
        self.slopes: Floats | None = None
        if given.requires_grad:
            given.register_hook(functools.partial(self._pulled, "given_pull"))

    def end(self, output: Tensor) -> None:
        """What came out."""
        self.output = output.detach().float().clone()
        if output.requires_grad:
            output.register_hook(functools.partial(self._pulled, "output_pull"))

    def _pulled(self, name: str, gradient: Tensor) -> None:
        setattr(self, name, _array(gradient[0]))
        if name == "given_pull" and self.slopes is None:
            self.slopes = _array(gradient.flatten(1).norm(2, dim=1))


@dataclass
class Seen:
    """One phase's turn. ``gradients`` and ``changes`` are norms by the name of the layer whose weights they are of.

    ``calls`` are the first turns of work of each network, ``probes`` the first whose slope is asked for.
    """

    phase: Phase
    batch: WatchedBatch
    x: Tensor
    calls: dict[str, Call] = field(default_factory=dict)
    probes: dict[str, Call] = field(default_factory=dict)
    terms: dict[str, float] = field(default_factory=dict)
    loss: float = float("nan")
    lr: float = float("nan")
    gradients: dict[str, float] = field(default_factory=dict)
    changes: dict[str, float] = field(default_factory=dict)
    weights: float = float("nan")  # the norm of all of them, before the update


class Recorder:
    """A `Watch`: what happens in the turns of a step. ``phases`` are the names that have one, or all."""

    def __init__(self, model: Model, phases: Sequence[str] | None = None) -> None:
        self.turns: list[Seen] = []
        self._model = model
        self._phases = phases
        self._names = {
            id(weight): name for name, module in model.named_modules() for weight in module.parameters(recurse=False)
        }
        self._before: list[Tensor] = []
        self._weights: list[Tensor] = []
        self._open: Call | None = None

    def takes(self, phase: Phase) -> bool:
        """Whether this phase was asked for."""
        return self._phases is None or phase.name in self._phases

    def begin(self, phase: Phase, batch: Batch) -> WatchedBatch:
        """The same batch, whose draws are kept."""
        kept = WatchedBatch(batch.x, batch.config, batch.step, batch.noise)
        self.turns.append(Seen(phase, kept, batch.x.detach().clone()))
        return kept

    def lost(self, loss: Tensor, terms: Terms) -> None:
        """The numbers of the loss."""
        seen = self.turns[-1]
        seen.loss = float(loss.detach())
        seen.terms = {name: float(term.detach()) for name, term in terms.items()}

    def learned(self, optimiser: Optimiser) -> None:
        """Gradients by layer; and where the weights are now."""
        seen = self.turns[-1]
        seen.lr = optimiser.lr
        self._weights = optimiser.parameters
        seen.gradients = self._norms([weight.grad for weight in self._weights])
        self._before = [weight.detach().clone() for weight in self._weights]
        seen.weights = norm(self._before)

    def moved(self) -> None:
        """How far the weights went, by layer."""
        moves = [weight.detach() - before for weight, before in zip(self._weights, self._before, strict=True)]
        self.turns[-1].changes = self._norms(moves)
        self._before, self._weights = [], []

    def _norms(self, tensors: Sequence[Tensor | None]) -> dict[str, float]:
        groups: dict[str, list[Tensor]] = {}
        for weight, tensor in zip(self._weights, tensors, strict=True):
            if tensor is not None:
                groups.setdefault(self._names[id(weight)], []).append(tensor)
        return {name: norm(group) for name, group in groups.items()}

    # --- hooks: the model's networks are its children, their leaves are layers and activations -----------------------

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While a step is taken."""
        handles: list[Any] = []
        for network, child in self._model.named_children():
            handles.append(child.register_forward_pre_hook(functools.partial(self._enter, network)))
            for name, module in child.named_modules(prefix=network):
                if not list(module.children()):
                    handles.append(module.register_forward_hook(functools.partial(self._leaf, name)))
            handles.append(child.register_forward_hook(functools.partial(self._leave, network)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, network: str, module: nn.Module, given: tuple[Tensor, ...]) -> None:
        if not self.turns:
            return
        seen, probed = self.turns[-1], given[0].requires_grad and given[0].is_leaf
        kept = seen.probes if network in seen.calls and probed else seen.calls
        if network not in kept:
            self._open = kept[network] = Call(network, given[0])

    def _leaf(self, name: str, module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        call = self._open
        if call is None:
            return
        size = tuple(output.shape[1:])
        if any(True for _ in module.parameters()) or any(True for _ in module.buffers()):
            call.layers.append(Layer(name, size))
            call.layers[-1].take(output)
        elif call.layers and call.layers[-1].size == size:  # an activation
            call.layers[-1].take(output)

    def _leave(self, network: str, module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        if self._open is not None and self._open.network == network:
            self._open.end(output)
            self._open = None


def norm(tensors: Sequence[Tensor]) -> float:
    """The length of all of them as one vector, in float64."""
    return math.sqrt(sum(float(each.double().square().sum()) for each in tensors))


def evenly(count: int, most: int = UNITS) -> list[int]:
    """At most so many of ``count`` indices, first and last among them."""
    return list(range(count)) if count <= most else [round(k * (count - 1) / (most - 1)) for k in range(most)]


def _array(tensor: Tensor) -> Floats:
    made: Floats = tensor.detach().float().cpu().numpy().copy()
    return made


def _units(output: Tensor) -> Floats:
    """Two examples' units (2, U) of outputs (N, F) or (N, C, H, W)."""
    two = output.detach()[[0, output.shape[0] // 2]].float()  # (2, ...)
    flat = two.mean((2, 3)) if two.ndim == 4 else two.flatten(1)  # (2, F)
    return _array(flat[:, evenly(flat.shape[1])])
