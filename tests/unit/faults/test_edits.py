"""A window that is killed amid edits, and whether the harness would notice what was lost."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from core.faults import edits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the engine in /proc")


def test_a_killed_window_loses_no_edit() -> None:
    assert edits.kills(1, 1) == []


def said(at: float, seed: int, seconds: float) -> dict[str, Any]:
    facts = {"setup": {"seed": seed}, "data": "mnist", "lanes": [["ae", 0, {}]], "pins": []}
    return {"event": "edit", "at": at, **facts, "seconds": [seconds]}


@pytest.mark.parametrize(
    ("opened", "trouble"),
    [
        (said(0, 3, 18.0), ""),
        (said(0, 2, 12.0), ""),  # the edit at 19.0 came a second before the kill
        (said(0, 1, 4.0), "an edit older than"),
        (said(0, 3, 8.0), "10.5 s of training"),
        ({"event": "nothing opened"}, "nothing is offered"),
    ],
)
def test_what_is_lost_is_noticed(opened: dict[str, Any], trouble: str) -> None:
    window = [said(1.0, 1, 0.0), said(14.0, 2, 13.0), said(19.0, 3, 18.5)]
    opened = {**opened, "event": "opened"} if "lanes" in opened else opened
    assert edits._trouble(window, 20.0, opened).startswith(trouble)
