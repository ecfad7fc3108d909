"""Classes caught: how many of the data's classes are among the samples, by the feature classifier of the data.

A class is caught when its share among the samples is at least a tenth of its share among the training images.
"""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Counts, Doubles
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, why_no_classes
from core.models.base import Model
from core.theory import intervals

TENTH = 0.1
"""A class's least share among samples, over its share of the data."""
ROUNDS = 400
"""Simulated readings of a perfect model."""


@register("classes_caught")
class ClassesCaught(Metric):
    """``parts`` are the classes' shares among the samples, %. The interval: surely caught, and perhaps.

    The interval of a whole number cannot hold it in 95 % of cases: where no class is near the threshold it is one
    number, which always holds. Its ends bound all classes together by exact tests, so that it holds in at least 95 %
    wherever they are; simulated, in 99 to 100 %.
    """

    title = "Classes caught"
    unit = "classes"
    formula = r"\sum_c [\q{q(c)} \ge \p{p(c)} / 10]"
    help = (
        "How many of the data's classes the samples show, by a small classifier. A class counts when it comes at least"
        " a tenth as often as in the data; the lost ones are modes that the model dropped."
        " The interval of this whole number is conservative."
    )
    source = "in the manner of Lin et al. 2018 (PacGAN)"
    order = 160
    better = 1
    decimals = 0
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only labelled images have classes."""
        return why_no_classes(dataset)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Count the classes of the samples."""
        classes, counts = yield from model_side.sample_counts()
        expected = model_side.real_side.class_shares  # (K,)
        n = int(counts.sum())
        random = np.random.default_rng(0)
        floor = float(_caught(random.multinomial(n, expected, ROUNDS), n, expected).mean())
        low, high = surely_and_perhaps(counts, expected)
        parts = tuple(
            (model_side.dataset.class_name(c), float(share)) for c, share in zip(classes, 100 * counts / n, strict=True)
        )
        value, lost = float(_caught(counts, n, expected)), model_side.draws - n
        return Measured(value, low, high, n=n, floor=floor, parts=parts, not_finite=lost)


def surely_and_perhaps(counts: Counts, expected: Doubles) -> intervals.Interval:
    """The number of classes that are surely caught, and of those that may be, from the counts (K,) of the samples.

    By exact binomial tests of each class's share, which hold together, as the number needs all (`intervals.surely`).
    """
    from scipy.special import bdtr, bdtrc

    n, least = int(counts.sum()), TENTH * expected
    as_many = np.where(least > 0, np.where(counts > 0, bdtrc(np.maximum(0, counts - 1), n, least), 1.0), 0.0)
    as_few = bdtr(counts, n, least)
    caught, lost = (
        intervals.surely(lambda tail, chance=chance: int((chance <= tail).sum()), len(counts))  # type: ignore[misc]
        for chance in (as_many, as_few)
    )
    return float(caught), float(len(counts) - lost)


def _caught(counts: Counts, n: int, expected: Doubles) -> Counts:
    """How many classes are caught, of counts (..., K) among n samples."""
    return np.asarray((counts >= TENTH * n * expected).sum(-1))
