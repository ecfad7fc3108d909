"""A term that is not a number at any of the first steps: its lane rests at its last good state, the others go on."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from core.engine.experiment import Experiment
from core.engine.run import Run
from core.faults.base import Fault
from core.faults.lanes import STORM_MODELS, goes_back, small_experiment, wait
from core.models.base import Batch, Phase, Terms
from core.training.training import FIXED, Training, columns_of

STEPS = 50
"""The step that fails is one of the first so many."""
TERMS = sum(len(columns_of(model)) - len(FIXED) for model in STORM_MODELS)
"""Terms of all lanes."""


def _poisoned(phase: Phase[Any], term: str) -> Phase[Any]:
    """The phase with a loss that is not a number where it has the term, like the term."""

    def loss(batch: Batch[Any]) -> tuple[Tensor, Terms]:
        value, terms = phase.loss(batch)
        if term not in terms:
            return value, terms
        return value * float("nan"), {**terms, term: terms[term] * float("nan")}

    return dataclasses.replace(phase, loss=loss)


@contextlib.contextmanager
def _failing(run: Run, step: int, term: str) -> Iterator[None]:
    """The term is not a number in one step of a run."""
    plain, thread = Training.advance, f"trainer {run.model.short}"

    def advance(self: Training, *watch: Any) -> None:
        if self.step != step - 1 or threading.current_thread().name != thread:
            return plain(self, *watch)
        healthy = self.turns
        self.turns = [(_poisoned(phase, term), *rest) for phase, *rest in healthy]  # type: ignore[misc]
        try:
            plain(self, *watch)
        finally:
            self.turns = healthy

    Training.advance = advance  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Training.advance = plain  # type: ignore[method-assign]


def _trouble(experiment: Experiment, run: Run, step: int, term: str) -> str:
    """Have a lane fail so. What is wrong then; "" where it says so, goes back and trains on."""
    others = [other for other in experiment.runs if other is not run]
    with _failing(run, step, term):
        run.restart(go=True)
        if not wait(run, lambda view: view.status.failure is not None and view.status.state == "failed"):
            return f"the board says {run.view.status}"
        for other in others:
            reached = other.view.status.step
            if not wait(other, lambda view, reached=reached: view.status.step > reached):  # type: ignore[misc]
                return f"{other.model_name} does not train on"
    failure, rows = run.view.status.failure, run.view.history.rows
    assert failure is not None
    if f"stopped at step {step:,}: " not in failure.sentence or "is not a number" not in failure.sentence:
        return f"it says “{failure.sentence}”"
    if failure.good_step is None or not 0 <= failure.good_step < step:
        return f"its good step is {failure.good_step}"
    if rows[:, 0].tolist() != list(range(1, step)):
        return f"its curves have {len(rows)} steps"
    return goes_back(run)


def divergence(count: int, seed: int) -> list[str]:
    """So many of all pairs of a step and a term, in an order that ``seed`` decides, while two other lanes train."""
    terms = [(model, term) for model in STORM_MODELS for term in columns_of(model)[len(FIXED) :]]
    pairs = [(step, *which) for step in range(1, STEPS + 1) for which in terms]
    random.Random(seed).shuffle(pairs)
    failures = []
    with small_experiment(*STORM_MODELS) as experiment:
        experiment.start()
        for step, model, term in pairs[:count]:
            run = next(run for run in experiment.runs if run.model_name == model)
            if trouble := _trouble(experiment, run, step, term):
                failures.append(f"{term} of {model} at step {step}: {trouble}")
            run.start()
    return failures


FAULTS = (Fault("divergence", "a term is not a number at one of the first 50 steps", STEPS * TERMS, 12, divergence),)
