"""Rate R = KL(q(z|x) || N(0, I)) of held-out images, nats per image."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, mean_of, register
from core.models.base import Model


@register("rate")
class Rate(Metric):
    """The second term of the ELBO."""

    title = "Rate"
    unit = "nats"
    formula = r"\rate{R} = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{p(z)})"
    help = "How far an image's cloud lies from the prior, on average: the most that its code can tell."
    source = "Kingma & Welling 2014, appendix B"
    order = 20

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only a model with encoder and prior has one."""
        return model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images."""
        terms = yield from model_side.terms()
        return mean_of(terms["rate"])
