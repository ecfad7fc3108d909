"""PSNR and SSIM of reconstructions, per image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.foundation.arrays import Doubles, Floats
from core.foundation.slices import Work

WINDOW, SIGMA = 11, 1.5
"""The Gaussian window of SSIM: side and standard deviation, pixels (Wang et al. 2004)."""
C1, C2 = 0.01**2, 0.03**2
"""The constants of SSIM, (K1 L)² and (K2 L)² with L = 1, for pixels in [0, 1]."""
LEAST_MSE = 1e-10
"""Mean squared error of 100 dB, the limit of PSNR: bytes cannot show less, and a perfect copy must be finite."""
SLICE = 128
"""Images in one slice of work."""


def psnr(x: Floats, y: Floats) -> Work[Doubles]:
    """Peak signal-to-noise ratio (N,) in dB, at most 100, between images (N, C, H, W) in [0, 1]."""
    values = yield from _sliced(_psnr, x, y)
    return values


def ssim(x: Floats, y: Floats) -> Work[Doubles]:
    """Structural similarity (N,) between images (N, C, H, W) in [0, 1] of at least `WINDOW` pixels a side.

    The mean over channels and over all positions where the window fits (Wang et al. 2004; as scikit-image with
    ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1``).
    """
    values = yield from _sliced(_ssim, x, y)
    return values


def _sliced(measure: Callable[[Doubles, Doubles], Doubles], x: Floats, y: Floats) -> Work[Doubles]:
    values = np.empty(len(x))
    for at in range(0, len(x), SLICE):
        part = slice(at, at + SLICE)
        values[part] = measure(x[part].astype(np.float64), y[part].astype(np.float64))
        yield
    return values


def _psnr(x: Doubles, y: Doubles) -> Doubles:
    return np.asarray(-10.0 * np.log10(np.maximum(np.square(x - y).mean((1, 2, 3)), LEAST_MSE)))


def _ssim(x: Doubles, y: Doubles) -> Doubles:
    down, across = _window(x.shape[2]), _window(x.shape[3])

    def local(values: Doubles) -> Doubles:
        return np.asarray(down.T @ values @ across)  # (N, C, H', W')

    mean_x, mean_y = local(x), local(y)
    var_x, var_y = local(x * x) - mean_x**2, local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    numerator = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    denominator = (mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2)
    return np.asarray((numerator / denominator).mean((1, 2, 3)))


def _window(side: int) -> Doubles:
    """A matrix (side, side - WINDOW + 1) whose columns average over the Gaussian window at every position."""
    weights = np.exp(-0.5 * np.square((np.arange(WINDOW) - WINDOW // 2) / SIGMA))
    weights /= weights.sum()
    columns = np.zeros((side, side - WINDOW + 1))
    for position in range(columns.shape[1]):
        columns[position : position + WINDOW, position] = weights
    return columns
