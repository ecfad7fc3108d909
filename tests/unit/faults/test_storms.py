"""The short form of a storm in a window, and whether what does not hold is found. ``faults`` times it too."""

from __future__ import annotations

from typing import Any

from core.faults import storms

SPELL = {"event": "spell", "events": 2000, "gap_ms": {"p99": 9.0}, "calm": [100.0], "wild": [90.0]}


def spell(place: str, value: list[float], **other: Any) -> dict[str, Any]:
    return {**SPELL, "place": place, "value": value, "expected": value, **other}


def test_in_a_storm_the_last_value_counts_and_the_window_ends() -> None:
    said, status, _ = storms.said_in_a_storm(8)
    assert storms.troubles(said, status, 0.0, is_timed=False) == []
    assert [each.get("place") for each in said] == ["map", "beta", "z1", "time", None]


def test_what_does_not_hold_would_be_found() -> None:
    end = {"event": "closing", "at": 0.0}
    good = [spell("map", [0.1, 0.2]), spell("beta", [2.0, 2.0]), spell("time", [90.0], expected=[100.0])]
    assert storms.troubles([*good, end], 0, 1.0) == []
    bad = [
        spell("map", [0.1, 0.2], expected=[0.1, 0.3], gap_ms={"p99": 51.0}),
        spell("beta", [1.0, 2.0]),  # the engine has another one than the window
        spell("z1", [0.1], wild=[0.0], events=900),
        spell("time", [], expected=[100.0]),
    ]
    found = storms.troubles([*bad, end], 1, 3.5)
    words = ("map: .* is in force", "map: gaps of", "beta: .* is in force", "time: .* is in force", "does not train")
    words = (*words, "900 events", "status 1", "closing took 3.5 s")
    assert all(any(_matches(word, each) for each in found) for word in words)
    assert storms.troubles(good, 0, 0.0) == ["the window ended after 3 spells with status 0"]


def _matches(pattern: str, sentence: str) -> bool:
    first, *rest = pattern.split(".*")
    return first in sentence and all(each in sentence for each in rest)
