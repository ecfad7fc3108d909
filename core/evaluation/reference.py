"""The data's side of what the window shows: subsets, the search among training images, and what is known by now."""

from __future__ import annotations

import math

import numpy as np

from core.datasets.base import Dataset
from core.evaluation.classifier_store import FeatureClassifier
from core.evaluation.real_side import RealSide
from core.evaluation.subsets import Subsets
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, shared
from core.theory import neighbours
from core.theory.nearest_images import NearestImages, build


class Reference:
    """Made when first needed, in the background thread."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.real_side = RealSide(dataset)
        self.known_image_reach: float | None = None  # once `image_reach` is done
        self.known_image_ratios = (math.nan, math.nan)  # then: 1st percentile and median of its distances, over it
        self.known_classifier: FeatureClassifier | None = None  # once `find_classifier` is done

    @property
    def subsets(self) -> Subsets:
        """The images that stand for the dataset."""
        return self.real_side.subsets

    @property
    def measured(self) -> Floats:
        """Test images (N, C, H, W) on which distortion and rate are measured while training goes on."""
        return self.subsets.measured

    def find_classifier(self) -> Work[None]:
        """Load or train the classifier of the data (`core.evaluation.classifier_store`): `known_classifier` then."""
        self.known_classifier = yield from self.real_side.classifier()

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
        for index in self.subsets.reach_index:
            found.append(search.find(as_floats(self.dataset.test.pixels[index])).distance)
            yield
        reach = neighbours.reach(np.array(found))
        low, middle = (float(each) / reach for each in np.quantile(found, (0.01, 0.5)))
        self.known_image_ratios, self.known_image_reach = (low, middle), reach
        return self.known_image_reach
