"""What samples are compared with: test and training images of a dataset, and a small classifier's view of them.

Made when first needed, in slices (`core.work`), by one thread; the same images every time.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, evenly
from core.features import Eye, prepare
from core.pixels import as_floats
from core.work import Work, shared

Floats = npt.NDArray[np.float32]

TESTED = 2_500
"""Test images that samples are compared with."""
TRAINED = 10_000
"""Training images among which a sample's nearest is looked for, by features."""
CODED = 4_096
"""Training images whose codes say where the decoder was trained."""
COMPARED = 1_000
"""Test images whose nearest training image is looked for, by pixels."""
SLICE = 256
_SLICE_PRODUCTS = 1 << 26
"""Multiplications in one slice of a search by pixels: some 10 ms."""


class Ground:
    """The data's side of every measure."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.test_index = evenly(len(dataset.test), TESTED)
        self.train_index = evenly(len(dataset.train), TRAINED)
        self._preparing: Work[Eye] | None = None

    def test_images(self, count: int) -> Floats:
        """``count`` test images (N, C, H, W), evenly spread."""
        return as_floats(self.dataset.test.pixels[evenly(len(self.dataset.test), count)])

    @functools.cached_property
    def test(self) -> Floats:
        """Test images (TESTED, C, H, W)."""
        return as_floats(self.dataset.test.pixels[self.test_index])

    @property
    def coded(self) -> npt.NDArray[Any]:
        """Training images (CODED, C, H, W), as they are stored: as floats they may be a hundred megabytes."""
        return self.dataset.train.pixels[evenly(len(self.dataset.train), CODED)]

    def distances(self, x: Floats) -> Work[Floats]:
        """Distance (N,) over pixels from images (N, C, H, W) to the nearest of TRAINED training images."""
        flat = x.reshape(len(x), -1)  # (N, P)
        squares = np.square(flat).sum(1)
        nearest = np.full(len(x), np.inf, np.float32)
        step = min(1_024, max(8, _SLICE_PRODUCTS // flat.size))
        for at in range(0, len(self.train_index), step):
            real = as_floats(self.dataset.train.pixels[self.train_index[at : at + step]]).reshape(-1, flat.shape[1])
            apart = squares[:, None] - 2.0 * (flat @ real.T) + np.square(real).sum(1)[None]  # (N, step)
            np.minimum(nearest, apart.min(1), out=nearest)
            yield
        return np.sqrt(np.maximum(nearest, 0.0))

    @shared
    def test_distances(self) -> Work[Floats]:
        """`distances` of COMPARED test images: how far an image of the same kind may be."""
        found = yield from self.distances(self.test_images(COMPARED))
        return found

    @shared
    def eye(self) -> Work[Eye]:
        """The classifier whose features measures compare; trained and kept the first time (see `core.features`).

        A lesson lasts many seconds: it is not begun again when a lane restarts and lets go of its measures.
        """
        if self._preparing is None:
            self._preparing = prepare(self.dataset)
        while True:
            try:
                next(self._preparing)
            except StopIteration as done:
                self._preparing = None
                found: Eye = done.value
                return found
            except BaseException:
                self._preparing = None
                raise
            yield

    def look(self, x: Floats) -> Work[tuple[Floats, Floats]]:
        """Features (N, F) of images (N, C, H, W) and log p(class) (N, K); points are their own features, K = 0."""
        if self.dataset.points:
            return x[:, :, 0, 0], np.zeros((len(x), 0), np.float32)
        eye = yield from self.eye()
        seen = []
        for at in range(0, len(x), SLICE):
            seen.append(eye.look(x[at : at + SLICE]))
            yield
        return np.concatenate([each[0] for each in seen]), np.concatenate([each[1] for each in seen])

    @shared
    def test_features(self) -> Work[tuple[Floats, Floats]]:
        """`look` at the test images."""
        found = yield from self.look(self.test)
        return found

    @shared
    def train_features(self) -> Work[Floats]:
        """Features (TRAINED, F) of training images."""
        parts = []
        for at in range(0, len(self.train_index), SLICE):
            x = as_floats(self.dataset.train.pixels[self.train_index[at : at + SLICE]])
            features, _ = yield from self.look(x)
            parts.append(features)
        return np.concatenate(parts)
