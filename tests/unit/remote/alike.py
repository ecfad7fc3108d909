"""Whether what came over the wire is what was sent, to the last bit."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


def difference(one: Any, other: Any, path: str = "") -> str:
    """The first place where two values differ in type, shape or any bit; "" where they do not."""
    if type(one) is not type(other):
        return f"{path}: {type(one).__name__}, {type(other).__name__}"
    if isinstance(one, np.ndarray):
        same = one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
        return "" if same else f"{path}: arrays"
    if isinstance(one, float):
        return "" if struct.pack("d", one) == struct.pack("d", other) else f"{path}: {one}, {other}"
    if isinstance(one, tuple | Mapping):
        if len(one) != len(other):
            return f"{path}: {len(one)} entries, {len(other)}"
        entries = [tuple(each.items()) if isinstance(each, Mapping) else each for each in (one, other)]
        pairs = zip(*entries, strict=True)
        return next(filter(None, (difference(a, b, f"{path}[{at}]") for at, (a, b) in enumerate(pairs))), "")
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        names = [each.name for each in dataclasses.fields(one) if each.init]
        told = (difference(getattr(one, name), getattr(other, name), f"{path}.{name}") for name in names)
        return next(filter(None, told), "")
    return "" if one == other else f"{path}: {one!r}, {other!r}"


def inside(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, tuple):
        for each in value:
            yield from inside(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from inside(getattr(value, field.name))
