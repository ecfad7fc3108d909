"""A row of the report, a run to its end, and what both parts of the reproduction share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.experiment import Experiment
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.foundation.user_error import UserError
from core.metrics.base import METRICS, Measured
from core.training.setup import Setup
from core.training.snapshot import Snapshot

Tell = Callable[[str], None]


class TrialFailed(UserError):
    """A run of the reproduction broke. ``str(error)`` is one plain sentence."""


@dataclass(frozen=True)
class Row:
    """``ours`` beside ``theirs``. ``rule`` says what counts, ``agrees`` is None where nothing is to agree."""

    setting: str
    quantity: str
    ours: str
    theirs: str = "—"
    source: str = ""
    rule: str = ""
    agrees: bool | None = None


@dataclass(frozen=True)
class Section:
    """A part of the report: a title, a paragraph, rows, and pictures (file name, SVG) below them."""

    title: str
    text: str
    rows: tuple[Row, ...]
    pictures: tuple[tuple[str, str], ...] = ()


def trained(model: str, config: Any, setup: Setup, dataset: Dataset, tell: Tell) -> View:
    """Train to the stop condition of the setup and return the last view. Raises `TrialFailed`."""
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
        tell(f"  {run.title}, seed {setup.seed}: {view.status.step:,} steps in {view.status.seconds:.0f} s")
        return view
    finally:
        experiment.close()


def snapshot_of(view: View) -> Snapshot:
    """The model at the end of a run."""
    assert view.snapshot is not None
    return view.snapshot


def value_of(name: str, model_side: ModelSide) -> Measured:
    """One measure, now."""
    return finish(METRICS.get(name)().measure(model_side))


def measured(name: str, snapshot: Snapshot, dataset: Dataset, sampler: str = "prior") -> Measured:
    """One measure of a snapshot on all test images, now."""
    return value_of(name, ModelSide(snapshot, RealSide(dataset), sampler, len(dataset.test)))


def mean_and_spread(values: list[float], decimals: int) -> str:
    """Mean ± sample standard deviation over seeds."""
    mean = sum(values) / len(values)
    if len(values) == 1:
        return f"{mean:.{decimals}f}"
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"
