"""A run folder as commands use it: the run, its frozen model, and the data it was trained on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.cli.options import whole
from core.datasets.base import DataError, Dataset, changed_data, reload
from core.datasets.own_picture import Tone, like_the_data, plain_framing, tone_of
from core.engine import run_folder
from core.engine.run_folder import SavedRun
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.readers.container import EntryError, read_file, why_unreadable
from core.readers.pictures import PICTURES
from core.theory.latent_space import prior
from core.training.snapshot import Snapshot

MAX_DRAWS = 10_000
"""Draws of a seed that have a number."""


def opened(folder: Path) -> tuple[SavedRun, Snapshot]:
    """The run in a folder and its snapshot. Raises `FileError`.

    A run of an earlier version needs its data for the unit of its codes; where they are missing, that is said.
    """
    saved = run_folder.load(folder)
    dataset: Dataset | None = None
    if saved.has_old_unit:
        try:
            dataset, _ = reload(saved.data)  # of a run without a fingerprint of its data
        except UserError as error:
            print(f"The unit of its codes is the stored running mean, up to a third off: {error}", file=sys.stderr)
    return saved, saved.snapshot(dataset)


def data_of(saved: SavedRun) -> Dataset:
    """The data that a run was trained on. Raises `DataError` where they are missing or others now."""
    dataset, _ = reload(saved.data)
    if difference := changed_data(dataset, saved.data):
        raise DataError(f"{difference}: find the old ones")
    return dataset


def own_pictures(
    saved: SavedRun, snapshot: Snapshot, paths: Sequence[Path], inverted: bool | None = None
) -> tuple[tuple[str, ...], Floats]:
    """Pictures of the user's own as the model takes them: names without ending, and x (N, C, H, W) in [0, 1].

    ``inverted`` swaps dark and light; None: where the data need it. Where the data are missing, that is said, and
    pictures are only framed. Raises `DataError` for the first that cannot be used.
    """
    shape = snapshot.shape
    if shape.points:
        raise DataError("this run was trained on points, so pictures mean nothing to it")
    try:
        tone = tone_of(data_of(saved))
    except UserError as error:
        print(f"Your pictures are cropped, but not toned like the data: {error}", file=sys.stderr)
        tone = Tone(plain_framing((shape.channels, shape.height, shape.width)))
    return tuple(path.stem for path in paths), np.stack([_seen(path, tone, inverted) for path in paths])


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


def numbered_codes(
    saved: SavedRun, snapshot: Snapshot, numbers: Mapping[str, str], seed: int
) -> tuple[list[int], Floats]:
    """Numbers of test images, or without an encoder of draws of ``seed``, and their z (N, D).

    ``numbers``: their texts by option.

    Raises `KnobError` for a number that there is not, `DataError` where the data are missing.
    """
    pixels = data_of(saved).test.pixels if snapshot.has_encoder else None
    most = (MAX_DRAWS if pixels is None else len(pixels)) - 1
    chosen = [whole(text, name, 0, most) for name, text in numbers.items()]
    if pixels is None:
        return chosen, prior(MAX_DRAWS, saved.setup.latent, seed)[chosen]
    codes = snapshot.encode(as_floats(pixels[chosen]))
    assert codes is not None
    return chosen, codes.mu
