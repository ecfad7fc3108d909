"""States that a run hands out while it trains: of the step that was asked for, and never broken ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.run import Run
from core.engine.turned_knobs import TurnedKnobs
from core.foundation.mailbox import Refusal
from core.training.saved import MOST_TURNS, Turn
from core.training.training import Training

Bench = Callable[..., Experiment]
Until = Callable[..., View]
PATIENCE_S = 30.0


def kept_of(run: Run) -> Kept:
    answer = run.keep().take(PATIENCE_S)
    assert isinstance(answer, Kept)
    return answer


def test_a_state_of_a_later_step_is_put_down_at_that_step(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    answer = run.keep(every=4)
    run.step(3)
    until(run, "paused", step=3)
    assert answer.take() is None
    run.step(6)
    kept = answer.take(PATIENCE_S)
    assert isinstance(kept, Kept)
    assert kept.saved.step == 4
    until(run, "paused", step=9)
    superseded, dropped = run.keep(every=5), run.keep(every=5)
    run.restart()
    assert superseded.take(PATIENCE_S) == Refusal("a state of another step was asked for since")
    assert dropped.take(PATIENCE_S) == Refusal("it began again")


@pytest.mark.parametrize("broken", ["loss", "weights"])
def test_a_broken_run_is_not_kept(broken: str, bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has looked at the loss yet: it would take the place of the last save, and could not be opened."""
    run = bench("ae").runs[0]
    advance = Training.advance

    def breaking(self: Training, watch: Any = None) -> None:
        advance(self, watch)
        if self.step == 5:
            with torch.no_grad():
                rows = self._rows[len(self._times) - 1] if broken == "loss" else next(self.model.parameters())
                rows.fill_(float("nan"))

    monkeypatch.setattr(Training, "advance", breaking)
    answer = run.keep(every=5)
    run.start()
    refused = answer.take(PATIENCE_S)
    assert isinstance(refused, Refusal)
    assert "step 5" in refused.reason or "finite" in refused.reason
    until(run, "failed")
    kept = kept_of(run).saved  # what it went back to
    assert kept.step < 5
    assert all(np.isfinite(array).all() for array in kept.weights.values())


def test_every_change_of_a_knob_is_kept_by_its_step(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    for step, beta in ((2, 2.0), (4, 3.0)):
        run.step(2)
        until(run, "paused", step=step)
        for value in (0.5, 0.7, beta):  # a slider that is dragged
            run.set("beta", value)
    run.set("lr", 0.002)
    run.step(2)
    until(run, "paused", step=6)
    turns = Turn(2, "beta", 2.0), Turn(4, "beta", 3.0), Turn(4, "lr", 0.002)
    assert kept_of(run).saved.turns == turns
    assert kept_of(run).saved.turned_at == run.view.turned_at == {"beta": 4, "lr": 4}


def test_a_run_remembers_the_newest_changes() -> None:
    turned = TurnedKnobs()
    for step in range(MOST_TURNS + 5):
        turned.note(step, "beta", 1.0)
    assert len(turned.turns) == MOST_TURNS
    assert turned.turns[0].step == 5
    turned.go_back(7)
    assert {turn.step for turn in turned.turns} == {5, 6, 7}
    assert turned.at == {"beta": 7}
