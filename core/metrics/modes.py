"""Modes caught: centres of a mixture with at least one of 2,500 samples within 3 sigma (Srivastava et al. 2017)."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation import plane_statistics
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, why_no_plane
from core.models.base import Model

NO_MODES = "These points have no separate centres to count."


@register("modes")
class Modes(Metric):
    """``parts`` are the numbers of samples near each centre."""

    title = "Modes caught"
    formula = r"\#\{k : \min \|x - c_k\| \le 3\sigma\}"
    help = "How many of the centres at least one of 2,500 samples comes within 3σ of; all of them is what it should be."
    source = "Srivastava et al. 2017; Lin et al. 2018"
    order = 310
    better = 1
    decimals = 0
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """The data must have modes."""
        if reason := why_no_plane(dataset):
            return reason
        return "" if dataset.density is not None and dataset.density.modes else NO_MODES

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Count the centres that samples reach."""
        samples = yield from model_side.samples()
        density = model_side.dataset.density
        assert density is not None
        close = yield from plane_statistics.within(plane_statistics.flat(samples), density)
        near = close.sum(0)  # (K,)
        parts = tuple((f"centre {number}", float(each)) for number, each in enumerate(near, 1))
        lost = model_side.draws - len(samples)
        caught, floor = float((near > 0).sum()), float(len(near))
        return Measured(caught, n=len(samples), floor=floor, parts=parts, not_finite=lost)
