"""A run on disk: config.json, metrics.csv, weights.safetensors and manifest.json with their SHA-256. No pickles.

Every file is written beside its target, flushed to disk and then renamed, the manifest last: a folder whose manifest
matches is complete.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_tensors

from core.datasets.base import Dataset
from core.engine import run_checks
from core.foundation import checked_json
from core.foundation.checked_json import JsonError, read_object
from core.foundation.files import FileError, check_target, explain, write_file
from core.foundation.history import Table
from core.foundation.params import from_json, to_json
from core.foundation.quoted import brief
from core.foundation.registry import UnknownName
from core.foundation.user_error import UserError
from core.models.base import MODELS, OLD_SCALE, TrainConfig, build
from core.nets.networks import Shape
from core.training.calibrated_sample import CalibratedSample
from core.training.code_units import measure_unit
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Saved, columns_of

FORMAT = 1
CONFIG = "config.json"
METRICS = "metrics.csv"
WEIGHTS = "weights.safetensors"
MANIFEST = "manifest.json"
MOST_BYTES = {WEIGHTS: 1 << 33, METRICS: 1 << 24}
"""Largest weights and history that are read, bytes; the other files are JSON."""


@dataclass(frozen=True)
class SavedRun:
    """Contents of a run folder. ``data`` describes the dataset: its name, its shape and the knobs of its source.

    ``history`` is empty where the model's columns have changed since. ``turned_at``: see `View.turned_at`.
    """

    model: str
    config: TrainConfig
    setup: Setup
    data: Mapping[str, Any]
    step: int
    seconds: float
    weights: dict[str, torch.Tensor]
    history: Table
    turned_at: Mapping[str, int] = field(default_factory=dict)

    def training_state(self) -> Saved:
        """The state from which the trainer resumes."""
        return Saved(self.weights, self.step, self.seconds, self.history.rows, self.turned_at)

    @property
    def shape(self) -> Shape:
        """Shapes of images and codes."""
        channels, height, width = self.data["shape"]
        return Shape(channels, height, width, self.setup.latent)

    @property
    def has_old_unit(self) -> bool:
        """Whether the file is of an earlier version, whose unit of the codes is a running mean."""
        return f"scale.{OLD_SCALE}" in self.weights

    def snapshot(self, dataset: Dataset | None = None) -> Snapshot:
        """A frozen copy of the saved model.

        Of a file of an earlier version the unit of the codes is measured on ``dataset``, where it is given; what the
        file holds is a running mean.
        """
        model = build(self.model, self.config, self.shape, self.setup.network)
        model.load_state_dict(self.weights)
        if dataset is not None and self.has_old_unit:
            measure_unit(model, CalibratedSample(torch.from_numpy(dataset.train.pixels)))
        return Snapshot(model.requires_grad_(False).eval(), self.step, 0, self.config)


def metrics_csv(history: Table) -> bytes:
    """The history as CSV, a row per step or per ``stride`` steps."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(history.names)
    writer.writerows([[int(row[0]), *(f"{value:.6g}" for value in row[1:])] for row in history.rows])
    return text.getvalue().encode()


def save(
    folder: Path,
    model: str,
    snapshot: Snapshot,
    setup: Setup,
    data: Mapping[str, Any],
    history: Table,
    seconds: float,
    turned_at: Mapping[str, int] | None = None,
) -> None:
    """Write a run folder; ``turned_at`` as in `View`. Raises `FileError`."""
    config = {
        "format": FORMAT,
        "model": model,
        "config": to_json(snapshot.config),
        "setup": to_json(setup),
        "data": dict(data),
        "step": snapshot.step,
        "seconds": round(seconds, 3),
        "turned_at": dict(turned_at or {}),
    }
    tensors = {name: tensor.contiguous() for name, tensor in snapshot.model.state_dict().items()}
    files = {
        CONFIG: json.dumps(config, indent=2).encode() + b"\n",
        METRICS: metrics_csv(history),
        WEIGHTS: save_tensors(tensors),
    }
    explain(folder, lambda: folder.mkdir(parents=True, exist_ok=True))
    for name, content in files.items():
        write_file(folder / name, content)
    write_file(folder / MANIFEST, _manifest(files))


