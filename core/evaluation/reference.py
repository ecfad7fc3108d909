"""What a dataset is compared with again and again: fixed subsets, and how far test images are from training images."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, evenly
from core.evaluation.classifier_store import FeatureClassifier
from core.evaluation.real_side import RealSide
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, shared
from core.theory.nearest_images import NearestImages, build

TEST_IMAGES = 1600
MEASURED_IMAGES = 1000
REACH_IMAGES = 200
SHOWN_IMAGES = 10
SHOWN_POINTS = 300
QUANTILE = 0.95


class Reference:
    """Made when first needed, in the background thread; the same images every time."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        measured = evenly(len(dataset.test), MEASURED_IMAGES)
        others = np.setdiff1d(np.arange(len(dataset.test)), measured)
        more = others[evenly(len(others), TEST_IMAGES - len(measured))]
        self.test_index = np.sort(np.concatenate([measured, more]))
        self.is_measured = np.isin(self.test_index, measured)  # (N,) of `test`: those on which terms are measured
        self.real_side = RealSide(dataset)
        self.known_image_reach: float | None = None  # once `image_reach` is done
        self.known_image_ratios = (math.nan, math.nan)  # then: 1st percentile and median of its distances, over it
        self.known_classifier: FeatureClassifier | None = None  # once `find_classifier` is done
        labels = dataset.test.labels
        self.labels = labels[self.test_index] if labels is not None else np.zeros(len(self.test_index), np.int64)

    def find_classifier(self) -> Work[None]:
        """Bring the classifier of the data (see `core.evaluation.classifier_store`): it is `known_classifier` then."""
        self.known_classifier = yield from self.real_side.classifier()

    @functools.cached_property
    def test(self) -> Floats:
        """Test images that are shown on the map, (N, C, H, W)."""
        return as_floats(self.dataset.test.pixels[self.test_index])

    @functools.cached_property
    def shown_index(self) -> npt.NDArray[np.int64]:
        """The test images that every lane reconstructs, one of each class in turn; of points many more."""
        if self.dataset.points:
            return evenly(len(self.dataset.test), SHOWN_POINTS)
        labels = self.dataset.test.labels
        count = min(SHOWN_IMAGES, len(self.dataset.test))
        if labels is None:
            return evenly(len(self.dataset.test), count)
        found = np.unique(labels)
        classes = found[evenly(len(found), count)]
        members = [np.flatnonzero(labels == each) for each in classes]
        turns = [every[turn] for turn in range(count) for every in members if turn < len(every)]
        chosen = np.array(turns[:count], np.int64)
        return chosen[np.argsort(labels[chosen], kind="stable")]

    @functools.cached_property
    def shown(self) -> Floats:
        """`shown_index` as images (N, C, H, W)."""
        return as_floats(self.dataset.test.pixels[self.shown_index])

    def shown_name(self, index: int) -> str:
        """What one of the shown images is called: its class, or its number among the test images."""
        labels, at = self.dataset.test.labels, int(self.shown_index[index])
        return f"#{at:,}" if labels is None else self.dataset.class_name(int(labels[at]))

    @functools.cached_property
    def measured(self) -> Floats:
        """Test images on which distortion and rate are measured while training goes on."""
        return self.test[self.is_measured]

    @shared
    def nearest(self) -> Work[NearestImages]:
        """Search over all training images."""
        search = yield from build(self.dataset.train.pixels)
        return search

    @shared
    def image_reach(self) -> Work[float]:
        """The distance within which 95 % of test images have their nearest training image."""
        search = yield from self.nearest()
        found = []
        for index in evenly(len(self.dataset.test), REACH_IMAGES):
            found.append(search.find(as_floats(self.dataset.test.pixels[index])).distance)
            yield
        reach = float(np.quantile(found, QUANTILE))
        low, middle = (float(each) / max(reach, 1e-6) for each in np.quantile(found, (0.01, 0.5)))
        self.known_image_ratios, self.known_image_reach = (low, middle), reach
        return self.known_image_reach
