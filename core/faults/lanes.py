"""Small lanes for faults that need no window: what they train on, waiting, and going back after a failure."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.datasets.base import Dataset, Images
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.foundation.params import knobs
from core.models.base import MODELS
from core.training.setup import Setup

PATIENCE_S = 30.0
"""Longest wait for anything, s: longer counts as hung."""
STORM_MODELS = ("ae", "vae", "gan")


@functools.cache
def blobs() -> Dataset:
    """240 images of one blob each, and 80 to test on."""
    rng = np.random.default_rng(0)

    def images(count: int) -> Images:
        middle = rng.uniform(7, 21, (count, 2, 1, 1))
        y, x = np.mgrid[:28, :28]
        square = (y - middle[:, 0]) ** 2 + (x - middle[:, 1]) ** 2  # (N, H, W)
        return Images(np.rint(255 * np.exp(-square / 20))[:, None].astype(np.uint8))

    return Dataset("blobs", "Blobs", images(240), images(80))


@contextlib.contextmanager
def small_experiment(*models: str, **setup: Any) -> Iterator[Experiment]:
    """Lanes of small networks on `blobs`, ready to train, in this process."""
    chosen = Setup(**{"network": "mlp", "batch": 16, "device": "cpu", "threads": 1, **setup})
    experiment = Experiment(chosen, blobs(), models)
    try:
        for run in experiment.runs:
            wait(run, lambda view: view.status.state == "ready")
        yield experiment
    finally:
        experiment.close(PATIENCE_S)


def wait(run: Run, until: Callable[[View], bool]) -> bool:
    """Wait for what a run shows; False where it does not come."""
    return run.board.wait(until, PATIENCE_S)


def pace_knob(model: str) -> str:
    """A live knob of the model that any small value suits: a learning rate."""
    return next(k.name for k in knobs(MODELS.get(model).Config) if k.param.live and k.param.pace and k.kind is float)


def goes_back(run: Run, builds: bool = False) -> str:
    """Why a run that failed does not roll back to its last good step and train on; "" where it does.

    ``builds``: it failed before it had weights.
    """
    failure = run.view.status.failure
    assert failure is not None
    if not failure.sentence or not run.view.events or failure.sentence not in run.view.events[-1].text:
        return "no sentence says what failed"
    good = failure.good_step
    if good is None:
        return "" if builds else "there is nothing to roll back to"
    run.roll_back()
    if not wait(run, lambda view: view.status.state == "paused"):
        return f"it does not roll back: {run.view.status}"
    snapshot = run.view.snapshot
    if snapshot is None or snapshot.step != good or run.view.status.step != good:
        return f"it rolled back to step {run.view.status.step}, not {good}"
    run.step(2)
    if not wait(run, lambda view: view.status.state == "paused" and view.status.step == good + 2):
        return f"it does not train on after a roll-back: {run.view.status}"
    steps = run.view.history.column("step")
    return "" if steps.tolist() == list(range(1, good + 3)) else "its history has a gap"
