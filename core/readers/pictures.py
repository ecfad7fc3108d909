"""All pictures of a folder or an archive as tensors: a few threads decode, the rest goes on where one is skipped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Pixels
from core.foundation.pixels import SMALLEST_SIDE
from core.foundation.quoted import brief
from core.foundation.reading import DataError, Report
from core.readers import picture
from core.readers.archive import archive_at
from core.readers.container import (
    Beat,
    Container,
    Entry,
    EntryError,
    Listing,
    Skipped,
    Wanted,
    called,
    chosen_path,
    why_unreadable,
)
from core.readers.folder import Folder
from core.readers.patience import PATIENCE_S, Stuck, answered, silent, work_through
from core.readers.picture import Framing

PICTURES = Wanted(picture.ENDINGS)
"""A file of the largest size holds `picture.MOST_PIXELS` without compression."""
LARGE_BYTES = 32 << 20
"""Size from which a file takes so much memory that it is read alone, bytes."""
MOST_STUCK = 3
"""Files that may not answer before the whole folder is given up."""
MOST_THREADS = 4
SAMPLE = 200
"""Pictures by which side and colour are guessed."""
COLOUR_SHARE = 0.05
"""Share of pictures in colour from which all are read in colour."""
LARGEST_OWN_SIDE = 48
"""Median side up to which pictures keep their size, pixels; the smallest are enlarged to what models take."""
USUAL_SIDE = 64
"""Side of larger ones."""
MOST_TENSOR_BYTES = 4 << 30
"""Largest set of tensors that is made."""

_large_turn = threading.RLock()
T = TypeVar("T")
R = TypeVar("R")

_CHOOSE = "choose a folder of pictures, or a .zip, .tar or .tar.gz of one"


@dataclass(frozen=True)
class Guess:
    """What a sample of pictures suggests: the side in pixels, and whether they are in colour."""

    side: int
    colour: bool


@dataclass(frozen=True)
class Read:
    """Tensors uint8 (N, C, S, S) of N entries. ``hashes`` uint64 (N,): equal ones mean equal pixels.

    Rows of entries that were skipped hold anything; ``is_read`` (N,) says which are not.
    """

    pixels: Pixels
    hashes: npt.NDArray[np.uint64]
    is_read: npt.NDArray[np.bool_]
    skipped: list[Skipped]


def opened(text: str, tick: Callable[[], None]) -> tuple[Container, Listing]:
    """The container that a path names, with what is in it. Raises `DataError`, and what ``tick`` raises."""

    def look(beat: Beat) -> tuple[Container, Listing]:
        container = _container(text)
        try:
            return container, container.contents(beat)
        except BaseException:
            container.close()
            raise

    return answered(text, look, tick)


def _container(text: str) -> Container:
    place = chosen_path(text, "folder", _CHOOSE)
    found = Folder(place, PICTURES) if place.is_dir() else archive_at(place, PICTURES)
    if found is not None:
        return found
    if place.name.lower().endswith(picture.ENDINGS):
        raise DataError(f"{called(place)} is one picture: choose the folder that it is in")
    raise DataError(f"{called(place)} is neither a folder nor an archive that is read: {_CHOOSE}")


# --- reading ---------------------------------------------------------------------------------------------------------


def guess(container: Container, entries: Sequence[Entry], tick: Callable[[], None]) -> Guess:
    """Side and colour of the pictures, by `SAMPLE` of them, evenly spread. Those that cannot be read do not count."""

    def look(entry: Entry, beat: Beat) -> tuple[int, bool]:
        with alone(entry.size >= LARGE_BYTES, beat):
            content = bytes(container.read(entry, beat))
            header = picture.header(content)
            with alone(header.is_large, beat):
                image = picture.decode(content, enough=USUAL_SIDE)
        return min(header.width, header.height), picture.is_coloured(image)

    found = outcomes(container, evenly(entries, SAMPLE), look, tick)
    seen = [outcome for _, outcome in found if not isinstance(outcome, Exception)]
    if not seen:
        return Guess(USUAL_SIDE, True)
    median = int(np.median([short for short, _ in seen]))
    side = max(SMALLEST_SIDE, median) if median <= LARGEST_OWN_SIDE else USUAL_SIDE
    return Guess(side, bool(np.mean([colour for _, colour in seen]) > COLOUR_SHARE))


def evenly(entries: Sequence[Entry], count: int) -> list[Entry]:
    """So many of the entries, evenly spread and in their order; all where there are fewer."""
    return [entries[at] for at in np.linspace(0, len(entries) - 1, min(count, len(entries))).astype(int)]


def read_all(container: Container, entries: Sequence[Entry], framing: Framing, report: Report) -> Read:
    """Every picture as a tensor, or as skipped with its reason. Raises `DataError`, and what ``report`` raises."""
    shape = len(entries), *framing.shape
    size = int(np.prod(shape, dtype=np.int64))
    if size > MOST_TENSOR_BYTES:
        raise DataError(
            f"{called(container.place)} would take {size / 1e9:.1f} GB of memory at {framing.side} pixels a side: "
            "choose a smaller side, or take fewer pictures"
        )

    def work(numbered: tuple[int, Entry], beat: Beat) -> tuple[Pixels, int]:
        entry = numbered[1]
        with alone(entry.size >= LARGE_BYTES, beat):
            content = bytes(container.read(entry, beat))
            with alone(picture.header(content).is_large, beat):
                pixels = picture.tensor(content, framing)
        digest = hashlib.blake2b(pixels.tobytes(), digest_size=8).digest()
        return pixels, int.from_bytes(digest, "little")

    read = Read(np.empty(shape, np.uint8), np.zeros(len(entries), np.uint64), np.zeros(len(entries), np.bool_), [])

    def tick() -> None:
        report((int(np.count_nonzero(read.is_read)) + len(read.skipped)) / len(entries))

    for (at, entry), outcome in outcomes(container, list(enumerate(entries)), work, tick):
        if isinstance(outcome, Exception):
            read.skipped.append(why_skipped(entry, outcome))
        else:
            read.pixels[at], read.hashes[at] = outcome
            read.is_read[at] = True
    return read


@contextlib.contextmanager
def alone(is_large: bool, beat: Beat) -> Iterator[None]:
    """Within it no other thread works on something large, if this is: several at once could fill the memory."""
    if not is_large:
        yield
        return
    while not _large_turn.acquire(timeout=1.0):
        beat()
    try:
        yield
    finally:
        _large_turn.release()


def outcomes(
    container: Container, tasks: Sequence[T], work: Callable[[T, Beat], R], tick: Callable[[], None]
) -> Iterator[tuple[T, R | Exception]]:
    """`work_through`, in as many threads as the container bears, until it has stopped answering.

    A core is left to the window. On two cores with lanes training, two threads read 20,000 JPEGs no sooner than one.
    """
    threads = 1 if container.in_order else max(1, min(MOST_THREADS, (os.cpu_count() or 1) - 1))
    stuck = 0
    for task, outcome in work_through(tasks, work, tick, threads):
        stuck += isinstance(outcome, Stuck)
        if stuck >= MOST_STUCK:
            raise DataError(silent(called(container.place)))
        yield task, outcome


def why_skipped(entry: Entry, error: Exception) -> Skipped:
    """What to say of an entry whose work ended in an error."""
    if isinstance(error, EntryError):
        return Skipped(entry.name, str(error))
    if isinstance(error, Stuck):
        return Skipped(entry.name, f"has not answered for {PATIENCE_S:.0f} s", lasts=False)
    if isinstance(error, OSError):
        return Skipped(entry.name, why_unreadable(error), lasts=False)
    return Skipped(entry.name, f"cannot be read ({brief(error or type(error).__name__)})", lasts=False)
