"""Label KL: how far the classes of the samples are from those of the data, KL(p || q) in nats.

p are the shares of the training labels. q are the shares among the samples by the feature classifier, with half a
sample added to each class (Krichevsky & Trofimov 1981), so that a lost class costs much, but not infinitely much.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.arrays import Doubles
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, why_no_classes
from core.models.base import Model

HALF = 0.5
"""Samples added to each class."""
ROUNDS = 400
"""Bootstrap resamples."""


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
        random = np.random.default_rng(0)
        floor = float(terms(random.multinomial(n, expected, ROUNDS), expected).sum(-1).mean())
        if n == 0:
            return Measured(math.nan, floor=floor)
        by_class = terms(counts, expected)
        again = terms(random.multinomial(n, counts / n, ROUNDS), expected).sum(-1)
        value, half = float(by_class.sum()), 1.96 * float(again.std())
        parts = tuple((model_side.dataset.class_name(c), float(kl)) for c, kl in zip(classes, by_class, strict=True))
        return Measured(value, max(0.0, value - half), value + half, n=n, floor=floor, parts=parts)


def terms(counts: npt.NDArray[np.int64], expected: Doubles) -> Doubles:
    """The terms (..., K) of KL(expected || shares) for counts (..., K)."""
    shares = (counts + HALF) / (counts.sum(-1, keepdims=True) + HALF * counts.shape[-1])
    return np.asarray(expected * np.log(expected / shares), np.float64)
