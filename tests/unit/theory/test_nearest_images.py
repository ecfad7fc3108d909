"""The nearest image is that of a brute-force search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.foundation.slices import finish
from core.theory.nearest_images import build


def by_force(pixels: np.ndarray, image: np.ndarray) -> float:
    square = np.square(pixels.reshape(len(pixels), -1) / 255.0 - image.reshape(1, -1)).sum(1)
    return float(np.sqrt(square.min()))


def check(pixels: np.ndarray, images: np.ndarray) -> None:
    search = finish(build(pixels))
    for image in images:
        match = search.find(image)
        assert match.distance == pytest.approx(by_force(pixels, image), rel=1e-5, abs=1e-4)
        difference = pixels[match.index] / 255.0 - image
        assert np.sqrt(np.square(difference).sum()) == pytest.approx(match.distance, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("count", [1, 5, 64, 65, 700])
def test_random_images(count: int) -> None:
    """Noise has no principal directions: the bound excludes nothing, and it must still be right."""
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, 1, 12, 12), np.uint8)
    check(pixels, random.uniform(0, 1, (12, 1, 12, 12)).astype(np.float32))


def test_smooth_images(tiny: Callable[..., Dataset]) -> None:
    data = tiny(3, 32)
    check(data.train.pixels, data.test.pixels[:40].astype(np.float32) / 255)


def test_digits(mnist: Dataset) -> None:
    pixels = mnist.train.pixels[:6000]
    near = mnist.test.pixels[:20].astype(np.float32) / 255
    check(pixels, np.concatenate([near, np.full((1, 1, 28, 28), 0.5, np.float32), np.zeros_like(near[:1])]))


def test_an_image_finds_itself(tiny: Callable[..., Dataset]) -> None:
    pixels = tiny().train.pixels
    search = finish(build(pixels))
    match = search.find(pixels[17].astype(np.float32) / 255)
    assert (match.index, match.distance) == (17, 0)


@pytest.mark.parametrize("count", [1, 3, 40, 700, 900])
def test_the_closest_are_those_of_a_brute_force_search_in_their_order(count: int) -> None:
    random = np.random.default_rng(4)
    pixels = random.integers(0, 256, (700, 1, 6, 6), np.uint8)
    search = finish(build(pixels))
    for image in random.uniform(0, 1, (5, 1, 6, 6)).astype(np.float32):
        distances = np.sqrt(np.square(pixels / 255.0 - image).sum((1, 2, 3)))
        found = search.closest(image, count)
        assert len(found) == min(count, 700) == len({match.index for match in found})
        np.testing.assert_allclose([match.distance for match in found], np.sort(distances)[:count], rtol=1e-5)
        np.testing.assert_allclose([distances[match.index] for match in found], [m.distance for m in found], rtol=1e-5)


def test_the_closest_digits_are_exact_where_the_bound_leaves_most_out(mnist: Dataset) -> None:
    pixels = mnist.train.pixels[:6000]
    image = mnist.test.pixels[3].astype(np.float32) / 255
    distances = np.sqrt(np.square(pixels / 255.0 - image).sum((1, 2, 3)))
    found = finish(build(pixels)).closest(image, 10)
    assert [match.index for match in found] == np.argsort(distances)[:10].tolist()


def test_no_images_cannot_be_the_closest(tiny: Callable[..., Dataset]) -> None:
    search = finish(build(tiny().train.pixels))
    with pytest.raises(ValueError, match="ask for 1 at least"):
        search.closest(tiny().train.pixels[0] / np.float32(255), 0)
