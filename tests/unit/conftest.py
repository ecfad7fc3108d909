"""Runs on small data that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.training.setup import Setup

PATIENCE_S = 30.0


@pytest.fixture
def bench(tiny: Callable[..., Dataset]) -> Iterator[Callable[..., Experiment]]:
    """Makes experiments on the tiny data: ``bench("vae", "gan", steps=60)``."""
    made = []

    def make(*models: str, **setup: Any) -> Experiment:
        chosen = Setup(**{"network": "mlp", "batch": 16, "device": "cpu", "threads": 1, **setup})
        made.append(Experiment(chosen, tiny(), models))
        return made[-1]

    yield make
    assert all([experiment.close() for experiment in made])
    assert [error for experiment in made for error in experiment.engine.errors] == []


@pytest.fixture
def until() -> Callable[..., View]:
    """Waits for a run: ``until(run, "finished", life=1)`` returns its view then, and fails where it does not come."""

    def wait(run: Run, *states: str, life: int | None = None, step: int = 0) -> View:
        def reached(view: View) -> bool:
            status = view.status
            return (
                (not states or status.state in states)
                and status.step >= step
                and (life is None or (view.life == life and status.state != "building"))
            )

        assert run.board.wait(reached, PATIENCE_S), run.view.status
        return run.view

    return wait
