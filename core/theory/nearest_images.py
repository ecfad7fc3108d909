"""The nearest training image, exactly, in a few milliseconds.

Images are projected on their first principal directions; one more coordinate is the length of the residual. Distances
between projections bound the true distances from below (the triangle inequality), so only the few images whose bound is
under the best true distance need their pixels compared. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats, at_once
from core.foundation.slices import Work
from core.theory.neighbours import squared_distances

DIRECTIONS = 128
"""Most principal directions, K."""
SAMPLE = 4000
"""Images that give the mean and the directions, about."""
SAMPLED_NUMBERS = 1 << 25
"""Most numbers in them: of images of many pixels there are fewer, but never fewer than four for each direction."""
QR_ROWS = 8 * DIRECTIONS
"""Rows of a block that is orthonormalised at once."""
CHUNK = 4096
"""Images projected in one slice of work."""
TRIED_AT_ONCE = 32
"""Images whose pixels are compared first; later rounds take four times as many."""


@dataclass(frozen=True)
class Match:
    """``index`` of the nearest image and its Euclidean ``distance`` over pixels in [0, 1]."""

    index: int
    distance: float


def _principal(centred: Floats) -> Work[Floats]:
    """Orthonormal directions (P, K), about the first principal ones, of centred images (N, P).

    By subspace iteration (Halko et al. 2011): the bound holds for any orthonormal directions, and the full covariance
    of large images would take seconds and half a gigabyte.
    """
    start = np.random.default_rng(0).standard_normal((centred.shape[1], min(DIRECTIONS, centred.shape[1])))
    directions = start.astype(np.float32)
    for _ in range(4):
        directions = yield from _orthonormal(directions)
        yield
        directions = yield from _orthonormal(centred.T @ (centred @ directions))
    return np.ascontiguousarray(directions, np.float32)


def _orthonormal(columns: Floats) -> Work[Floats]:
    """Orthonormal columns (P, K) that span the same as ``columns``: QR by blocks of rows (TSQR, Demmel et al. 2012).

    numpy keeps the GIL in ``qr``: 0.1 s for 12,288 rows, while the window waits.
    """
    if len(columns) <= QR_ROWS:
        return np.linalg.qr(columns)[0]
    factors = []
    for at in range(0, len(columns), QR_ROWS):
        yield
        factors.append(np.linalg.qr(columns[at : at + QR_ROWS]))
    inner = yield from _orthonormal(np.concatenate([upper for _, upper in factors]))
    ends = np.cumsum([len(upper) for _, upper in factors])[:-1]
    return np.concatenate([block @ part for (block, _), part in zip(factors, np.split(inner, ends), strict=True)])


class NearestImages:
    """A search over images as bytes, or points, (N, C, H, W); `build` makes it."""

    def __init__(self, pixels: npt.NDArray[Any], directions: Floats, mean: Floats) -> None:
        """For `build` alone, which then fills the columns."""
        self._pixels = pixels.reshape(len(pixels), -1)  # (N, P)
        self._mean, self._directions = mean, directions  # (P,), (P, K)
        self._columns = np.empty((directions.shape[1] + 1, len(pixels)), np.float32)  # (K + 1, N)
        self._lengths = np.empty(len(pixels), np.float32)  # (N,), squared

    def _fill(self, at: int) -> None:
        rows = self._project(as_floats(self._pixels[at : at + CHUNK]) - self._mean)  # (n, K + 1)
        self._columns[:, at : at + CHUNK], self._lengths[at : at + CHUNK] = rows.T, np.square(rows).sum(1)

    def _project(self, centred: Floats) -> Floats:
        projected = centred @ self._directions  # (n, K)
        residual = np.square(centred).sum(1) - np.square(projected).sum(1)
        return np.concatenate([projected, np.sqrt(np.maximum(residual, 0.0))[:, None]], 1)

    def find(self, image: Floats) -> Match:
        """The nearest of the images to ``image`` (C, H, W) in [0, 1]."""
        return self.closest(image, 1)[0]

    def closest(self, image: Floats, count: int) -> list[Match]:
        """The ``count`` nearest of the images to ``image`` (C, H, W) in [0, 1], nearest first; all if there are fewer.

        ValueError where ``count`` is not positive.
        """
        if count < 1:
            raise ValueError(f"the nearest {count} images were asked for; ask for 1 at least")
        flat = image.reshape(1, -1).astype(np.float32)
        row = self._project(flat - self._mean)  # (1, K + 1)
        bound = squared_distances(row, self._columns, np.square(row).sum(1), self._lengths)[0]  # (N,)
        count = min(count, len(bound))
        best, best_squares = np.empty(0, np.intp), np.empty(0, np.float32)
        first = min(max(TRIED_AT_ONCE, count), len(bound))
        order = np.argpartition(bound, first - 1)[:first]
        while len(order):
            squares = np.square(as_floats(self._pixels[order]) - flat).sum(1)
            best, best_squares = np.concatenate([best, order]), np.concatenate([best_squares, squares])
            nearest = np.argsort(best_squares, kind="stable")[:count]
            best, best_squares = best[nearest], best_squares[nearest]
            bound[order] = np.inf
            candidates = np.flatnonzero(bound < best_squares[-1] + 1e-3)  # 1e-3: rounding of the bound
            order = candidates[np.argsort(bound[candidates])[: 4 * TRIED_AT_ONCE]]
        return [Match(int(at), float(np.sqrt(square))) for at, square in zip(best, best_squares, strict=True)]


def build(pixels: npt.NDArray[Any]) -> Work[NearestImages]:
    """Build the search over images (N, C, H, W): one pass over them, in slices."""
    flat = pixels.reshape(len(pixels), -1)
    count = max(4 * DIRECTIONS, at_once(SAMPLE, flat.shape[1], SAMPLED_NUMBERS))
    sample = as_floats(flat[:: max(1, len(flat) // count)])
    mean = sample.mean(0)
    directions = yield from _principal(sample - mean)
    search = NearestImages(pixels, directions, mean)
    for at in range(0, len(flat), CHUNK):
        yield
        search._fill(at)
    return search
