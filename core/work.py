"""Work in slices: a generator that yields wherever others may take their turn, and returns its result.

The slow lane runs it a few milliseconds at a time; whoever may wait uses `finish`.
"""

from __future__ import annotations

import functools
import weakref
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
    """A method without arguments whose result is kept. For one thread.

    Whoever asks while it is under way takes turns at the same work: three lanes that want one thing make it once. When
    all of them let go of it, it ends; only a weak reference is kept, for a strong one would be a cycle with its object.
    """
    slot, under_way = f"_{method.__name__}_done", f"_{method.__name__}_under_way"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        held: dict[str, Any] = vars(self)
        while slot not in held:
            work: Work[T] | None = held[under_way]() if under_way in held else None
            if work is None:
                work = method(self)
                held[under_way] = weakref.ref(work)
            try:
                next(work)
            except StopIteration as done:
                held[slot] = done.value
                del held[under_way]
            except BaseException:
                del held[under_way]
                raise
            else:
                yield
        result: T = held[slot]
        return result

    return kept
