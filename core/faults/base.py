"""A fault: a way to hurt the program, repeated many times, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A harness. ``run(count, seed)`` hurts the program ``count`` times and returns one sentence per failure.

    A sentence names the seed or the input that repeats it. ``full`` and ``quick`` are the counts of a whole and of a
    short run.
    """

    name: str
    says: str
    full: int
    quick: int
    run: Callable[[int, int], list[str]]
