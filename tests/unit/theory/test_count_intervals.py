"""The interval of a divergence of counts from known probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.foundation.slices import finish
from core.metrics.label_kl import terms
from core.theory.count_intervals import of_divergence

EVEN = np.full(10, 0.1)


def label_kl(counts: np.ndarray) -> np.ndarray:
    return np.asarray(terms(counts, EVEN).sum(-1))


def interval(counts: np.ndarray) -> tuple[float, float, float]:
    """Lower end, reading, upper end."""
    low, high = finish(of_divergence(counts, EVEN, label_kl))
    return low, float(label_kl(counts)), high


@pytest.mark.parametrize("n", [2, 3, 20, 2_500])
@pytest.mark.parametrize("modes", [1, 5, 10])
def test_it_holds_the_reading(n: int, modes: int) -> None:
    counts = np.bincount(np.random.default_rng(n).integers(0, modes, n), minlength=10)
    low, value, high = interval(counts)
    assert 0 <= low <= value <= high
    assert low < high


def test_one_sample_of_equal_classes_tells_nothing() -> None:
    low, _, high = interval(np.eye(10, dtype=np.int64)[3])
    assert math.isnan(low)
    assert math.isnan(high)


def test_a_class_that_is_not_seen_may_be_rare_and_the_lower_end_allows_for_it() -> None:
    """Two expected samples are all missed with 14 % probability, four with 2 %: the lower end lies between."""
    counts = np.append(np.full(9, 278), 0)
    low, value, high = interval(counts)

    def less(expected: float) -> float:
        """By how much a class with so many expected samples lowers the mean reading."""
        seen = np.random.default_rng(0).poisson(expected, 100_000)
        return float(0.1 * np.log((seen + 0.5) / 0.5).mean())

    assert less(2) < value - low < less(4)
    assert high - value < (value - low) / 10


def test_counts_nearer_to_p_than_chance_move_the_law_of_a_perfect_model() -> None:
    """The lower end then is no reading of any model; the upper end is that of a perfect one."""
    low, value, high = interval(np.full(10, 250))
    assert value < 1e-12
    assert low == 0
    perfect = label_kl(np.random.default_rng(1).multinomial(2_500, EVEN, 4_000))
    assert high == pytest.approx(perfect.mean() - np.quantile(perfect, 0.025), rel=0.3)


def test_looking_twice_gives_the_same_interval() -> None:
    counts = np.random.default_rng(3).multinomial(200, np.linspace(0.05, 0.15, 10))
    assert interval(counts) == interval(counts)
