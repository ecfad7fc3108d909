"""The list of what can be undone, without a window."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication

from gui.desk import edits as module
from gui.desk.edits import Edit, Edits


@pytest.fixture
def edits(qapp: QCoreApplication) -> Edits:
    return Edits()


def noted(edits: Edits, into: list[str], name: str, **more: Any) -> None:
    edits.push(Edit(name, lambda: into.append(f"un{name}"), lambda: into.append(f"re{name}"), **more))


def test_edits_are_taken_back_and_done_again_in_order(edits: Edits) -> None:
    did: list[str] = []
    for name in "abc":
        noted(edits, did, name)
    edits.undo()
    edits.undo()
    assert (did, edits.undo_text, edits.redo_text) == (["unc", "unb"], "a", "b")
    edits.redo()
    assert did[-1] == "reb"
    noted(edits, did, "d")
    assert edits.redo_text == ""  # c can not be done any more
    for _ in range(5):
        edits.undo()
    assert did[3:] == ["und", "unb", "una"]
    assert edits.undo_text == ""


def test_edits_of_one_key_are_one(edits: Edits) -> None:
    did: list[str] = []
    noted(edits, did, "a", key="k")
    noted(edits, did, "b", key="k")
    assert len(edits) == 1
    edits.undo()
    edits.redo()
    assert did == ["una", "reb"]
    noted(edits, did, "c", key="k")  # after an undo and a redo another change begins
    assert len(edits) == 2
    edits.end_merging()
    noted(edits, did, "d", key="k")
    assert len(edits) == 3


def test_edits_of_one_key_are_two_after_a_while(edits: Edits, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    did: list[str] = []
    noted(edits, did, "a", key="k", merges_for_s=1.0)
    now[0] += 0.9
    noted(edits, did, "b", key="k", merges_for_s=1.0)
    now[0] += 0.9  # counted from the last
    noted(edits, did, "c", key="k", merges_for_s=1.0)
    assert len(edits) == 1
    now[0] += 1.1
    noted(edits, did, "d", key="k", merges_for_s=1.0)
    assert len(edits) == 2


def test_what_waits_is_pushed_before_an_undo(edits: Edits) -> None:
    did: list[str] = []
    noted(edits, did, "a")
    waiting = ["b"]
    edits.about_to_change.connect(lambda: noted(edits, did, waiting.pop()) if waiting else None)
    edits.undo()
    assert (did, edits.redo_text) == (["unb"], "b")


def test_what_is_forgotten_holds_nothing(edits: Edits) -> None:
    class Lane:
        pass

    lane: Any = Lane()
    left = weakref.ref(lane)
    for number in range(module.MOST_EDITS + 3):
        kept = (lane,) if number < 3 else ()
        edits.push(Edit("", bool, bool, lanes=lambda kept=kept: kept))  # type: ignore[misc]
    assert len(edits) == module.MOST_EDITS
    assert edits.lanes() == set()
    del lane, kept
    assert left() is None


def test_an_edit_that_fails_leaves_the_list_usable(edits: Edits) -> None:
    did: list[str] = []
    noted(edits, did, "a")

    def fail() -> None:
        raise ValueError("no")

    edits.push(Edit("b", fail, fail))
    with pytest.raises(ValueError, match="no"):
        edits.undo()
    assert not edits.is_acting
    edits.undo()
    assert did == ["una"]
