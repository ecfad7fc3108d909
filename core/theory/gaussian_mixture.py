"""Gaussian mixtures fitted by expectation maximisation (Dempster, Laird, Rubin 1977), in slices.

scikit-learn's fit takes seconds in one piece where codes have many dimensions, and a second to import; all other
background work would wait for it. A test compares the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles, Floats
from core.foundation.slices import Work

MAX_ITERATIONS = 100
TOLERANCE = 1e-3
"""A fit has converged when the mean log likelihood rises by less, nats."""
REGULARISATION = 1e-5
"""Variance added on the diagonal: codes may lie in a subspace."""


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """``weights`` (K,), ``means`` (K, D) and ``cholesky`` (K, D, D), the lower Cholesky factors of the covariances."""

    weights: Doubles
    means: Doubles
    cholesky: Doubles

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        """``count`` points (count, D)."""
        component = random.choice(len(self.weights), count, p=self.weights / self.weights.sum())
        noise = random.standard_normal((count, self.means.shape[1]))
        points = np.empty_like(noise)
        for k in range(len(self.weights)):
            members = component == k
            points[members] = self.means[k] + noise[members] @ self.cholesky[k].T
        return points.astype(np.float32)

    def log_density(self, x: Doubles) -> Work[Doubles]:
        """log w_k N(x; mean_k, covariance_k) of points (N, D): (N, K)."""
        joint = np.empty((len(x), len(self.weights)))
        for k, factor in enumerate(self.cholesky):
            whitened = (x - self.means[k]) @ np.linalg.inv(factor).T  # (N, D)
            log_volume = np.log(np.diag(factor)).sum() + 0.5 * x.shape[1] * math.log(2 * math.pi)
            joint[:, k] = math.log(max(self.weights[k], 1e-300)) - log_volume - 0.5 * np.square(whitened).sum(1)
            yield
        return joint


def fit(points: npt.NDArray[np.floating], components: int, random: np.random.Generator) -> Work[GaussianMixture]:
    """Fit Gaussians with full covariances to points (N, D). ValueError where points are not finite."""
    x = points.astype(np.float64)
    if not np.isfinite(x).all():
        raise ValueError("the codes are not all numbers")
    responsibilities = _k_means_plus_plus(x, components, random)
    last_likelihood = -math.inf
    for _ in range(MAX_ITERATIONS):
        mixture = yield from _maximise(x, responsibilities)
        joint = yield from mixture.log_density(x)
        largest = joint.max(1, keepdims=True)
        log_density = largest + np.log(np.exp(joint - largest).sum(1, keepdims=True))  # (N, 1)
        responsibilities = np.exp(joint - log_density)
        likelihood = float(log_density.mean())
        if likelihood - last_likelihood < TOLERANCE:
            break
        last_likelihood = likelihood
    return mixture


def _k_means_plus_plus(x: Doubles, components: int, random: np.random.Generator) -> Doubles:
    """Initial responsibilities (N, K): 1 for the nearest of K centres (k-means++, Arthur & Vassilvitskii 2007)."""
    chosen = [int(random.integers(len(x)))]
    squares = [np.square(x - x[chosen[0]]).sum(1)]
    for _ in range(components - 1):
        nearest = np.min(squares, axis=0)
        total = nearest.sum()
        chosen.append(int(random.choice(len(x), p=nearest / total) if total > 0 else random.integers(len(x))))
        squares.append(np.square(x - x[chosen[-1]]).sum(1))
    responsibilities: Doubles = np.eye(components)[np.argmin(squares, axis=0)]
    return responsibilities


def _maximise(x: Doubles, responsibilities: Doubles) -> Work[GaussianMixture]:
    """The M step: the mixture of highest likelihood for responsibilities (N, K) of the points (N, D)."""
    dims = x.shape[1]
    mass = responsibilities.sum(0) + 1e-10  # (K,)
    means = responsibilities.T @ x / mass[:, None]
    cholesky = np.empty((len(mass), dims, dims))
    for k, mean in enumerate(means):
        centred = x - mean
        covariance = (responsibilities[:, k, None] * centred).T @ centred / mass[k]
        cholesky[k] = np.linalg.cholesky(covariance + REGULARISATION * np.eye(dims))
        yield
    return GaussianMixture(mass / mass.sum(), means, cholesky)
