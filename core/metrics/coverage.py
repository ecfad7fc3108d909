"""Coverage: the share of real images that have a sample near them."""

from __future__ import annotations

from dataclasses import replace

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_of
from core.models.base import Model


@register("coverage")
class Coverage(Metric):
    """See `core.theory.prdc`: k = 5, in the features of the classifier, or the coordinates of points."""

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
        """Everything that draws samples has one."""
        return ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Of the samples against test images."""
        found = yield from model_side.sample_neighbours()
        perfect = yield from model_side.real_side.perfect_neighbours()
        hits, n, against = int(found.covered.sum()), len(found.precise), len(found.covered)
        return replace(share_of(hits, against, against=against, floor=100 * perfect.coverage), n=n)