def _manifest(files: Mapping[str, bytes]) -> bytes:
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in (CONFIG, METRICS, WEIGHTS)}
    return json.dumps({"format": FORMAT, "sha256": sums}, indent=2).encode() + b"\n"


def prepare(folder: Path) -> None:
    """Make the folder before training. Raises `FileError` if a run could not be saved there."""
    explain(folder, lambda: folder.mkdir(parents=True, exist_ok=True))
    for name in (CONFIG, METRICS, WEIGHTS, MANIFEST):
        check_target(folder / name)
    if not os.access(folder, os.W_OK):
        raise FileError(f"cannot write in {folder}; choose another place")


def load(folder: Path) -> SavedRun:
    """Read a run folder and check it against its manifest. Raises `FileError`."""
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; a run folder holds {CONFIG}, {WEIGHTS} and {MANIFEST}")
    manifest = _read(folder / MANIFEST)
    contents = {name: _read(folder / name) for name in (CONFIG, METRICS, WEIGHTS)}
    if manifest != _manifest(contents):
        raise FileError(_damage(folder, _json(manifest, folder / MANIFEST), contents))
    return _saved(folder, contents)


def _saved(folder: Path, contents: Mapping[str, bytes]) -> SavedRun:
    """The run in the contents of a folder's files, by plain name. Raises `FileError`."""
    config = _json(contents[CONFIG], folder / CONFIG)
    if config.get("format") != FORMAT:
        raise FileError(f"{folder / CONFIG} has format {brief(config.get('format'))}, this version reads {FORMAT}")
    try:
        saved = _checked(config, contents)
        saved.snapshot()
    except UnknownName as error:
        raise FileError(
            f"{folder} cannot be used: {error}; a model of your own needs its file in {MODELS.folder}"
        ) from None
    except KeyError as error:
        raise FileError(f"{folder} cannot be used: {CONFIG} lacks {error}") from None
    except UserError as error:
        raise FileError(f"{folder} cannot be used: {error}") from None
    except Exception as error:  # a user's model may raise anything
        why = brief(" ".join(str(error).split()), 200) or type(error).__name__
        raise FileError(f"{folder} cannot be used: {why}") from error
    return saved


def _checked(config: Mapping[str, Any], contents: Mapping[str, bytes]) -> SavedRun:
    """The run, each part checked before the next is made of it. Raises `UserError`, and `KeyError` for what lacks."""
    name = str(config["model"])
    model, setup, data = MODELS.get(name), from_json(Setup, config["setup"]), run_checks.data_of(config["data"])
    knobs, step = from_json(model.Config, config["config"]), run_checks.step_of(config["step"])
    channels, height, width = data["shape"]
    shape = Shape(channels, height, width, setup.latent)
    return SavedRun(
        model=name,
        config=knobs,
        setup=setup,
        data=data,
        step=step,
        seconds=run_checks.seconds_of(config["seconds"]),
        weights=run_checks.weights_of(contents[WEIGHTS], name, knobs, shape, setup.network),
        history=run_checks.history_of(contents[METRICS], columns_of(name), step),
        turned_at=run_checks.turned_of(config.get("turned_at", {})),
    )


def _damage(folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes]) -> str:
    """The sentence that names the damaged file."""
    if manifest.get("format") not in (None, FORMAT):
        return f"{folder / MANIFEST} has format {brief(manifest['format'])}, this version reads {FORMAT}"
    sums = manifest.get("sha256")
    damaged = MANIFEST
    if isinstance(sums, dict):
        damaged = next((n for n in contents if hashlib.sha256(contents[n]).hexdigest() != sums.get(n)), MANIFEST)
    return f"{folder / damaged} is damaged: its SHA-256 is not the manifest's; save the run again"


def _read(path: Path) -> bytes:
    most = MOST_BYTES.get(path.name, checked_json.MOST_BYTES)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file")
        if status.st_size > most:
            raise FileError(f"{path} is too large ({status.st_size:,} bytes; at most {most:,} are read)")
        return path.read_bytes()
    except MemoryError:
        raise FileError(f"{path} does not fit into memory ({status.st_size:,} bytes)") from None
    except FileNotFoundError:
        raise FileError(f"{path} is missing; choose a folder that Save or 'train --out' wrote") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None


def _json(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return read_object(content)
    except JsonError as error:
        raise FileError(f"{path} {error}; choose a folder that Save or 'train --out' wrote") from None
