"""A part of the calibration of verdicts (`tests.calibration.verdicts`): what trains within seconds."""

from __future__ import annotations

import pytest
import torch

from core.verdicts import FIRST_STEP
from tests.calibration.verdicts import HEALTHY, PROVOKED, alarms, says
from tests.calibration.watched import Setting, Watched


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_healthy_run_gets_no_warning_at_any_look() -> None:
    (setting,) = (setting for setting, _ in HEALTHY if (setting.model, setting.data) == ("vae", "moons"))
    assert alarms(setting, 7) == []


@pytest.mark.parametrize("name", ["posterior_collapse", "holes", "stop_now"])
def test_what_is_provoked_is_said(name: str) -> None:
    """On points of a plane; `test_provoked` has the other rules, on digits and with the engine's threads."""
    assert says(next(each for each in PROVOKED if each.name == name and each.setting.data != "mnist"), 7)


def test_beta_swept_up_and_back_tells_one_story_at_a_time() -> None:
    """No verdict for 500 steps after each turn; then a collapse and nothing beside it; then nothing bad again."""
    turns = ((750, "beta", 100.0), (1_500, "beta", 1.0))
    setting = Setting("vae", "moons", 2_500, turns=turns, look_every=250)
    seen = dict(Watched(setting, 7).judgements())
    for turned, _, _ in turns:
        assert seen[turned + FIRST_STEP // 2] == ()
    assert (
        [verdict.name for verdict in seen[1_250]] == [verdict.name for verdict in seen[1_500]] == ["posterior_collapse"]
    )
    assert [verdict.word for verdict in seen[2_500] if verdict.tone in ("warn", "error")] == []


def test_the_modes_of_a_collapsed_ring_are_counted() -> None:
    setting = next(each.setting for each in PROVOKED if each.name == "mode_collapse")
    assert setting.knobs == {"lr_g": 0.1}
    *_, (_, verdicts) = Watched(setting, 7).judgements()
    found = next(verdict for verdict in verdicts if verdict.name == "mode_collapse")
    assert found.tone == "warn"
    assert "of 8 modes" in found.sentence
    assert found.action is not None
    assert (found.action.name, found.action.value) == ("lr_g", 2e-3)
