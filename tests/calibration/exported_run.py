"""A default run whose exports are checked, the command line that writes them, and the rows that the checks yield."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.cli.main import main as command_line
from core.datasets.base import Dataset, reload
from core.engine import run_folder
from core.engine.run_folder import SavedRun
from core.foundation.arrays import Floats
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.snapshot import Snapshot
from core.training.training import Training
from tests.tables import write_five_columns

BATCH = 32
FIRST_LOSSES = 5
CPU = torch.device("cpu")
DECODED = 1e-5
"""Largest difference of a decoded value that float32 leaves when sums are taken in another order."""
FLOAT32 = 1e-4
"""The same for codes and scores, as a share of the numbers that cancel in them."""

FEW = ("--train-images", "2000")
"""Of data that are drawn."""


@dataclass(frozen=True)
class Setting:
    """A model on data with a network, all knobs at their defaults."""

    model: str
    data: str
    network: str

    def __str__(self) -> str:
        return f"{self.model} on {self.data}, {self.network}"


@dataclass(frozen=True)
class Row:
    """What an independent reader found in an export: the largest difference from the run, and what is allowed."""

    setting: Setting
    export: str
    difference: float
    limit: float
    said: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the difference is allowed; one that is not finite never is."""
        return self.difference <= self.limit


@dataclass(frozen=True)
class ExportedRun:
    """A saved run, its frozen model, its data, and a folder for what leaves."""

    setting: Setting
    folder: Path
    out: Path
    saved: SavedRun
    snapshot: Snapshot
    dataset: Dataset

    @property
    def has_encoder(self) -> bool:
        """Whether the model has codes of images."""
        return MODELS.get(self.setting.model).has_encoder

    def drawn(self, count: int, seed: int) -> Floats:
        """Samples (N, C, H, W) of the model."""
        return self.snapshot.decode(draws(count, self.snapshot.shape.latent, seed))

    def row(self, export: str, difference: float, limit: float = 0.0, said: str = "") -> Row:
        """A row of the table."""
        return Row(self.setting, export, difference, limit, said)

    @functools.cached_property
    def terms(self) -> list[dict[str, float]]:
        """The terms of the first losses, by a trainer without a thread that begins anew."""
        training = Training(self.saved.model, self.saved.config, self.saved.setup, DeviceDataset(self.dataset, CPU))
        for _ in range(FIRST_LOSSES):
            training.advance()
        torch.set_flush_denormal(False)
        rows = training.take_rows()[:, 2:]
        return [dict(zip(training.columns, row, strict=True)) for row in rows.tolist()]


Check = Callable[[ExportedRun], Iterator[Row]]


def trained(setting: Setting, place: Path, steps: int) -> ExportedRun:
    """Train a run by the command line into a folder."""
    folder, out = place / "run", place / "out"
    out.mkdir()
    words: tuple[str, ...] = () if setting.data == "mnist" else FEW
    if setting.data == "table":
        words = ("--data", str(write_five_columns(place / "five.csv", 2_000)))
    limits = ("--steps", str(steps), "--batch", str(BATCH), "--device", "cpu", "--threads", "1")
    names = ("--model", setting.model, "--dataset", setting.data, "--network", setting.network)
    called("train", *names, *words, *limits, "--out", folder)
    saved = run_folder.load(folder)
    return ExportedRun(setting, folder, out, saved, saved.snapshot(), reload(saved.data)[0])


# --- commands --------------------------------------------------------------------------------------------------------


def called(*words: object) -> str:
    """What a command prints. RuntimeError where it fails."""
    status, printed, said = _status_of(words)
    if status:
        raise RuntimeError(f"{words[0]} ended with status {status}: {said.strip()}")
    return printed


def refused(*words: object) -> str:
    """The sentence with which a command refuses. RuntimeError where it does not, or in more than one line."""
    status, printed, said = _status_of(words)
    if status != 2 or printed or said.count("\n") != 1:
        raise RuntimeError(f"{words[0]} ended with status {status} and not with one sentence: {printed}{said}")
    return said.strip().partition(": ")[2]


def _status_of(words: Sequence[object]) -> tuple[int, str, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        status = command_line([str(word) for word in words])
    return status, out.getvalue(), err.getvalue()


def python(*words: object) -> str:
    """What a Python process of its own prints, which knows nothing of the program."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    call = [sys.executable, "-P", *map(str, words)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"a process ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


# --- numbers ---------------------------------------------------------------------------------------------------------


def differing(ours: Any, theirs: Any) -> float:
    """How many values differ; infinite where shapes do."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    return float(np.count_nonzero(ours != theirs)) if ours.shape == theirs.shape else np.inf


def largest(ours: Any, theirs: Any, size: Any = 1.0) -> float:
    """The largest difference, as a share of a value where that is above ``size``.

    Infinite where shapes differ or a difference is not finite.
    """
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        return np.inf
    found = float((np.abs(ours - theirs) / np.maximum(np.abs(ours), size)).max(initial=0.0))
    return found if np.isfinite(found) else np.inf


def apart(ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]) -> float:
    """The largest difference of the terms of losses, relative where they are above 1."""
    if len(ours) != len(theirs) or any(a.keys() != b.keys() for a, b in zip(ours, theirs, strict=False)):
        return np.inf
    return max(largest(list(a.values()), [b[name] for name in a]) for a, b in zip(ours, theirs, strict=True))


def draws(count: int, latent: int, seed: int) -> Floats:
    """Draws z (N, D) of the standard normal prior, as every part of the program makes them."""
    return np.random.default_rng([seed, latent]).standard_normal((count, latent), dtype=np.float32)
