"""Mutual information gap: whether each known factor sits in one dimension of the code (Chen et al. 2018, eq. 6).

Per factor: the highest mutual information of one dimension with it, less the second highest, over the factor's entropy.
By histograms: each dimension of the mean codes in 20 bins with equally many images, a continuous factor in 10 (few
whole numbers stay as they are). Counts of few images overstate an information, the more the less there is of it. So
each is adjusted for chance (Vinh, Epps, Bailey 2010, eq. 3): (I - I0) / (H - I0), where I0 is its mean with the factor
shuffled over the images. Noise reads 0 and a dimension that knows the factor 1, whatever the number of images.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Counts, Doubles
from core.foundation.finite import NoneFinite, finite_rows
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, Measured, Metric, jackknifed, register, too_few
from core.models.base import Model

CODE_BINS = 20
"""Bins of a dimension of the code."""
FACTOR_BINS = 10
"""Bins of a continuous factor."""
GROUPS = 20
"""Groups of images that the jackknife leaves out in turn."""
SHUFFLES = 20
"""Shuffles of a factor whose mean information is the one by chance."""
SEED = 46
LEAST_IMAGES = 2 * CODE_BINS
"""Fewest test images: with fewer, chance reads as much as there is to know."""
LEAST_FOR_INTERVAL = 10 * GROUPS
"""Fewest images with an interval: with smaller groups most readings are 0, and so is their spread."""
NO_FACTORS = "The factors behind these data are not known."


def ranked(values: npt.NDArray[np.floating], bins: int) -> Counts:
    """Values (N,) in bins that hold equally many, 0 to bins - 1; equal values share a bin."""
    edges = np.quantile(values, np.arange(1, bins) / bins)
    bins_of_values: Counts = np.searchsorted(edges, values, side="right").astype(np.int64)
    return bins_of_values


def levels(factor: npt.NDArray[np.floating]) -> Counts:
    """A factor (N,) as levels 0, 1, ...: a few distinct whole numbers are levels already, others are binned."""
    distinct, index = np.unique(factor, return_inverse=True)
    if len(distinct) <= FACTOR_BINS and np.array_equal(distinct, np.round(distinct)):
        level: Counts = index.astype(np.int64).reshape(-1)
        return level
    return ranked(factor, FACTOR_BINS)


def _information(joint: Doubles) -> Doubles:
    """I(row; column) in nats of counts (..., A, B): (...)."""
    p = joint / joint.sum((-2, -1), keepdims=True)
    independent = p.sum(-1, keepdims=True) * p.sum(-2, keepdims=True)
    ratio = np.where(p > 0, p / np.where(independent > 0, independent, 1.0), 1.0)
    information: Doubles = (p * np.log(ratio)).sum((-2, -1))
    return information


def by_chance(codes: npt.NDArray[np.floating], factor: npt.NDArray[np.floating]) -> Work[Doubles]:
    """The mean information (D,) of each dimension of codes (N, D) with the shuffled factor (N,), nats."""
    random = np.random.default_rng(SEED)
    bins = [ranked(dimension, CODE_BINS) for dimension in codes.T]
    level = levels(factor)
    count = int(level.max()) + 1
    total = np.zeros(codes.shape[1])
    for _ in range(SHUFFLES):
        shuffled = random.permutation(level)
        joint = [np.bincount(each * count + shuffled, minlength=CODE_BINS * count) for each in bins]
        total += _information(np.array(joint, np.float64).reshape(len(bins), CODE_BINS, count))
        yield
    return total / SHUFFLES


def gaps(joint: Doubles, chance: npt.NDArray[np.floating]) -> tuple[float, float]:
    """(gap, entropy) of one factor with L levels, from counts (D, bins, L) and the informations (D,) by chance.

    With one dimension the second reads 0.
    """
    share = joint[0].sum(0) / joint[0].sum()
    entropy = -float((share * np.log(np.where(share > 0, share, 1.0))).sum())
    left = entropy - chance
    adjusted = np.where(left > 0, (_information(joint) - chance) / np.where(left > 0, left, 1.0), 0.0)
    second, first = np.sort(np.append(np.clip(adjusted, 0.0, 1.0), 0.0))[-2:]
    return float(first - second), entropy


def counted(codes: npt.NDArray[np.floating], factor: npt.NDArray[np.floating]) -> Doubles:
    """Joint counts (GROUPS, D, CODE_BINS, L) of codes (N, D) and a factor (N,), separately for each group of images."""
    level = levels(factor)
    count = int(level.max()) + 1
    group = np.arange(len(level)) % GROUPS
    joint = np.empty((GROUPS, codes.shape[1], CODE_BINS, count))
    for dimension in range(codes.shape[1]):
        cell = (group * CODE_BINS + ranked(codes[:, dimension], CODE_BINS)) * count + level
        counts = np.bincount(cell, minlength=GROUPS * CODE_BINS * count)
        joint[:, dimension] = counts.reshape(GROUPS, CODE_BINS, count)
    return joint


@register("mig")
class MutualInformationGap(Metric):
    """For datasets whose factors are known, over test images."""

    title = "MIG"
    formula = r"\tfrac{1}{F} \sum_f (I(z_1; f) - I(z_2; f)) / H(f)"
    help = (
        "Whether each known factor sits in one dimension of the code alone: 1 is a dimension of its own for every"
        " factor, 0 for none. z₁ and z₂ are the two dimensions that know most about f; what counting reads by chance,"
        " with the factor shuffled, is taken off."
    )
    source = "Chen et al. 2018, adjusted for chance as in Vinh et al. 2010"
    order = 230
    better = 1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """It needs codes and factors."""
        if not model.has_encoder:
            return NO_ENCODER
        if dataset.test.factors is None:
            return NO_FACTORS
        return too_few(dataset, tests=LEAST_IMAGES)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean gap; the parts are the factors' gaps. The interval is the jackknife's, over 20 groups of images."""
        means, _ = yield from model_side.test_codes()
        factors = model_side.dataset.test.factors
        assert factors is not None
        factors = factors[model_side.real_side.subsets.compared_index]  # (N, F)
        finite = finite_rows(means)
        lost = len(means) - int(finite.sum())
        if not finite.any():
            raise NoneFinite(lost)
        means, factors = means[finite], factors[finite]
        by_factor, without = [], []
        for factor in factors.T:
            chance = yield from by_chance(means, factor)
            groups = counted(means, factor)
            joint = groups.sum(0)
            by_factor.append(gaps(joint, chance)[0])
            without.append([gaps(joint - group, chance)[0] for group in groups])
            yield
        names = model_side.dataset.factor_names or tuple(f"factor {i}" for i in range(1, len(by_factor) + 1))
        parts = tuple(zip(names, by_factor, strict=True))
        value = float(np.mean(by_factor))
        if len(means) < LEAST_FOR_INTERVAL:
            return Measured(value, n=len(means), parts=parts, not_finite=lost)
        left_out = np.array(without).mean(0)  # (GROUPS,)
        return jackknifed(value, left_out, 0.0, 1.0, n=len(means), parts=parts, not_finite=lost)
