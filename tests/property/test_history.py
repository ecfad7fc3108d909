"""The history: its table does not depend on how the rows are split into appends."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.history import History


@given(st.lists(st.integers(1, 70), min_size=1, max_size=30), st.sampled_from([4, 16, 64]))
def test_the_split_into_appends_does_not_matter(chunks: list[int], capacity: int) -> None:
    total = sum(chunks)
    steps = np.arange(1, total + 1, dtype=float)
    rows = np.stack([steps, np.sin(steps)], 1)
    in_one, in_chunks = (History(("step", "x"), capacity) for _ in range(2))
    in_one.append(rows)
    at = 0
    for chunk in chunks:
        in_chunks.append(rows[at : at + chunk])
        at += chunk
        table = in_chunks.table()
        assert len(table) <= capacity
        assert len(table) == 0 or (np.diff(table.column("step")) == table.stride).all()
    np.testing.assert_allclose(in_chunks.table().rows, in_one.table().rows)
    stride = in_one.table().stride
    assert total - stride < in_one.table().last("step") <= total


@given(st.integers(1, 300), st.integers(0, 310), st.sampled_from([16, 64]))
def test_going_back_keeps_the_earlier_rows(total: int, back: int, capacity: int) -> None:
    steps = np.arange(1, total + 1, dtype=float)
    history = History(("step", "x"), capacity)
    history.append(np.stack([steps, steps], 1))
    before = history.table()
    history.drop_after(back)
    after = history.table()
    np.testing.assert_array_equal(after.rows, before.rows[before.column("step") <= back])
