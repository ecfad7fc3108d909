"""Small measures that record their calls, and waits for rounds of measures."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from core.datasets.base import Dataset
from core.engine.background import SLICE_S
from core.engine.board import Measures, View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, Metric, register
from core.training.snapshot import Snapshot

Bench = Callable[..., Experiment]
Until = Callable[..., View]
PATIENCE_S = 20.0

measured_on: list[tuple[str, int, str]] = []
"""Calls of the measures below: name, step, sampler."""
gate = threading.Event()


def shaped(name: str, **facts: Any) -> None:
    """Register a small measure that records its calls; ``facts`` are its class variables."""
    fails, waits, fills = facts.pop("fails", False), facts.pop("waits", False), facts.pop("fills", False)

    class Probe(Metric):
        """A probe."""

        title = name
        formula = "x"
        help = "A probe that tells the step."
        order = 900

        @classmethod
        def why_not(cls, model: Any, dataset: Dataset) -> str:
            return ""

        def measure(self, model_side: ModelSide) -> Work[Measured]:
            measured_on.append((name, model_side.snapshot.step, model_side.sampler))
            yield
            if waits:
                assert gate.wait(PATIENCE_S)
            until = time.thread_time() + SLICE_S
            while fills and time.thread_time() < until:
                pass
            if fails:
                raise ValueError("it is broken")
            return Measured(float(model_side.snapshot.step), n=1)

    for key, value in facts.items():
        setattr(Probe, key, value)
    register(name)(Probe)


@contextlib.contextmanager
def registered() -> Iterator[None]:
    """The measures below, for the time of a test."""
    measured_on.clear()
    gate.clear()
    METRICS.names()
    shaped("plain")
    shaped("sampled", of_samples=True, order=901)
    shaped("slow", waits=True, order=902)
    shaped("broken", fails=True, order=903)
    shaped("last", order=904)
    shaped("costly", expensive=True, order=899)
    shaped("long", fills=True, order=890)
    yield
    for name in ("plain", "sampled", "broken", "last", "slow", "costly", "long"):
        METRICS.forget(name)


def measured(run: Run, *names: str, sampler: str = "prior", step: int | None = None) -> Measures:
    """Ask, and wait until these are measured and no other waits."""
    run.ask_measures(names, sampler)
    return arrived(run, *names, sampler=sampler, step=step)


def arrived(run: Run, *names: str, sampler: str = "prior", step: int | None = None) -> Measures:
    """Wait for the measures asked for."""
    found: list[Measures] = []

    def reached(view: View) -> bool:
        measures = view.measures
        if measures is None or measures.waiting or measures.sampler != sampler:
            return False
        values = [measures.values.get(name) for name in names]
        if any(value is None or (step is not None and value.step < step) for value in values):
            return False
        found.append(measures)
        return True

    assert run.board.wait(reached, PATIENCE_S), run.view.measures
    return found[-1]


def paused(experiment: Experiment, until: Until, step: int = 5) -> Run:
    (run,) = experiment.runs
    until(run, "ready")
    paused_at(run, until, step)
    return run


def paused_at(run: Run, until: Until, step: int) -> Snapshot:
    run.step(step)
    until(run, "paused", step=step)
    assert run.snapshot is not None
    assert run.snapshot.step == step
    return run.snapshot


class Held:
    """A background that runs jobs on request only; nothing trains."""

    def __init__(self) -> None:
        self.job: Callable[[], None] | None = None

    def is_busy(self) -> bool:
        return False

    def work(self) -> None:
        assert self.job is not None
        self.job()

    def ask(self, key: Hashable, job: Callable[[], None], rest: float) -> None:
        self.job = job
