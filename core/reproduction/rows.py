"""Rows and sections of the report, and the training and measuring that its parts share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.experiment import Experiment
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.foundation.user_error import UserError
from core.metrics.base import METRICS, Measured
from core.models.base import TrainConfig
from core.training.setup import Setup
from core.training.snapshot import Snapshot

Log = Callable[[str], None]
"""Reports one line of progress."""


class TrialFailed(UserError):
    """A run of the reproduction failed. ``str(error)`` is one plain sentence."""

    is_misuse = False


@dataclass(frozen=True)
class Row:
    """Our number beside the published one. ``rule`` says when they agree; ``agrees`` is None where there is no rule."""

    setting: str
    quantity: str
    ours: str
    theirs: str = "—"
    source: str = ""
    rule: str = ""
    agrees: bool | None = None


@dataclass(frozen=True)
class Section:
    """A section of the report: title, paragraph, rows, and pictures (file name, SVG) below them."""

    title: str
    text: str
    rows: tuple[Row, ...]
    pictures: tuple[tuple[str, str], ...] = ()


def train(model: str, config: TrainConfig, setup: Setup, dataset: Dataset, log: Log) -> View:
    """Train until the stop condition of the setup and return the last view. Raises `TrialFailed`."""
    experiment = Experiment(setup, dataset, ())
    try:
        run = experiment.add(model, config)
        run.board.wait(lambda view: view.status.state != "building")
        run.start()
        run.board.wait(lambda view: view.status.state in ("finished", "failed"))
        view = run.view
        if view.status.failure is not None:
            raise TrialFailed(f"{run.title} {view.status.failure.sentence}. {view.status.failure.remedy}")
        assert view.snapshot is not None
        log(f"  {run.title}, seed {setup.seed}: {view.status.step:,} steps in {view.status.seconds:.0f} s")
        return view
    finally:
        experiment.close()


def snapshot_of(view: View) -> Snapshot:
    """The model at the end of a run."""
    assert view.snapshot is not None
    return view.snapshot


def measure(name: str, model_side: ModelSide) -> Measured:
    """The value of the measure of that name."""
    return finish(METRICS.get(name)().measure(model_side))


def measure_snapshot(name: str, snapshot: Snapshot, dataset: Dataset) -> Measured:
    """The value of the measure of that name for a snapshot, on all test images."""
    return measure(name, ModelSide(snapshot, RealSide(dataset), images=len(dataset.test)))


def mean_and_spread(values: list[float], decimals: int) -> str:
    """Mean ± sample standard deviation over seeds."""
    mean = sum(values) / len(values)
    if len(values) == 1:
        return f"{mean:.{decimals}f}"
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"
