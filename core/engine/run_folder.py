"""A run on disk: config (JSON), metrics (CSV), weights, state (safetensors), manifest with their SHA-256. No pickles.

They are replaced together (`core.foundation.generations`): at any moment the folder holds the old run or the new one.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as save_tensors

from core.datasets.base import Dataset
from core.engine import run_checks, state_file
from core.engine.board import View
from core.engine.kept import Kept
from core.foundation import checked_json
from core.foundation.arrays import Doubles
from core.foundation.files import FileError, explained, locked, make_folder
from core.foundation.generations import MANIFEST, Generations, json_object
from core.foundation.history import Table
from core.foundation.params import from_json, to_json
from core.foundation.quoted import brief
from core.foundation.registry import UnknownName
from core.foundation.user_error import UserError
from core.models.base import MODELS, OLD_SCALE, TrainConfig, build
from core.nets.networks import Shape
from core.training.calibrated_sample import CalibratedSample
from core.training.code_units import measure_unit
from core.training.saved import Continuation, Saved, Turn, turned_at
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import columns_of

FORMAT = 1
"""Format of the config."""
CONFIG = "config.json"
METRICS = "metrics.csv"
WEIGHTS = "weights.safetensors"
STATE = "state.safetensors"
NAMES = {CONFIG: checked_json.MOST_BYTES, METRICS: 1 << 24, WEIGHTS: 1 << 33, STATE: 1 << 34}
"""The files of a run, and how large each may be to be read, bytes."""
OPTIONAL = frozenset({STATE})
"""Those that runs of earlier versions lack, and runs of which only the weights were left."""


@dataclass(frozen=True)
class SavedRun:
    """Contents of a run folder. ``data`` describes the dataset: its name, its shape and the knobs of its source.

    ``history`` is empty where the model's columns have changed since. ``turns``, ``pending``, ``continuation`` and
    ``threads`` are those of `Saved`: without a continuation, training goes on with fresh moments and randomness.
    ``goes_on_s`` is the time in which whoever trains it will have saved it again, s; 0 where nobody does. ``name`` is
    the user's name of its lane, "" for none.
    """

    model: str
    config: TrainConfig
    setup: Setup
    data: Mapping[str, Any]
    step: int
    seconds: float
    weights: dict[str, torch.Tensor]
    history: Table
    turns: tuple[Turn, ...] = ()
    pending: Doubles | None = None
    continuation: Continuation | None = None
    threads: int = 0
    goes_on_s: float = 0.0
    name: str = ""

    @classmethod
    def of(cls, model: str, view: View, setup: Setup, data: Mapping[str, Any]) -> SavedRun:
        """What is saved of a run whose view holds a snapshot: its weights, without what goes on exactly from them.

        ``data``: see `core.datasets.base.describe`.
        """
        snapshot, seconds = view.snapshot, view.status.seconds
        assert snapshot is not None
        weights, config = snapshot.model.state_dict(), snapshot.config
        last = sorted((min(step, snapshot.step), name) for name, step in view.turned_at.items())
        turns = tuple(Turn(step, name, getattr(config, name)) for step, name in last)
        return cls(model, config, setup, data, snapshot.step, seconds, weights, view.history, turns)

    @classmethod
    def of_kept(cls, model: str, kept: Kept, data: Mapping[str, Any]) -> SavedRun:
        """The whole state of a run of the model of that name."""
        saved, columns = kept.saved, columns_of(model)
        weights = {name: torch.from_numpy(np.array(array)) for name, array in saved.weights.items()}
        history = Table(columns, np.empty((0, len(columns))), 1) if saved.history is None else saved.history
        exact = saved.turns, saved.pending, saved.continuation, saved.threads
        return cls(model, kept.config, kept.setup, data, saved.step, saved.seconds, weights, history, *exact)

    def training_state(self) -> Saved:
        """The state from which the trainer resumes."""
        weights = {name: tensor.contiguous().numpy() for name, tensor in self.weights.items()}
        exact = self.turns, self.pending, self.continuation, self.threads
        return Saved(weights, self.step, self.seconds, self.history, *exact)

    @property
    def turned_at(self) -> Mapping[str, int]:
        """See `View.turned_at`."""
        return turned_at(self.turns)

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


def save(folder: Path, run: SavedRun) -> None:
    """Write a run folder, which the caller need not hold. Raises `FileError`."""
    with claimed(folder):
        write(folder, run)


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make a folder and hold it, so that nobody else writes there. Raises `FileError` where no run can be saved."""
    with explained(folder):
        make_folder(folder)
        generations(folder).check_targets()
    if not os.access(folder, os.W_OK):
        raise FileError(f"cannot write in {folder}; choose another place")
    with contextlib.ExitStack() as held:
        with explained(folder):
            held.enter_context(locked(folder))
        yield


