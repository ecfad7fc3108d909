"""-log p(x) of held-out images by importance sampling, nats per image (Burda, Grosse, Salakhutdinov 2016).

log 1/k sum w over k draws of q(z|x) is a lower bound of log p(x) in expectation, and rises to it with k. All bounds
come from one stream of 5,000 draws per image, cut into groups of k and averaged over the groups: k = 1 is -ELBO.
"""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Doubles
from core.foundation.finite import NoneFinite, finite_rows
from core.foundation.slices import Work, once
from core.metrics.base import Measured, Metric, mean_of, register
from core.models.base import Model
from core.probes.elbo_anatomy import COUNTS, SEED, bound, slice_of

IMAGES = 100
"""Test images measured."""


def bounds(log_weights: Doubles) -> Doubles:
    """-log 1/k sum w for each k of ``COUNTS``, averaged over the groups of k among 5,000 weights (N,): (5,)."""
    return np.array([bound(log_weights, k) for k in COUNTS])


def image_bounds(model_side: ModelSide) -> Work[Doubles]:
    """`bounds` (N, 5) of each of ``IMAGES`` test images, or of as many as `ModelSide.affordable` gives."""
    by_k = yield from _image_bounds(model_side)
    model_side.was_cut |= len(by_k) < min(IMAGES, model_side.images)
    return by_k


@once
def _image_bounds(model_side: ModelSide) -> Work[Doubles]:
    images = model_side.real_side.subsets.test_images(min(IMAGES, model_side.images))
    dims = model_side.snapshot.shape.latent
    step = slice_of(images[0].size)
    rows = []
    for number in model_side.affordable(len(images)):
        image = images[number]
        epsilon = np.random.default_rng([SEED, number]).standard_normal((COUNTS[-1], dims), dtype=np.float32)
        weights = []
        for at in range(0, len(epsilon), step):
            weights.append(model_side.snapshot.log_weights(image, epsilon[at : at + step]))
            yield
        rows.append(bounds(np.concatenate(weights)))
    return np.array(rows)


def finite_bounds(by_k: Doubles) -> Doubles:
    """The rows of `image_bounds` that are finite at every k; `NoneFinite` where there is none."""
    finite = by_k[finite_rows(by_k)]
    if not len(finite):
        raise NoneFinite(len(by_k))
    return finite


@register("log_px")
class LogPx(Metric):
    """How surprising a held-out image is, without the slack that the encoder leaves in the ELBO."""

    title = "−log p(x)"
    unit = "nats"
    formula = r"-\log \tfrac{1}{k} \sum \frac{p(x, z)}{\lane{q(z \mid x)}}, \\ k = 5{,}000"
    help = (
        "How surprising a held-out image is to the model, by importance sampling; lower is better. −ELBO of the same"
        " images lies above it by the encoder's own error, the inference gap."
    )
    source = "Burda et al. 2016"
    order = 40
    better = -1
    expensive = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only a model with encoder and prior has one."""
        return model.no_rate

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over at most ``IMAGES`` test images; the parts are the bounds at smaller k."""
        by_k = yield from image_bounds(model_side)
        means = finite_bounds(by_k).mean(0)
        parts = tuple((f"k = {k:,}", float(mean)) for k, mean in zip(COUNTS, means, strict=True))
        return mean_of(by_k[:, -1], parts=parts)
