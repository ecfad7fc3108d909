"""What every export returns: the files, and how far what an independent reader got from them is from the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.run_folder import SavedRun
from core.foundation.files import FileError, explained, make_folder, write_file
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.models.base import MODELS

PROGRAM = "Latent Playground"
TOLERANCE = 1e-5
"""Largest difference of a value within ±1 that float32 leaves when another program adds in another order."""


class ExportError(UserError):
    """An export that failed on the way. ``str(error)`` is one sentence."""

    is_misuse = False


@dataclass(frozen=True)
class Exported:
    """The files of an export, and the largest difference of their values from those of the snapshot."""

    files: tuple[Path, ...]
    difference: float

    @property
    def said(self) -> str:
        """The difference in words."""
        return f"the largest difference is {self.difference:.1e}" if self.difference else "every value is the same"


def about(saved: SavedRun) -> str:
    """The title of a run: "Variational autoencoder on MNIST at step 1,000"."""
    return f"{MODELS.get(saved.model).title} on {title_of_data(saved)} at step {saved.step:,}"


def title_of_data(saved: SavedRun) -> str:
    """The title of the data that a run was trained on."""
    return brief(saved.data.get("title") or saved.data.get("name") or "unnamed data", 40)


def largest_difference(ours: npt.NDArray[Any], theirs: npt.NDArray[Any], size: npt.ArrayLike = 1.0) -> float:
    """The largest difference of two arrays of one shape, as a share of a value where that is above ``size``.

    ``size`` is that of the numbers from which values are computed, at least 1. Raises `ExportError` where the shapes
    differ or a difference is not finite.
    """
    if ours.shape != theirs.shape:
        raise ExportError(f"the export gives values of shape {theirs.shape}, not {ours.shape}; nothing was written")
    ours = ours.astype(np.float64)
    difference = float((np.abs(ours - theirs) / np.maximum(np.abs(ours), size)).max(initial=0.0))
    if not np.isfinite(difference):
        raise ExportError("the export gives values that are not finite; nothing was written")
    return difference


def check(difference: float, tolerance: float = TOLERANCE) -> None:
    """Raises `ExportError` where a difference is too large: before anything is written."""
    if not difference <= tolerance:
        raise ExportError(f"what was read back differs by {difference:.1e} from the model; nothing was written")


def check_folder(folder: Path) -> None:
    """Raises `FileError` where something else is in the way of a folder: before anything long begins."""
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is no folder; choose another place")


def write_all(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files into a folder, which is made if need be. Raises `FileError`."""
    with explained(folder):
        make_folder(folder)
    for name, content in contents.items():
        write_file(folder / name, content)
    return tuple(folder / name for name in contents)
