"""Memorisation: how often a sample is nearer to its nearest training image than a test image is to its own.

The probability of the Mann-Whitney test of data copying (Meehan, Chaudhuri, Dasgupta 2020), in features of the
classifier. 50 %: as new as test images. Near 100 %: copies, or pictures so blurred that they are near to everything.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Floats
from core.foundation.slices import Work
from core.metrics.base import NO_IMAGES, Measured, Metric, register, share_of_dependent
from core.models.base import Model


@register("memorisation")
class Memorisation(Metric):
    """The interval is DeLong's (1988), over samples and test images."""

    title = "Memorisation"
    unit = "%"
    formula = r"P(d(\hat x) < d(x)), \\ d = \text{distance to the nearest training image}"
    help = (
        "How often a sample is nearer to a training image than a test image is: 50 % when samples are as new as test"
        " images, near 100 % when they are copies. Blurred pictures also read high, poor ones low."
    )
    source = "Meehan et al. 2020"
    order = 180
    decimals = 1
    of_samples = True
    expensive = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Points have nothing to copy."""
        return NO_IMAGES if dataset.points else ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Distances of samples to training images, against those of test images."""
        known = yield from model_side.real_side.test_gaps()
        gaps = yield from model_side.sample_gaps()
        share, error = nearer(gaps, known)
        n, against = len(gaps), len(known)
        lost = model_side.draws - n
        degrees = min(n, against) - 1
        found = share_of_dependent(share, min(n, against), error, degrees, n=n, against=against, floor=50.0)
        return replace(found, not_finite=lost)


def nearer(one: Floats, other: Floats) -> tuple[float, float]:
    """P(one < other), ties counted half, of two sets of numbers (N,) and (M,), and its standard error.

    The error is NaN where a set has one number.
    """
    wins = _above(one, other)  # (N,): the share of other that is greater
    losses = 1 - _above(other, one)  # (M,): the share of one that is less
    if min(len(one), len(other)) < 2:
        return float(wins.mean()), math.nan
    error = math.sqrt(float(wins.var(ddof=1)) / len(one) + float(losses.var(ddof=1)) / len(other))
    return float(wins.mean()), error


def _above(values: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """For each value, the share of the others above it, ties counted half."""
    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray(1 - (below + up_to) / (2 * len(ordered)))
