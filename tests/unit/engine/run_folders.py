"""A small run, saved, changed and looked at."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.run_folder import NAMES, STATE, SavedRun, files_of
from core.foundation.generations import MANIFEST, PLAIN, manifest_of, stored_name
from core.foundation.history import History
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.snapshot import Snapshot, freeze
from core.training.state import state_of
from core.training.training import Training, columns_of

FILES = (*NAMES, MANIFEST)
SETUP = Setup(network="mlp", latent=3, batch=16, seed=5)

SmallRun = tuple[Snapshot, History, Saved]


def small_run(dataset: Dataset) -> SmallRun:
    config = MODELS.get("vae").Config(hidden="12", beta=2.0)
    training = Training("vae", config, SETUP, DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(9):
        training.advance()
    history = History(columns_of("vae"))
    history.append(training.take_rows())
    return Snapshot(freeze(training.model), training.step, 0, config), history, state_of(training, history)


def write(run: SmallRun, folder: Path, step: int = 9) -> Path:
    data = {"name": "tiny", "shape": [1, 28, 28]}
    weights = run[0].model.state_dict()
    history, turns, then = run[1].table(), (Turn(4, "beta", 2.0),), run[2].continuation
    saved = SavedRun("vae", run[0].config, SETUP, data, step, 1.25, weights, history, turns, None, then, 1)
    run_folder.save(folder, saved)
    return folder


def change(folder: Path, **changes: bytes) -> None:
    """Replace files of a run, by stem, and sign them, so that only their contents can be wrong."""
    present = files_of(folder)
    stems = {name: changes.get(name.split(".")[0]) for name in NAMES}
    contents = {name: present[name].read_bytes() if new is None else new for name, new in stems.items()}
    for name, content in contents.items():
        (folder / stored_name(name, hashlib.sha256(content).hexdigest())).write_bytes(content)
    (folder / MANIFEST).write_bytes(manifest_of(contents))


def as_older_format(folder: Path) -> None:
    """Give the files of a run the names and the manifest of earlier versions."""
    files = files_of(folder)
    files.pop(STATE).unlink()
    contents = {name: files[name].read_bytes() for name in NAMES if name != STATE}
    for name in contents:
        files[name].rename(folder / name)
    (folder / MANIFEST).write_bytes(manifest_of(contents, PLAIN))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
