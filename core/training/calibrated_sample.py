"""A random sample of the training images that stands for all of them: weights, and errors of what it says.

Means over few images are uncertain, unless each image counts for those near it, as a network sees nearness. That is
Bayesian quadrature (O'Hagan 1991) with the covariance of wide random networks (Lee et al. 2018, "Deep neural networks
as Gaussian processes"), whose mean over all images is computed once. On MNIST 1,024 images say as much of the spread of
an autoencoder's codes as 3,000 to 10,000 without weights.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.foundation.pixels import at_once
from core.training.pixels import as_unit

Array = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

FEWEST = 1_024
"""Smallest sample, which is weighted."""
FURTHER = 512
"""By so many images samples grow."""
MOST_WEIGHTED = 16_384
"""Larger samples have no weights: they would say little more."""
MOST = 65_536
"""No sample has more images."""
DIRECTIONS = 60
"""Principal components in which the covariance of networks sees images."""
FITTED = 512
"""Images from which the components are computed."""
CHUNK = 2_048
"""Images that are projected at once."""
MOST_NUMBERS = 1 << 25
"""Most numbers in them."""
SIMILAR_AT_ONCE = 128
"""Images whose covariances with `FEWEST` others are computed at once."""
PROBES = 256
"""Images whose values are predicted from all others, to say how far off means are."""
ROUGHNESS = 0.003
"""Share of the covariance's variance that is each image's own: what no smooth function of images explains."""
BIAS = 0.5
"""Variance of the first layer's offset, beside 1 of its weighted pixels."""
ORDER_SEED = 0


@dataclass(frozen=True)
class _Looks:
    """What the covariance sees of N images: coordinates (N, K) and squared norms (N,), 1 on average."""

    coordinates: Tensor
    norms: Tensor

    def similar(self, first: _Looks) -> Tensor:
        """Covariances (N, `FEWEST`) of these images with the ``first`` ones."""
        return _covariance(self.coordinates @ first.coordinates.T, self.norms[:, None], first.norms[None, :])

    def part(self, start: int, stop: int) -> _Looks:
        """What is seen of images number ``start`` to ``stop`` of these."""
        return _Looks(self.coordinates[start:stop], self.norms[start:stop])


@dataclass(frozen=True)
class _Sums:
    """Sums of the images' covariances with the first N = `FEWEST`: all that is kept of the images beyond these."""

    everything: Tensor  # (N,), over all images
    further: tuple[Tensor, ...]  # (N,) each: over the next `FURTHER` images, twice as many, and so on


@dataclass(frozen=True)
class _Fit:
    """A function of images from its values on the first N = `FEWEST`.

    Its mean over all images is ``weights`` · values.
    """

    weights: Array  # (N,)
    further: tuple[Array, ...]  # (N,) each: ``further[m]`` · values is its sum over the next (m + 1) · `FURTHER` images
    probes: Singles  # (PROBES, N): values to what the fit to all other images says wrong of the first ones


