"""The nearest training image, exactly, in about a millisecond.

Images are projected on their first principal directions. The distance there, plus the difference of what the
projection leaves out, bounds the true distance from below (the triangle inequality), so only the few images whose
bound is under the best true distance need their pixels compared. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DIRECTIONS = 32
SAMPLE = 4000
CHUNK = 4096
TRIED_AT_ONCE = 64

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Match:
    """``index`` of the nearest image and its Euclidean ``distance`` over pixels in [0, 1]."""

    index: int
    distance: float


class NearestImages:
    """Search over bytes (N, C, H, W). Building it takes a pass over the images."""

    def __init__(self, pixels: npt.NDArray[np.uint8]) -> None:
        self._pixels = pixels.reshape(len(pixels), -1)  # (N, P)
        step = max(1, len(pixels) // SAMPLE)
        sample = self._pixels[::step].astype(np.float32) / 255.0
        self._mean = sample.mean(0)
        centred = sample - self._mean
        _, vectors = np.linalg.eigh(centred.T @ centred)
        self._directions = np.ascontiguousarray(vectors[:, ::-1][:, :DIRECTIONS], dtype=np.float32)  # (P, K)
        self._projected = np.empty((len(pixels), self._directions.shape[1]), np.float32)
        self._left_out = np.empty(len(pixels), np.float32)
        for at in range(0, len(pixels), CHUNK):
            part = self._pixels[at : at + CHUNK].astype(np.float32) / 255.0 - self._mean
            self._projected[at : at + CHUNK], self._left_out[at : at + CHUNK] = self._project(part)

    def _project(self, centred: Floats) -> tuple[Floats, Floats]:
        projected = centred @ self._directions  # (n, K)
        rest = np.square(centred).sum(1) - np.square(projected).sum(1)
        return projected, np.sqrt(np.maximum(rest, 0.0))

    def find(self, image: Floats, skip: int = -1) -> Match:
        """The nearest of the images to ``image`` (C, H, W) in [0, 1]; ``skip`` leaves one index out."""
        flat = image.reshape(1, -1).astype(np.float32)
        projected, left_out = self._project(flat - self._mean)
        bound = np.square(self._projected - projected).sum(1) + np.square(self._left_out - left_out)  # (N,)
        slack = 1e-5 * float(np.square(flat - self._mean).sum())  # what rounding may add to a bound
        if skip >= 0:
            bound[skip] = np.inf
        best, best_square, tried = -1, np.inf, 0
        count = min(TRIED_AT_ONCE, len(bound))
        order = np.argpartition(bound, count - 1)[:count]
        while True:
            squares = np.square(self._pixels[order].astype(np.float32) / 255.0 - flat).sum(1)
            at = int(squares.argmin())
            if squares[at] < best_square:
                best, best_square = int(order[at]), float(squares[at])
            bound[order] = np.inf
            tried += len(order)
            order = np.flatnonzero(bound < best_square * (1 + 1e-4) + slack)
            if not len(order) or tried >= len(bound):
                return Match(best, float(np.sqrt(best_square)))
            if len(order) > 4 * TRIED_AT_ONCE:
                order = order[np.argpartition(bound[order], 4 * TRIED_AT_ONCE)[: 4 * TRIED_AT_ONCE]]
