"""Mutual information gap: whether each known factor sits in one dimension of the code (Chen et al. 2018, eq. 6).

Per factor: the mutual information of the dimension that knows most about it, less that of the second, over the factor's
entropy. By histograms: each dimension of the mean codes in 20 bins with equally many images, a continuous factor in 10
(few whole numbers stay as they are). Counting too few images inflates all informations alike, so it cancels in the gap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Counts, Doubles
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, Measured, Metric, jackknifed, register
from core.models.base import Model

CODE_BINS = 20
FACTOR_BINS = 10
GROUPS = 20
NO_FACTORS = "The factors behind these images are not known."


def ranked(values: npt.NDArray[np.floating], bins: int) -> Counts:
    """Values (N,) in bins that hold equally many, 0 to bins - 1; equal values share a bin."""
    edges = np.quantile(values, np.arange(1, bins) / bins)
    found: Counts = np.searchsorted(edges, values, side="right").astype(np.int64)
    return found


def levels(factor: npt.NDArray[np.floating]) -> Counts:
    """A factor (N,) as levels 0, 1, ...: few whole numbers are levels already."""
    found, where = np.unique(factor, return_inverse=True)
    if len(found) <= FACTOR_BINS and np.array_equal(found, np.round(found)):
        level: Counts = where.astype(np.int64).reshape(-1)
        return level
    return ranked(factor, FACTOR_BINS)


def _information(joint: Doubles) -> Doubles:
    """I(row; column) in nats of counts (..., A, B): (...)."""
    p = joint / joint.sum((-2, -1), keepdims=True)
    apart = p.sum(-1, keepdims=True) * p.sum(-2, keepdims=True)
    ratio = np.where(p > 0, p / np.where(apart > 0, apart, 1.0), 1.0)
    found: Doubles = (p * np.log(ratio)).sum((-2, -1))
    return found


def gaps(joint: Doubles) -> tuple[float, float]:
    """(gap, entropy) of one factor with L levels, from counts (D, bins, L). One dimension alone has no rival."""
    information = np.append(_information(joint), 0.0)  # (D + 1,)
    share = joint[0].sum(0) / joint[0].sum()
    entropy = -float((share * np.log(np.where(share > 0, share, 1.0))).sum())
    second, first = np.sort(information)[-2:]
    return (float(first - second) / entropy if entropy > 0 else 0.0), entropy


def counted(codes: npt.NDArray[np.floating], factor: npt.NDArray[np.floating]) -> Doubles:
    """Joint counts (GROUPS, D, CODE_BINS, L) of codes (N, D) and a factor (N,), for each group of images apart."""
    level = levels(factor)
    most = int(level.max()) + 1
    group = np.arange(len(level)) % GROUPS
    found = np.empty((GROUPS, codes.shape[1], CODE_BINS, most))
    for dimension in range(codes.shape[1]):
        place = (group * CODE_BINS + ranked(codes[:, dimension], CODE_BINS)) * most + level
        counts = np.bincount(place, minlength=GROUPS * CODE_BINS * most)
        found[:, dimension] = counts.reshape(GROUPS, CODE_BINS, most)
    return found


@register("mig")
class MutualInformationGap(Metric):
    """On the sets whose factors are known, over the test images."""

    title = "MIG"
    formula = r"\tfrac{1}{F} \sum_f (I(z_1; f) - I(z_2; f)) / H(f)"
    help = (
        "Whether each known factor sits in one dimension of the code alone: 1 is a dimension of its own for every"
        " factor, 0 for none. z₁ and z₂ are the two dimensions that know most about f."
    )
    source = "Chen et al. 2018"
    order = 230
    better = 1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Codes and factors are needed."""
        if not model.has_encoder:
            return NO_ENCODER
        return NO_FACTORS if dataset.test.factors is None else ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean gap; the parts are the factors. The interval leaves out one of 20 groups of images at a time."""
        means, _ = yield from model_side.test_codes()
        factors = model_side.dataset.test.factors
        assert factors is not None
        factors = factors[model_side.real_side.subsets.compared_index]  # (N, F)
        whole, without = [], []
        for factor in factors.T:
            groups = counted(means, factor)
            joint = groups.sum(0)
            whole.append(gaps(joint)[0])
            without.append([gaps(joint - group)[0] for group in groups])
            yield
        again = np.array(without).mean(0)  # (GROUPS,)
        names = model_side.dataset.factor_names or tuple(f"factor {i}" for i in range(1, len(whole) + 1))
        parts = tuple(zip(names, whole, strict=True))
        return jackknifed(float(np.mean(whole)), again, 0.0, 1.0, n=len(means), parts=parts)
