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
