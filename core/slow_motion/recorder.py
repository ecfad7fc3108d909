"""Record one training step from inside: activations, random draws, gradients and changes of weights.

Forward hooks, gradient hooks, and a batch that keeps its draws. All of them only read, so that the step is to the last
bit the one it would be unrecorded.
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
"""Most units of a layer that are kept, evenly spaced among all."""


@dataclass(frozen=True)
class WatchedBatch(Batch):
    """A batch that keeps its random draws, in order."""

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

    ``values`` (2, U) are outputs of the first example and of the first of the second half (where real and fake images
    are judged together, the first fake); ``gradients`` (2, U) the gradient of the loss by them, or None. Feature maps
    are averaged over their pixels. ``size`` is the shape of one example's output.
    """

    def __init__(self, name: str, size: tuple[int, ...]) -> None:
        self.name, self.size = name, size
        self.values: Floats = np.zeros((2, 0), np.float32)
        self.gradients: Floats | None = None
        self._last = 0

    def take(self, output: Tensor) -> None:
        """Keep an output (N, ...) of the layer, or then of its activation."""
        self.values = _units(output)
        self._last += 1
        if output.requires_grad:
            output.register_hook(functools.partial(self._keep_gradient, self._last))

    def _keep_gradient(self, which: int, gradient: Tensor) -> None:
        if which == self._last:  # not the gradient before the activation
            self.gradients = _units(gradient)


class Call:
    """One forward pass of a network: input and output (N, ...), layers, and the gradients by both for example 0.

    ``slopes`` (N,) are the lengths of the first gradient by the input, example by example: a gradient penalty's.
    """

    def __init__(self, network: str, x: Tensor) -> None:
        self.network = network
        self.layers: list[Layer] = []
        self.input = x.detach().clone()
        self.output = self.input
        self.input_gradient: Floats | None = None
        self.output_gradient: Floats | None = None
        self.slopes: Floats | None = None
        if x.requires_grad:
            x.register_hook(functools.partial(self._keep_gradient, "input_gradient"))

    def end(self, output: Tensor) -> None:
        """Keep the network's output."""
        self.output = output.detach().float().clone()
        if output.requires_grad:
            output.register_hook(functools.partial(self._keep_gradient, "output_gradient"))

    def _keep_gradient(self, name: str, gradient: Tensor) -> None:
        setattr(self, name, _array(gradient[0]))
        if name == "input_gradient" and self.slopes is None:
            self.slopes = _array(gradient.flatten(1).norm(2, dim=1))


@dataclass
class Recording:
    """What was recorded of one turn, a run of a phase.

    ``calls`` are the first passes of each network, ``probes`` the first whose gradient by the input is taken.
    ``gradient_norms`` and ``change_norms`` are by layer, ``weight_norm`` is of all weights before the update.
    """

    phase: Phase
    batch: WatchedBatch
    x: Tensor
    calls: dict[str, Call] = field(default_factory=dict)
    probes: dict[str, Call] = field(default_factory=dict)
    terms: dict[str, float] = field(default_factory=dict)
    loss: float = float("nan")
    lr: float = float("nan")
    gradient_norms: dict[str, float] = field(default_factory=dict)
    change_norms: dict[str, float] = field(default_factory=dict)
    weight_norm: float = float("nan")


class Recorder:
    """A `core.training.training.Watch` that records the turns of a step, of the phases named, or of all."""

    def __init__(self, model: Model, phases: Sequence[str] | None = None) -> None:
        self.turns: list[Recording] = []
        self._model = model
        self._phases = phases
        self._names = {
            id(weight): name for name, module in model.named_modules() for weight in module.parameters(recurse=False)
        }
        self._before: list[Tensor] = []
        self._weights: list[Tensor] = []
        self._open: Call | None = None

    def takes(self, phase: Phase) -> bool:
        """Whether this phase is to run."""
        return self._phases is None or phase.name in self._phases

    def begin(self, phase: Phase, batch: Batch) -> WatchedBatch:
        """A turn begins: returns the same batch as one that keeps its draws."""
        watched = WatchedBatch(batch.x, batch.config, batch.step, batch.noise)
        self.turns.append(Recording(phase, watched, batch.x.detach().clone()))
        return watched

    def lost(self, loss: Tensor, terms: Terms) -> None:
        """Keep the loss and its terms."""
        seen = self.turns[-1]
        seen.loss = float(loss.detach())
        seen.terms = {name: float(term.detach()) for name, term in terms.items()}

    def learned(self, optimiser: Optimiser) -> None:
        """Keep the gradients' norms by layer, and the weights before the update."""
        seen = self.turns[-1]
        seen.lr = optimiser.lr
        self._weights = optimiser.parameters
        seen.gradient_norms = self._norms([weight.grad for weight in self._weights])
        self._before = [weight.detach().clone() for weight in self._weights]
        seen.weight_norm = norm(self._before)

    def moved(self) -> None:
        """Keep how far the update moved the weights, by layer."""
        changes = [weight.detach() - before for weight, before in zip(self._weights, self._before, strict=True)]
        self.turns[-1].change_norms = self._norms(changes)
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
        """Record while a step is taken."""
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

    def _enter(self, network: str, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if not self.turns:
            return
        seen, is_probe = self.turns[-1], inputs[0].requires_grad and inputs[0].is_leaf
        calls = seen.probes if network in seen.calls and is_probe else seen.calls
        if network not in calls:
            self._open = calls[network] = Call(network, inputs[0])

    def _leaf(self, name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        call = self._open
        if call is None:
            return
        size = tuple(output.shape[1:])
        if any(True for _ in module.parameters()) or any(True for _ in module.buffers()):
            call.layers.append(Layer(name, size))
            call.layers[-1].take(output)
        elif call.layers and call.layers[-1].size == size:  # an activation
            call.layers[-1].take(output)

    def _leave(self, network: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if self._open is not None and self._open.network == network:
            self._open.end(output)
            self._open = None


def norm(tensors: Sequence[Tensor]) -> float:
    """The L2 norm of all tensors as one vector, in float64, which Apple's GPUs do not have."""
    return math.sqrt(sum(float(each.cpu().double().square().sum()) for each in tensors))


def evenly(count: int, most: int = UNITS) -> list[int]:
    """At most ``most`` of ``count`` indices, evenly spaced, the first and the last among them."""
    return list(range(count)) if count <= most else [round(k * (count - 1) / (most - 1)) for k in range(most)]


def _array(tensor: Tensor) -> Floats:
    values: Floats = tensor.detach().float().cpu().numpy().copy()
    return values


def _units(output: Tensor) -> Floats:
    """Units (2, U) of the first example and of the first of the second half, of outputs (N, F) or (N, C, H, W)."""
    two = output.detach()[[0, output.shape[0] // 2]].float()  # (2, ...)
    flat = two.mean((2, 3)) if two.ndim == 4 else two.flatten(1)  # (2, F)
    return _array(flat[:, evenly(flat.shape[1])])
