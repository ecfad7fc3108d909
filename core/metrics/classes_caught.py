"""Classes caught: how many of the data's classes are among the samples, by the feature classifier of the data.

A class is caught when its share among the samples is at least a tenth of its share among the training images.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, register, why_no_classes
from core.models.base import Model

TENTH = 0.1
"""A class's least share among samples, over its share of the data."""
ROUNDS = 400
"""Bootstrap resamples."""


@register("classes_caught")
class ClassesCaught(Metric):
    """``parts`` are the classes' shares among the samples, %. The interval is the bootstrap's, over samples."""

    title = "Classes caught"
    unit = "classes"
    formula = r"\sum_c [\q{q(c)} \ge \p{p(c)} / 10]"
    help = (
        "How many of the data's classes the samples show, by a small classifier. A class counts when it comes at least"
        " a tenth as often as in the data; the lost ones are modes that the model dropped."
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
        n = len((yield from model_side.samples()))
        random = np.random.default_rng(0)
        caught = _caught(counts, n, expected)
        floor = float(_caught(random.multinomial(n, expected, ROUNDS), n, expected).mean())
        again = random.multinomial(n, np.append(counts, n - counts.sum()) / n, ROUNDS)[:, :-1]
        low, high = np.quantile(_caught(again, n, expected), (0.025, 0.975))
        shares = 100 * counts / n
        parts = tuple(
            (model_side.dataset.class_name(c), float(share)) for c, share in zip(classes, shares, strict=True)
        )
        value = float(caught)
        return Measured(value, min(value, float(low)), max(value, float(high)), n=n, floor=floor, parts=parts)


def _caught(counts: npt.NDArray[np.int64], n: int, expected: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """How many classes are caught, of counts (..., K) among n samples."""
    return np.asarray((counts >= TENTH * n * expected).sum(-1))
