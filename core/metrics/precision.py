"""Precision: the share of samples that lie where real images lie."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.metrics.base import Measured, Metric, register, share_of
from core.models.base import Model
from core.subject import Subject
from core.work import Work


@register("precision")
class Precision(Metric):
    """See `core.neighbours`: k = 5, in the features of the classifier, or the coordinates of points."""

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
        """Everything that draws samples has one."""
        return ""

    def measure(self, subject: Subject) -> Work[Measured]:
        """Of the samples against test images."""
        found = yield from subject.sample_neighbours()
        perfect = yield from subject.ground.perfect_neighbours()
        hits, n, against = int(found.precise.sum()), len(found.precise), len(found.recalled)
        return share_of(hits, n, against=against, floor=100 * perfect.precision)
