"""A program that is put to sleep, and whose clock is set back."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.faults import sleeps

pytestmark = pytest.mark.skipif(os.name != "posix", reason="for POSIX")
BEFORE: dict[str, Any] = {"steps": [5, 5], "seconds": [1.0, 1.0], "speeds": [9.0, 9.0], "states": [], "told": []}
AFTER = {**BEFORE, "steps": [9, 9], "seconds": [6.0, 6.0], "states": ["training", "training"]}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleeps, "AWAKE_S", 4.0)


@pytest.mark.parametrize("program", [sleeps._window, sleeps._training])
def test_it_goes_on_and_its_times_are_right(program: Any) -> None:
    assert program(12.0) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"steps": [9, 5]}, "training did not go on"),
        ({"states": ["training", "failed"]}, "the lanes are"),
        ({"told": ["The engine is gone."]}, "it is told"),
        ({"seconds": [6.0, 20.0]}, "training took"),
        ({"seconds": [6.0, 0.5]}, "training took"),
        ({"speeds": [9.0, -1.0]}, "negative"),
    ],
)
def test_what_is_wrong_is_found(changes: dict[str, Any], why: str) -> None:
    assert sleeps._trouble(BEFORE, AFTER, [AFTER]) == ""
    after = {**AFTER, **changes}
    assert why in sleeps._trouble(BEFORE, after, [after])


def test_the_clock_is_set_back_once_the_flag_is_there(tmp_path: Path) -> None:
    clock = sleeps.set_back(tmp_path / "flag")
    assert abs(clock() - time.time()) < 60
    (tmp_path / "flag").touch()
    assert abs(clock() + sleeps.SET_BACK_S - time.time()) < 60
