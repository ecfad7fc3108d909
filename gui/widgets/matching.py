"""How well a few letters fit a name: letters in their order, best where words begin or letters follow each other."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

START = 8
"""Points of a letter at the start of a word."""
RUN = 7
"""Points of a letter right after the one matched before."""
LETTER = 1
"""Points of any other letter."""
GAP = 1
"""Points that each letter passed over costs, up to `MOST_GAP`, so that a long name loses no more than a short one."""
MOST_GAP = 3
_GREEK = {
    letter: unicodedata.name(letter).split()[-1].replace("LAMDA", "lambda").lower()
    for letter in (chr(code) for code in range(0x391, 0x3CA))
    if unicodedata.name(letter, "").startswith(("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER "))
}
"""The names of Greek letters."""


@dataclass(frozen=True)
class Match:
    """A name that fits: its points, more are better, and which of its letters are matched."""

    points: int
    letters: tuple[int, ...]


def plain(text: str) -> str:
    """A text as it is compared: small letters without accents, each in the place it has in the text."""
    return "".join(unicodedata.normalize("NFKD", letter)[0].lower()[0] for letter in text)


def match(wanted: str, name: str) -> Match | None:
    """How well ``wanted`` fits a name; None where its letters do not occur there in their order.

    Spaces in ``wanted`` are passed over: "the dark" and "thedark" are one. Nothing wanted fits everything, with 0. A
    Greek letter is found by its own name too: "beta" finds "KL weight β".
    """
    as_written = _match(wanted, name)
    spelled, places = _spelled(name)
    if spelled == name:
        return as_written
    found = _match(wanted, spelled)
    if found is None or (as_written is not None and as_written.points >= found.points):
        return as_written
    return Match(found.points, tuple(sorted({places[at] for at in found.letters})))


def _spelled(name: str) -> tuple[str, list[int]]:
    """A name with its Greek letters spelled, and for each of its letters the place it comes from."""
    parts = [_GREEK.get(letter, letter) for letter in name]
    return "".join(parts), [at for at, part in enumerate(parts) for _ in part]


def _match(wanted: str, name: str) -> Match | None:
    letters, within = [each for each in plain(wanted) if not each.isspace()], plain(name)
    if not letters:
        return Match(0, ())
    ends: dict[int, tuple[int, tuple[int, ...]]] = {}  # by the place of the letter matched last
    for number, letter in enumerate(letters):
        found: dict[int, tuple[int, tuple[int, ...]]] = {}
        for at in (at for at, each in enumerate(within) if each == letter):
            own = START if _begins_word(within, at) else LETTER
            if number == 0:
                found[at] = own, (at,)
                continue
            before = [
                (points + max(own, RUN if at == last + 1 else 0) - GAP * min(MOST_GAP, at - last - 1), (*places, at))
                for last, (points, places) in ends.items()
                if last < at
            ]
            if before:
                found[at] = max(before)
        if not found:
            return None
        ends = found
    points, places = max(ends.values(), key=lambda each: (each[0], [-place for place in each[1]]))
    return Match(points, places)


def _begins_word(text: str, at: int) -> bool:
    return text[at].isalnum() and (at == 0 or not text[at - 1].isalnum())
