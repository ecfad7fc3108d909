"""A few pictures of a folder, to be looked at in any framing before all are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.datasets.base import Report
from core.datasets.images import ImagesConfig, NoPictures, framing_of
from core.foundation.arrays import Pixels
from core.readers import picture, pictures
from core.readers.arrange import arrange, classes_of
from core.readers.container import Beat, Entry, EntryError, Skipped
from core.readers.pictures import Guess

MOST_BYTES = 8 << 20
"""Largest file that is shown, bytes: what is shown is kept to be framed again."""


@dataclass(frozen=True)
class Preview:
    """What a folder or an archive seems to hold, by all names in it and a few of the pictures.

    ``names`` and ``contents`` are those of the pictures that are shown, one of each class by turns. ``classes``:
    number of pictures by class, empty where folders are no classes. ``count``: of all pictures; ``test_count``: of
    those that a folder calls the test, None where none does. ``skipped``: a sentence for each file passed over by
    its name, and for what cannot be shown.
    """

    names: tuple[str, ...]
    contents: tuple[bytes, ...]
    guess: Guess
    classes: Mapping[str, int]
    count: int
    test_count: int | None
    skipped: tuple[str, ...]

    def images(self, config: ImagesConfig) -> Pixels:
        """The pictures as they would be trained on, uint8 (N, C, S, S)."""
        framing = framing_of(config, self.guess)
        return np.stack([picture.tensor(content, framing) for content in self.contents])


def preview(place: str, count: int, report: Report) -> Preview:
    """Look at a place without reading it all: its list of contents, and ``count`` pictures, evenly spread.

    Raises `DataError`, and what ``report`` raises.
    """
    container, listing = pictures.opened(place, lambda: report(0.0))
    try:
        arranged = arrange(listing)
        if not arranged.entries:
            raise NoPictures(f"{container.place} holds no pictures: choose another folder or archive", arranged.skipped)
        guess = pictures.guess(container, arranged.entries, lambda: report(0.3))

        def look(entry: Entry, beat: Beat) -> bytes:
            if entry.size > MOST_BYTES:
                raise EntryError("is too large to be shown here")
            content = bytes(container.read(entry, beat))
            picture.decode(content, enough=guess.side)
            return content

        sample = pictures.evenly(arranged.entries, count)
        found: dict[str, bytes] = {}
        skipped: list[Skipped] = []
        for entry, outcome in pictures.outcomes(container, sample, look, lambda: report(0.6)):
            if isinstance(outcome, Exception):
                skipped.append(pictures.why_skipped(entry, outcome))
            else:
                found[entry.name] = outcome
    finally:
        container.close()
    skipped = sorted([*arranged.skipped, *skipped])
    if not found:
        raise NoPictures(f"{container.place} cannot be shown: none of {len(sample):,} pictures can be read", skipped)
    report(1.0)
    names = _by_turns(found, {entry.name: name for entry, name in zip(arranged.entries, arranged.names, strict=True)})
    return Preview(
        names,
        tuple(found[name] for name in names),
        guess,
        Counter(arranged.names) if classes_of(arranged.names).names else {},
        len(arranged.entries),
        None if arranged.is_test is None else sum(arranged.is_test),
        tuple(each.sentence for each in skipped),
    )


def _by_turns(names: Iterable[str], class_of: Mapping[str, str]) -> tuple[str, ...]:
    """The first picture of each class, then the second of each, and so on: where few are shown, all classes are."""
    seen: Counter[str] = Counter()
    places = []
    for name in sorted(names):
        group = class_of[name]
        places.append((seen[group], group, name))
        seen[group] += 1
    return tuple(name for _, _, name in sorted(places))
