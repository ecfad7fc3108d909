"""Recall: the share of real images that lie where samples lie."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_by_neighbours, too_few
from core.models.base import Model


@register("recall")
class Recall(Metric):
    """With k = 5, in the features of the classifier or the coordinates of points (`core.theory.prdc`).

    The interval is by `core.theory.prdc.deviations`.
    """

    title = "Recall"
    unit = "%"
    formula = r"\text{share of } x \text{ with } \|x - \hat x\| < r_5(\hat x) \text{ for some } \hat x"
    help = (
        "The share of test images that the model could have made: within the reach of some sample, the distance to its"
        " 5th nearest sample. Low where the model forgets kinds of images."
    )
    source = "Kynkäänniemi et al. 2019"
    order = 130
    better = 1
    decimals = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model draws samples. A reach takes two test images."""
        return too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Test images within the reach of a sample."""
        return share_by_neighbours(model_side, "recall")
