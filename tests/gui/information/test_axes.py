"""Ticks of axes with labels of their own, and bins of histograms."""

from __future__ import annotations

import numpy as np
import pytest

from gui.information import axes
from gui.plots.bins import Bins


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 4.0, ["1", "10", "100", "1,000", "10,000"]),
        (-4.3, 0.4, ["10⁻⁴", "10⁻³", "0.01", "0.1", "1"]),
        (0.1, 1.9, ["2", "5", "10", "20", "50"]),
        (1.6, 1.9, ["40", "50", "60", "70"]),
        (-8.1, -7.2, ["1·10⁻⁸", "2·10⁻⁸", "5·10⁻⁸"]),
    ],
)
def test_a_logarithmic_axis_has_labels_at_any_zoom(low: float, high: float, labels: list[str]) -> None:
    ticks = axes.logarithmic(low, high)
    assert [label for _, label in ticks] == labels


def test_a_logarithmic_axis_always_has_two_labels() -> None:
    random = np.random.default_rng(5)
    for middle, length in zip(random.uniform(-9, 9, 500), 10.0 ** random.uniform(-5, 1.2, 500), strict=True):
        ticks = axes.logarithmic(middle - length / 2, middle + length / 2)
        at = [value for value, _ in ticks]
        assert len(ticks) >= 2
        assert len({label for _, label in ticks}) == len(ticks)
        assert at == sorted(at)
        assert middle - length / 2 - 1e-8 <= at[0] <= at[-1] <= middle + length / 2 + 1e-8


def test_a_range_in_steps_holds_it_and_seldom_moves() -> None:
    low, high = axes.in_steps(-3.21, 8.05)
    assert low <= -3.21
    assert high >= 8.05
    assert (high - low) / (8.05 + 3.21) < 1.04
    assert len({axes.in_steps(-3.21, 8.05 + 0.001 * step) for step in range(100)}) <= 2


def test_bins_are_as_wide_wherever_is_looked() -> None:
    values = np.random.default_rng(2).normal(0.0, 3.0, 4_000)
    home = Bins.of(values, (-2.0, 2.0), 40)
    assert len(home.counts) == 40
    near = Bins.of(values, (-2.0, 2.0), 40, (-0.55, 0.55))
    assert near.counts.tolist() == home.counts[14:26].tolist()
    whole = Bins.of(values, (-2.0, 2.0), 40, (-50.0, 50.0))
    assert whole.counts.sum() == 4_000
    assert len(whole.counts) < 300  # no bins where no values are
    np.testing.assert_allclose(np.diff(whole.edges), 0.1)
    assert len(Bins.of(values, (-2.0, 2.0), 40, (40.0, 50.0)).counts) == 0
    assert home.words(20) == "0.00 to 0.10"
