"""95 % intervals from data: Student's t, shares with and without a design effect, shares beyond a quantile, blocks.

Arrays in, numbers out. ``tests/interval_coverage.py`` simulates how often each holds what it aims at.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from core.foundation.slices import Work

Rows = npt.NDArray[Any]
Interval = tuple[float, float]
"""Lower and upper end."""

TAIL = 0.025
"""Probability beyond each end."""
NORMAL = 1.959964
"""The quantile of N(0, 1) at 1 - `TAIL`."""
MOST_INDEPENDENT = 4
"""Independent trials that a row of a dependent share may be worth."""
PAIRS = 40
"""Pairs of groups left out by the jackknife."""
_SEED = 46


@functools.cache
def student(degrees: float, tail: float = TAIL) -> float:
    """The quantile of Student's t at 1 - tail, to 4 digits (Hill 1970); NaN where there is no degree of freedom.

    Not by scipy, whose import takes a tenth of a second: the window asks for it too.
    """
    n, p = degrees, 2 * tail
    if n < 1:
        return math.nan
    if n == 1:
        return 1 / math.tan(p * math.pi / 2)
    if n == 2:
        return math.sqrt(2 / (p * (2 - p)) - 2)
    from statistics import NormalDist  # not above: with the fractions that it imports the window would open later

    x = NormalDist().inv_cdf(tail)
    if math.isinf(n):
        return -x
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * p) ** (2 / n)
    if y <= a + 0.05:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (
            n + 2
        ) + 1 / y
        return math.sqrt(n * y)
    c += 0.3 * (n - 4.5) * (x + 0.6) if n < 5 else 0.0
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    square = x * x
    y = (((((0.4 * square + 6.3) * square + 36) * square + 94.5) / c - square - 3) / b + 1) * x
    return math.sqrt(n * math.expm1(a * y * y))


def of_mean(values: Rows) -> tuple[float, float]:
    """The mean of independent values (N,) and half of its interval by Student's t; NaN for one value."""
    n = len(values)
    mean = float(values.mean(dtype=np.float64))
    half = student(n - 1) * float(values.std(ddof=1, dtype=np.float64)) / math.sqrt(n) if n > 1 else math.nan
    return mean, half


def wilson(p: float, n: float, t: float = NORMAL) -> Interval:
    """The interval of a share p of n independent trials (Wilson 1927). It holds p, whatever is rounded."""
    middle = (p + t * t / (2 * n)) / (1 + t * t / n)
    half = t / (1 + t * t / n) * math.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


def wilson_of_dependent(p: float, n: int, deviation: float, degrees: float) -> Interval:
    """`wilson` for a share of n rows that depend on each other, from its standard deviation.

    n becomes the number of independent trials with that deviation (Korn & Graubard 1998), at most `MOST_INDEPENDENT` n:
    near 0 and 1 a few rows carry the spread, and a sample without them shows too little. Where none or all hit, or no
    spread was seen, it stays.
    """
    independent = float(n)
    if deviation > 0 and 0 < p < 1:
        independent = min(MOST_INDEPENDENT * n, p * (1 - p) / deviation**2)
    return wilson(p, independent, student(degrees))


def beyond(drawn: Rows, known: Rows, share: float, limit: float) -> Interval:
    """The interval of the share of draws (M,) beyond ``limit``, the quantile at ``share`` of known values (N,).

    Both are samples. The quantile's own interval is that of order statistics (David & Nagaraja 2003, 7.1), between
    which it is interpolated (Beran & Hall 1993). With too few known values it is open above, and so the share may be 0;
    then the lower end takes both tails. The distances from the share to its limits from either source are independent,
    and add as squares (Zou & Donner 2008).
    """
    from scipy.special import bdtr

    ordered, ranks = np.sort(known), np.arange(len(known), dtype=np.float64)
    below = bdtr(ranks, len(ordered), share)  # P(the value of this rank lies above the quantile)
    is_open = below[-1] < 1 - TAIL
    near = np.interp(np.interp(2 * TAIL if is_open else TAIL, below, ranks), ranks, ordered)
    far = math.inf if is_open else np.interp(np.interp(1 - TAIL, below, ranks), ranks, ordered)
    p, most, least = (float((drawn > each).mean()) for each in (limit, min(near, limit), max(far, limit)))
    low, high = wilson(p, len(drawn))
    return max(0.0, p - math.hypot(p - low, p - least)), min(1.0, p + math.hypot(high - p, most - p))


