"""Pictures of the user's own, named one by one, by folder or by archive, as the model of a run takes them."""

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
from core.nets.networks import Shape
from core.readers import archive
from core.readers.container import Beat, Entry, EntryError, read_file, why_unreadable
from core.readers.picture import header
from core.readers.pictures import LARGE_BYTES, PICTURES, alone, opened, outcomes, why_skipped

MOST_NUMBERS = 1 << 29
"""Most numbers in the pictures of one call: as float32 they take 2 GiB."""


@dataclass(frozen=True)
class OwnPictures:
    """Pictures ``x`` (N, C, H, W) in [0, 1], as a model sees them, and the names of their files without the ending.

    Names have the folders inside a folder or archive; where endings tell apart what else has one name,
    all keep them.
    ``skipped``: a sentence for each file that was passed over.
    """

    x: Floats
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def own_pictures(
    saved: SavedRun, shape: Shape, paths: Sequence[Path], inverted: bool | None = None, skip: bool = False
) -> OwnPictures:
    """Pictures as a model with images of this ``shape`` takes them: framed and toned like the data of its run.

    A path is a picture, or a folder or an archive, of which all pictures are taken. ``inverted`` swaps dark and light;
    None: where the data need it. Where the data are missing, that is said, and pictures are only framed. What cannot be
    read of a folder is skipped, and with ``skip`` so is a file that was named. Raises `DataError`, also where nothing
    is left.
    """
    reader = _Reader(_tone(saved, shape), inverted, shape)
    for path in paths:
        if path.is_dir() or path.name.lower().endswith(archive.ENDINGS):
            reader.read_inside(path)
        else:
            reader.read_one(path, skip)
    if not reader.files:
        why = f" ({brief(reader.skipped[0], 200)})" if reader.skipped else ""
        raise DataError(f"none of these pictures can be used{why}; name others")
    stems = tuple(splitext(file)[0] for file in reader.files)
    names = tuple(reader.files) if len(set(reader.files)) > len(set(stems)) else stems
    return OwnPictures(np.stack(reader.seen), names, tuple(reader.skipped))


def _tone(saved: SavedRun, shape: Shape) -> Tone:
    if shape.points:
        raise DataError("this run was trained on points, so pictures mean nothing to it")
    try:
        return tone_of(data_of(saved))
    except UserError as error:
        print(f"Your pictures are cropped, but not toned like the data: {error}", file=sys.stderr)
        return Tone(plain_framing((shape.channels, shape.height, shape.width)))


class _Reader:
    """Gathers pictures (C, H, W), names of their files, and a sentence for each that is skipped."""

    def __init__(self, tone: Tone, inverted: bool | None, shape: Shape) -> None:
        self._tone, self._inverted, self._shape = tone, inverted, shape
        self.seen: list[Floats] = []
        self.files: list[str] = []
        self.skipped: list[str] = []

    def _as_seen(self, content: bytes) -> Floats:
        return like_the_data(content, self._tone, self._inverted).seen

    def read_one(self, path: Path, skip: bool) -> None:
        """Read a picture file. Raises `DataError`, unless it may be skipped."""
        try:
            self.seen.append(self._as_seen(read_file(path, PICTURES)))
            self.files.append(path.name)
            return
        except EntryError as error:
            why = f"{error}"
        except FileNotFoundError:
            why = "does not exist"
        except OSError as error:
            why = why_unreadable(error)
        if not skip:
            raise DataError(f"{brief(path)} {why}; name another picture")
        self.skipped.append(f"{brief(path)} {why}")

    def read_inside(self, place: Path) -> None:
        """Read all pictures of a folder or archive, in the order of their names. Raises `DataError`."""
        container, listing = opened(str(place), lambda: None)
        try:
            count = len(listing.entries)
            if count * np.prod(self._shape.image) > MOST_NUMBERS:
                raise DataError(f"{brief(place)} holds {count:,} pictures, too many for one call; take a part of them")
            if not count:
                raise DataError(f"{brief(place)} holds no pictures; name another folder")

            def work(entry: Entry, beat: Beat) -> Floats:
                with alone(entry.size >= LARGE_BYTES, beat):
                    content = bytes(container.read(entry, beat))
                    with alone(header(content).is_large, beat):
                        return self._as_seen(content)

            done = dict(outcomes(container, listing.entries, work, lambda: None))
        finally:
            container.close()
        skipped = list(listing.skipped)
        for entry in listing.entries:
            outcome = done[entry]
            if isinstance(outcome, Exception):
                skipped.append(why_skipped(entry, outcome))
            else:
                self.seen.append(outcome)
                self.files.append(entry.name)
        self.skipped += [each.sentence for each in sorted(skipped)]
