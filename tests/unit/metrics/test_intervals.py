"""Intervals of shares hold the share itself."""

from __future__ import annotations

import math

import pytest

from core.metrics.base import Measured, share_of


@pytest.mark.parametrize("n", [1, 7, 200, 1_000, 2_500, 10_000])
def test_a_share_lies_in_its_interval_also_where_none_or_all_hit(n: int) -> None:
    for hits in (0, 1, n // 2, n - 1, n):
        found = share_of(hits, n)
        assert 0.0 <= found.low <= found.value <= found.high <= 100.0, (hits, n)


def test_the_interval_is_wilsons() -> None:
    found = share_of(10, 100)  # Wilson 1927, as in any table of it: 5.5 to 17.4 %
    assert (found.value, found.low, found.high) == (10.0, pytest.approx(5.52, abs=0.01), pytest.approx(17.44, abs=0.01))


def written(number: float) -> str:
    return f"{number:.1f}"


def test_an_interval_is_written_by_its_longer_side_or_by_its_ends() -> None:
    assert Measured(2.0, 1.1, 3.2).interval(written) == "± 1.2"
    assert Measured(0.2, 0.0, 25.1).interval(written) == "0.0 to 25.1"  # not ± 24.9: no share is below zero
    assert Measured(100.0, 96.5, 100.0).interval(written) == "96.5 to 100.0"
    assert Measured(3.0, 3.0, 3.0).interval(written) == "± 0.0"
    assert Measured(2.0, 1.0, math.inf).interval(written) == Measured(2.0).interval(written) == ""
