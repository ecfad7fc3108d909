"""A mailbox between threads: one puts in a value, or why there is none; another takes it without having to wait."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_CHARACTERS = 160
"""Longest sentence made of an error."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no value, as one sentence."""

    reason: str


class Mailbox(Generic[T]):
    """A queue of values and refusals, oldest first. Safe for any number of threads."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[T | Refusal] = queue.SimpleQueue()

    def put(self, content: T | Refusal) -> None:
        """Put in a value, or why there is none."""
        self._queue.put(content)

    def fill(self, work: Callable[[], T]) -> None:
        """Put in what the work returns; an error becomes a `Refusal`."""
        try:
            content: T | Refusal = work()
        except BaseException as error:  # who waits must hear of it
            content = Refusal(sentence_of(error))
        self.put(content)

    def take(self, timeout_s: float = 0.0) -> T | Refusal | None:
        """Take out the oldest entry; None where there is none within the time."""
        try:
            return self._queue.get(timeout_s > 0, timeout_s)
        except queue.Empty:
            return None


def sentence_of(error: BaseException) -> str:
    """An error in one line of at most `MAX_CHARACTERS`: its text, or its type where it has none."""
    sentence = " ".join(str(error).split()) or type(error).__name__
    if type(error) is KeyError:  # its text is the key alone
        sentence = f"KeyError: {sentence}"
    return sentence[:MAX_CHARACTERS]
