"""A run folder as commands use it: the run, its frozen model, and the data it was trained on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from core.cli.options import whole
from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine import run_folder
from core.engine.run_folder import SavedRun
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.user_error import UserError
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
