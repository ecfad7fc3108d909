"""Experiments on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.datasets.base import Dataset
from core.datasets.shared import shared
from core.engine.engine import Engine
from core.engine.experiment import Experiment
from core.training.setup import Setup
from tests.homes import HOMES, Bench


@pytest.fixture
def started(tiny: Callable[..., Dataset]) -> Iterator[Bench]:
    """Makes experiments on an engine: ``started(ThreadEngine, "vae", steps=60)``."""
    made: list[Experiment] = []

    def start(home: Callable[[], Engine], *models: str, data: Dataset | None = None, **setup: Any) -> Experiment:
        chosen = Setup(**{"network": "mlp", "batch": 16, "device": "cpu", "threads": 1, **setup})
        made.append(Experiment(chosen, shared(data or tiny()), models, home()))
        return made[-1]

    yield start
    assert all([experiment.close() for experiment in made])


@pytest.fixture(params=HOMES)
def bench(request: pytest.FixtureRequest, started: Bench) -> Bench:
    return lambda *models, **setup: started(HOMES[request.param], *models, **setup)
