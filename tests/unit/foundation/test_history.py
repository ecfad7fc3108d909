"""The history: bounded memory, and tables that never change under a reader."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.foundation.history import History, Table


def rows(first: int, count: int) -> np.ndarray:
    steps = np.arange(first, first + count, dtype=float)
    return np.stack([steps, steps**2], 1)


def filled(capacity: int, count: int, at_once: int = 7) -> tuple[History, Table]:
    history = History(("step", "square"), capacity)
    for first in range(1, count + 1, at_once):
        history.append(rows(first, min(at_once, count + 1 - first)))
    return history, history.table()


def test_short_histories_keep_every_row() -> None:
    _, table = filled(64, 64)
    assert len(table) == 64
    assert table.stride == 1
    np.testing.assert_array_equal(table.rows, rows(1, 64))
    assert table.last("square") == 64**2
    with pytest.raises(KeyError):
        table.column("cube")


def test_memory_is_bounded() -> None:
    history, table = filled(64, 100_000, at_once=501)
    assert len(table) <= 64
    assert history.bytes < 64 * 2 * 8 + table.stride * 2 * 8
    assert table.stride == 2048
    np.testing.assert_array_equal(np.diff(table.column("step")), table.stride)


def test_merged_rows_are_means_and_carry_their_last_step() -> None:
    _, table = filled(16, 40)
    assert table.stride == 4
    for row in table.rows:
        last = int(row[0])
        assert row[1] == pytest.approx(np.mean(np.arange(last - 3, last + 1) ** 2))


def test_readers_cannot_write_and_never_see_a_change() -> None:
    history, early = filled(16, 10)
    kept = early.rows.copy()
    with pytest.raises(ValueError, match="read-only"):
        early.rows[0, 0] = 5
    history.append(rows(11, 1000))
    history.drop_after(100)
    history.append(rows(101, 50))
    np.testing.assert_array_equal(early.rows, kept)
    assert len(early) == 10


def test_going_back() -> None:
    history, before = filled(64, 50)
    kept = before.rows.copy()
    history.drop_after(30)
    assert history.table().last("step") == 30
    history.append(rows(31, 5))
    np.testing.assert_array_equal(history.table().rows, rows(1, 35))
    np.testing.assert_array_equal(before.rows, kept)
    history.drop_after(0)
    assert history.table().last("step") is None


def test_an_odd_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        History(("step",), 15)


@pytest.mark.parametrize("steps", [3, 8, 21, 50])
def test_a_history_goes_on_from_its_table_and_the_rows_after_it(steps: int) -> None:
    whole, table = filled(8, steps)
    other = History(table.names, 8)
    other.resume(table, whole.pending)
    for first in range(steps + 1, 100, 7):
        whole.append(rows(first, 7))
        other.append(rows(first, 7))
    assert (other.table().stride, other.pending.tolist()) == (whole.table().stride, whole.pending.tolist())
    np.testing.assert_array_equal(other.table().rows, whole.table().rows)


@pytest.mark.parametrize(
    ("names", "held", "stride", "pending"),
    [
        (("step", "other"), [[1.0, 0.0]], 1, []),
        (("step", "loss"), [[1.0]], 1, []),
        (("step", "loss"), [[each, 0.0] for each in range(9)], 1, []),
        (("step", "loss"), [[1.0, 0.0]], 0, []),
        (("step", "loss"), [[2.0, 0.0], [1.0, 0.0]], 1, []),
        (("step", "loss"), [[1.0, 0.0]], 1, [[1.0, 0.0]]),
        (("step", "loss"), [[np.nan, 0.0]], 1, []),
        (("step", "loss"), [[1.0, 0.0]], 1, [[2.0]]),
    ],
)
def test_a_table_that_is_none_of_it_is_refused(names: Any, held: Any, stride: int, pending: Any) -> None:
    history = History(("step", "loss"), capacity=8)
    after = np.array(pending) if pending else None
    with pytest.raises(ValueError, match=r"history|a table of 2 columns"):
        history.resume(Table(names, np.array(held), stride), after)
    assert len(history.table()) == 0
