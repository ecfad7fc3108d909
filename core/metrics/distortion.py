"""Distortion D = -log p(x|z) of held-out images, nats per image, the constant of a Gaussian included."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, mean_of, register
from core.models.base import Model


@register("distortion")
class Distortion(Metric):
    """The first term of the ELBO, with one draw of z per image where the encoder is stochastic."""

    title = "Distortion"
    unit = "nats"
    formula = r"\distortion{D} = -\log p(x \mid z)"
    help = "How badly the decoder's picture fits the held-out image it was made from; lower is better."
    source = "Kingma & Welling 2014"
    order = 10
    better = -1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only reconstructions have a distortion."""
        return "" if model.has_encoder else model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images."""
        terms = yield from model_side.terms()
        return mean_of(terms["distortion"])
