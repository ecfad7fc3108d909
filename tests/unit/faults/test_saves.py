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
    assert saves.kills(14, 1) == []


def test_failing_operations_lose_nothing() -> None:
    assert saves.operations(36, 1) == []


def test_two_writers_lose_nothing() -> None:
    assert saves.writers(7, 1) == []


def test_an_operation_that_kills_is_reached(tmp_path: Path) -> None:
    for at, how, outcome in ((3, "kill", "killed"), (3, "EIO", "refused"), (3, "ENOSPC", "refused"), (0, "", "saved")):
        with saves._Try(tmp_path / "run", Broken(at, how)) as one:
            assert one.outcome()[1] == outcome


def test_what_is_not_whole_is_noticed(tmp_path: Path) -> None:
    tmp_path = tmp_path / "run"
    saves.save(tmp_path, OLD_STEPS)
    assert saves.is_whole(tmp_path) == ""
    old = {path: path.read_bytes() for path in tmp_path.iterdir()}
    saves.save(tmp_path, NEW_STEPS)
    assert saves.is_whole(tmp_path) == saves.leftovers(tmp_path) == ""
    (tmp_path / MANIFEST).write_bytes(old[tmp_path / MANIFEST])
    assert "is missing" in saves.is_whole(tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert "is missing" in saves.is_whole(tmp_path)


@pytest.mark.parametrize("place", ["a document", "a document's folder"])
def test_a_document_that_is_not_whole_is_noticed(tmp_path: Path, place: str) -> None:
    path = saves._path(tmp_path, place)
    saves.save(path, OLD_STEPS)
    assert saves.is_whole(path) == ""
    assert saves.leftovers(path) == ""
    inside = path if path.is_file() else next(path.glob("arrays-*"))
    content = inside.read_bytes()
    inside.write_bytes(content[:-8] + bytes(8))
    assert "nothing loads" in saves.is_whole(path)
    inside.write_bytes(content)
    (tmp_path / f".{path.name}.ab12cd34").write_bytes(b"half")  # of a save that was killed
    if path.is_file():
        assert saves.leftovers(path) == ""  # the next save takes it away
    (tmp_path / "other").touch()
    assert saves.leftovers(path).startswith("left behind: ")
