"""A run on disk: config (JSON), metrics (CSV), weights (safetensors), and a manifest with their SHA-256. No pickles.

They are replaced together (`core.foundation.generations`): at any moment the folder holds the old run or the new one.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from core.datasets.base import Dataset
from core.foundation.files import FileError, explained, locked, make_folder
from core.foundation.generations import MANIFEST, Generations, json_object
from core.foundation.history import Table
from core.foundation.params import from_json, to_json
from core.foundation.registry import UnknownName
from core.models.base import MODELS, OLD_SCALE, TrainConfig, build
from core.nets.networks import Shape
from core.training.calibrated_sample import CalibratedSample
from core.training.code_units import measure_unit
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Saved, columns_of

FORMAT = 1
"""Format of the config."""
MAX_SIDE_PX = 64
"""Largest side of an image, pixels."""
CONFIG = "config.json"
METRICS = "metrics.csv"
WEIGHTS = "weights.safetensors"
NAMES = (CONFIG, METRICS, WEIGHTS)


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


def _history(text: str, columns: tuple[str, ...], step: int) -> Table:
    """The rows that `metrics_csv` wrote, up to ``step``; a row may cover several steps."""
    names, *lines = csv.reader(io.StringIO(text))
    rows = np.array(lines, np.float64).reshape(-1, len(names))
    if tuple(names) != columns:
        rows = rows[:0].reshape(0, len(columns))
    rows = rows[rows[:, 0] <= step]
    rows.flags.writeable = False
    return Table(columns, rows, 1)


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
    """Write a run folder, which the caller need not hold; arguments and errors as of `write`."""
    with claimed(folder):
        write(folder, model, snapshot, setup, data, history, seconds, turned_at)


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make a folder and hold it, so that nobody else writes there. Raises `FileError` where no run can be saved."""
    with explained(folder):
        make_folder(folder)
        Generations(folder, NAMES).check_targets()
    if not os.access(folder, os.W_OK):
        raise FileError(f"cannot write in {folder}; choose another place")
    with contextlib.ExitStack() as held:
        with explained(folder):
            held.enter_context(locked(folder))
        yield


def write(
    folder: Path,
    model: str,
    snapshot: Snapshot,
    setup: Setup,
    data: Mapping[str, Any],
    history: Table,
    seconds: float,
    turned_at: Mapping[str, int] | None = None,
) -> None:
    """Write a run into a folder that is `claimed`; ``turned_at`` as in `View`. Raises `FileError`."""
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
    with explained(folder):
        Generations(folder, NAMES).write(files)


def holds_run(folder: Path) -> bool:
    """Whether a folder holds a run, whole or damaged."""
    return (folder / MANIFEST).exists()


def files_of(folder: Path) -> dict[str, Path]:
    """The files of the run in a folder by plain name, such as config.json, with the manifest; empty without a run."""
    found = Generations(folder, NAMES).present()
    return {**found, MANIFEST: folder / MANIFEST} if found else {}


def load(folder: Path) -> SavedRun:
    """Read a run folder and check it against its manifest. Raises `FileError`."""
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; a run folder holds {MANIFEST}, a config and weights")
    contents = Generations(folder, NAMES).read()
    config = json_object(contents[CONFIG], folder / CONFIG)
    if config.get("format") != FORMAT:
        raise FileError(f"{folder / CONFIG} has format {config.get('format')}, this version reads {FORMAT}")
    try:
        model = MODELS.get(str(config["model"]))
        saved = SavedRun(
            model=str(config["model"]),
            config=from_json(model.Config, config["config"]),
            setup=from_json(Setup, config["setup"]),
            data=_data(config["data"]),
            step=int(config["step"]),
            seconds=float(config["seconds"]),
            weights=load_tensors(contents[WEIGHTS]),
            history=_history(contents[METRICS].decode(), columns_of(str(config["model"])), int(config["step"])),
            turned_at={str(name): int(step) for name, step in config.get("turned_at", {}).items()},
        )
        saved.snapshot()
    except UnknownName as error:
        raise FileError(
            f"{folder} cannot be used: {error}; a model of your own needs its file in {MODELS.folder}"
        ) from None
    except KeyError as error:
        raise FileError(f"{folder} cannot be used: {CONFIG} lacks {error}") from None
    except Exception as error:  # a user's model may raise anything
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(f"{folder} cannot be used: {why}") from error
    return saved


def _data(data: Any) -> Mapping[str, Any]:
    """The description of the data, its shape checked: a wrong one could ask for any amount of memory."""
    channels, height, width = data["shape"]
    known = channels in (1, 3) or [channels, height, width] == [2, 1, 1]  # images, or points of a plane
    if not known or not all(isinstance(side, int) and 1 <= side <= MAX_SIDE_PX for side in (height, width)):
        raise ValueError(f"images of shape {data['shape']} are not ours")
    return dict(data)
