"""A mailbox: one thread puts a value into it, or why there is none; another looks, and need not wait."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST = 160


@dataclass(frozen=True)
class Refusal:
    """Why there is no value, as one sentence."""

    reason: str


class Mailbox(Generic[T]):
    """Holds what came for its owner, oldest first. Safe for any number of threads."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[T | Refusal] = queue.SimpleQueue()

    def put(self, content: T | Refusal) -> None:
        """Send a value, or say why there is none."""
        self._queue.put(content)

    def fill(self, work: Callable[[], T]) -> None:
        """Send what the work returns; an error becomes a `Refusal`."""
        try:
            self._queue.put(work())
        except (Exception, SystemExit) as error:
            self._queue.put(Refusal(sentence_of(error)))

    def take(self, timeout_s: float = 0.0) -> T | Refusal | None:
        """What came next, or None where nothing came within the time."""
        try:
            return self._queue.get(timeout_s > 0, timeout_s)
        except queue.Empty:
            return None


def sentence_of(error: BaseException) -> str:
    """An error in one line of `LONGEST` characters at most: its text, or its type where it has none."""
    sentence = " ".join(str(error).split()) or type(error).__name__
    if type(error) is KeyError:  # its words are the key alone
        sentence = f"KeyError: {sentence}"
    return sentence[:LONGEST]
