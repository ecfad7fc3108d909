"""High-quality share: samples within 3 sigma of some centre of the data's density (Srivastava et al. 2017)."""

from __future__ import annotations

from core import planar
from core.datasets.base import Dataset
from core.metrics.base import ONLY_POINTS, Measured, Metric, register, share_of
from core.models.base import Model
from core.subject import Subject
from core.work import Work

NO_DENSITY = "The density behind these points is not known."


@register("high_quality")
class HighQuality(Metric):
    """Samples between the modes count against it."""

    title = "High-quality share"
    unit = "%"
    formula = r"\text{share of } x \text{ with } \min_k \|x - c_k\| \le 3\sigma"
    help = "How many of 2,500 samples lie within 3σ of some centre; 98.9 % is what the data itself does."
    source = "Srivastava et al. 2017; Lin et al. 2018"
    order = 320
    better = 1
    decimals = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Centres and sigma must be known."""
        if not dataset.points:
            return ONLY_POINTS
        return "" if dataset.density is not None else NO_DENSITY

    def measure(self, subject: Subject) -> Work[Measured]:
        """A share of the samples."""
        samples = yield from subject.samples()
        density = subject.dataset.density
        assert density is not None
        close = yield from planar.within(planar.flat(samples), density)
        perfect = yield from planar.perfect_share(subject.ground)
        return share_of(int(close.any(1).sum()), len(samples), floor=100 * perfect)
