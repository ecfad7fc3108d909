"""High-quality share: samples within 3 sigma of some centre of the data's density (Srivastava et al. 2017)."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_of, why_no_plane
from core.models.base import Model

NO_DENSITY = "The density behind these points is not known."


@register("high_quality")
class HighQuality(Metric):
    """Samples between the modes lower it."""

    title = "High-quality share"
    unit = "%"
    formula = r"\text{share of } x \text{ with } \min_k \|x - c_k\| \le 3\sigma"
    help = (
        "How many of 2,500 samples lie within 3σ of some centre. The floor is what the data itself does: 98.9 % where"
        " the discs around the centres are disjoint, more where they overlap."
    )
    source = "Srivastava et al. 2017; Lin et al. 2018"
    order = 320
    better = 1
    decimals = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Centres and sigma must be known."""
        if reason := why_no_plane(dataset):
            return reason
        return "" if dataset.density is not None else NO_DENSITY

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The share of samples near a centre."""
        samples = yield from model_side.samples()
        density = model_side.dataset.density
        assert density is not None
        close = yield from plane_statistics.within(plane_statistics.flat(samples), density)
        perfect = yield from plane_statistics.perfect_share(model_side.real_side)
        lost = model_side.draws - len(samples)
        return share_of(int(close.any(1).sum()), len(samples), floor=100 * perfect, not_finite=lost)
