"""The short form of terms that are not numbers, and whether it would notice."""

from __future__ import annotations

import pytest

from core.engine.trainer import Trainer
from core.faults import divergence, lanes


def test_a_term_that_is_not_a_number_rests_its_lane_alone() -> None:
    assert divergence.divergence(12, 1) == []


def test_a_lane_that_does_not_go_back_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE_S", 3.0)
    monkeypatch.setattr(Trainer, "_roll_back", lambda self: None)
    found = divergence.divergence(1, 1)
    assert len(found) == 1
    assert "it does not roll back" in found[0]
