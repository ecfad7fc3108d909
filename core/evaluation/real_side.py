"""What samples are compared with: test and training images of a dataset, and a small classifier's view of them.

Made when first needed, in slices (`core.foundation.slices`), by one thread; the same images every time.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, evenly
from core.evaluation.classifier_store import FeatureClassifier, prepare
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, shared
from core.theory import feature_neighbours, frechet

TESTED = 2_500
"""Test images that samples are compared with."""
TRAINED = 60_000
"""Training images among which a sample's nearest is looked for, by features: with fewer, copies would be missed."""
TWINS = 3
PAIRED = 10_000
"""Training images whose pairs say how near is a duplicate."""
DISTINCT = 100_000
"""One of so many pairs of real images is as near as a duplicate."""
CODED = 4_096
"""Training images whose codes say where the decoder was trained."""
SEARCHED = 10_000
"""Training images among which the nearest is looked for by pixels."""
COMPARED = 1_000
"""Test images whose nearest training image is looked for, by pixels."""
SLICE = 256
_SLICE_PRODUCTS = 1 << 26
"""Multiplications in one slice of a search by pixels: some 10 ms."""


class RealSide:
    """The data's side of every measure."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.test_index = evenly(len(dataset.test), TESTED)
        self.train_index = evenly(len(dataset.train), TRAINED)
        self.searched_index = evenly(len(dataset.train), SEARCHED)

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
        """Distance (N,) over pixels from images (N, C, H, W) to the nearest of SEARCHED training images."""
        flat = x.reshape(len(x), -1)  # (N, P)
        squares = np.square(flat).sum(1)
        nearest = np.full(len(x), np.inf, np.float32)
        step = min(1_024, max(8, _SLICE_PRODUCTS // flat.size))
        for at in range(0, len(self.searched_index), step):
            real = as_floats(self.dataset.train.pixels[self.searched_index[at : at + step]]).reshape(-1, flat.shape[1])
            apart = squares[:, None] - 2.0 * (flat @ real.T) + np.square(real).sum(1)[None]  # (N, step)
            np.minimum(nearest, apart.min(1), out=nearest)
            yield
        return np.sqrt(np.maximum(nearest, 0.0))

    @shared
    def test_distances(self) -> Work[Floats]:
        """`distances` of COMPARED test images: how far an image of the same kind may be."""
        found = yield from self.distances(self.test_images(COMPARED))
        return found

    @functools.cached_property
    def class_shares(self) -> npt.NDArray[np.float64]:
        """The share (K,) of every class among the training images, in the order of the labels; they must have some."""
        assert self.dataset.train.labels is not None
        _, counts = np.unique(self.dataset.train.labels, return_counts=True)
        return np.asarray(counts / counts.sum(), np.float64)

    @shared
    def classifier(self) -> Work[FeatureClassifier]:
        """The classifier whose features measures compare; loaded, or trained the first time."""
        found = yield from prepare(self.dataset)
        return found

    def look(self, x: Floats) -> Work[tuple[Floats, Floats]]:
        """Features (N, F) of images (N, C, H, W) and log p(class) (N, K); points are their own features, K = 0."""
        if self.dataset.points:
            return x[:, :, 0, 0], np.zeros((len(x), 0), np.float32)
        classifier = yield from self.classifier()
        seen = []
        for at in range(0, len(x), SLICE):
            seen.append(classifier.look(x[at : at + SLICE]))
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

    @shared
    def twins(self) -> Work[tuple[Floats, ...]]:
        """Features (TESTED, F) of other real images, up to three sets: they stand for samples of a perfect model.

        Test images where enough of them remain. Else training images, which the classifier has seen: then what a
        perfect model reads comes out a little worse than it is.
        """
        rest = np.setdiff1d(np.arange(len(self.dataset.test)), self.test_index)
        fresh = len(rest) >= TESTED
        pixels = self.dataset.test.pixels if fresh else self.dataset.train.pixels
        chosen = rest if fresh else np.arange(len(pixels))
        sets = max(1, min(TWINS, len(chosen) // TESTED))
        chosen = chosen[evenly(len(chosen), sets * TESTED)]
        found = []
        for number in range(sets):
            features, _ = yield from self.look(as_floats(pixels[chosen[number::sets]]))
            found.append(features)
        return tuple(found)

    @shared
    def perfect_distance(self) -> Work[float]:
        """The Fréchet distance of a perfect model at these sizes."""
        real, _ = yield from self.test_features()
        twins = yield from self.twins()
        here = frechet.moments(real)
        return float(np.mean([frechet.distance(here, frechet.moments(each)) for each in twins]))

    @shared
    def perfect_neighbours(self) -> Work[feature_neighbours.Prdc]:
        """Precision, recall, density and coverage of a perfect model at these sizes."""
        real, _ = yield from self.test_features()
        twins = yield from self.twins()
        found = yield from feature_neighbours.compare(real, twins[0])
        return found

    @shared
    def test_gaps(self) -> Work[Floats]:
        """The distance (TESTED,) in features of every test image to its nearest training image."""
        real, _ = yield from self.test_features()
        train = yield from self.train_features()
        found = yield from feature_neighbours.nearest(real, train)
        return found

    @shared
    def duplicate_gap(self) -> Work[float]:
        """The squared distance in features within which one of `DISTINCT` pairs of training images lies."""
        train = yield from self.train_features()
        found = yield from feature_neighbours.nearest_pairs(train[evenly(len(train), PAIRED)], 1 / DISTINCT)
        return found
