"""Measures of samples on sets for which their values are known."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import load
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.reproduction.rows import Log, Row, Section, mean_and_spread
from core.theory import frechet
from core.theory.prdc import Prdc, prdc

PUBLISHED = (("precision", 0.477), ("recall", 0.471), ("density", 1.056), ("coverage", 0.974))
WITHIN = 0.02
"""Largest difference between the first pair of sets and the published value."""
DRAWS, DIMS, K = 10_000, 1_000, 5
"""Size and dimension of a set, and the k of k-nearest neighbours."""
PAIRS = 5
"""Pairs of sets. The published values are of one pair; from pair to pair they vary by more than `WITHIN`."""
SETTING = "N(0, I), 1,000-D, 10,000 draws each, k = 5"
NAEEM = "Naeem et al. 2020"


def samples(quick: bool, threads: int, log: Log) -> Section:
    """Precision, recall, density and coverage of two Gaussians; proxy-FD by another formula; order of known sets."""
    log("two sets of 10,000 draws of N(0, I) in 1,000 dimensions")
    pairs = [_pair(seed) for seed in range(1 if quick else PAIRS)]
    rows = []
    for name, known in PUBLISHED:
        values = [float(getattr(pair, name)) for pair in pairs]
        ours = f"{values[0]:.3f}"
        if len(values) > 1:
            ours += f" (over {len(values)} pairs {mean_and_spread(values, 3)})"
        rule = f"the first pair within {WITHIN}"
        rows.append(Row(SETTING, name, ours, f"{known:.3f}", NAEEM, rule, abs(values[0] - known) <= WITHIN))
    log("features of MNIST")
    rows += _ordered()
    text = (
        "Precision, recall, density and coverage as published. Proxy-FD is the Fréchet distance between features of our"
        " own small classifier, which is not the Inception network: it is never to be compared with a FID."
    )
    return Section("Measures of samples", text, tuple(rows))


def _pair(seed: int) -> Prdc:
    random = np.random.default_rng(seed)
    real, fake = (random.standard_normal((DRAWS, DIMS), dtype=np.float32) for _ in range(2))
    return prdc(real, fake, K)


def _ordered() -> list[Row]:
    """Test images against themselves, training images and noise: the measures must be in this order."""
    real_side = RealSide(load("mnist"))
    test, _ = finish(real_side.test_features())
    train = finish(real_side.train_features())[: len(test)]
    noise = np.random.default_rng(1).uniform(0, 1, real_side.subsets.compared.shape).astype(np.float32)
    noise_features, _ = finish(real_side.classify(noise))
    sets = {"itself": test, "training images": train, "noise": noise_features}
    distance = {name: frechet.distance(frechet.moments(test), frechet.moments(each)) for name, each in sets.items()}
    beside = {name: prdc(test, each, K) for name, each in sets.items()}
    rising = distance["itself"] < 1e-6 < distance["training images"] < distance["noise"]
    falling = all(
        getattr(beside["itself"], name) > getattr(beside["training images"], name) > getattr(beside["noise"], name)
        for name in ("density", "coverage")
    )
    by_sqrtm = _by_sqrtm(test, train)
    difference = abs(distance["training images"] - by_sqrtm) / by_sqrtm
    setting = "2,500 MNIST test images against: " + ", ".join(sets)
    return [
        Row(setting, "proxy-FD", _listed(distance.values()), "rises", "", "0, then each larger", rising),
        Row(setting, "density", _listed(each.density for each in beside.values()), "falls", NAEEM, "", falling),
        Row(setting, "coverage", _listed(each.coverage for each in beside.values()), "falls", NAEEM, "", falling),
        Row(
            "the same features, test against training images",
            "proxy-FD by eigenvalues",
            f"{distance['training images']:.8f}",
            f"{by_sqrtm:.8f} by scipy's sqrtm",
            "Heusel et al. 2017",
            "to 1e-6 of its value",
            difference <= 1e-6,
        ),
    ]


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _by_sqrtm(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The Fréchet distance by a general matrix square root."""
    from scipy.linalg import sqrtm

    (mean, cov), (mean2, cov2) = frechet.moments(one), frechet.moments(other)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # features that no digit activates make the product singular
        root = np.real(sqrtm(cov @ cov2))
    return float(np.square(mean - mean2).sum() + np.trace(cov + cov2 - 2 * root))
