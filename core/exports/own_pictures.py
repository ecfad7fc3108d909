"""Pictures of one's own as what a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import splitext
from pathlib import Path

import numpy as np

from core.datasets.base import DataError
from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import as_floats
from core.foundation.quoted import brief
from core.foundation.reading import no_report
from core.nets.networks import Shape
from core.readers import archive
from core.readers.picture import Framing
from core.readers.pictures import one, opened, read_all

MOST_NUMBERS = 1 << 29
"""Most numbers in the pictures of one call: as float32 they take 2 GiB."""


@dataclass(frozen=True)
class OwnPictures:
    """Pictures ``x`` (N, C, H, W) in [0, 1], as a model sees them, and the names of their files without the ending.

    ``skipped``: a sentence for each file that was passed over.
    """

    x: Floats
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def read(paths: Sequence[Path], shape: Shape, inverted: bool = False) -> OwnPictures:
    """Read pictures for a model whose images have this shape: cropped to a square, scaled, grey or RGB.

    ``inverted`` swaps dark and light: MNIST is white on black. Raises `DataError` for the first that cannot be used.
    """
    framing = _framing(shape)
    x = as_floats(np.stack([one(path, framing) for path in paths]))
    return OwnPictures(1 - x if inverted else x, tuple(path.stem for path in paths))


def gather(paths: Sequence[Path], shape: Shape, inverted: bool = False, skip: bool = False) -> OwnPictures:
    """As `read`, where a path may also be a folder or an archive, of which all pictures are taken.

    Their names have the folders inside it; where two would be the same, all keep their endings. What cannot be read of
    a folder is skipped, and with ``skip`` so is a file that was named. Raises `DataError` also where nothing is left.
    """
    framing = _framing(shape)
    pixels: list[Pixels] = []
    files: list[str] = []
    skipped: list[str] = []
    for path in paths:
        if path.is_dir() or path.name.lower().endswith(archive.ENDINGS):
            inside, names, passed = _inside(path, framing)
            pixels.append(inside)
            files += names
            skipped += passed
            continue
        try:
            pixels.append(one(path, framing)[np.newaxis])
            files.append(path.name)
        except DataError as error:
            if not skip:
                raise
            skipped.append(str(error).rpartition("; name ")[0])
    if not files:
        why = f" ({brief(skipped[0], 200)})" if skipped else ""
        raise DataError(f"none of these pictures can be used{why}; name others")
    stems = tuple(splitext(file)[0] for file in files)
    x = as_floats(np.concatenate(pixels))
    is_unique = len(set(stems)) == len(stems)
    return OwnPictures(1 - x if inverted else x, stems if is_unique else tuple(files), tuple(skipped))


def _framing(shape: Shape) -> Framing:
    if shape.points:
        raise DataError("this run was trained on points, so pictures mean nothing to it")
    return Framing(shape.height, colour=shape.channels == 3)


def _inside(place: Path, framing: Framing) -> tuple[Pixels, list[str], list[str]]:
    """The pictures (N, C, S, S) of a folder or archive, their names inside it, and a sentence for each file skipped."""
    container, listing = opened(str(place), lambda: None)
    try:
        entries = listing.entries
        if len(entries) * np.prod(framing.shape) > MOST_NUMBERS:
            raise DataError(
                f"{brief(place)} holds {len(entries):,} pictures, too many for one call; take a part of them"
            )
        if not entries:
            raise DataError(f"{brief(place)} holds no pictures; name another folder")
        read_ = read_all(container, entries, framing, no_report)
    finally:
        container.close()
    at = np.flatnonzero(read_.is_read)
    skipped = [each.sentence for each in sorted([*listing.skipped, *read_.skipped])]
    return read_.pixels[at], [entries[i].name for i in at], skipped
