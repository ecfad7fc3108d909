"""Short forms of the faults around saves, and whether they would notice what they look for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.faults import saves
from core.faults.saves import NEW_STEPS, OLD_STEPS, Broken
from core.foundation.generations import MANIFEST

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs forks and signals")


def test_killed_saves_lose_nothing() -> None:
    assert saves.kills(12, 1) == []


def test_failing_operations_lose_nothing() -> None:
    assert saves.operations(24, 1) == []


def test_two_writers_lose_nothing() -> None:
    assert saves.writers(4, 1) == []


def test_an_operation_that_kills_is_reached(tmp_path: Path) -> None:
    for at, how, outcome in ((3, "kill", "killed"), (3, "EIO", "refused"), (3, "ENOSPC", "refused"), (0, "", "saved")):
        with saves._Try(tmp_path / "run", Broken(at, how)) as one:
            assert one.outcome()[1] == outcome


def test_what_is_not_whole_is_noticed(tmp_path: Path) -> None:
    saves.save(tmp_path, OLD_STEPS)
    assert saves.is_whole(tmp_path) == ""
    old = {path: path.read_bytes() for path in tmp_path.iterdir()}
    saves.save(tmp_path, NEW_STEPS)
    assert saves.is_whole(tmp_path) == saves.leftovers(tmp_path) == ""
    (tmp_path / MANIFEST).write_bytes(old[tmp_path / MANIFEST])
    assert "is missing" in saves.is_whole(tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert "is missing" in saves.is_whole(tmp_path)
