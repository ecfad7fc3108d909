"""Twins are what `copy.deepcopy` makes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from core.nets.twins import twin


class Odd(nn.Module):
    """Refers to its own parts in all the ways that a user's file may."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 3)
        self.second.weight = nn.Parameter(self.first.weight.detach().t().clone())
        self.register_buffer("mean", torch.arange(3.0), persistent=False)
        self.parts = [self.first, self.second]
        self.by_name = {"first": self.first, "sizes": (3, 4), "bias": self.second.bias}
        self.constant = torch.full((3,), 2.0)
        self.turn: Callable[[Tensor], Tensor] = self.forward
        self.noted: list[int] = []
        self.first.register_forward_hook(lambda module, args, output: output + 1)

    def forward(self, x: Tensor) -> Tensor:
        self.noted.append(len(x))
        for part in self.parts:
            x = part(x) * 0.5
        return x + self.mean + self.by_name["bias"] * self.constant


class OwnCopy(Odd):
    """Says itself how it is copied."""

    def __deepcopy__(self, memo: dict[int, Any]) -> OwnCopy:
        return made


made = OwnCopy()


def frozen(model: nn.Module) -> dict[int, Any]:
    memo: dict[int, Any] = {id(each): nn.Parameter(each.detach() + 1, False) for each in model.parameters()}
    return memo | {id(each): each + 1 for each in model.buffers()}


def test_a_twin_computes_what_a_deep_copy_computes_and_shares_nothing_that_changes() -> None:
    model, x = Odd(), torch.ones(2, 3)
    other, expected = twin(model, frozen(model)), copy.deepcopy(model, frozen(model))
    assert list(vars(other)) == list(vars(expected))
    before = expected(x)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers(), model.constant):
            tensor.zero_()
    model(x)
    torch.testing.assert_close(other(x), before, rtol=0, atol=0)
    assert other.parts[0] is other.first is other.by_name["first"]
    assert other.by_name["bias"] is other.second.bias
    assert not any(each.requires_grad for each in other.parameters())
    assert other.turn.__self__ is other  # type: ignore[attr-defined]
    assert len(model.noted) == len(other.noted) == 1


def test_a_class_that_says_how_it_is_copied_is_asked() -> None:
    model = OwnCopy()
    assert twin(model, {}) is made
    held = nn.Sequential(model)
    assert twin(held, {})[0] is made
