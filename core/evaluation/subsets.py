"""Which images stand for a dataset wherever not all of them are used: every subset, defined once."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, at_random, evenly
from core.foundation.arrays import Counts, Floats, Pixels
from core.foundation.pixels import as_floats, at_once

MEASURED = 1_000
"""Test images on which distortion and rate are measured."""
MAPPED = 1_600
"""Test images whose codes are on the map."""
COMPARED = 2_500
"""Test images that samples are compared with, and whose codes define the reach of the training codes."""
SHOWN = 10
"""Test images that every lane reconstructs."""
SHOWN_POINTS = 300
"""Test points that every lane reconstructs."""
REACH = 200
"""Test images whose distances to the nearest training image define the reach of an image."""
TWIN_SETS = 3
"""Most sets of real images that stand for samples of a perfect model."""
CODED = 4_096
"""Training images whose codes say where the decoder was trained."""
SEARCHED = 10_000
"""Training images searched for the nearest by pixels."""
FEATURED = 60_000
"""Training images searched for the nearest by features: with fewer, copies would be missed."""
PAIRED = 10_000
"""Training images, of these, whose pairs say how near a duplicate is."""
MOST_NUMBERS = 1 << 25
"""Most numbers in the images of a subset: of images beyond 64 pixels in colour a subset has fewer."""
LEAST = 500
"""Fewest images of such a subset."""


def fitting(count: int, shape: tuple[int, int, int]) -> int:
    """``count``, or as many images (C, H, W) as memory should hold at once as floats."""
    return min(count, max(LEAST, at_once(count, math.prod(shape), MOST_NUMBERS)))


class Subsets:
    """The subsets of one dataset, the same every time. ``…_index`` (N,) are indices of test or training images.

    Images (N, C, H, W) are converted to floats when first needed, and kept.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        tests, trains = len(dataset.test), len(dataset.train)
        mapped, compared = fitting(MAPPED, dataset.shape), fitting(COMPARED, dataset.shape)
        self.measured_index = evenly(tests, min(MEASURED, mapped))
        others = np.setdiff1d(np.arange(tests), self.measured_index)
        more = others[evenly(len(others), mapped - len(self.measured_index))]
        self.mapped_index = np.sort(np.concatenate([self.measured_index, more]))
        self.is_measured = np.isin(self.mapped_index, self.measured_index)  # (N,) of those on the map
        self.compared_index = evenly(tests, compared)
        self.reach_index = evenly(tests, REACH)
        self.searched_index = at_random(trains, SEARCHED)
        self.featured_index = evenly(trains, FEATURED)

    # --- test images -------------------------------------------------------------------------------------------------

    @functools.cached_property
    def mapped(self) -> Floats:
        """Test images whose codes are on the map."""
        return as_floats(self.dataset.test.pixels[self.mapped_index])

    @functools.cached_property
    def measured(self) -> Floats:
        """Test images on which distortion and rate are measured.

        All of them are on the map, so that the mean rate is one number for the map's codes, for a lane's curve and for
        the Compare view.
        """
        return as_floats(self.dataset.test.pixels[self.measured_index])

    def test_images(self, count: int) -> Floats:
        """``count`` test images, evenly spread; `measured` itself where it has as many."""
        if count == len(self.measured_index):
            return self.measured
        return as_floats(self.dataset.test.pixels[evenly(len(self.dataset.test), count)])

    def test_pixels(self, count: int) -> Floats | Pixels:
        """The same images, all of them as they are stored: a slice at a time is converted sooner than the whole."""
        pixels = self.dataset.test.pixels
        return pixels if count == len(pixels) != len(self.measured_index) else self.test_images(count)

    @functools.cached_property
    def compared(self) -> Floats:
        """Test images that samples and codes are compared with."""
        return as_floats(self.dataset.test.pixels[self.compared_index])

    @functools.cached_property
    def shown(self) -> Floats:
        """Test images that every lane reconstructs."""
        return as_floats(self.dataset.test.pixels[self.shown_index])

    @functools.cached_property
    def shown_index(self) -> Counts:
        """One test image of each class in turn; many more points, evenly spread."""
        if self.dataset.points:
            return evenly(len(self.dataset.test), SHOWN_POINTS)
        labels = self.dataset.test.labels
        count = min(SHOWN, len(self.dataset.test))
        if labels is None:
            return evenly(len(self.dataset.test), count)
        classes = np.unique(labels)
        classes = classes[evenly(len(classes), count)]
        members = [np.flatnonzero(labels == label) for label in classes]
        in_turn = [of_class[k] for k in range(count) for of_class in members if k < len(of_class)]
        chosen = np.array(in_turn[:count], np.int64)
        return chosen[np.argsort(labels[chosen], kind="stable")]

    def pair(self, number: int) -> tuple[int, int]:
        """Indices of two of `shown`, another two for each number; at first they are half the list apart."""
        count = len(self.shown_index)
        first = number % count
        apart = 1 + (count // 2 - 1 + number // count) % max(1, count - 1)
        return first, (first + apart) % count

    def shown_name(self, index: int) -> str:
        """The name of one of the shown images: its class, or its number among the test images."""
        labels, at = self.dataset.test.labels, int(self.shown_index[index])
        return f"#{at:,}" if labels is None else self.dataset.class_name(int(labels[at]))

    @functools.cached_property
    def mapped_labels(self) -> Counts:
        """The class (N,) of each image on the map; 0 where the data have none."""
        labels = self.dataset.test.labels
        return np.zeros(len(self.mapped_index), np.int64) if labels is None else labels[self.mapped_index]

    # --- training images ---------------------------------------------------------------------------------------------

    @property
    def coded(self) -> npt.NDArray[Any]:
        """Training images whose codes say where the decoder was trained, as stored: floats may be 100 MB."""
        return self.dataset.train.pixels[evenly(len(self.dataset.train), CODED)]

    @property
    def paired(self) -> Counts:
        """Training images whose pairs say how near a duplicate is, as positions in ``featured_index``."""
        return at_random(len(self.featured_index), PAIRED)

    # --- either ------------------------------------------------------------------------------------------------------

    def twins(self) -> Iterator[npt.NDArray[Any]]:
        """Up to three sets of real images, as stored, each as many as `compared`: samples of a perfect model.

        Test images where enough remain. Else training images, which the classifier has seen: then a perfect model's
        reading comes out a little worse than it is.
        """
        rest = np.setdiff1d(np.arange(len(self.dataset.test)), self.compared_index)
        many = fitting(COMPARED, self.dataset.shape)
        from_test = len(rest) >= many
        pixels = self.dataset.test.pixels if from_test else self.dataset.train.pixels
        chosen = rest if from_test else np.arange(len(pixels))
        sets = max(1, min(TWIN_SETS, len(chosen) // many))
        chosen = chosen[evenly(len(chosen), sets * many)]
        for number in range(sets):
            yield pixels[chosen[number::sets]]
