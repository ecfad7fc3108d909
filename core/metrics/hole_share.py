"""Hole share: how much of the prior lies where no training code is.

r(z) = distance from z to its 10th nearest training code, over the distance within which 95 % of the test codes have
theirs (`core.evaluation.training_codes`); the share of prior draws with r > 1. Without an encoder there are no codes:
then r is the pixel distance from a decoded draw to its nearest training image, over that of 95 % of test images.
"""

from __future__ import annotations

import math

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.evaluation.training_codes import PRIOR_SEED, distances
from core.foundation.finite import NoneFinite, finite_rows
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, share_beyond
from core.models.base import Model
from core.theory.latent_space import prior
from core.theory.neighbours import REACH_SHARE, PointSet, reach

IMAGES = 1_000
"""Draws where images are compared, which have 784 numbers or more each."""
FEW_IMAGES = 200
"""These draws while something trains: 1,000 in color take seconds of a core."""


@register("hole_share")
class HoleShare(Metric):
    """For prior draws in shared units, whatever the sampler."""

    title = "Hole share"
    unit = "%"
    formula = r"\text{share of } z \sim \p{\mathcal{N}(0, 1)} \text{ with } \hole{r(z) > 1}"
    help = (
        "How much of the map lies farther from all training codes than 95 % of test codes do: 5 % if codes are spread"
        " just like the prior, less if they reach farther."
        " Without an encoder it is counted by image: farther from all training images than 95 % of test images."
    )
    order = 210
    better = -1
    decimals = 1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model has one."""
        return ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """By codes where there is an encoder, else by images; the part's name says which."""
        if model_side.snapshot.has_encoder:
            _, test = yield from model_side.test_codes()
            _, train = yield from model_side.train_codes()
            lost = sum(len(codes) - int(finite_rows(codes).sum()) for codes in (test, train))
            train = train[finite_rows(train)]
            if not len(train):
                raise NoneFinite(lost)
            points = PointSet(train)
            known, drawn = yield from distances(test, points)
            name, against = "reach, by code", len(train)
        else:
            known = yield from model_side.real_side.test_distances()
            model_side.was_cut = model_side.was_cut or math.isfinite(model_side.budget_s)
            count = FEW_IMAGES if math.isfinite(model_side.budget_s) else IMAGES
            images = yield from model_side.decode(prior(count, model_side.snapshot.shape.latent, PRIOR_SEED))
            drawn = yield from model_side.real_side.distances(images)
            lost = len(images) - int(finite_rows(images).sum())
            name, against = "reach, by image", len(model_side.real_side.subsets.searched_index)
        facts = {"against": against, "floor": 100 - 100 * REACH_SHARE, "not_finite": lost}
        return share_beyond(drawn, known, parts=((name, reach(known)),), **facts)
