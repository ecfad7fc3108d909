"""Off-manifold share: samples that are farther from every training image than 95 % of the test images are."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import NO_IMAGES, Measured, Metric, register, share_beyond
from core.models.base import Model
from core.theory.neighbours import REACH_SHARE

PERCENT = 100 - 100 * REACH_SHARE
"""Test images that are off the manifold by definition, %."""


@register("off_manifold")
class OffManifold(Metric):
    """Distances are between features of the classifier, which every model's samples have."""

    title = "Off-manifold"
    unit = "%"
    formula = (
        r"\text{share of } \hat x \text{ with } d(\hat x) > q_{95} \text{ of } d(x), \\ "
        r"d = \text{distance to the nearest training image}"
    )
    help = (
        "The share of samples that look like no training image: farther from the nearest one, by features, than 19 of"
        " 20 test images are. Fresh images read 5 %."
    )
    source = "defined here"
    order = 170
    better = -1
    decimals = 1
    of_samples = True
    expensive = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Points are measured in the plane itself."""
        return NO_IMAGES if dataset.points else ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Distances of samples to training images, against those of test images."""
        known = yield from model_side.real_side.test_gaps()
        gaps = yield from model_side.sample_gaps()
        against, lost = len(model_side.real_side.subsets.featured_index), model_side.draws - len(gaps)
        return share_beyond(gaps, known, against=against, floor=PERCENT, not_finite=lost)
