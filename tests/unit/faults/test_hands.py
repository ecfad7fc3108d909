"""The short forms of storms and errors. How late a command is counts in steps here, in ms in ``faults`` alone."""

from __future__ import annotations

import pytest

from core.faults import hands, lanes
from core.faults.base import Fault

FAULTS: dict[str, Fault] = {fault.name: fault for fault in hands.FAULTS}


@pytest.mark.parametrize(("model", "network"), [("vae", "conv"), ("gan", "mlp"), ("ae", "mlp")])
def test_a_value_and_a_pause_wait_for_one_step_at_most(model: str, network: str) -> None:
    assert all(late.steps <= 1 for late in hands.obedience(model, network, commands=100))


def test_a_storm_leaves_the_last_values_in_force_and_no_thread() -> None:
    assert hands.storm(FAULTS["storm"].quick, seed=2, close_s=lanes.PATIENCE_S) == []


def test_errors_in_every_place_are_told_and_trained_on_from() -> None:
    assert hands.errors(FAULTS["errors"].quick, seed=3) == []


def test_a_place_that_is_not_caught_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE_S", 3.0)
    monkeypatch.setattr("core.engine.trainer.Trainer._roll_back", lambda self: None)
    found = hands.errors(2, seed=4)
    assert found
    assert all("it does not roll back" in sentence for sentence in found)
