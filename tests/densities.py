"""p(x) of a known density, straight from its definition: what cells, draws and blurred maps are held against."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.datasets.density import Density


def pdf(density: Density, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """p (N,) at points (N, 2), per unit of area: one centre after the other."""
    found = np.zeros(len(points))
    for centre, weight in zip(density.centres, density.weights, strict=True):
        square = np.square(points.astype(np.float64) - centre).sum(1)
        found += weight * np.exp(square / (-2 * density.sigma**2))
    return found / (2 * math.pi * density.sigma**2)
