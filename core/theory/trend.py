"""The slope of a series in time with its 95 % interval, robust against outliers and autocorrelation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Doubles
from core.theory.intervals import student

LEAST_BLOCKS = 6
"""Fewest blocks for an interval: with five its limits lie beyond every slope between two of them."""
MOST_BLOCKS = 12
"""Most blocks: a longer series has longer ones, which depend less on each other."""
LAGS = 5
"""Autocorrelations of the blocks that widen the interval."""


@dataclass(frozen=True)
class Trend:
    """A slope, in units of the series per unit of time, and the ends of its 95 % interval."""

    slope: float
    low: float
    high: float


def trend(times: Doubles, values: Doubles, least_block: float) -> Trend | None:
    """The slope of ``values`` (N,) over ``times`` (N,), which ascend; None where there are fewer than `LEAST_BLOCKS`.

    The series becomes medians of blocks of equal time, each ``least_block`` or longer: what comes and goes within a
    block is no slope. Of them it is the median slope between two (Theil 1950; Sen 1968). The interval is Sen's, from
    the variance of Kendall's S, which grows with the autocorrelation of the ranks (Hamed & Rao 1998), with Student's t
    for the normal quantile, because blocks are few.
    """
    t, y = _medians(times, values, least_block)
    count = len(t)
    if count < LEAST_BLOCKS:
        return None
    first, second = np.triu_indices(count, 1)
    slopes = np.sort((y[second] - y[first]) / (t[second] - t[first]))
    slope = float(np.median(slopes))
    variance = count * (count - 1) * (2 * count + 5) / 18 * _inflation(y - slope * t)
    reach = student(count - 2) * math.sqrt(variance)
    low = max(0, math.floor((len(slopes) - reach) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))
    return Trend(slope, float(slopes[low]), float(slopes[high]))


def _medians(times: Doubles, values: Doubles, least_block: float) -> tuple[Doubles, Doubles]:
    """Mean time and median value of each block (B,); a block without a value is left out."""
    span = float(times[-1] - times[0]) if len(times) else 0.0
    count = min(MOST_BLOCKS, round(span / least_block))
    if not count:
        return np.empty(0), np.empty(0)
    block = np.minimum(((times - times[0]) * count / span).astype(int), count - 1)
    held = np.unique(block)
    return (
        np.array([times[block == each].mean() for each in held]),
        np.array([np.median(values[block == each]) for each in held]),
    )


def _inflation(left: Doubles) -> float:
    """By what factor autocorrelation raises the variance of Kendall's S, from what the slope leaves (B,); 1 or more."""
    count = len(left)
    ranks = np.argsort(np.argsort(left)) - (count - 1) / 2
    lags = np.arange(1, min(LAGS, count - 3) + 1)
    alike = np.array([ranks[:-lag] @ ranks[lag:] for lag in lags]) / (ranks @ ranks)
    pairs = (count - lags) * (count - lags - 1) * (count - lags - 2)
    return max(1.0, 1 + 2 * float(pairs @ alike) / (count * (count - 1) * (count - 2)))
