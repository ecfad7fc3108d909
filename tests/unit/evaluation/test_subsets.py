"""Which images stand for a dataset."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from core.datasets.base import Dataset, Images, load
from core.evaluation.reference import Reference
from core.evaluation.subsets import COMPARED, MAPPED, MEASURED, SHOWN, Subsets, fitting
from core.foundation.pixels import as_floats


def test_terms_are_measured_on_images_that_the_map_shows() -> None:
    """So that the mean rate of the map's codes is that of the curves and the Compare view."""
    data = load("mixture")
    assert len(data.test) == 2_000
    subsets = Subsets(data)
    assert len(subsets.mapped_index) == len(np.unique(subsets.mapped_index)) == MAPPED
    assert subsets.is_measured.sum() == MEASURED
    np.testing.assert_array_equal(subsets.mapped[subsets.is_measured], subsets.measured)
    np.testing.assert_array_equal(subsets.mapped_index[subsets.is_measured], subsets.measured_index)
    few = Subsets(dataclasses.replace(data, test=Images(data.test.pixels[:30])))
    assert few.is_measured.all()
    assert len(few.mapped) == len(few.measured) == 30


def test_subsets_are_as_bright_as_all_images(mnist: Dataset) -> None:
    """Within what chance allows: every second training image of MNIST is darker, and a step of six takes those."""
    data, subsets = mnist, Subsets(mnist)
    chosen = {
        "measured": (data.test, subsets.measured_index),
        "compared": (data.test, subsets.compared_index),
        "searched": (data.train, subsets.searched_index),
        "paired": (data.train, subsets.featured_index[subsets.paired]),
    }
    for name, (images, index) in chosen.items():
        brightness = images.pixels.reshape(len(images), -1).mean(1)
        error = brightness.std() * np.sqrt(1 / len(index) - 1 / len(images))
        assert abs(brightness[index].mean() - brightness.mean()) < 2.5 * error, name
        assert len(np.unique(index)) == len(index)


def test_test_images_are_the_measured_ones_where_as_many_are_asked_for() -> None:
    subsets = Subsets(load("mixture"))
    assert subsets.test_images(MEASURED) is subsets.measured
    np.testing.assert_array_equal(subsets.test_images(2_000), subsets.dataset.test.pixels)
    assert len(subsets.test_images(100)) == 100
    assert subsets.test_pixels(2_000) is subsets.dataset.test.pixels
    np.testing.assert_array_equal(subsets.test_pixels(100), subsets.test_images(100))


def test_images_are_converted_once(tiny: Callable[..., Dataset]) -> None:
    reference = Reference(tiny())
    assert reference.subsets is reference.real_side.subsets
    assert reference.subsets.compared is reference.subsets.compared
    np.testing.assert_array_equal(reference.subsets.compared, as_floats(tiny().test.pixels))  # fewer than it takes


def test_twins_are_other_images_than_those_they_are_compared_with(mnist: Dataset) -> None:
    """Three sets of MNIST's other test images; training images where too few of those are left."""
    data = mnist
    numbered = Images(np.arange(10_000, dtype=np.float32)[:, None, None, None])
    subsets = Subsets(dataclasses.replace(data, test=numbered))
    sets = [each.reshape(-1) for each in subsets.twins()]
    assert [len(each) for each in sets] == [COMPARED] * 3
    together = np.concatenate([*sets, subsets.compared.reshape(-1)])
    assert len(np.unique(together)) == 4 * COMPARED
    few = Subsets(dataclasses.replace(data, train=numbered, test=Images(data.test.pixels[:4_000])))
    assert all(each.dtype == np.float32 for each in few.twins())


def test_each_class_is_shown_in_turn(tiny: Callable[..., Dataset]) -> None:
    subsets = Subsets(tiny())
    labels = tiny().test.labels[subsets.shown_index]
    assert len(subsets.shown_index) == len(set(subsets.shown_index.tolist())) == SHOWN
    assert np.bincount(labels).tolist() == [3, 3, 2, 2]
    assert subsets.shown_name(0) == "0"
    bare = tiny()
    without = Subsets(Dataset("tiny", "Tiny", bare.train, Images(bare.test.pixels)))
    assert without.shown_index[[0, -1]].tolist() == [0, 79]
    assert without.shown_name(9) == "#79"


def test_of_large_images_a_subset_has_fewer() -> None:
    """As floats 2,500 images of 128 px in colour would take half a gigabyte."""
    data = load("shapes")
    large = np.zeros((4_000, 3, 128, 128), np.uint8)
    subsets = Subsets(dataclasses.replace(data, train=Images(large[:10]), test=Images(large)))
    assert len(subsets.compared_index) == len(subsets.mapped_index) == fitting(COMPARED, (3, 128, 128)) == 682
    assert subsets.measured_index.size == 682
    assert subsets.is_measured.all()
    assert fitting(COMPARED, (3, 64, 64)) == COMPARED
