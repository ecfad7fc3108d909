"""Text from elsewhere within a sentence of ours: one line, printable, short."""

from __future__ import annotations

import os

MOST = 80
"""Longest quotation, characters."""


def printable(text: str) -> str:
    """A text with escapes for what no terminal or window can show: line ends, control codes, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def brief(value: object, most: int = MOST) -> str:
    """A value as text, printable and cut to ``most`` characters."""
    try:
        text = str(value)
    except ValueError:  # Python refuses to write an integer of thousands of digits
        return "a number of thousands of digits"
    cut = printable(text[: most + 1])
    return cut if len(cut) <= most else f"{cut[: most - 1]}…"


def name_of(place: str | os.PathLike[str]) -> str:
    """The name of a file or folder without its path, as a title."""
    return brief(os.path.basename(os.path.abspath(place)) or place)
