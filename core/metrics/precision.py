"""Precision: the share of samples that lie where real images lie."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_by_neighbours, too_few
from core.models.base import Model


@register("precision")
class Precision(Metric):
    """With k = 5, in the features of the classifier or the coordinates of points (`core.theory.prdc`).

    The interval is by `core.theory.prdc.deviations`.
    """

    title = "Precision"
    unit = "%"
    formula = r"\text{share of } \hat x \text{ with } \|\hat x - x\| < r_5(x) \text{ for some } x"
    help = (
        "The share of samples that could pass for real: within the reach of some test image, the distance to its 5th"
        " nearest. High where pictures are good, even if they are all alike."
    )
    source = "Kynkäänniemi et al. 2019"
    order = 120
    better = 1
    decimals = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model draws samples. A reach takes two test images."""
        return too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Samples within the reach of a test image."""
        return share_by_neighbours(model_side, "precision")
