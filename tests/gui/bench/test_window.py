"""The bench of the window tells growing memory from memory that comes and goes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.benchmarks.targets import TARGETS
from gui.bench.window import growth, memory_in_use_mb

MOST = next(target.bound for target in TARGETS if target.path == "window.memory_growth_mb_per_10min.at_least")


def weighed(per_10min: float, seconds: int = 90) -> list[tuple[float, float]]:
    """Memory once a second: a line, a saw of 7 s, and noise."""
    noise = np.random.default_rng(0).normal(0.0, 4.0, seconds)
    return [(float(t), 430 + per_10min * t / 600 + 3 * (t % 7) + noise[t]) for t in range(seconds)]


def test_what_comes_and_goes_is_no_growth() -> None:
    assert growth(weighed(0.0))["at_least"] == 0.0
    assert growth(weighed(-50.0))["at_least"] == 0.0


@pytest.mark.parametrize("leak", [100.0, 15_000.0])
def test_a_leak_is_found(leak: float) -> None:
    found = growth(weighed(leak))
    assert found["fitted"] == pytest.approx(leak, abs=40)
    assert found["at_least"] is not None
    assert MOST < found["at_least"] < leak + 40


def test_a_short_time_says_nothing() -> None:
    assert growth(weighed(100.0, 30)) == {"fitted": None, "at_least": None}
    assert growth([]) == {"fitted": None, "at_least": None}
    assert growth([(t, math.nan) for t, _ in weighed(0.0)]) == {"fitted": None, "at_least": None}


@pytest.mark.skipif(math.isnan(memory_in_use_mb()), reason="the C library does not say what is in use")
def test_freed_memory_is_not_in_use() -> None:
    before = memory_in_use_mb()
    block = bytearray(50_000_000)
    assert memory_in_use_mb() - before > 45
    del block
    assert memory_in_use_mb() - before < 5
