"""Short forms of replays and of experiments that are opened and closed, and whether they would notice."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.engine.run import Run
from core.faults import replays
from core.training.saved import Saved


def test_a_log_trains_the_same_weights() -> None:
    assert replays.replays(1, 1) == []


def test_a_log_that_lacks_a_turn_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = replays._again

    def lacking(run: Run, saved: Saved) -> str:
        return whole(run, dataclasses.replace(saved, turns=saved.turns[1:]))

    monkeypatch.setattr(replays, "_again", lacking)
    assert any("tensors differ" in each for each in replays.replays(1, 1))


def test_experiments_leave_nothing() -> None:
    assert replays.experiments(4, 1) == []


def test_what_experiments_leave_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    make = replays._experiment

    def leaking(*words: Any) -> Any:
        kept.append(b"x" * (30 << 20))
        return make(*words)

    monkeypatch.setattr(replays, "_experiment", leaking)
    monkeypatch.setattr(replays, "WARM", 1)
    assert any("memory grew" in each for each in replays.experiments(4, 1))
