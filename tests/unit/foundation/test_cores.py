"""The number of threads that a user leaves to training."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.foundation import cores
from core.foundation.settings_file import settings_file


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv(cores.THREADS, "")  # so that what the test sets is taken back
    monkeypatch.delenv(cores.THREADS)
    monkeypatch.setattr(cores, "machine_cores", lambda: 8)


def prefer(text: str) -> None:
    path = settings_file()
    path.parent.mkdir(parents=True)
    path.write_text(f"[General]\ntraining_threads={text}\n")


@pytest.mark.parametrize(("asked", "usable"), [("", 8), ("3", 4), ("7", 8), ("500", 8), ("-2", 8), ("²", 8), ("x", 8)])
def test_training_gets_as_many_threads_as_asked_beside_one_core(
    asked: str, usable: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cores.THREADS, asked)
    assert cores.usable_cores() == usable


def test_the_preference_is_taken_at_the_start() -> None:
    prefer("2")
    cores.take_preference()
    assert cores.usable_cores() == 3
    cores.ask_threads(0)
    assert cores.usable_cores() == 8


def test_the_variable_wins_over_the_preference(monkeypatch: pytest.MonkeyPatch) -> None:
    prefer("2")
    monkeypatch.setenv(cores.THREADS, "5")
    cores.take_preference()
    assert cores.asked_threads() == 5


@pytest.mark.parametrize("text", ["0", "-1", "99999", "true", '"two"', "2.5"])
def test_a_preference_that_is_no_number_of_threads_is_none(text: str) -> None:
    prefer(text)
    cores.take_preference()
    assert cores.asked_threads() == 0
