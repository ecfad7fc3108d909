"""A fault: a way to hurt the program, repeated many times, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST_CHARACTERS = 900
"""Longest sentence: a path and some quotations of 80 characters, and a list of what there is."""


@dataclass(frozen=True)
class Fault:
    """A harness. ``run(count, seed)`` hurts the program ``count`` times and returns one sentence per failure.

    A sentence names the seed or the input that repeats it. ``full`` and ``quick`` are the counts of a whole and of a
    short run. A whole run may be cut into ``pieces``, each with a seed of its own and a process of its own; two or more
    of these run at a time, unless the fault wants the machine ``alone``.
    """

    name: str
    says: str
    full: int
    quick: int
    run: Callable[[int, int], list[str]]
    pieces: int = 1
    alone: bool = False


def unspeakable(words: str) -> str:
    """Why words are no sentence for a person; "" where they are."""
    if not words.strip() or not words.isprintable():
        return f"is no line that can be printed: {ascii(words)[:200]}"
    return f"has {len(words):,} characters: {words[:200]}…" if len(words) > MOST_CHARACTERS else ""
