"""A random sample of the training images that stands for all of them: calibrated weights, and errors of what it says.

Means over few images are uncertain, unless the images are weighted so that what is known of all images comes out
exactly. Known are the products of the first principal components: on MNIST they explain 70 to 95 % of the variance of a
squared code, so 1,000 images say as much of a spread as 4,000 to 20,000 would (Deville & Särndal 1992, "Calibration
estimators in survey sampling").
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.training.pixels import as_unit

Array = npt.NDArray[np.float64]

FEWEST = 1_024
"""Smallest sample; further ones have twice as many images each."""
MOST = 65_536
"""No sample has more images."""
COMPONENTS = 20
"""Principal components whose products are known of all images."""
FITTED = 512
"""Images from which the components are computed."""
CHUNK = 2_048
"""Images that are projected at once."""
RIDGE = 1e-6
"""Added to the variances of the auxiliary variables, so that one that is constant does no harm."""
ORDER_SEED = 0


@dataclass(frozen=True)
class _Level:
    """The first N images: their ``weights`` (N,), which sum to 1, and what a regression on the auxiliaries needs."""

    weights: Array
    auxiliaries: npt.NDArray[np.float32]  # (N, P)
    inverse: Array  # (P, P), of their second moments
    share: float  # of the images' variance that a squared standard error is


class CalibratedSample:
    """Nested samples of ``images`` (N, C, H, W), bytes or points, in one fixed random order."""

    def __init__(self, images: Tensor) -> None:
        self._images = images
        # neighbours in a dataset may be alike: every sixth image of MNIST is darker than all
        self._order = torch.randperm(len(images), generator=torch.Generator().manual_seed(ORDER_SEED))
        self._levels: dict[int, _Level] = {}
        self._lock = threading.Lock()  # the lanes of an experiment share it
        self._scores: npt.NDArray[np.float32] | None = None
        self._means: Array | None = None

    def size_for(self, count: int) -> int:
        """The size of the smallest sample with at least ``count`` images, or of the largest."""
        size = FEWEST
        while size < count and size < MOST:
            size *= 2
        return min(size, len(self._images))

    def images(self, start: int, stop: int) -> Tensor:
        """Images number ``start`` to ``stop`` of the order, (N, C, H, W) in [0, 1] or points, on their device."""
        return as_unit(_chosen(self._images, self._order[start:stop]))

    def mean(self, values: Array) -> tuple[Array, Array]:
        """The mean over all images of values (N, D) known of the first N, a size of a sample; its standard error (D,).

        ``values`` should have a mean near 0, as what is lost to rounding is.
        """
        if len(values) == len(self._images):
            return values.mean(0), np.zeros(values.shape[1])
        level = self._level(len(values))
        centred = values - values.mean(0)
        explained = level.inverse @ (level.auxiliaries.T @ centred.astype(np.float32) / len(values))  # (P, D)
        left = centred - level.auxiliaries @ explained.astype(np.float32)
        return level.weights @ values, np.sqrt((left**2).mean(0) * level.share)

    def _level(self, size: int) -> _Level:
        with self._lock:
            known = self._levels.get(size)
            if known is None:
                known = self._levels[size] = self._calibrated(size)
            return known

    def _calibrated(self, size: int) -> _Level:
        if self._scores is None or self._means is None:
            self._scores, self._means = _project(self._images, self._order)
        auxiliaries = _products(self._scores[:size])
        lacked = self._means - auxiliaries.mean(0, dtype=np.float64)
        moments = (auxiliaries.T @ auxiliaries).astype(np.float64) / size
        inverse = np.linalg.inv(moments + RIDGE * np.eye(len(moments))).astype(np.float64)
        weights = (1 + auxiliaries @ (inverse @ lacked)) / size
        # residuals of a fit are smaller than errors of a prediction, on both sides of the fit
        spent = auxiliaries.shape[1] / size
        share = (1 / size - 1 / len(self._images)) * (1 + spent) / (1 - spent)
        return _Level(weights, auxiliaries, inverse, share)


def _chosen(images: Tensor, index: Tensor) -> Tensor:
    """Images (N, C, H, W) by their numbers (N,); `Tensor.index_select` copies them nine times as fast as brackets."""
    return images.index_select(0, index.to(images.device))


def _project(images: Tensor, order: Tensor) -> tuple[npt.NDArray[np.float32], Array]:
    """Scores (MOST, K) of the first images on the principal components, and the mean products (P,) over all images."""
    few = as_unit(_chosen(images, order[:FITTED])).flatten(1).cpu()  # (FITTED, X)
    centre = few.mean(0)
    few = few - centre
    _, vectors = torch.linalg.eigh(few @ few.T)  # ascending; images have more pixels than there are of these
    directions = few.T @ vectors.flip(1)[:, : min(COMPONENTS, few.shape[1])]  # (X, K)
    directions = directions / (few @ directions).std(0).clamp_min(1e-6)
    there, origin = directions.to(images.device), (centre @ directions).double()
    kept: list[Tensor] = []
    sums, squares = torch.zeros_like(origin), torch.zeros_like(directions.T @ directions).double()
    for at in range(0, len(order), CHUNK):
        pixels = as_unit(_chosen(images, order[at : at + CHUNK])).flatten(1)
        scores = (pixels @ there).cpu().double() - origin  # (CHUNK, K)
        sums += scores.sum(0)
        squares += scores.T @ scores
        if at < MOST:
            kept.append(scores.float())
    upper = torch.triu_indices(*squares.shape)
    means = torch.cat([torch.full_like(sums[:1], len(order)), sums, squares[upper[0], upper[1]]]) / len(order)
    return torch.cat(kept).numpy(), means.numpy()


def _products(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Auxiliary variables (N, P) of scores (N, K): 1, the scores, and their products."""
    count = scores.shape[1]
    squares = [scores[:, [k]] * scores[:, k:] for k in range(count)]
    return np.concatenate([np.ones_like(scores[:, :1]), scores, *squares], 1)
