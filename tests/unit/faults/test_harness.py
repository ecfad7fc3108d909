"""The table of faults: what held, what did not, and how to repeat it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from core.faults import harness
from core.faults.all import FAULTS
from core.faults.base import Fault
from core.foundation.user_error import UserError


def odd_ones_fail(count: int, seed: int) -> list[str]:
    return [f"seed {seed + number}: it is odd" for number in range(count) if (seed + number) % 2]


def breaks(count: int, seed: int) -> list[str]:
    raise RuntimeError("no such place")


ODD = Fault("odd", "odd numbers", 40, 4, odd_ones_fail)
GOOD = Fault("good", "nothing goes wrong", 7, 3, lambda count, seed: [])
BROKEN = Fault("broken", "the harness breaks", 7, 3, breaks)


def test_every_fault_is_run_and_its_failures_are_told() -> None:
    words: list[str] = []
    results = harness.run([ODD, BROKEN, GOOD], False, 1, words.append)
    assert len(words) == 3
    assert [(each.count, len(each.failures)) for each in results] == [(40, 20), (7, 1), (7, 0)]
    assert "no such place" in results[1].failures[0]
    text = harness.table(results)
    assert "seed 1: it is odd" in text
    assert "and 10 more" in text
    assert json.loads(json.dumps(harness.report(results)))["failed"] == 2


def test_quick_tries_less() -> None:
    (result,) = harness.run([ODD], True, 2, lambda _: None)
    assert result.failures == ("seed 3: it is odd", "seed 5: it is odd")


def test_a_whole_run_is_cut_into_processes() -> None:
    """Pieces have other seeds, counts add up, and an unknown name fails in its process."""
    (writers,) = harness.chosen(FAULTS, ["writers"])
    small = dataclasses.replace(writers, full=3, pieces=2)
    words: list[str] = []
    held, failed = harness.run_in_pieces([small, GOOD], 1, words.append)
    started = sorted(each for each in words if each.endswith("…"))
    assert sum("tries, 0 failed" in each for each in words) == 2
    assert (held.count, held.failures) == (3, ())
    assert [("(2, seed 1)" in each, "(1, seed 1001)" in each) for each in started if "writers" in each] == [
        (False, True),
        (True, False),
    ]
    assert "there is no fault 'good'" in failed.failures[0]


def test_faults_are_chosen_by_name() -> None:
    assert harness.chosen([ODD, GOOD], []) == [ODD, GOOD]
    assert harness.chosen([ODD, GOOD], ["good"]) == [GOOD]
    with pytest.raises(UserError, match="there is no fault 'bad'; there are odd, good"):
        harness.chosen([ODD, GOOD], ["bad"])
