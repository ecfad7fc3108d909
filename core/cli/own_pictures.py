"""Pictures of the user's own, as the model of a saved run takes them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import splitext
from pathlib import Path

import numpy as np

from core.cli.saved_run import data_of
from core.datasets.base import DataError
from core.datasets.own_picture import Tone, like_the_data, plain_framing, tone_of
from core.engine.run_folder import SavedRun
from core.foundation.arrays import Floats
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.readers import archive, picture, pictures
from core.readers.container import Beat, Entry, EntryError, called, read_file, why_unreadable
from core.readers.pictures import LARGE_BYTES, PICTURES
from core.training.snapshot import Snapshot

MOST_NUMBERS = 1 << 29
"""Most numbers in the pictures of a folder: as float32 they take 2 GiB."""


@dataclass(frozen=True)
class Gathered:
    """Pictures ``x`` (N, C, H, W) in [0, 1] and their names; ``skipped``: a sentence for each file passed over."""

    names: tuple[str, ...]
    x: Floats
    skipped: tuple[str, ...]


def read(
    saved: SavedRun, snapshot: Snapshot, paths: Sequence[Path], inverted: bool | None = None
) -> tuple[tuple[str, ...], Floats]:
    """Pictures of the user's own as the model takes them: names without ending, and x (N, C, H, W) in [0, 1].

    ``inverted`` swaps dark and light; None: where the data need it. Where the data are missing, that is said, and
    pictures are only framed. Raises `DataError` for the first that cannot be used.
    """
    tone = _tone(saved, snapshot)
    return tuple(path.stem for path in paths), np.stack([_seen(path, tone, inverted) for path in paths])


def gather(
    saved: SavedRun, snapshot: Snapshot, paths: Sequence[Path], inverted: bool | None = None, skip: bool = False
) -> Gathered:
    """As `read`, where a path may also be a folder or an archive, of which all pictures are taken.

    Their names have the folders inside it; where two would be the same, all keep their endings. What cannot be read of
    a folder is skipped, and with ``skip`` so is a file that was named. Raises `DataError` also where nothing is left.
    """
    tone = _tone(saved, snapshot)
    parts: list[Floats] = []
    files: list[str] = []
    skipped: list[str] = []
    for path in paths:
        if path.is_dir() or path.name.lower().endswith(archive.ENDINGS):
            inside = _inside(path, tone, inverted)
            parts.append(inside.x)
            files += inside.names
            skipped += inside.skipped
            continue
        try:
            parts.append(_seen(path, tone, inverted)[np.newaxis])
            files.append(path.name)
        except DataError as error:
            if not skip:
                raise
            skipped.append(str(error).rpartition("; name ")[0])  # the way out is taken
    if not files:
        why = f" ({brief(skipped[0], 200)})" if skipped else ""
        raise DataError(f"none of these pictures can be used{why}; name others")
    stems = tuple(splitext(file)[0] for file in files)
    is_unique = len(set(stems)) == len(stems)
    return Gathered(stems if is_unique else tuple(files), np.concatenate(parts), tuple(skipped))


def _tone(saved: SavedRun, snapshot: Snapshot) -> Tone:
    """How the data of a run look; the framing alone where they are missing."""
    shape = snapshot.shape
    if shape.points:
        raise DataError("this run was trained on points, so pictures mean nothing to it")
    try:
        return tone_of(data_of(saved))
    except UserError as error:
        print(f"Your pictures are cropped, but not toned like the data: {error}", file=sys.stderr)
        return Tone(plain_framing((shape.channels, shape.height, shape.width)))


def _seen(path: Path, tone: Tone, inverted: bool | None) -> Floats:
    """A picture file as the model takes it, (C, H, W)."""
    try:
        return like_the_data(read_file(path, PICTURES), tone, inverted).seen
    except EntryError as error:
        raise DataError(f"{brief(path)} {error}; name another picture") from None
    except FileNotFoundError:
        raise DataError(f"{brief(path)} does not exist; name a picture") from None
    except OSError as error:
        raise DataError(f"{brief(path)} {why_unreadable(error)}; name another picture") from None


def _inside(place: Path, tone: Tone, inverted: bool | None) -> Gathered:
    """The pictures of a folder or archive, in the order of their names, which are those inside it."""
    container, listing = pictures.opened(str(place), lambda: None)
    try:
        entries, shape = listing.entries, tone.framing.shape
        if not entries:
            raise DataError(f"{called(place)} holds no pictures; name another folder")
        if len(entries) * np.prod(shape) > MOST_NUMBERS:
            raise DataError(f"{called(place)} holds {len(entries):,} pictures, too many at once; take a part of them")

        def work(numbered: tuple[int, Entry], beat: Beat) -> Floats:
            entry = numbered[1]
            with pictures.alone(entry.size >= LARGE_BYTES, beat):
                content = bytes(container.read(entry, beat))
                with pictures.alone(picture.header(content).is_large, beat):
                    return like_the_data(content, tone, inverted).seen

        x, is_read = np.empty((len(entries), *shape), np.float32), np.zeros(len(entries), np.bool_)
        skipped = list(listing.skipped)
        for (at, entry), outcome in pictures.outcomes(container, list(enumerate(entries)), work, lambda: None):
            if isinstance(outcome, Exception):
                skipped.append(pictures.why_skipped(entry, outcome))
            else:
                x[at], is_read[at] = outcome, True
    finally:
        container.close()
    names = tuple(entry.name for entry, is_there in zip(entries, is_read.tolist(), strict=True) if is_there)
    return Gathered(names, x[is_read], tuple(each.sentence for each in sorted(skipped)))
