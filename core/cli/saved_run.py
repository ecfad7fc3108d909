"""A run folder as commands use it: the run, its frozen model, and the data it was trained on."""

from __future__ import annotations

import sys
from pathlib import Path

from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine import run_folder
from core.engine.run_folder import SavedRun
from core.foundation.user_error import UserError
from core.training.snapshot import Snapshot


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
