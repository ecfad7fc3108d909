"""Inference gap: -ELBO less -log p(x) of held-out images, nats per image (Cremer, Li, Duvenaud 2018).

It is KL(q(z|x) || p(z|x)) of each image, the encoder's error. Both bounds come from the same images and draws, those of
-log p(x): on different images the difference of the two numbers was off by more than the gap itself.
"""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, mean_of, register
from core.metrics.log_px import finite_bounds, image_bounds
from core.models.base import Model


@register("inference_gap")
class InferenceGap(Metric):
    """A little low: importance sampling with finitely many draws bounds -log p(x) from above."""

    title = "Inference gap"
    unit = "nats"
    formula = r"-\mathrm{ELBO} - (-\log p(x)) \\ = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel p(z \mid x))"
    help = (
        "How far −ELBO lies above −log p(x): the encoder's own error. Both are measured on the same images and draws,"
        " so it is not the difference of the two rows, which are means over different images."
    )
    source = "Cremer et al. 2018"
    order = 45
    better = -1
    expensive = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only a model with encoder and prior has one."""
        return model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean difference of the bounds at k = 1 and k = 5,000; the parts are both means."""
        by_k = yield from image_bounds(model_side)
        loose, *_, tight = finite_bounds(by_k).mean(0).tolist()
        parts = (("−ELBO, these images", loose), ("−log p(x), these images", tight))
        return mean_of(by_k[:, 0] - by_k[:, -1], parts=parts)
