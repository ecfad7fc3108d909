"""Recall: the share of real images that lie where samples lie."""

from __future__ import annotations

from dataclasses import replace

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_of
from core.models.base import Model


@register("recall")
class Recall(Metric):
    """See `core.theory.prdc`: k = 5, in the features of the classifier, or the coordinates of points."""

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
        """Everything that draws samples has one."""
        return ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Of the samples against test images."""
        found = yield from model_side.sample_neighbours()
        perfect = yield from model_side.real_side.perfect_neighbours()
        hits, n, against = int(found.recalled.sum()), len(found.precise), len(found.recalled)
        return replace(share_of(hits, against, against=against, floor=100 * perfect.recall), n=n)
