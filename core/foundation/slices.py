"""Long computations in slices: generators that yield where other work may run, and return their result.

The background thread runs them a few milliseconds at a time; a caller that may block uses `finish`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")
S = TypeVar("S")

Work = Generator[None, None, T]
"""A computation in slices that returns a T."""


def finish(work: Work[T]) -> T:
    """Run the work to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


def once(method: Callable[[S], Work[T]]) -> Callable[[S], Work[T]]:
    """Cache the result of a method without arguments: the first caller to get through does the work.

    Not thread-safe, and for one caller at a time: two that interleave would both compute. `shared` serves those.
    """
    slot = f"_{method.__name__}_done"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        attributes: dict[str, Any] = vars(self)
        if slot not in attributes:
            attributes[slot] = yield from method(self)
        result: T = attributes[slot]
        return result

    return kept


def shared(method: Callable[[S], Work[T]]) -> Callable[[S], Work[T]]:
    """As `once`, for callers that interleave on one thread: all of them advance the same computation.

    Without this each of five runs would train its own classifier. A computation that every caller has abandoned stays
    where it is until the next one resumes it. Until then the object is in a reference cycle with it, so use this on
    objects that live long, not on those of one snapshot.
    """
    slot, running = f"_{method.__name__}_done", f"_{method.__name__}_work"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        attributes: dict[str, Any] = vars(self)
        while slot not in attributes:
            work = attributes.get(running) or attributes.setdefault(running, method(self))
            try:
                next(work)
            except StopIteration as done:
                attributes[slot] = done.value
                del attributes[running]
            except BaseException:
                del attributes[running]
                raise
            else:
                yield
        result: T = attributes[slot]
        return result

    return kept
