"""KL(data || samples) for points of a plane, over square cells of side 3 sigma, in nats.

Against the exact probability of each cell where the density is known, else against training points in cells of 0.1.
"""

from __future__ import annotations

import math
from typing import Literal

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, too_few, why_no_plane
from core.models.base import Model
from core.theory.count_intervals import of_divergence


@register("plane_kl")
class PlaneKl(Metric):
    """Its smoothing and its bias: see `core.evaluation.plane_statistics.Cells.kl`."""

    title = "KL in the plane"
    unit = "nats"
    formula = r"\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum \p{p} \log \frac{\p{p}}{\q{q}}"
    help = (
        "How badly the samples miss what the data has, cell by cell. A perfect model reads its floor, not zero:"
        " it too draws only 2,500 samples."
    )
    source = "Kullback & Leibler 1951"
    order = 330
    better = -1
    decimals = 3
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """In more than two dimensions a grid has too many cells."""
        return why_no_cells(dataset)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The interval is that of the biased reading: compare it with the floor's."""
        return divergence_in_cells(model_side, "kl", math.inf)


def why_no_cells(dataset: Dataset) -> str:
    """Why samples cannot be compared with the data by cells, in one sentence; "" where they can."""
    if reason := why_no_plane(dataset):
        return reason
    return "" if dataset.density is not None else too_few(dataset, trains=2)


def divergence_in_cells(model_side: ModelSide, name: Literal["kl", "js"], most: float) -> Work[Measured]:
    """A divergence of `plane_statistics.Cells`, nats, never above ``most``, with the floor of a perfect model."""
    samples = yield from model_side.samples()
    chart = yield from plane_statistics.chart_for(model_side.real_side, len(samples))
    counts = chart.cells.count(plane_statistics.flat(samples))
    reading, floor = (chart.cells.kl, chart.kl) if name == "kl" else (chart.cells.js, chart.js)
    low, high = yield from of_divergence(counts, chart.cells.p, reading)
    return Measured(
        float(reading(counts)),
        low,
        min(high, most),
        n=len(samples),
        floor=floor.mean,
        parts=(*floor.parts, ("cells", float(len(chart.cells.p))), ("side of a cell", chart.cells.side)),
        not_finite=model_side.draws - len(samples),
    )
