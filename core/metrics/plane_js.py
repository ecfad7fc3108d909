"""Jensen-Shannon divergence of samples and data, for points of a plane, over square cells of side 3 sigma, in nats.

Against the exact probability of each cell where the density is known, else against training points in cells of 0.1.
"""

from __future__ import annotations

import math

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import ONLY_POINTS, Measured, Metric, register, too_few
from core.models.base import Model
from core.theory.count_intervals import of_divergence


@register("plane_js")
class PlaneJs(Metric):
    """Its bias: see `core.evaluation.plane_statistics.Cells.js`."""

    title = "JS in the plane"
    unit = "nats"
    formula = (
        r"\kl{\mathrm{JS}} = \tfrac12 \kl{\mathrm{KL}}(\p{p} \parallel m) "
        r"+ \tfrac12 \kl{\mathrm{KL}}(\q{q} \parallel m), \\ "
        r"m = \tfrac12 (\p{p} + \q{q})"
    )
    help = (
        "How far samples and data are apart, cell by cell: 0 is the same, ln 2 = 0.69 is nothing in common."
        " A perfect model reads its floor."
    )
    source = "Lin 1991"
    order = 340
    better = -1
    decimals = 3
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """In more than two dimensions a grid has too many cells."""
        if not dataset.points:
            return ONLY_POINTS
        return "" if dataset.density is not None else too_few(dataset, trains=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The interval is that of the biased reading: compare it with the floor's."""
        samples = yield from model_side.samples()
        chart = yield from plane_statistics.chart_for(model_side.real_side, len(samples))
        counts = chart.cells.count(plane_statistics.flat(samples))
        low, high = yield from of_divergence(counts, chart.cells.p, chart.cells.js)
        return Measured(
            float(chart.cells.js(counts)),
            low,
            min(high, math.log(2)),
            n=len(samples),
            floor=chart.js.mean,
            parts=(*chart.js.parts, ("cells", float(len(chart.cells.p))), ("side of a cell", chart.cells.side)),
            not_finite=model_side.draws - len(samples),
        )
