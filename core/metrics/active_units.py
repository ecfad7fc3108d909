"""Active units: latent dimensions whose mean moves with the image, Var_x(E[z|x]) > 0.01 (Burda et al. 2016, s. 5.2)."""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, Measured, Metric, register, too_few
from core.models.base import Model

THRESHOLD = 0.01
"""Variance of a dimension's mean from which it is active, in the prior's units."""
NO_UNIT = "Its codes have no prior, so there is no unit in which a variance of 0.01 would be small."


@register("active_units")
class ActiveUnits(Metric):
    """``parts`` are the dimensions' variances over test images."""

    title = "Active units"
    unit = "dims"
    formula = r"\#\{d : \mathrm{Var}_x(\mathbb{E}[z_d \mid x]) > 0.01\}"
    help = "How many dimensions of the code say anything about the image. Fewer than there are: the rest fell silent."
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
        """Over test images; the interval counts with both ends of each variance's own 95 % interval."""
        means, _ = yield from model_side.test_codes()
        squares = np.square(means - means.mean(0, dtype=np.float64))  # (N, D) float64
        variance = squares.mean(0)
        half = 1.96 * squares.std(0) / np.sqrt(len(means))  # (D,)
        value, low, high = (float((each > THRESHOLD).sum()) for each in (variance, variance - half, variance + half))
        parts = tuple((f"z{number}", float(each)) for number, each in enumerate(variance, 1))
        return Measured(value, low, high, n=len(means), parts=parts)
