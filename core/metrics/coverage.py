"""Coverage: the share of real images that have a sample near them."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_by_neighbours, too_few
from core.models.base import Model


@register("coverage")
class Coverage(Metric):
    """With k = 5, in the features of the classifier or the coordinates of points (`core.theory.prdc`).

    The interval is by `core.theory.prdc.deviations`.
    """

    title = "Coverage"
    unit = "%"
    formula = r"\text{share of } x \text{ with } \|x - \hat x\| < r_5(x) \text{ for some } \hat x"
    help = (
        "The share of test images with a sample within their reach, the distance to their 5th nearest test image."
        " Unlike recall it does not trust odd samples with a wide reach."
    )
    source = "Naeem et al. 2020"
    order = 150
    better = 1
    decimals = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model draws samples. A reach takes two test images."""
        return too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Test images that a sample covers."""
        return share_by_neighbours(model_side, "coverage")
