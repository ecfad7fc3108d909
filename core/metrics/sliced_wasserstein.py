"""The sliced Wasserstein distance between samples and test points of a plane (Bonneel et al. 2015), p = 1."""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import ONLY_POINTS, Measured, Metric, register
from core.models.base import Model

ROUNDS = 30
"""Bootstrap resamples."""
SEED = 45


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
        """The interval is that of the biased reading, by the bootstrap: compare it with the floor's."""
        samples = plane_statistics.flat((yield from model_side.samples()))
        sliced, floor = yield from plane_statistics.sliced(model_side.real_side)
        value = sliced.distance(samples)
        random = np.random.default_rng(SEED)
        again = []
        for _ in range(ROUNDS):
            again.append(sliced.distance(samples[random.integers(0, len(samples), len(samples))]))
            yield
        half = 1.96 * float(np.std(again))
        facts = {
            "n": len(samples),
            "against": len(model_side.real_side.subsets.compared),
            "floor": floor.mean,
            "parts": floor.parts,
        }
        return Measured(value, max(0.0, value - half), value + half, **facts)  # type: ignore[arg-type]
