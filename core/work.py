"""Work in slices: a generator that yields wherever others may take their turn, and returns its result.

The slow lane runs it a few milliseconds at a time; whoever may wait uses `finish`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")
S = TypeVar("S")

Work = Generator[None, None, T]


def finish(work: Work[T]) -> T:
    """Do it all now."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


def once(method: Callable[[S], Work[T]]) -> Callable[[S], Work[T]]:
    """A method without arguments whose result is kept: the first to ask does the work. For one thread."""
    slot = f"_{method.__name__}_done"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        held: dict[str, Any] = vars(self)
        if slot not in held:
            held[slot] = yield from method(self)
        result: T = held[slot]
        return result

    return kept
