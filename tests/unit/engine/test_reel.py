"""What is kept of a run's past."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from core.engine.board import View
from core.engine.reel import BUDGET_BYTES, FILM_FRAMES, Reel
from core.engine.status import Status
from core.foundation.history import History
from core.models.base import MODELS, build
from core.nets.networks import Shape
from core.training.saved import Continuation, Saved, Turn
from core.training.snapshot import Snapshot

CONFIG: Any = MODELS.get("vae").Config(hidden="8")
MODEL = build("vae", CONFIG, Shape(1, 8, 8, 2), "mlp").requires_grad_(False).eval()
BYTES = sum(tensor.numel() * tensor.element_size() for tensor in MODEL.state_dict().values())


def view(step: int, *, life: int = 0, config: Any = CONFIG, end: int | None = None) -> View:
    """A run at a step, with a row of history for each, a tenth of a second long."""
    history = History(("step", "seconds"))
    end = step if end is None else end
    history.append(np.array([[at, at / 10] for at in range(1, end + 1)]).reshape(-1, 2))
    status = Status("training", end, end / 5, end / 10)
    return View(status, history.table(), config, life=life, snapshot=Snapshot(MODEL, step, life, config))


def saved(step: int, *turns: Turn) -> Saved:
    weights = {name: tensor.numpy() for name, tensor in MODEL.state_dict().items()}
    nothing = np.zeros(4, np.uint8)
    moments = {"all/m": np.zeros(BYTES // 4, np.float32)}
    return Saved(weights, step, step / 10, None, turns, None, Continuation(moments, nothing, 0, 0, nothing, "cpu", {}))


def filled(reel: Reel, steps: Any, life: int = 0) -> Reel:
    for step in steps:
        reel.follow(view(step, life=life), None)
    return reel


def steps_of(reel: Reel) -> list[int]:
    return [moment.step for moment in reel.moments()]


def test_a_reel_keeps_to_its_budget_and_is_densest_at_the_start() -> None:
    reel = filled(Reel(2 * 20 * BYTES), range(0, 3_000, 3))
    steps = steps_of(reel)
    assert len(steps) == 20
    assert reel.bytes <= 20 * BYTES
    assert (steps[0], steps[-1]) == (0, 2_997)
    gaps = np.diff(np.sqrt(steps))
    assert gaps.max() < 4 * gaps[:-1].min()  # even by the root of the step; the newest may be near the one before
    assert np.diff(steps)[0] < np.diff(steps)[-2] / 4


def test_states_and_snapshots_share_the_budget() -> None:
    reel = Reel(BUDGET_BYTES)
    for step in range(0, 100, 10):
        reel.follow(view(step), saved(step) if step % 20 == 0 else None)
    assert steps_of(reel) == list(range(0, 100, 10))
    assert [moment.step for moment in reel.moments() if moment.saved is not None] == list(range(0, 100, 20))
    assert all(moment.snapshot is not None for moment in reel.moments())
    small = Reel(2 * 3 * 2 * BYTES)
    for step in range(0, 100, 10):
        small.follow(view(step), saved(step))
    assert small.bytes <= 2 * 3 * 2 * BYTES
    kept = [moment.step for moment in small.moments() if moment.saved is not None]
    assert len(kept) == 3
    assert (kept[0], kept[-1]) == (0, 90)


def test_a_place_on_either_axis_finds_the_newest_moment_up_to_it() -> None:
    reel = filled(Reel(), (10, 20, 40))
    assert [reel.at(value).step for value in (-5, 0, 10, 19.9, 20, 39, 40, 1e9)] == [10, 10, 10, 10, 20, 20, 40, 40]  # type: ignore[union-attr]
    assert reel.at(2.0, "seconds").step == 20  # type: ignore[union-attr]
    assert reel.at(1.99, "seconds").step == 10  # type: ignore[union-attr]
    assert Reel().at(3.0) is None


def test_a_snapshot_has_the_time_of_its_step_not_that_of_the_view() -> None:
    reel = Reel()
    reel.follow(view(30, end=50), None)
    (moment,) = reel.moments()
    assert (moment.step, moment.seconds) == (30, 3.0)
    assert moment.epoch == pytest.approx(6.0)


def test_what_came_after_a_roll_back_is_forgotten() -> None:
    reel = filled(Reel(), (0, 10, 20, 30))
    reel.follow(view(10), None)
    assert steps_of(reel) == [0, 10]


def test_another_engine_goes_on_with_the_reel_and_a_restart_does_not() -> None:
    reel = filled(Reel(), (0, 10, 20, 30))
    filled(reel, (20, 25), life=1)
    assert steps_of(reel) == [0, 10, 20, 25]
    reel.clear(1)
    assert steps_of(reel) == []
    reel.follow(view(40, life=1), saved(40))  # it was on its way
    assert steps_of(reel) == []
    assert reel.bytes == 0
    filled(reel, (0, 5), life=2)
    assert steps_of(reel) == [0, 5]


def test_nothing_is_taken_twice() -> None:
    reel, same, state = Reel(), view(10), saved(10)
    for _ in range(3):
        reel.follow(same, state)
    assert steps_of(reel) == [10]
    reel.clear(0)
    reel.follow(dataclasses.replace(same, life=1), state)
    assert steps_of(reel) == []


def test_a_state_has_the_knobs_of_its_step() -> None:
    reel, turned = Reel(), dataclasses.replace(CONFIG, beta=8.0, lr=0.5)
    reel.follow(view(1), None)
    turns = (Turn(3, "beta", 4.0), Turn(5, "lr", 0.25))
    reel.follow(view(40, config=turned), saved(6, *turns))  # β was turned again after it
    (state,) = [moment for moment in reel.moments() if moment.saved is not None]
    assert (state.config.beta, state.config.lr) == (4.0, 0.25)  # type: ignore[attr-defined]
    assert state.config.hidden == "8"  # type: ignore[attr-defined]


def test_the_film_strip_is_even_and_keeps_its_frames() -> None:
    reel = Reel()
    seen: list[tuple[int, ...]] = []
    for step in range(0, 1_000, 7):
        reel.follow(view(step), None)
        steps = tuple(snapshot.step for snapshot in reel.film())
        assert len(steps) <= FILM_FRAMES
        seen.append(steps)
    changes = sum(one != other for one, other in itertools.pairwise(seen))
    assert changes < 40  # of 142 snapshots
    assert max(np.diff(seen[-1])) < 1.3 * min(np.diff(seen[-1])[:-1])
