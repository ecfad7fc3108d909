"""The data's side of every measure: test and training images, and their features by the classifier of the data.

Each is computed when first needed, in slices (`core.foundation.slices`), by one thread; the same images every time.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.evaluation.classifier_store import FeatureClassifier, prepare
from core.evaluation.subsets import Subsets
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, shared
from core.theory import frechet, neighbours, prdc
from core.theory.neighbours import PointSet

DISTINCT = 100_000
"""Pairs of real images of which the nearest counts as a duplicate."""
SLICE = 256
"""Images in one slice of work."""
_SLICE_PRODUCTS = 1 << 26
"""Multiplications in one slice of a search by pixels: some 10 ms."""


class RealSide:
    """A dataset to measure against. Values are shared by all who need them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.subsets = Subsets(dataset)

    def distances(self, x: Floats) -> Work[Floats]:
        """Distance (N,) over pixels from images (N, C, H, W) to the nearest of the searched training images."""
        flat = x.reshape(len(x), -1)  # (N, P)
        distances = yield from neighbours.nearest_of_parts(flat, self._searched(flat.size))
        return distances

    def _searched(self, query_numbers: int) -> Iterator[Floats]:
        """The searched training images as rows (n, P), as many at a time as fit one slice beside queries that large."""
        pixels, index = self.dataset.train.pixels, self.subsets.searched_index
        step = min(1_024, max(8, _SLICE_PRODUCTS // query_numbers))
        for at in range(0, len(index), step):
            part = as_floats(pixels[index[at : at + step]])
            yield part.reshape(len(part), -1)

    @shared
    def test_distances(self) -> Work[Floats]:
        """`distances` (N,) of `Subsets.measured`: how far a real image may lie."""
        distances = yield from self.distances(self.subsets.measured)
        return distances

    @functools.cached_property
    def class_shares(self) -> npt.NDArray[np.float64]:
        """The share (K,) of every class among the training images, in the order of the labels, which must exist."""
        assert self.dataset.train.labels is not None
        _, counts = np.unique(self.dataset.train.labels, return_counts=True)
        return np.asarray(counts / counts.sum(), np.float64)

    @shared
    def classifier(self) -> Work[FeatureClassifier]:
        """The classifier whose features measures compare; loaded, or trained the first time."""
        classifier = yield from prepare(self.dataset)
        return classifier

    def classify(self, x: Floats) -> Work[tuple[Floats, Floats]]:
        """Features (N, F) of images (N, C, H, W) and log p(class) (N, K); points are their own features, K = 0."""
        if self.dataset.points:
            return x[:, :, 0, 0], np.zeros((len(x), 0), np.float32)
        classifier = yield from self.classifier()
        parts = []
        for at in range(0, len(x), SLICE):
            parts.append(classifier.classify(x[at : at + SLICE]))
            yield
        return np.concatenate([features for features, _ in parts]), np.concatenate([log_p for _, log_p in parts])

    @shared
    def prepared(self) -> Work[bool]:
        """Compute what the measures of every lane are compared with, once for all of them."""
        yield from self.test_features()
        yield from self.perfect_distance()
        yield from self.perfect_neighbours()
        yield from self.test_gaps()
        yield from self.test_distances()
        yield from self.duplicate_gap()
        return True

    @shared
    def test_features(self) -> Work[tuple[Floats, Floats]]:
        """Features and log p(class) of `Subsets.compared`."""
        features = yield from self.classify(self.subsets.compared)
        return features

    @shared
    def train_features(self) -> Work[Floats]:
        """Features (M, F) of the training images at `Subsets.featured_index`."""
        parts, index = [], self.subsets.featured_index
        for at in range(0, len(index), SLICE):
            x = as_floats(self.dataset.train.pixels[index[at : at + SLICE]])
            features, _ = yield from self.classify(x)
            parts.append(features)
        return np.concatenate(parts)

    @shared
    def twins(self) -> Work[tuple[Floats, ...]]:
        """Features (N, F) of the sets of real images that stand for samples of a perfect model: `Subsets.twins`."""
        sets = []
        for pixels in self.subsets.twins():
            features, _ = yield from self.classify(as_floats(pixels))
            sets.append(features)
        return tuple(sets)

    @shared
    def perfect_distance(self) -> Work[float]:
        """The Fréchet distance of a perfect model at these sizes."""
        real, _ = yield from self.test_features()
        twins = yield from self.twins()
        moments = frechet.moments(real)
        return float(np.mean([frechet.distance(moments, frechet.moments(twin)) for twin in twins]))

    @shared
    def perfect_neighbours(self) -> Work[prdc.Prdc]:
        """Precision, recall, density and coverage of a perfect model at these sizes."""
        real, _ = yield from self.test_features()
        twins = yield from self.twins()
        compared = yield from prdc.compare(real, twins[0])
        return compared

    @shared
    def test_gaps(self) -> Work[Floats]:
        """The distance (N,) in features of every test image to its nearest training image."""
        real, _ = yield from self.test_features()
        train = yield from self.train_features()
        _, distances = yield from neighbours.nearest(real, PointSet(train))
        return distances

    @shared
    def duplicate_gap(self) -> Work[float]:
        """The squared distance in features within which one of `DISTINCT` pairs of training images lies."""
        train = yield from self.train_features()
        paired = PointSet(train[self.subsets.paired])
        square = yield from neighbours.squared_pair_quantile(paired, 1 / DISTINCT)
        return square
