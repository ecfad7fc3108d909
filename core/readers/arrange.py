"""What the folders on the path of a picture say: its class, and whether it is one to train on or one of the test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.foundation.quoted import printable
from core.readers.container import Entry, Listing, Skipped

TRAIN = ("train", "training")
TEST = ("test", "testing")
VALIDATION = ("val", "valid", "validation")
"""Names of folders that are splits, in small letters."""
MOST_CLASSES = 1_000
"""Folders up to which each is a class. Beyond, and where most hold one picture, they are no classes."""
TOP = "(top)"
"""The class of pictures that lie beside the folders of the others."""


@dataclass(frozen=True)
class Arranged:
    """The pictures of a `Listing`, each with the name of its class, as their folders say.

    ``is_test`` is None where no folder says which are the test.
    """

    entries: list[Entry]
    skipped: list[Skipped]
    names: list[str]
    is_test: list[bool] | None


@dataclass(frozen=True)
class Classes:
    """Classes in their order, and the class of each picture. No names: there are not at least two.

    ``note`` says why not where somebody could expect them, in one sentence.
    """

    names: tuple[str, ...]
    labels: list[int]
    note: str = ""


def arrange(listing: Listing) -> Arranged:
    """Read the paths. Folders that hold all the rest, as archives have one, are passed through."""
    entries, skipped = listing.entries, list(listing.skipped)
    folders = [entry.name.split("/")[:-1] for entry in entries]
    depth = _common(folders)
    folders = [path[depth:] for path in folders]
    is_test = None
    if splits := _splits(folders):
        reason = f"lies beside {' and '.join(f'{name}/' for name in splits)}, which are what is read"
        kept = [bool(path) and path[0] in splits for path in folders]
        skipped += [Skipped(entry.name, reason) for entry, keep in zip(entries, kept, strict=True) if not keep]
        entries = [entry for entry, keep in zip(entries, kept, strict=True) if keep]
        folders = [path for path, keep in zip(folders, kept, strict=True) if keep]
        is_test = [splits[path[0]] for path in folders]
        folders = [path[1:] for path in folders]
    names = [printable("/".join(path)) or TOP for path in folders]
    return Arranged(entries, skipped, names, is_test)


def classes_of(names: Sequence[str]) -> Classes:
    """The classes of pictures, given the name that each has from its folders."""
    counts = Counter(names)
    if len(counts) > MOST_CLASSES:
        return Classes((), [], f"its {len(counts):,} folders are no classes: more than {MOST_CLASSES:,}")
    if len(counts) > 2 and 2 * sum(count == 1 for count in counts.values()) > len(counts):
        return Classes((), [], f"its {len(counts):,} folders are no classes: most hold one picture")
    if len(counts) < 2:
        return Classes((), [])
    ordered = tuple(sorted(counts, key=natural))
    number = {name: at for at, name in enumerate(ordered)}
    return Classes(ordered, [number[name] for name in names])


def _common(folders: Sequence[list[str]]) -> int:
    """How many folders every path begins with that are no split."""
    if not folders:
        return 0
    first, last = min(folders), max(folders)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        if first[same].lower() in (*TRAIN, *TEST, *VALIDATION):
            break
        same += 1
    return same


def _splits(folders: Sequence[list[str]]) -> dict[str, bool]:
    """Name of a folder -> whether it is the test; empty unless one to train on and one other are there.

    With both test and validation the test is taken, and the validation left alone.
    """
    there = {path[0] for path in folders if path}
    train, test, validation = (
        [name for name in sorted(there) if name.lower() in names] for names in (TRAIN, TEST, VALIDATION)
    )
    others = test or validation
    if not train or not others:
        return {}
    return {train[0]: False, others[0]: True}


def natural(text: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A key that sorts 9 before 10, and A beside a."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", text.lower())
    return [(part[0] not in "0123456789", int(part) if part[0] in "0123456789" else 0, part) for part in parts], text
