"""The rate of each latent dimension: KL(q(z_d|x) || N(0, 1)), nats per image."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation import held_out
from core.evaluation.model_side import ModelSide
from core.foundation.finite import finite_rows
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, mean_of, register
from core.models.base import Model


@register("rate_per_dimension")
class RatePerDimension(Metric):
    """``parts`` are the dimensions' rates; one near zero is silent."""

    title = "Rate per dimension"
    unit = "nats"
    formula = r"\rate{R_d} = \tfrac12 (\mu^2 + \sigma^2 - 1 - \log \sigma^2)"
    help = "How much each dimension of the code tells, on average; one that reads zero is silent. Neither is better."
    source = "Kingma & Welling 2014, appendix B"
    order = 50

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only a model with encoder and prior has one."""
        return model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images and dimensions."""
        terms = yield from model_side.terms()
        rates = terms["rates"]  # (N, D)
        finite = rates[finite_rows(rates)]
        parts = tuple((f"z{number}", float(rate)) for number, rate in enumerate(held_out.mean_rates(rates), 1))
        return mean_of(finite.mean(1), not_finite=len(rates) - len(finite), parts=parts)
