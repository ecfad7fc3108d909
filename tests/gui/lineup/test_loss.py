"""Smoothing, thinning, round ranges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gui.drawing.smoothing import BLOCK, averaged, nice_range, smoothed, span, thinned


def naive(y: np.ndarray, weight: float) -> np.ndarray:
    mean, out = 0.0, []
    for i, value in enumerate(y):
        mean = weight * mean + (1 - weight) * value
        out.append(mean / (1 - weight ** (i + 1)))
    return np.array(out)


@pytest.mark.parametrize("count", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 1000])
@pytest.mark.parametrize("weight", [0.3, 0.9, 0.99])
def test_smoothing_is_the_bias_corrected_mean(count: int, weight: float) -> None:
    y = np.random.default_rng(count).normal(100, 20, count)
    assert np.allclose(smoothed(y, weight), naive(y, weight), rtol=1e-9)


def test_smoothing_of_nothing_by_nothing() -> None:
    y = np.arange(5.0)
    assert smoothed(y, 0.0) is y
    assert len(smoothed(np.empty(0), 0.9)) == 0
    assert np.allclose(smoothed(np.full(500, 7.0), 0.95), 7.0)


def test_a_nan_affects_only_itself() -> None:
    y = np.full(300, 50.0)
    y[100] = math.inf
    y[101] = math.nan
    mean = smoothed(y, 0.9)
    assert np.isfinite(mean).all()
    assert mean[-1] == pytest.approx(50.0, rel=1e-6)


@pytest.mark.parametrize("points", [4, 50, 333])
def test_thinning_keeps_extremes_and_ends(points: int) -> None:
    x = np.arange(5000.0)
    y = np.random.default_rng(points).normal(size=5000)
    y[1234], y[4321] = 90.0, -90.0
    few, values = thinned(x, y, points)
    assert len(few) <= points + 4
    assert values.max() == 90.0
    assert values.min() == -90.0
    assert (few[0], few[-1]) == (0.0, 4999.0)
    assert (np.diff(few) > 0).all()
    assert np.array_equal(values, y[few.astype(int)])


@pytest.mark.parametrize("count", [51, 500, 4_999])
def test_a_smooth_curve_is_drawn_without_a_saw(count: int) -> None:
    """A line with noise of one step: thinned it goes up and down at each vertex, the mean of buckets does not."""
    x = np.arange(float(count))
    y = x + np.where(x % 2, 3.0, -3.0)
    few, values = averaged(x, y, 50)
    assert len(few) <= 53
    assert (few[0], few[-1], values[-1]) == (0.0, count - 1.0, y[-1])
    assert (np.diff(few) >= 0).all()
    assert (np.diff(values[1:-1]) > 0).all()


def test_few_points_are_not_thinned() -> None:
    x = y = np.arange(10.0)
    assert thinned(x, y, 10)[0] is x
    assert thinned(x, y, 3)[0] is x


@pytest.mark.parametrize("count", [1, 2, 3, 100, 101, 102, 9_999])
def test_a_span_is_from_the_1st_to_the_99th_percentile(count: int) -> None:
    y = np.random.default_rng(count).normal(100, 20, count)
    expected = np.percentile(y, [1, 99])
    assert span(y) == pytest.approx(tuple(expected), rel=1e-12)
    assert span(np.concatenate([[math.inf], y, [math.nan]])) == pytest.approx(tuple(expected), rel=1e-12)


def test_there_is_no_span_of_nothing() -> None:
    assert span(np.empty(0)) is None
    assert span(np.array([math.nan, -math.inf])) is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(103, 189, (100, 200)), (0.2, 1.9, (0.0, 2.0)), (-7, 7, (-10, 10)), (150, 150, (148, 152))],
)
def test_ranges_are_round(low: float, high: float, expected: tuple[float, float]) -> None:
    assert nice_range(low, high) == pytest.approx(expected)


def test_many_steps_leave_little_of_a_range_empty() -> None:
    random = np.random.default_rng(2)
    for low, length in zip(random.uniform(0, 500, 500), random.uniform(30, 500, 500), strict=True):
        bottom, top = nice_range(low, low + length, 20)
        assert low - 0.13 * length <= bottom <= low
        assert low + length <= top <= low + 1.13 * length


@pytest.mark.parametrize("value", [0.0, 150.0, -3.0, 1e-9, 1e12])
def test_a_single_value_gets_room(value: float) -> None:
    bottom, top = nice_range(value, value)
    assert bottom < value < top


def test_ranges_hold_what_they_are_for() -> None:
    random = np.random.default_rng(1)
    for low, length in zip(random.normal(0, 1e3, 300), random.exponential(1e2, 300) ** 2, strict=True):
        bottom, top = nice_range(low, low + length)
        assert bottom <= low + 1e-9 * abs(low)
        assert top >= low + length - 1e-9 * abs(low + length)
        assert top - bottom <= 3 * max(length, abs(low + length) * 0.02)
    for bad in ((math.nan, 1.0), (0.0, math.inf)):
        assert nice_range(*bad) == (0.0, 1.0)
