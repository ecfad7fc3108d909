"""The data's side of what the window shows: subsets, the search among training images, the feature classifier."""

from __future__ import annotations

import math

import numpy as np

from core.datasets.base import Dataset
from core.evaluation import likeness
from core.evaluation.classifier_store import FeatureClassifier
from core.evaluation.likeness import Standard
from core.evaluation.real_side import RealSide
from core.evaluation.subsets import Subsets
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, shared
from core.theory import neighbours
from core.theory.nearest_images import NearestImages, build


class Reference:
    """What lanes of one dataset share. Computed when first needed, in the background thread.

    ``known_…`` values are None or NaN until the work that brings them is done.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.real_side = RealSide(dataset)
        self.known_image_reach: float | None = None  # by `image_reach`
        self.known_image_ratios = (math.nan, math.nan)  # with it: their 1st percentile and median, over it
        self.known_classifier: FeatureClassifier | None = None  # by `find_classifier`
        self.is_prepared = False  # by `prepare`
        self.known_standard: Standard | None = None  # by `standard`

    @property
    def subsets(self) -> Subsets:
        """The images that stand for the dataset."""
        return self.real_side.subsets

    def find_classifier(self) -> Work[None]:
        """Load or train the classifier of the data into ``known_classifier``."""
        self.known_classifier = yield from self.real_side.classifier()

    def prepare(self) -> Work[None]:
        """Compute the data's side of the measures of images (`RealSide.prepared`)."""
        self.is_prepared = yield from self.real_side.prepared()

    @shared
    def standard(self) -> Work[Standard]:
        """What pictures are held against (`core.evaluation.likeness`)."""
        self.known_standard = yield from likeness.measuring(self.real_side)
        return self.known_standard

    @shared
    def nearest(self) -> Work[NearestImages]:
        """The nearest-image search over all training images."""
        search = yield from build(self.dataset.train.pixels)
        return search

    @shared
    def image_reach(self) -> Work[float]:
        """The distance within which 95 % of test images have their nearest training image."""
        search = yield from self.nearest()
        distances = []
        for index in self.subsets.reach_index:
            distances.append(search.find(as_floats(self.dataset.test.pixels[index])).distance)
            yield
        reach = neighbours.reach(np.array(distances))
        low, median = (float(distance) / reach for distance in np.quantile(distances, (0.01, 0.5)))
        self.known_image_ratios, self.known_image_reach = (low, median), reach
        return self.known_image_reach
