"""Label KL: how far the classes of the samples are from those of the data, KL(p || q) in nats.

p are the shares of the training labels. q are the shares among the samples by the feature classifier, with half a
sample added to each class (Krichevsky & Trofimov 1981), so that a lost class costs much, but not infinitely much.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Doubles
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, why_no_classes
from core.models.base import Model
from core.theory.count_intervals import of_divergence

HALF = 0.5
"""Samples added to each class."""
ROUNDS = 400
"""Draws from p."""


@register("label_kl")
class LabelKl(Metric):
    """``parts`` are the classes' terms of the sum. The floor is the mean over draws from p itself at this size."""

    title = "Label KL"
    unit = "nats"
    formula = r"\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum_c \p{p(c)} \log \frac{\p{p(c)}}{\q{q(c)}}"
    help = "How unevenly the samples show the data's classes; 0 when each comes as often as in the data."
    order = 165
    better = -1
    decimals = 3
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only labelled images have classes."""
        return why_no_classes(dataset)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """From the class counts of the samples."""
        classes, counts = yield from model_side.sample_counts()
        expected = model_side.real_side.class_shares  # (K,)
        n = int(counts.sum())
        perfect = np.random.default_rng(0).multinomial(n, expected, ROUNDS)
        by_class = terms(counts, expected)
        low, high = yield from of_divergence(counts, expected, lambda some: terms(some, expected).sum(-1))
        return Measured(
            float(by_class.sum()),
            low,
            high,
            n=n,
            floor=float(terms(perfect, expected).sum(-1).mean()),
            parts=tuple((model_side.dataset.class_name(c), float(kl)) for c, kl in zip(classes, by_class, strict=True)),
            not_finite=model_side.draws - n,
        )


def terms(counts: npt.NDArray[np.int64], expected: Doubles) -> Doubles:
    """The terms (..., K) of KL(expected || shares) for counts (..., K)."""
    shares = (counts + HALF) / (counts.sum(-1, keepdims=True) + HALF * counts.shape[-1])
    return np.asarray(expected * np.log(expected / shares), np.float64)
