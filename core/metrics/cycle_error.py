"""Cycle error ||enc(dec(z)) - z||: whether the code of a decoded image is the z it was decoded from."""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.evaluation.subsets import fitting
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, Measured, Metric, mean_of, register
from core.models.base import Model
from core.theory.latent_space import prior

DRAWS = 1_000
SEED = 42


@register("cycle_error")
class CycleError(Metric):
    """For z ~ N(0, I) in shared units, by the mean of the code."""

    title = "Cycle error"
    unit = "σ"
    formula = r"\mathbb{E}\,\|\mathrm{enc}(\mathrm{dec}(z)) - z\|, \\ z \sim \p{\mathcal{N}(0, 1)}"
    help = "How far a picture's code lies from the point it was drawn from. Zero: map and pictures tell the same story."
    order = 220
    better = -1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only an encoder leads back to z."""
        return "" if model.has_encoder else NO_ENCODER

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over draws; the part is the mean length of z, which a code that is always zero would read."""
        z = prior(fitting(DRAWS, model_side.dataset.shape), model_side.snapshot.shape.latent, SEED)
        images = yield from model_side.decode(z)
        back, _ = yield from model_side.encode(images, SEED)
        length = float(np.linalg.norm(z, axis=1).mean())
        return mean_of(np.linalg.norm(back - z, axis=1), parts=(("a code of zero", length),))