def write(folder: Path, run: SavedRun) -> None:
    """Write a run into a folder that is `claimed`. Raises `FileError`."""
    with explained(folder):
        generations(folder).write(contents_of(run))


def contents_of(run: SavedRun) -> dict[str, bytes]:
    """The contents of a run's files by plain name: config.json."""
    config: dict[str, Any] = {
        "format": FORMAT,
        "model": run.model,
        "config": to_json(run.config),
        "setup": to_json(run.setup),
        "data": dict(run.data),
        "step": run.step,
        "seconds": run.seconds,
        "turns": [[turn.step, turn.name, turn.value] for turn in run.turns],
    }
    tensors = {name: tensor.contiguous() for name, tensor in run.weights.items()}
    files = {METRICS: metrics_csv(run.history), WEIGHTS: save_tensors(tensors)}
    if run.goes_on_s:
        config["goes_on_s"] = run.goes_on_s
    if run.name:
        config["name"] = run.name
    if run.continuation is not None:
        config["state"], files[STATE] = state_file.contents_of(run.training_state())
    files[CONFIG] = json.dumps(config, indent=2).encode() + b"\n"
    return files


def generations(folder: Path) -> Generations:
    """The files of the run in a folder."""
    return Generations(folder, NAMES, OPTIONAL)


def holds_run(folder: Path) -> bool:
    """Whether a folder holds a run, whole or damaged."""
    return (folder / MANIFEST).exists()


def files_of(folder: Path) -> dict[str, Path]:
    """The files of the run in a folder by plain name, such as config.json, with the manifest; empty without a run."""
    found = generations(folder).present()
    return {**found, MANIFEST: folder / MANIFEST} if found else {}


def load(folder: Path) -> SavedRun:
    """Read a run folder and check it against its manifest. Raises `FileError`."""
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; a run folder holds {MANIFEST}, a config and weights")
    return from_contents(folder, generations(folder).read())


def from_contents(folder: Path, contents: Mapping[str, bytes]) -> SavedRun:
    """The run in the contents of a folder's files, by plain name: config.json. Raises `FileError`."""
    config = json_object(contents[CONFIG], folder / CONFIG)
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
    plain = SavedRun(
        model=name,
        config=knobs,
        setup=setup,
        data=data,
        step=step,
        seconds=run_checks.seconds_of(config["seconds"]),
        weights=run_checks.weights_of(contents[WEIGHTS], name, knobs, shape, setup.network),
        history=run_checks.history_of(contents[METRICS], columns_of(name), step),
        turns=run_checks.turns_of(config, knobs, step),
        goes_on_s=run_checks.seconds_of(config.get("goes_on_s", 0.0)),
        name=run_checks.lane_name_of(config.get("name", "")),
    )
    if STATE not in contents:
        return plain
    state = plain.training_state()
    state = state_file.with_state(state, config["state"], contents[STATE], name, knobs, shape, setup.network)
    assert state.history is not None
    return dataclasses.replace(
        plain,
        history=state.history,
        pending=state.pending,
        continuation=state.continuation,
        threads=state.threads,
    )
