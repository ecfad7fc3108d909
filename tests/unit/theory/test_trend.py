"""The slope of a series in time: what grows is found, and what comes and goes is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from core.theory.trend import LEAST_BLOCKS, MOST_BLOCKS, trend

SECONDS = 540
BLOCK_S = 20.0


def test_a_line_has_its_slope_and_no_interval() -> None:
    times = np.arange(300.0)
    found = trend(times, 3.0 + 0.25 * times, BLOCK_S)
    assert found is not None
    assert (found.slope, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_blocks_that_stand_out_move_nothing() -> None:
    times = np.arange(float(SECONDS))
    values = 0.01 * times + np.where((times > 100) & (times < 160), 500.0, 0.0)
    found = trend(times, values, BLOCK_S)
    assert found is not None
    assert found.slope == pytest.approx(0.01, abs=1e-3)


@pytest.mark.parametrize("span", [0, 1, 5 * BLOCK_S])
def test_too_few_blocks_have_no_slope(span: float) -> None:
    times = np.arange(span)
    assert trend(times, times, BLOCK_S) is None


def test_the_least_number_of_blocks_has_one() -> None:
    times = np.arange(LEAST_BLOCKS * BLOCK_S + 1)
    assert trend(times, times, BLOCK_S) is not None


def test_a_stretch_without_values_is_left_out() -> None:
    times = np.arange(float(MOST_BLOCKS * 60))
    kept = (times < 200) | (times > 400)
    found = trend(times[kept], 2.0 * times[kept], BLOCK_S)
    assert found is not None
    assert found.slope == pytest.approx(2.0)


def _wandering(rng: np.random.Generator, memory_s: float) -> np.ndarray:
    """Values whose autocorrelation falls by e in so many seconds, of variance 1."""
    decay = np.exp(-1 / memory_s)
    values = rng.standard_normal(SECONDS)
    for i in range(1, SECONDS):
        values[i] = decay * values[i - 1] + np.sqrt(1 - decay**2) * values[i]
    return values


@pytest.mark.parametrize("memory_s", [0.1, 10.0, 30.0])
def test_the_interval_holds_the_slope_of_values_that_depend_on_each_other(memory_s: float) -> None:
    """In 93 to 98 of 100 series of 540 values."""
    rng, times = np.random.default_rng(5), np.arange(float(SECONDS))
    found = [trend(times, _wandering(rng, memory_s), BLOCK_S) for _ in range(200)]
    assert np.mean([each is not None and each.low <= 0 <= each.high for each in found]) > 0.9
