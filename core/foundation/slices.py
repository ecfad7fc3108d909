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
    """A method without arguments whose result is kept: the first to ask does the work. For one thread.

    For objects that one piece of work asks at a time; see `shared` for the others.
    """
    slot = f"_{method.__name__}_done"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        held: dict[str, Any] = vars(self)
        if slot not in held:
            held[slot] = yield from method(self)
        result: T = held[slot]
        return result

    return kept


def shared(method: Callable[[S], Work[T]]) -> Callable[[S], Work[T]]:
    """As `once`, where several pieces of work take turns on one thread: whoever asks while it is being made helps.

    Without this each of five runs would train its own classifier. Work that all have left stays where it is; the next
    to ask goes on with it. (Until then the object holds itself: for what lives long, not for a snapshot's things.)
    """
    slot, running = f"_{method.__name__}_done", f"_{method.__name__}_work"

    @functools.wraps(method)
    def kept(self: S) -> Work[T]:
        held: dict[str, Any] = vars(self)
        while slot not in held:
            work = held.get(running) or held.setdefault(running, method(self))
            try:
                next(work)
            except StopIteration as done:
                held[slot] = done.value
                del held[running]
            except BaseException:
                del held[running]
                raise
            else:
                yield
        result: T = held[slot]
        return result

    return kept
