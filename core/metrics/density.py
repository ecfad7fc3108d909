"""Density: how many real images have the samples within their reach."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, too_few
from core.models.base import Model
from core.theory import intervals


@register("density")
class Density(Metric):
    """With k = 5, in the features of the classifier or the coordinates of points (`core.theory.prdc`).

    The interval is by `core.theory.prdc.deviations`.
    """

    title = "Density"
    formula = r"\frac{1}{k \cdot M} \sum_{\hat x} \sum_x [\|\hat x - x\| < r_5(x)]"
    help = (
        "In how many reaches of test images a sample lies, over 5; near 1 where samples lie as real images do. Unlike"
        " precision it does not trust one odd image. Above 1: samples huddle where images are most alike."
    )
    source = "Naeem et al. 2020"
    order = 140
    better = 1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model draws samples. A reach takes two test images."""
        return too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over samples, among test images."""
        compared = yield from model_side.sample_neighbours()
        spread = yield from model_side.neighbour_deviations()
        perfect = yield from model_side.real_side.perfect_neighbours()
        half = intervals.student(spread.degrees) * spread.density
        return Measured(
            compared.density,
            max(0.0, compared.density - half),
            compared.density + half,
            n=len(compared.precise),
            against=len(compared.recalled),
            floor=perfect.density,
            not_finite=model_side.draws - len(compared.precise),
        )