class CalibratedSample:
    """Nested samples of ``images`` (N, C, H, W), bytes or points, in one fixed random order."""

    def __init__(self, images: Tensor) -> None:
        self._images = images
        # neighbours in a dataset may be alike: every sixth image of MNIST is darker than all
        self._order = torch.randperm(len(images), generator=torch.Generator().manual_seed(ORDER_SEED))
        self._lock = threading.Lock()  # the lanes of an experiment share it
        self._fit: _Fit | None = None
        self._weights: dict[int, Array] = {}

    def size_for(self, count: int) -> int:
        """The size of the smallest sample with at least ``count`` images, or of the largest."""
        size = max(FEWEST, -(-count // FURTHER) * FURTHER) if count <= MOST_WEIGHTED else MOST
        return min(size, len(self._images))

    def images(self, start: int, stop: int) -> Tensor:
        """Images number ``start`` to ``stop`` of the order, (N, C, H, W) in [0, 1] or points, on their device."""
        return as_unit(_chosen(self._images, self._order[start:stop]))

    def mean(self, values: Array) -> tuple[Array, Array]:
        """The mean over all images of values (N, D) known of the first N, a size of a sample; its standard error (D,).

        ``values`` should have a mean near 0, as what is lost to rounding is.
        """
        size, everything = len(values), len(self._images)
        if size == everything or size > MOST_WEIGHTED:
            return values.mean(0), values.std(0) * math.sqrt(1 / size - 1 / everything)
        weights, probes = self._weighted(size)
        # errors of predictions: residuals of the images' own fit would be smaller
        left = probes @ values[:FEWEST].astype(np.float32)  # (PROBES, D)
        return weights @ values, np.sqrt((left**2).mean(0) * (1 / size - 1 / everything))

    def _weighted(self, size: int) -> tuple[Array, Singles]:
        """Weights (size,) of values in their mean over all images, and the fit's probes."""
        with self._lock:
            if self._fit is None:
                self._fit = _prepare(self._images, self._order)
            if size not in self._weights:
                self._weights[size] = _weights(self._fit, size)
            return self._weights[size], self._fit.probes


def _chosen(images: Tensor, index: Tensor) -> Tensor:
    """Images (N, C, H, W) by their numbers (N,); `Tensor.index_select` copies them nine times as fast as brackets."""
    return images.index_select(0, index.to(images.device))


def _prepare(images: Tensor, order: Tensor) -> _Fit:
    few = as_unit(_chosen(images, order[:FITTED])).flatten(1).cpu()  # (FITTED, X)
    centre = few.mean(0)
    _, vectors = torch.linalg.eigh((few - centre) @ (few - centre).T)  # ascending; images have more pixels than these
    directions = (few - centre).T @ vectors.flip(1)[:, : min(DIRECTIONS, few.shape[1])]  # (X, K)
    unit = few.square().sum(1).mean().sqrt().clamp_min(1e-6)
    basis = (torch.linalg.qr(torch.cat([centre[:, None], directions], 1))[0] / unit).to(images.device)
    first = _look(images, order[:CHUNK], basis, unit).part(0, FEWEST)
    return _fit(first, _sums(images, order, basis, unit, first), len(order))


def _look(images: Tensor, numbers: Tensor, basis: Tensor, unit: Tensor) -> _Looks:
    """Coordinates of images along a ``basis`` (X, K), in units of the images' usual norm."""
    coordinates, norms = [], []
    for part in numbers.split(at_once(CHUNK, len(basis), MOST_NUMBERS)):
        pixels = as_unit(_chosen(images, part)).flatten(1)
        coordinates.append((pixels @ basis).cpu())
        norms.append(pixels.square().sum(1).cpu() / unit.square())
    return _Looks(torch.cat(coordinates), torch.cat(norms))


def _sums(images: Tensor, order: Tensor, basis: Tensor, unit: Tensor, first: _Looks) -> _Sums:
    everything, further = (torch.zeros(FEWEST, dtype=torch.float64) for _ in range(2))
    at_sizes: list[Tensor] = []
    for at in range(0, len(order), CHUNK):
        looks = _look(images, order[at : at + CHUNK], basis, unit)
        for start in range(0, len(looks.norms), SIMILAR_AT_ONCE):
            stop = at + start + SIMILAR_AT_ONCE
            summed = looks.part(start, start + SIMILAR_AT_ONCE).similar(first).sum(0)
            everything += summed
            if FEWEST < stop <= MOST_WEIGHTED:
                further += summed
                if stop % FURTHER == 0:
                    at_sizes.append(further.clone())
    return _Sums(everything, tuple(at_sizes))


def _covariance(products: Tensor, norms_a: Tensor, norms_b: Tensor) -> Tensor:
    """Covariance (A, B), up to factors, of f + f² of images under random f: wide networks with one layer of ReLU.

    From the images' inner products (A, B) and squared norms (A, 1) and (1, B), by the first terms of the series of Cho
    & Saul 2009, "Kernel methods for deep learning", equation 6.
    """
    size = ((norms_a + BIAS) * (norms_b + BIAS)).sqrt()
    cosine = (products + BIAS).div_(size)
    square = cosine.square()
    even = (square / 80).add_(1 / 24).mul_(square).add_(1 / 2).mul_(square).add_(1)
    covariance = even.add_(cosine, alpha=math.pi / 2).mul_(size)
    return covariance.mul_(covariance + math.pi)


def _fit(first: _Looks, sums: _Sums, count: int) -> _Fit:
    """The fit to the ``first`` of ``count`` images: offset + covariances · (inverse @ values)."""
    covariances = first.similar(first).double()
    own = ROUGHNESS * covariances.diagonal().mean()
    inverse = torch.linalg.inv(covariances + own * torch.eye(FEWEST, dtype=torch.float64))
    summed = inverse.sum(0)
    offset = summed / summed.sum()  # weights of the values in the offset
    inverse = inverse - torch.outer(offset, summed)
    weights = inverse @ (sums.everything / count) + offset
    further = tuple(
        inverse.numpy() @ each.numpy() + m * FURTHER * offset.numpy() for m, each in enumerate(sums.further, 1)
    )
    probes = (inverse / inverse.diagonal()[:, None])[:PROBES].float()
    return _Fit(weights.numpy(), further, probes.numpy())


def _weights(fit: _Fit, size: int) -> Array:
    """Weights (size,) of the mean over all images: that of the fit, and of how far it is off on the further ones."""
    if size == FEWEST:
        return fit.weights
    further = size - FEWEST
    return np.concatenate([fit.weights - fit.further[further // FURTHER - 1] / size, np.full(further, 1 / size)])
