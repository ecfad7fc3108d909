"""Random commands at random moments, whose log trains the same weights again; and experiments opened and closed, often.

Needs nothing but threads of this process.
"""

from __future__ import annotations

import random
import threading
import time

import numpy as np

from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.run import Run
from core.faults.base import Fault
from core.faults.lanes import PATIENCE_S, STORM_MODELS, blobs, pace_knob
from core.foundation import memory
from core.foundation.arrays import Doubles
from core.foundation.memory import resident_mb
from core.training.saved import Saved
from core.training.setup import Setup

COMMANDS = 500
"""Commands to the lanes of an experiment that is replayed."""
MOMENT_S = 0.004
"""Longest time between two of them, s."""
WARM = 50
"""Experiments after which memory is compared: caches are full then."""
GROWTH_MB = 20.0
"""Largest growth of the process by all later ones, MB."""
STARTS = 4
"""Starts and pauses of each experiment that is opened and closed."""


def _experiment(seed: int, *models: str) -> Experiment:
    setup = Setup(network="mlp", batch=16, device="cpu", threads=1, seed=seed)
    return Experiment(setup, blobs(), models)


def _is_idle(run: Run) -> bool:
    return run.board.wait(lambda view: view.status.state in ("ready", "paused", "failed"), PATIENCE_S)


def _state(run: Run) -> Saved | str:
    """The whole state of a run that rests, or why there is none."""
    kept = run.keep().take(PATIENCE_S)
    return kept.saved if isinstance(kept, Kept) else f"it hands out no state: {kept}"


def _throw(experiment: Experiment, chance: random.Random) -> None:
    """Send commands to random lanes at random moments; then let all rest."""
    for _ in range(COMMANDS):
        run = chance.choice(experiment.runs)
        match chance.randrange(6):
            case 0:
                run.start()
            case 1:
                run.pause()
            case 2:
                run.step(chance.randrange(1, 6))
            case _:
                run.set(pace_knob(run.model_name), round(chance.uniform(1e-4, 1e-2), 6))
        time.sleep(chance.uniform(0, MOMENT_S))
    experiment.pause()


def _again(run: Run, saved: Saved) -> str:
    """Train a fresh run by the log of another. How it differs; "" where it does not."""
    step = 0
    for turn in saved.turns:
        if turn.step > step:
            run.step(turn.step - step)
            step = turn.step
            run.board.wait(lambda view, step=step: view.status.step == step, PATIENCE_S)  # type: ignore[misc]
        run.set(turn.name, turn.value)
    if saved.step > step:
        run.step(saved.step - step)
    if not run.board.wait(lambda view: view.status.step == saved.step and view.status.state != "training", PATIENCE_S):
        return f"the replay stands at step {run.view.status.step}, not {saved.step}"
    mine = _state(run)
    if isinstance(mine, str):
        return mine
    other = [name for name, tensor in saved.weights.items() if not np.array_equal(mine.weights[name], tensor)]
    if other:
        return (
            f"{len(other)} tensors differ after {saved.step} steps and {len(saved.turns)} turns, the first {other[0]}"
        )
    return "" if np.array_equal(_rows(mine), _rows(saved)) else "the histories differ"


def _rows(saved: Saved) -> Doubles:
    """The terms of every step, (N, K), without the time; so few are not merged."""
    assert saved.history is not None
    rows = [saved.history.rows, *(() if saved.pending is None else (saved.pending,))]
    return np.delete(np.concatenate(rows), saved.history.names.index("seconds"), 1)


def replays(count: int, seed: int) -> list[str]:
    """``count`` times `COMMANDS` commands to three lanes; the log of each lane trains its weights again, to the bit."""
    failures = []
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        first, second = (_experiment(number + 1, *STORM_MODELS) for _ in range(2))
        try:
            for run in (*first.runs, *second.runs):
                _is_idle(run)
            _throw(first, chance)
            for run, replay in zip(first.runs, second.runs, strict=True):
                _is_idle(run)
                saved = _state(run)
                trouble = saved if isinstance(saved, str) else _again(replay, saved)
                if trouble:
                    failures.append(f"seed {seed}, number {number}, {run.model_name}: {trouble}")
        finally:
            for experiment in (first, second):
                if not experiment.close(PATIENCE_S):
                    failures.append(f"seed {seed}, number {number}: an experiment does not close")
    return failures


def experiments(count: int, seed: int) -> list[str]:
    """Open and close so many experiments, each started and paused some times: threads and memory are back to base."""
    chance, failures, base_mb = random.Random(seed), [], 0.0
    before = threading.active_count()
    for number in range(count):
        experiment = _experiment(number + 1, chance.choice(STORM_MODELS))
        run = experiment.runs[0]
        for _ in range(STARTS):
            experiment.start()
            step = run.view.status.step
            if not run.board.wait(lambda view, step=step: view.status.step > step, PATIENCE_S):  # type: ignore[misc]
                failures.append(f"seed {seed}, number {number}: it does not train: {run.view.status}")
            experiment.pause()
            _is_idle(run)
        if not experiment.close(PATIENCE_S):
            failures.append(f"seed {seed}, number {number}: it does not close")
        del experiment, run
        if number == WARM:
            memory.return_freed()
            base_mb = resident_mb()
    memory.return_freed()
    if (left := threading.active_count() - before) > 0:
        failures.append(f"seed {seed}: {left} threads are left")
    if count > WARM and (grown := resident_mb() - base_mb) > GROWTH_MB:
        failures.append(f"seed {seed}: memory grew by {grown:.0f} MB from experiment {WARM} to {count}")
    return failures


FAULTS = (
    Fault(
        "replays",
        "500 commands to three lanes at random moments: their log trains the same again",
        20,
        1,
        replays,
        pieces=2,
    ),
    Fault("sessions", "experiments are opened, started and paused four times, and closed", 300, 8, experiments),
)
