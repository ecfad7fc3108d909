"""Support size: among how many different images the model seems to choose, by the birthday paradox.

c near-duplicate pairs among s samples suggest s (s - 1) / 2c different images (Arora & Zhang 2018). Two images are
near-duplicates when their features are as near as those of the nearest of 100,000 pairs of training images: the data
themselves read 100,000 by construction, and a model that repeats itself reads less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import DISTINCT
from core.foundation.slices import Work
from core.metrics.base import NO_IMAGES, Measured, Metric, register, too_few
from core.models.base import Model
from core.theory import intervals
from core.theory.neighbours import PointSet, others_within

AT_LEAST = 3.0
"""Where no pair is found, at most so many are expected, at 95 % (the rule of three)."""


@register("duplicates")
class Duplicates(Metric):
    """``parts``: the pairs found, and "at least" 1 where there were none and the value is a lower bound."""

    title = "Support size"
    unit = "images"
    formula = r"\frac{s(s - 1)}{2c}"
    help = (
        "Among how many different images the model seems to choose, from how often two samples are near-duplicates."
        " Real images read about 100,000 by the choice of what is near; far less means that it repeats itself."
    )
    source = "Arora & Zhang 2018"
    order = 190
    better = 1
    decimals = 0
    of_samples = True
    expensive = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Points have no pictures to repeat."""
        return NO_IMAGES if dataset.points else too_few(dataset, trains=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Compare all samples with each other."""
        gap = yield from model_side.real_side.duplicate_gap()
        features, _ = yield from model_side.sample_features()
        partners = yield from others_within(PointSet(features), gap)
        against = len(model_side.real_side.subsets.featured_index)
        lost = model_side.draws - len(partners)
        return support(partners, against=against, floor=float(DISTINCT), not_finite=lost)


def support(partners: npt.NDArray[np.int64], against: int, floor: float, not_finite: int = 0) -> Measured:
    """The support size, from the number of near-duplicates (N,) of each of N samples.

    The share p of pairs is a U-statistic; its variance (Hoeffding 1948) says how many independent
    pairs with a Poisson count tell as much.
    """
    n = len(partners)
    pairs = n * (n - 1) / 2
    count = float(partners.sum()) / 2
    parts = ("near-duplicate pairs", count), ("at least", float(count == 0))
    if count == 0:
        bound = pairs / AT_LEAST
        return Measured(bound, bound, n=n, against=against, floor=floor, parts=parts, not_finite=not_finite)
    p = count / pairs
    shared = float((partners * (partners - 1.0)).sum()) / (n * (n - 1.0) * (n - 2.0))  # two pairs with one in common
    variance = (2 * (n - 2) * max(0.0, shared - p * p) + p * (1 - p)) / pairs
    low, high = intervals.poisson(count, max(count, variance * pairs**2))
    span = max(1.0, pairs / high), max(1.0, pairs / low)
    return Measured(1 / p, *span, n=n, against=against, floor=floor, parts=parts, not_finite=not_finite)
