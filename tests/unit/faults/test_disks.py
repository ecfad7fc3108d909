"""Disks that fail for a while under a window and under `train`."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from core.faults import bad_disk, disks
from core.faults.bad_disk import KINDS, BadDisk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="for POSIX")
SAID = {
    "steps": [[1, 1], [2, 2], [3, 3]],
    "refused": 3,
    "survived": True,
    "is_saved": True,
    "told": ["Unsaved work cannot be kept."],
    "errors": ["an error"],
    "late_errors": [],
    "gap_ms": {"max": 20.0},
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "TROUBLE_S", 4.5)
    monkeypatch.setattr(disks, "SILENCE_S", 5.0)


@pytest.mark.parametrize("kind", ["full", "silent"])
def test_a_window_outlives_a_disk(kind: str) -> None:
    assert disks._window(kind) == ""


def test_train_outlives_a_disk() -> None:
    assert disks._training("quota") == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"refused": 0}, "nothing was asked"),
        ({"steps": [[1, 1], [2, 1], [3, 3]]}, "training stopped"),
        ({"survived": False}, "is gone"),
        ({"is_saved": False}, "no save works"),
        ({"told": ["one", "two"]}, "more is said than once"),
        ({"late_errors": ["an error"]}, "more is said than once"),
        ({"gap_ms": {"max": 5_000.0}}, "waited for the disk"),
        ({"told": ["a\nline"]}, "can be printed"),
    ],
)
def test_what_is_wrong_is_found(changes: dict[str, object], why: str) -> None:
    assert disks._trouble("full", SAID) == ""
    assert why in disks._trouble("full", {**SAID, **changes})


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "silent"])
def test_a_bad_disk_fails_and_works_again(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    (place / "old").write_text("old")
    with BadDisk(place).installed() as disk:
        disk.begin(kind)
        (tmp_path / "beside").write_text("works")
        with pytest.raises(OSError, match=r"space|Read-only|quota|No such"):
            (place / "new").write_text("new")
        with pytest.raises(OSError, match=r"space|Read-only|quota|No such"):
            os.open(place / "new", os.O_CREAT | os.O_WRONLY)
        disk.end()
        (place / "new").write_text("new")
    assert (place / "old").read_text() == "old"
    assert (place / "new").read_text() == "new"


def test_a_silent_disk_answers_when_it_works_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bad_disk, "LONGEST_SILENCE_S", 30.0)
    (tmp_path / "old").write_text("old")
    found: list[bool] = []
    with BadDisk(tmp_path).installed() as disk:
        disk.begin("silent")
        asking = threading.Thread(target=lambda: found.append((tmp_path / "old").exists()))
        asking.start()
        asking.join(0.2)
        assert asking.is_alive()
        disk.end()
        asking.join(10.0)
    assert found == [True]
