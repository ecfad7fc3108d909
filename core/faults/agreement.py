"""The same lanes in a window's engines, by ``train``, and resumed again and again: the same steps, to the last bit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.datasets.base import load
from core.engine import run_folder
from core.engine.experiment import Experiment
from core.faults.base import Fault
from core.faults.lanes import STORM_MODELS, wait
from core.faults.signals import PATIENCE_S
from core.foundation.arrays import Doubles
from core.foundation.program import PROGRAM
from core.remote.homes import HOMES, Coming
from core.training import devices
from core.training.setup import Setup

STEPS = 500
BATCH = 32
DATA = "digits"
WORDS = ("--dataset", DATA, "--network", "mlp", "--batch", str(BATCH), "--device", "cpu", "--threads", "1")

Outcome = tuple[Mapping[str, Any], Doubles]
"""The weights of a run by name, and its history without the time, (N, K)."""


def _in_a_window(home: str, models: tuple[str, ...]) -> dict[str, Outcome | str]:
    """Lanes at a home as a window has them; by model what came out, or why nothing did."""
    setup = Setup(network="mlp", batch=BATCH, device="cpu", threads=1, steps=STEPS)
    coming = Coming(home)
    if coming.trouble:
        return dict.fromkeys(models, coming.trouble)
    experiment = Experiment(setup, load(DATA), models, coming.engine())
    found: dict[str, Outcome | str] = {}
    try:
        experiment.start()
        for run in experiment.runs:
            if not wait(run, lambda view: view.status.state in ("finished", "failed")):
                found[run.model_name] = f"it stands at {run.view.status}"
                continue
            view = run.view
            if view.snapshot is None or view.snapshot.step != STEPS:
                found[run.model_name] = f"it ended as {view.status}"
                continue
            weights = {name: tensor.numpy() for name, tensor in view.snapshot.model.state_dict().items()}
            found[run.model_name] = weights, np.delete(view.history.rows, view.history.names.index("seconds"), 1)
    finally:
        experiment.close(PATIENCE_S)
    return found


def _trained(model: str, pieces: int) -> Outcome | str:
    """One run by ``train``, ended and resumed so that it has so many pieces."""
    with TemporaryDirectory() as root:
        folder = Path(root) / "run"
        for piece in range(pieces):
            begin = ("--resume", str(folder)) if piece else ("--model", model, *WORDS, "--out", str(folder))
            steps = STEPS * (piece + 1) // pieces
            command = (*PROGRAM, "train", *begin, "--steps", str(steps))
            ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            if ended.returncode:
                return f"status {ended.returncode} after {steps} steps: {ended.stderr.strip()[-300:]}"
        saved = run_folder.load(folder)
    state = saved.training_state()
    assert state.history is not None
    rows = state.history.rows if state.pending is None else np.concatenate([state.history.rows, state.pending])
    weights = {name: tensor.numpy() for name, tensor in saved.weights.items()}
    return weights, np.delete(rows, state.history.names.index("seconds"), 1)


def _difference(one: Outcome | str, other: Outcome | str) -> str:
    """How two outcomes differ; "" where they are equal to the last bit."""
    if isinstance(one, str) or isinstance(other, str):
        return one if isinstance(one, str) else str(other)
    if one[0].keys() != other[0].keys():
        return "they have other tensors"
    if apart := [name for name, array in one[0].items() if not np.array_equal(array, other[0][name])]:
        return f"{len(apart)} of {len(one[0])} tensors differ, the first {apart[0]}"
    return "" if len(one[1]) == STEPS and np.array_equal(one[1], other[1]) else "the histories differ"


def agreement(count: int, seed: int, models: tuple[str, ...] = STORM_MODELS) -> list[str]:
    """500 steps of some lanes at each home, and by ``train``, in one piece and resumed ``count`` times."""
    expected, *others = ((home, _in_a_window(home, models)) for home in HOMES)
    failures = []
    with ThreadPoolExecutor(devices.cores()) as pool:
        whole = pool.map(lambda model: _trained(model, 1), models)
        resumed = pool.map(lambda model: _trained(model, 1 + count), models)
        others.append(("train", dict(zip(models, whole, strict=True))))
        others.append((f"train, resumed {count} times", dict(zip(models, resumed, strict=True))))
    for name, found in others:
        for model in models:
            if trouble := _difference(expected[1][model], found[model]):
                failures.append(f"{model}, {expected[0]} against {name}: {trouble}")
    return failures


FAULTS = (
    Fault("agreement", "500 steps in windows, by train and resumed so many times: the same bits", 10, 1, agreement),
)
