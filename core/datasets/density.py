"""The known density of points of a plane: a mixture of isotropic Gaussians of one sigma.

A ring or a grid has a few centres, far apart: modes to be counted. A curve is traced by many close ones, no modes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles, Floats

_erf = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, eq=False)
class Density:
    """p(x) = Σ w N(x; c, σ² I): ``centres`` (K, 2), one ``sigma``, ``weights`` (K,) that sum to 1.

    ``modes``: whether the centres are modes to be counted, not points that trace a curve. ValueError for other shapes,
    centres that are not finite, or weights that are negative or do not sum to 1.
    """

    centres: npt.NDArray[Any]
    sigma: float
    weights: npt.NDArray[Any]
    modes: bool

    def __post_init__(self) -> None:
        if self.weights.ndim != 1 or self.centres.shape != (len(self.weights), 2) or not 0 < self.sigma < math.inf:
            raise ValueError("a density needs centres (K, 2), weights (K,) and sigma > 0")
        if not np.isfinite(self.centres).all():
            raise ValueError("the centres of a density are finite")
        if not (abs(float(self.weights.sum()) - 1) <= 1e-4 and self.weights.min() >= 0):
            raise ValueError("the weights of a density sum to 1")

    def draw(self, count: int, seed: int) -> Floats:
        """``count`` points (count, 2); the same for the same seed."""
        random = np.random.default_rng([seed, len(self.centres)])
        weights = self.weights.astype(np.float64)
        chosen = random.choice(len(self.centres), count, p=weights / weights.sum())
        return (self.centres[chosen] + self.sigma * random.standard_normal((count, 2))).astype(np.float32)

    def cells(self, side: float) -> tuple[npt.NDArray[np.int64], Doubles]:
        """Square cells of a grid through the origin, by index (M, 2), and the probability of each, (M,).

        Cell (i, j) spans [i, i + 1) x [j, j + 1) times ``side``. Exact but for the mass beyond 6 sigma of a centre.
        """
        reach = math.ceil(6 * self.sigma / side)
        first = np.floor(self.centres / side).astype(np.int64) - reach  # (K, 2)
        offset = np.arange(2 * reach + 2)
        edges = (first[:, :, None] + offset) * side  # (K, 2, S + 1)
        below = 0.5 * (1 + _erf((edges - self.centres[:, :, None]) / (self.sigma * math.sqrt(2))).astype(np.float64))
        between = np.diff(below)  # (K, 2, S)
        mass = self.weights[:, None, None] * between[:, 0, :, None] * between[:, 1, None, :]  # (K, S, S)
        i, j = (first[:, axis, None] + offset[:-1] for axis in (0, 1))  # (K, S)
        cells = np.stack(np.broadcast_arrays(i[:, :, None], j[:, None, :]), -1).reshape(-1, 2)
        index, cell = np.unique(cells, axis=0, return_inverse=True)
        return index.astype(np.int64), np.bincount(cell.reshape(-1), mass.reshape(-1)).astype(np.float64)


def equally_weighted(centres: npt.NDArray[Any], sigma: float, modes: bool) -> Density:
    """A density whose centres (K, 2) have equal weights."""
    return Density(centres, sigma, np.full(len(centres), 1 / len(centres)), modes)
