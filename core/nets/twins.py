"""Copies of networks in a quarter of the time of `copy.deepcopy`, which takes long for the empty dicts of hooks."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any, TypeVar

from torch import nn

M = TypeVar("M", bound=nn.Module)

ALIKE = frozenset({bool, int, float, complex, str, bytes, type(None)})
"""Types of values that a copy shares with what it is a copy of."""
CONTAINERS = frozenset({dict, OrderedDict, set, list})
"""Types of containers, most of which are empty in a network: they hold its hooks."""


def twin(module: M, memo: dict[int, Any]) -> M:
    """What ``copy.deepcopy(module, memo)`` returns; ``memo`` has what takes the place of objects, by their identity."""
    modules = list(module.modules())
    if not all(_is_plain(type(each)) for each in modules):
        return copy.deepcopy(module, memo)
    for each in modules:
        memo[id(each)] = type(each).__new__(type(each))
    for each in modules:
        vars(memo[id(each)]).update({name: _copied(value, memo) for name, value in vars(each).items()})
    made: M = memo[id(module)]
    return made


def _is_plain(kind: type[nn.Module]) -> bool:
    """Whether copies of the class are made of its attributes alone: it does not say otherwise."""
    return (
        kind.__getstate__ is nn.Module.__getstate__
        and kind.__setstate__.__module__.startswith("torch.nn.")
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is object.__reduce__
        and not hasattr(kind, "__deepcopy__")
    )


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in ALIKE:
        return value
    if id(value) in memo:
        return memo[id(value)]
    if kind in CONTAINERS and not value:
        memo[id(value)] = empty = kind()
        return empty
    if kind is dict:
        memo[id(value)] = filled = {name: _copied(each, memo) for name, each in value.items()}
        return filled
    return copy.deepcopy(value, memo)
