"""The folder of a sweep as it grows."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from core.foundation.user_error import UserError
from core.sweeps import folder
from core.sweeps.asked import Asked
from core.sweeps.groups import groups
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plan import Plan

PLAN = Plan(Asked({"steps": "5"}, {"beta": ("1", "2")}, seeds=(0, 1)).runs())


def done(place: Path, number: int, value: float) -> Outcome:
    run = PLAN.runs[number]
    values = {"rate": Value(value, value - 1, math.nan, 100)}
    outcome = Outcome(run, folder.folder_of(place, run), "done", 5, 0.25, values, {"mig": "The images have no labels."})
    outcome.folder.mkdir(parents=True, exist_ok=True)
    folder.write_result(outcome)
    return outcome


def test_what_is_written_is_read(tmp_path: Path) -> None:
    with folder.claimed(tmp_path, PLAN):
        written = done(tmp_path, 1, 3.0)
    assert folder.read_plan(tmp_path) == PLAN
    first, second, *_ = folder.outcomes(tmp_path, PLAN)
    assert first.state == "waiting"
    assert second.to_json() == written.to_json()
    assert math.isnan(second.values["rate"].high)


def test_a_growing_sweep_is_read_again_and_what_is_over_is_not(tmp_path: Path) -> None:
    with folder.claimed(tmp_path, PLAN):
        done(tmp_path, 0, 3.0)
        reading = folder.Reading.of(tmp_path)
        before = reading.outcomes()
        assert [each.state for each in before] == ["done", "waiting", "waiting", "waiting"]
        done(tmp_path, 2, 4.0)
        after = reading.outcomes()
    assert [each.state for each in after] == ["done", "waiting", "done", "waiting"]
    assert after[0] is before[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "done"}', '{"state": 3}', "\x00" * 9])
def test_a_damaged_result_counts_as_none(text: str, tmp_path: Path) -> None:
    with folder.claimed(tmp_path, PLAN):
        done(tmp_path, 0, 3.0)
    (folder.folder_of(tmp_path, PLAN.runs[0]) / folder.RESULT).write_text(text)
    assert folder.outcomes(tmp_path, PLAN)[0].state == "waiting"


def test_a_place_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    other = Plan(PLAN.runs[:2])
    new = tmp_path / "new"
    folder.check_place(new, PLAN, resume=False)
    assert not new.exists()
    with pytest.raises(UserError, match="holds no sweep to go on with"):
        folder.check_place(new, PLAN, resume=True)
    with folder.claimed(new, PLAN):
        pass
    folder.check_place(new, PLAN, resume=True)
    with pytest.raises(UserError, match="holds this sweep already; go on with it by --resume"):
        folder.check_place(new, PLAN, resume=False)
    with pytest.raises(UserError, match="holds another sweep; choose another place"):
        folder.check_place(new, other, resume=True)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="is no folder"):
        folder.check_place(tmp_path / "file", PLAN, resume=False)
    with pytest.raises(UserError, match="is not empty and holds no sweep"):
        folder.check_place(tmp_path, PLAN, resume=False)


def test_nobody_else_trains_a_sweep_that_is_held(tmp_path: Path) -> None:
    taken = pytest.raises(UserError, match="is being written by another process")
    with folder.claimed(tmp_path, PLAN), taken, folder.claimed(tmp_path, PLAN):
        pass


def test_seeds_are_taken_together(tmp_path: Path) -> None:
    with folder.claimed(tmp_path, PLAN):
        for number, value in enumerate((3.0, 5.0, 7.0)):
            done(tmp_path, number, value)
    first, second = groups(folder.outcomes(tmp_path, PLAN))
    mean = first.mean("rate")
    assert (mean.value, mean.n) == (4.0, 2)
    assert mean.high - mean.value == pytest.approx(12.706, abs=1e-3)  # Student's t of one degree, by sqrt(2)/sqrt(2)
    assert second.mean("rate").value == 7.0
    assert math.isnan(second.mean("rate").low)
    assert math.isnan(first.mean("nothing").value)
    assert first.words == "β 1"


def test_failed_runs_have_no_values_in_a_mean(tmp_path: Path) -> None:
    outcome = done(tmp_path, 0, 3.0)
    (group,) = groups([dataclasses.replace(outcome, state="failed")])
    assert group.values("rate") == ()
