"""Small runs, trained for a few steps, as reports take them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from core.datasets.base import SOURCES, Dataset, describe, load
from core.engine.board import Measures
from core.engine.experiment import Experiment
from core.engine.run_folder import SavedRun
from core.exports.reported_run import ReportedRun
from core.foundation.history import History
from core.foundation.params import from_json
from core.metrics.base import Measured
from core.models.base import MODELS
from core.training.setup import Setup

DATA = {"mixture": {"train_images": 1000}, "faces": {"train_images": 1000}}
MEASURES = {
    "distortion": Measured(123.456, 120.04, 126.87, n=1000, step=25),
    "proxy_fd": Measured(41.5, 40.0, 43.0, n=2500, against=2500, floor=1.25, step=25, sampler="prior"),
}

Made = Callable[..., ReportedRun]


@functools.cache
def data_of(name: str) -> Dataset:
    """A small dataset."""
    return load(name, from_json(SOURCES.get(name).Config, DATA[name]))


@functools.cache
def trained(model: str, data: str, beta: float | None) -> SavedRun:
    """A run of 25 steps."""
    setup = Setup(batch=16, device="cpu", threads=1, network="mlp", steps=25)
    config = from_json(MODELS.get(model).Config, {"hidden": "16"} | ({} if beta is None else {"beta": beta}))
    experiment = Experiment(setup, data_of(data), ())
    try:
        run = experiment.add(model, config, threads=1)
        run.start()
        assert run.board.wait(lambda view: view.status.state == "finished", 60)
        source = from_json(SOURCES.get(data).Config, DATA[data])
        return SavedRun.of(model, run.view, setup, describe(data_of(data), source))
    finally:
        experiment.close()


@pytest.fixture
def run_of() -> Made:
    """Makes a run on points or faces, with the measures and verdicts that a test gives it."""

    def make(model: str, data: str = "mixture", slot: int = 0, beta: float | None = None, **facts: Any) -> ReportedRun:
        measures = Measures(facts.pop("values", {}), History(("step",)).table())
        return ReportedRun(slot, trained(model, data, beta), data_of(data), measures, **facts)

    return make
