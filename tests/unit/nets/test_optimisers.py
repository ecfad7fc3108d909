"""The optimisers: equal to PyTorch's to the last bit, without importing its compiler."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from core.nets import optimisers

REFERENCES: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, betas=(0.5, 0.99), fused=True),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01),
}


def weights() -> list[nn.Parameter]:
    random = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(*shape, generator=random)) for shape in ((7, 5), (5,), (3, 2, 2))]


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_updates_equal_those_of_pytorch(name: str) -> None:
    ours, theirs = weights(), weights()
    optimiser, reference = optimisers.make(name, ours, 0.01, (0.5, 0.99)), REFERENCES[name](theirs)
    random = torch.Generator().manual_seed(1)
    for step in range(6):
        if step == 4:
            optimiser.lr = 0.1
            reference.param_groups[0]["lr"] = 0.1
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn(a.shape, generator=random)
            b.grad = a.grad.clone()
        optimiser.step()
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a, b)
    optimiser.clear()
    assert all(each.grad is None for each in ours)


def test_a_step_does_not_import_the_compiler() -> None:
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, torch; from torch import nn; from core.nets import optimisers\n"
            "for name in ('adam', 'rmsprop', 'sgd'):\n"
            "    p = nn.Parameter(torch.ones(2)); p.grad = torch.ones(2)\n"
            "    optimisers.make(name, [p], 0.1, (0.9, 0.999)).step()\n"
            "print('torch._dynamo' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.strip() == "False"
