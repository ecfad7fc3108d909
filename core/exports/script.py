"""A model as a Python script that needs only torch, numpy and the weights beside it: it draws the same samples.

With ``--train`` it trains again by the same mathematics. From the same seed its losses are those of the run to the last
bit, where that trained on a CPU with as many threads and no knob was turned.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.datasets.base import Dataset
from core.engine.run_folder import SavedRun
from core.exports.base import Exported, ExportError, check, check_folder, largest_difference, write_all
from core.exports.script_text import script_of, weight_name
from core.foundation.arrays import Floats
from core.foundation.pixels import is_points
from core.foundation.program import python_file
from core.foundation.quoted import brief
from core.theory.latent_space import prior
from core.training.snapshot import Snapshot

WEIGHTS = "weights.npz"
IMAGES = "images.npz"
SAMPLES = 64
SAMPLE_SEED = 1
LONGEST_S = 600.0
"""Longest time that the script may take to draw the samples, s."""


@dataclass(frozen=True)
class ExportedScript(Exported):
    """Also the SHA-256 of the samples of `SAMPLE_SEED`, which the script has printed."""

    fingerprint: str = ""

    @property
    def said(self) -> str:
        """The difference and the SHA-256 in words."""
        return f"{super().said}; SHA-256 of its {SAMPLES} samples {self.fingerprint}"


def export(saved: SavedRun, snapshot: Snapshot, folder: Path, dataset: Dataset | None = None) -> ExportedScript:
    """Write ``MODEL.py`` and ``weights.npz``, and ``images.npz`` with the training images of a ``dataset``.

    Before anything is written, a fresh process runs the script: its samples must be those of the snapshot within
    `TOLERANCE`, and their SHA-256 the same, or else the difference is not zero. Raises `UserError` for a model that has
    no script, `ExportError` and `FileError`.
    """
    check_folder(folder)
    name = f"{saved.model}.py"
    contents = {name: script_of(saved, snapshot).encode(), WEIGHTS: _npz(_weights(snapshot))}
    with tempfile.TemporaryDirectory() as scratch:
        for each, content in contents.items():
            (Path(scratch) / each).write_bytes(content)
        images, printed = _run(Path(scratch) / name)
    ours = snapshot.decode(prior(SAMPLES, snapshot.shape.latent, SAMPLE_SEED))
    difference = largest_difference(ours, images)
    check(difference)
    if printed != fingerprint(images):
        raise ExportError(f"the script printed another SHA-256 than that of its samples: {brief(printed)}")
    if dataset is not None:
        contents[IMAGES] = _npz({"images": dataset.train.pixels})
    return ExportedScript(write_all(folder, contents), difference, printed)


def fingerprint(images: Floats) -> str:
    """SHA-256 of images (N, C, H, W) as bytes from 0 to 255; of points (N, D, 1, 1) as int32, in units of 0.0001."""
    if is_points(images.shape[1:]):
        return hashlib.sha256(np.rint(images * 1e4).astype(np.int32).tobytes()).hexdigest()
    return hashlib.sha256(np.rint(images.clip(0, 1) * 255).astype(np.uint8).tobytes()).hexdigest()


def _weights(snapshot: Snapshot) -> dict[str, npt.NDArray[Any]]:
    state = snapshot.model.state_dict()
    return {weight_name(name): tensor.contiguous().numpy() for name, tensor in state.items()}


def _npz(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _run(script: Path) -> tuple[Floats, str]:
    """The samples (N, C, H, W) that the script writes in a process of its own, and the SHA-256 that it prints."""
    # as many threads as here: they decide how sums round
    words = [*python_file(script), "--n", str(SAMPLES), "--seed", str(SAMPLE_SEED)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    try:
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False, encoding="utf-8"
        )
    except subprocess.TimeoutExpired:
        raise ExportError(f"the script did not end within {LONGEST_S:.0f} s; nothing was written") from None
    except OSError as error:
        raise ExportError(f"no process can be started for the script: {error}; nothing was written") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with status {done.returncode}"]
        raise ExportError(f"the script does not run: {brief(last[0], 200)}; nothing was written")
    return np.load(script.parent / "samples.npy"), done.stdout.split()[-1]
