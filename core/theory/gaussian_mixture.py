"""A mixture of Gaussians fitted by expectation maximisation (Dempster, Laird, Rubin 1977), in slices.

Ours, because scikit-learn's takes seconds in one piece where codes have many dimensions, and a second to import: the
slow lane would stand still meanwhile. A test holds it against theirs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles, Floats
from core.foundation.slices import Work

MOST_ROUNDS = 100
SOUND = 1e-3
"""It has converged when the mean log likelihood rises by less."""
FLOOR = 1e-5
"""Variance added in every direction: codes may lie in fewer dimensions than there are."""


@dataclass(frozen=True, eq=False)
class Gaussians:
    """``weights`` (K,), ``means`` (K, D) and ``spreads`` (K, D, D), the Cholesky factors of the covariances."""

    weights: Doubles
    means: Doubles
    spreads: Doubles

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        """``count`` points (count, D)."""
        chosen = random.choice(len(self.weights), count, p=self.weights / self.weights.sum())
        noise = random.standard_normal((count, self.means.shape[1]))
        drawn = np.empty_like(noise)
        for part in range(len(self.weights)):
            mine = chosen == part
            drawn[mine] = self.means[part] + noise[mine] @ self.spreads[part].T
        return drawn.astype(np.float32)

    def log_density(self, x: Doubles) -> Work[Doubles]:
        """log w_k N(x; mean_k, covariance_k) of points (N, D): (N, K)."""
        found = np.empty((len(x), len(self.weights)))
        for part, spread in enumerate(self.spreads):
            apart = (x - self.means[part]) @ np.linalg.inv(spread).T  # (N, D)
            volume = np.log(np.diag(spread)).sum() + 0.5 * x.shape[1] * math.log(2 * math.pi)
            found[:, part] = math.log(max(self.weights[part], 1e-300)) - volume - 0.5 * np.square(apart).sum(1)
            yield
        return found


def fit(points: npt.NDArray[np.floating], parts: int, random: np.random.Generator) -> Work[Gaussians]:
    """Fit ``parts`` Gaussians with full covariances to points (N, D). ValueError where points are not numbers."""
    x = points.astype(np.float64)
    if not np.isfinite(x).all():
        raise ValueError("the codes are not all numbers")
    share = _seeded(x, parts, random)
    before = -math.inf
    for _ in range(MOST_ROUNDS):
        found = yield from _maximised(x, share)
        joint = yield from found.log_density(x)
        top = joint.max(1, keepdims=True)
        whole = top + np.log(np.exp(joint - top).sum(1, keepdims=True))  # (N, 1)
        share = np.exp(joint - whole)
        now = float(whole.mean())
        if now - before < SOUND:
            break
        before = now
    return found


def _seeded(x: Doubles, parts: int, random: np.random.Generator) -> Doubles:
    """Shares (N, K): each point belongs to the nearest of K seeds, chosen far apart (Arthur & Vassilvitskii 2007)."""
    chosen = [int(random.integers(len(x)))]
    squares = [np.square(x - x[chosen[0]]).sum(1)]
    for _ in range(parts - 1):
        nearest = np.min(squares, axis=0)
        total = nearest.sum()
        chosen.append(int(random.choice(len(x), p=nearest / total) if total > 0 else random.integers(len(x))))
        squares.append(np.square(x - x[chosen[-1]]).sum(1))
    share: Doubles = np.eye(parts)[np.argmin(squares, axis=0)]
    return share


def _maximised(x: Doubles, share: Doubles) -> Work[Gaussians]:
    """The best Gaussians for shares (N, K) of the points (N, D)."""
    dims = x.shape[1]
    mass = share.sum(0) + 1e-10  # (K,)
    means = share.T @ x / mass[:, None]
    spreads = np.empty((len(mass), dims, dims))
    for part, mean in enumerate(means):
        apart = x - mean
        covariance = (share[:, part, None] * apart).T @ apart / mass[part]
        spreads[part] = np.linalg.cholesky(covariance + FLOOR * np.eye(dims))
        yield
    return Gaussians(mass / mass.sum(), means, spreads)