def surely(certain: Callable[[float], int], count: int) -> int:
    """How many of ``count`` statements hold together with probability 1 - `TAIL`, one step after another (Holm 1979).

    ``certain(tail)`` is the number of those that each hold with probability 1 - tail: what is certain already need not
    share the tail with what is not.
    """
    found = 0
    while found < count and (more := certain(TAIL / (count - found))) > found:
        found = more
    return found


def poisson(count: float, variance: float) -> Interval:
    """The interval of the mean of a count with that variance (Garwood 1936).

    Of a count whose variance is larger than its mean, a Poisson count with the same relative spread takes its place.
    """
    from scipy.special import chdtri

    factor = count / variance
    alike = count * factor
    low, high = 0.5 * float(chdtri(2 * alike, 1 - TAIL)), 0.5 * float(chdtri(2 * alike + 2, TAIL))
    return low / factor, high / factor


def of_distance(value: float, deviation: float, degrees: float = math.inf) -> Interval:
    """The interval of the mean of a distance, which is not negative, from a reading and its standard deviation.

    On a log scale: near 0 its law is skewed like a chi-squared one. NaN where the deviation is NaN or 0.
    """
    if not deviation > 0 or not value > 0:
        return math.nan, math.nan
    factor = math.exp(min(50.0, student(degrees) * deviation / value))
    return value / factor, value * factor


def jackknife_deviation(reading: Callable[..., float], groups: Sequence[int]) -> Work[float]:
    """The standard deviation of a reading over fresh draws of all its sets, by a jackknife over groups.

    ``reading(kept, ...)`` is that of the groups (G,) kept of each set, of which there are ``groups``. A jackknife
    counts what comes of two groups together twice (Efron & Stein 1981), which is most of it where a distance is near 0.
    Second differences, of some pairs of groups, estimate that part, and it is taken off.
    """
    everything = [np.ones(count, np.bool_) for count in groups]
    members = [(number, group) for number, count in enumerate(groups) for group in range(count)]

    def without(*left_out: tuple[int, int]) -> float:
        kept = [each.copy() for each in everything]
        for number, group in left_out:
            kept[number][group] = False
        return reading(*kept)

    whole = without()
    yield
    singles: dict[tuple[int, int], float] = {}
    for member in members:
        singles[member] = without(member)
        yield
    variance = 0.0
    for number, count in enumerate(groups):
        variance += float(np.var([singles[number, group] for group in range(count)])) * (count - 1)
    pairs = list(itertools.combinations(members, 2))
    chosen = np.random.default_rng(_SEED).permutation(len(pairs))[:PAIRS]
    together = 0.0
    for one, other in (pairs[index] for index in chosen.tolist()):
        together += (without(one, other) - singles[one] - singles[other] + whole) ** 2 * len(pairs) / len(chosen)
        yield
    return math.sqrt(max(variance - together, variance / 2))


def moments_of_blocks(
    sets: Sequence[Rows], reading: Callable[..., Work[Any]], blocks: int, rounds: int, seed: int = _SEED
) -> Work[tuple[Doubles, Doubles]]:
    """Mean and variance (K,) of ``reading`` of sets as large as a block, over fresh draws of all sets.

    Each round cuts every set (N, ...) at random into so many blocks; their readings (K,) are independent, so that the
    estimate has no bias, whatever the reading is. A jackknife of nearest neighbours has: its variance is 1 to 4.5 times
    too large, over two to 64 dimensions and 200 to 2,500 rows.
    """
    random = np.random.default_rng([seed, blocks])
    mean: Doubles | float = 0.0
    variance: Doubles | float = 0.0
    for _ in range(rounds):
        parts = [np.array_split(random.permutation(len(rows)), blocks) for rows in sets]
        readings = []
        for index in zip(*parts, strict=True):
            chosen = [rows[each] for rows, each in zip(sets, index, strict=True)]
            readings.append((yield from reading(*chosen)))
            yield
        mean = mean + np.mean(np.array(readings), axis=0)
        variance = variance + np.var(np.array(readings), axis=0, ddof=1)
    return np.asarray(mean / rounds, np.float64), np.asarray(variance / rounds, np.float64)
