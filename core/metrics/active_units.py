"""Active units: latent dimensions whose mean moves with the image, Var_x(E[z|x]) > 0.01 (Burda et al. 2016, s. 5.2)."""

from __future__ import annotations

import math

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Doubles
from core.foundation.finite import NoneFinite, finite_rows
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, Measured, Metric, register, too_few
from core.models.base import Model
from core.theory import intervals

THRESHOLD = 0.01
"""Variance of a dimension's mean from which it is active, in the prior's units."""
NO_UNIT = "Its codes have no prior, so there is no unit in which a variance of 0.01 would be small."


@register("active_units")
class ActiveUnits(Metric):
    """``parts`` are the dimensions' variances over test images.

    The interval of a whole number cannot hold it in 95 % of cases: where no variance is near the threshold it is one
    number, which always holds. Its ends bound all dimensions together, so that it holds in at least 95 % wherever they
    are; simulated, in 98 to 100 %.
    """

    title = "Active units"
    unit = "dims"
    formula = r"\#\{d : \mathrm{Var}_x(\mathbb{E}[z_d \mid x]) > 0.01\}"
    help = (
        "How many dimensions of the code say anything about the image. Fewer than there are: the rest fell silent."
        " The interval of this whole number is conservative."
    )
    source = "Burda et al. 2016"
    order = 60
    decimals = 0

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """The threshold is in units of the prior."""
        if not model.has_encoder:
            return NO_ENCODER
        return NO_UNIT if model.no_rate else too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Over test images. The interval: dimensions surely active, and perhaps, by intervals of their variances."""
        means, _ = yield from model_side.test_codes()
        finite = finite_rows(means)
        not_finite = len(means) - int(finite.sum())
        if not finite.any():
            raise NoneFinite(not_finite)
        means = means[finite]
        squares = np.square(means - means.mean(0, dtype=np.float64))  # (N, D) float64
        variance = squares.mean(0)
        value, dims = float((variance > THRESHOLD).sum()), len(variance)
        low = float(intervals.surely(lambda tail: int((variance / _factor(squares, tail) > THRESHOLD).sum()), dims))
        silent = intervals.surely(lambda tail: int((variance * _factor(squares, tail) <= THRESHOLD).sum()), dims)
        high = float(dims - silent)
        parts = tuple((f"z{number}", float(each)) for number, each in enumerate(variance, 1))
        return Measured(value, low, high, n=len(means), parts=parts, not_finite=not_finite)


def _factor(squares: Doubles, tail: float) -> Doubles:
    """The factor (D,) between a variance and either end of its interval, from squared deviations (N, D).

    On a log scale, where few images are less skewed. Infinite for one image.
    """
    n, dims = squares.shape
    if n < 2:
        return np.full(dims, np.inf)
    mean = np.maximum(squares.mean(0), np.finfo(np.float64).tiny)
    t = intervals.student(n - 1, tail)
    return np.asarray(np.exp(np.minimum(50.0, t * squares.std(0, ddof=1) / math.sqrt(n) / mean)))
