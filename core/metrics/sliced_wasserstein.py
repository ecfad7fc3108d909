"""The sliced Wasserstein distance between samples and test points (Bonneel et al. 2015), p = 1."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import ONLY_POINTS, Measured, Metric, distance_of, register
from core.models.base import Model


@register("sliced_wasserstein")
class SlicedWasserstein(Metric):
    """The mean Wasserstein-1 distance of projections on 64 directions."""

    title = "Sliced Wasserstein"
    formula = r"\mathbb{E}_\theta\, W_1(\theta \cdot x, \theta \cdot y)"
    help = (
        "How far the samples would have to be moved to become the test points, in the units of the axes."
        " A perfect model reads its floor."
    )
    source = "Bonneel et al. 2015"
    order = 350
    better = -1
    decimals = 3
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Distances between pixel values mean little."""
        return "" if dataset.points else ONLY_POINTS

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The interval is that of the biased reading, over samples and test points: compare it with the floor's."""
        samples = plane_statistics.flat((yield from model_side.samples()))
        sliced, floor = yield from plane_statistics.sliced_for(model_side.real_side, len(samples))
        real = plane_statistics.flat(model_side.real_side.subsets.compared)
        spread = yield from plane_statistics.sliced_deviation(real, samples)
        return distance_of(
            sliced.distance(samples),
            spread,
            degrees=min(plane_statistics.GROUPS, len(real), len(samples)) - 1,
            n=len(samples),
            against=len(real),
            floor=floor.mean,
            parts=floor.parts,
            not_finite=model_side.draws - len(samples),
        )
