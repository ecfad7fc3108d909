"""-ELBO = D + R of held-out images, nats per image, always with beta = 1, whatever beta trained the model."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, mean_of, register
from core.models.base import Model


@register("negative_elbo")
class NegativeElbo(Metric):
    """Distortion plus rate: an upper bound of -log p(x)."""

    title = "−ELBO"
    unit = "nats"
    formula = r"-\mathrm{ELBO} = \distortion{D} + \rate{R} \ge -\log p(x)"
    help = (
        "A bound on how surprising a held-out image is to the model; lower is better. How far it lies above −log p(x)"
        " of the same images is the inference gap."
    )
    source = "Kingma & Welling 2014"
    order = 30
    better = -1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only a model with encoder and prior has one."""
        return model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images."""
        terms = yield from model_side.terms()
        return mean_of(terms["negative_elbo"])
