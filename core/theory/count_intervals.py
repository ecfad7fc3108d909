"""95 % intervals of divergences between known probabilities and counts of samples, by inverting tests.

A reading of counts is above zero for a perfect model too, and skewed where it is small. The interval holds those means
of fresh readings with which the one reading agrees. They are simulated along a line of distributions (a one-parameter
family, DiCiccio & Romano 1990) from the known probabilities p through the shares q of the samples and beyond:
p^(1 - t) q^t, normalised.

No interval can be both short and exact where counts are 0. A class that no sample shows may be absent, or so rare that
these samples missed it: the lower end allows for the second, so that the first is held in 97.5 % of cases or more.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from core.foundation.arrays import Counts, Doubles
from core.foundation.slices import Work
from core.theory.intervals import NORMAL, Interval

TOWARDS = (0.0, 0.3, 0.6, 0.8, 0.9, 1.0, 1.1)
"""Values of t at which the lower end is simulated. Most lie below 1: a reading is larger than what it reads."""
BEYOND = (0.0, 0.4, 0.7, 1.0, 1.3, 1.7)
"""Values of t for the upper end."""
ROUNDS = 120
"""Simulated readings at each."""
MISSED = 3.0
"""Expected samples that may all be missed, with probability 5 % (the rule of three, Hanley & Lippman-Hand 1983)."""
NEXT_TO_NONE = 1e-3
"""Expected samples of all kinds together that are taken to be absent."""
LEAST = 1e-12
"""Least probability, so that logarithms are finite, and least length of an interval."""
MOST_SKEWED = 1.5
"""Skewness from which the quantiles of Cornish & Fisher 1938 are no longer in order."""
_SEED = 46


def of_divergence(counts: Counts, p: Doubles, reading: Callable[[Counts], Doubles]) -> Work[Interval]:
    """The interval of the mean of ``reading``, a divergence of counts (..., M) from probabilities p (M,).

    ``counts`` (M,) are those seen. The mean is that over fresh samples of the same size. The interval holds the
    reading, is not negative, and may lie below every mean on the line: then the law of a perfect model is moved there.
    NaN where the reading is the same whatever is drawn, as of one sample from equal p.
    """
    random = np.random.default_rng(_SEED)
    value = float(reading(counts))
    ends = []
    for side, grid, hidden in ((1.0, TOWARDS, MISSED), (-1.0, BEYOND, NEXT_TO_NONE)):
        near, far = np.log(np.maximum(p, LEAST)), np.log(_shares(counts, p, hidden))
        means, quantiles = [], []
        for t in grid:
            shares = np.exp((1 - t) * near + t * far)
            simulated = reading(random.multinomial(int(counts.sum()), shares / shares.sum(), ROUNDS))
            means.append(float(simulated.mean()))
            quantiles.append(_quantile(simulated, side * NORMAL))
            yield
        ends.append(_mean_with(value, np.array(means), np.maximum.accumulate(quantiles)))
    low, high = max(0.0, min(value, ends[0])), max(value, ends[1])
    return (math.nan, math.nan) if high - low <= LEAST else (low, high)


def _mean_with(value: float, means: Doubles, quantiles: Doubles) -> float:
    """The mean whose quantile is ``value``, from both (G,) along the line; outside it their distance stays."""
    inside = float(np.clip(value, quantiles[0], quantiles[-1]))
    return float(np.interp(inside, quantiles, means)) + value - inside


def _quantile(simulated: Doubles, z: float) -> float:
    """The quantile of readings (R,) where that of N(0, 1) is z, from mean, deviation and skewness."""
    off = simulated - simulated.mean()
    deviation = float(off.std(ddof=1))
    if deviation == 0:
        return float(simulated.mean())
    skewness = float(np.clip((off**3).mean() / deviation**3, -MOST_SKEWED, MOST_SKEWED))
    return float(simulated.mean()) + deviation * (z + skewness * (z * z - 1) / 6)


def _shares(counts: Counts, p: Doubles, hidden: float) -> Doubles:
    """Shares (M,) of which counts (M,) are samples, of kinds that have probability p in the data; none is 0.

    Half a sample is added to each count that is not 0. An empty one is either the chance of a kind as likely as in the
    data, or one that the model lost, as many as there are more empty ones than chance explains. The lost ones together
    are expected ``hidden`` times.
    """
    n = int(counts.sum())
    usual, empty = np.maximum(n * p, n * LEAST), counts == 0
    chance = np.exp(-usual)
    lost = max(0.0, float(empty.sum() - chance.sum())) / len(p)
    kept = chance * (1 - lost) / np.maximum(chance * (1 - lost) + lost, LEAST)
    each = hidden / max(1, int(empty.sum()))
    unseen = np.minimum(np.minimum(np.maximum(usual * kept, each), max(0.5, each)), usual)
    expected = np.where(empty, unseen, counts + 0.5)
    return np.asarray(expected / expected.sum(), np.float64)
