"""Jensen-Shannon divergence of samples and data, for points of a plane, over square cells of side 3 sigma, in nats.

Against the exact probability of each cell where the density is known, else against training points in cells of 0.1.
"""

from __future__ import annotations

import math

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register
from core.metrics.plane_kl import divergence_in_cells, why_no_cells
from core.models.base import Model


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
        return why_no_cells(dataset)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The interval is that of the biased reading: compare it with the floor's."""
        return divergence_in_cells(model_side, "js", math.log(2))
