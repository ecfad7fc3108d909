"""Adam, RMSprop and SGD: PyTorch's own kernels, called through its functional interface.

`torch.optim.Optimizer` does the same arithmetic, but its first use imports PyTorch's compiler (over a second, 80 MB),
which is not used here, and each of its steps passes through hooks and profilers that hold the GIL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd


class Optimiser(ABC):
    """Updates ``parameters`` from their ``.grad``; all of them must have one. ``lr`` may change between steps."""

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float) -> None:
        self.parameters: list[Tensor] = list(parameters)
        self.lr = lr

    def clear(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter once."""
        grads = [parameter.grad for parameter in self.parameters]
        self._update([grad for grad in grads if grad is not None])

    @property
    def moments(self) -> dict[str, list[Tensor]]:
        """What it remembers of earlier gradients and steps, by name: the tensors themselves, one a parameter."""
        return {}

    @abstractmethod
    def _update(self, grads: list[Tensor]) -> None:
        """Update the parameters from their gradients, in the same order."""

    def _zeros(self) -> list[Tensor]:
        return [torch.zeros_like(each, memory_format=torch.preserve_format) for each in self.parameters]


class Adam(Optimiser):
    """Adam (Kingma & Ba 2015) with eps 1e-8; one fused kernel on CPUs and CUDA."""

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, betas: tuple[float, float]) -> None:
        super().__init__(parameters, lr)
        self._betas = betas
        self._fused = all(each.device.type in ("cpu", "cuda") for each in self.parameters)
        self._means, self._squares = self._zeros(), self._zeros()
        self._steps = [torch.zeros((), device=each.device if self._fused else "cpu") for each in self.parameters]

    @property
    def moments(self) -> dict[str, list[Tensor]]:
        """See `Optimiser`."""
        return {"mean": self._means, "square": self._squares, "steps": self._steps}

    def _update(self, grads: list[Tensor]) -> None:
        adam(
            self.parameters,
            grads,
            self._means,
            self._squares,
            [],
            self._steps,
            fused=self._fused or None,
            amsgrad=False,
            beta1=self._betas[0],
            beta2=self._betas[1],
            lr=self.lr,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )


class RMSprop(Optimiser):
    """RMSprop (Tieleman & Hinton 2012) with alpha 0.99 and eps 1e-8."""

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float) -> None:
        super().__init__(parameters, lr)
        self._squares = self._zeros()
        self._steps = [torch.zeros(()) for _ in self.parameters]

    @property
    def moments(self) -> dict[str, list[Tensor]]:
        """See `Optimiser`."""
        return {"square": self._squares, "steps": self._steps}

    def _update(self, grads: list[Tensor]) -> None:
        rmsprop(
            self.parameters,
            grads,
            self._squares,
            [],
            [],
            self._steps,
            lr=self.lr,
            alpha=0.99,
            eps=1e-8,
            weight_decay=0.0,
            momentum=0.0,
            centered=False,
        )


class SGD(Optimiser):
    """Plain gradient descent, without momentum."""

    def _update(self, grads: list[Tensor]) -> None:
        sgd(
            self.parameters,
            grads,
            [None] * len(grads),
            lr=self.lr,
            weight_decay=0.0,
            momentum=0.0,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


def make(name: str, parameters: Sequence[nn.Parameter], lr: float, betas: tuple[float, float]) -> Optimiser:
    """A new optimiser by name: "adam", "rmsprop" or "sgd". ``betas`` are Adam's."""
    if name == "sgd":
        return SGD(parameters, lr)
    if name == "rmsprop":
        return RMSprop(parameters, lr)
    return Adam(parameters, lr, betas)
