"""The nearest image, and where the codes are: the same as by comparing everything."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from core.datasets.base import Dataset, Images, load
from core.evaluation import training_codes
from core.evaluation.model_side import LIVE_IMAGES
from core.evaluation.reference import Reference
from core.foundation.slices import finish
from core.theory.latent_space import prior
from core.theory.nearest_images import build


def by_force(pixels: np.ndarray, image: np.ndarray, skip: int = -1) -> float:
    square = np.square(pixels.reshape(len(pixels), -1) / 255.0 - image.reshape(1, -1)).sum(1)
    if skip >= 0:
        square[skip] = np.inf
    return float(np.sqrt(square.min()))


def check(pixels: np.ndarray, images: np.ndarray) -> None:
    search = finish(build(pixels))
    for image in images:
        match = search.find(image)
        assert match.distance == pytest.approx(by_force(pixels, image), rel=1e-5, abs=1e-4)
        found = pixels[match.index] / 255.0 - image
        assert np.sqrt(np.square(found).sum()) == pytest.approx(match.distance, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("count", [1, 5, 64, 65, 700])
def test_random_images(count: int) -> None:
    """Noise has no principal directions: the bound excludes nothing, and it must still be right."""
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, 1, 12, 12), np.uint8)
    check(pixels, random.uniform(0, 1, (12, 1, 12, 12)).astype(np.float32))


def test_smooth_images(tiny: Callable[..., Dataset]) -> None:
    data = tiny(3, 32)
    check(data.train.pixels, data.test.pixels[:40].astype(np.float32) / 255)


def test_digits() -> None:
    data = load("mnist")
    pixels = data.train.pixels[:6000]
    near = data.test.pixels[:20].astype(np.float32) / 255
    check(pixels, np.concatenate([near, np.full((1, 1, 28, 28), 0.5, np.float32), np.zeros_like(near[:1])]))


def test_an_image_finds_itself_unless_it_is_left_out(tiny: Callable[..., Dataset]) -> None:
    pixels = tiny().train.pixels
    search = finish(build(pixels))
    image = pixels[17].astype(np.float32) / 255
    assert search.find(image).index == 17
    other = search.find(image, skip=17)
    assert other.index != 17
    assert other.distance == pytest.approx(by_force(pixels, image, 17), rel=1e-5)


def test_the_tenth_nearest_code() -> None:
    random = np.random.default_rng(0)
    points, codes = random.normal(size=(30, 4)).astype(np.float32), random.normal(size=(200, 4)).astype(np.float32)
    distances = np.linalg.norm(points[:, None] - codes[None], axis=2)
    np.testing.assert_allclose(training_codes.tenth_nearest(points, codes), np.sort(distances, 1)[:, 9], rtol=1e-4)
    few = codes[:4]  # fewer than ten: the farthest
    np.testing.assert_allclose(training_codes.tenth_nearest(points, few), distances[:, :4].max(1), rtol=1e-4)


def test_holes_are_where_no_codes_are() -> None:
    random = np.random.default_rng(1)
    full = finish(training_codes.measuring(prior(600, 2, 5), prior(2000, 2, 6)))
    assert full.hole_share < 0.12  # by construction 5 % of test codes are farther away
    assert training_codes.hole_ratio(np.zeros(2, np.float32), full) < 1
    assert training_codes.hole_ratio(np.full(2, 9.0, np.float32), full) > 5
    corner = (3 + 0.1 * random.normal(size=(2000, 2))).astype(np.float32)
    empty = finish(training_codes.measuring(corner[:500], corner[500:]))
    assert empty.hole_share > 0.98


def test_terms_are_measured_on_images_that_the_map_shows() -> None:
    """So that what the map's codes cost on average is what curves and the Compare view say."""
    data = load("mixture")
    assert len(data.test) == 2_000
    reference = Reference(data)
    assert len(reference.test_index) == len(np.unique(reference.test_index)) == 1_600
    assert reference.is_measured.sum() == LIVE_IMAGES
    np.testing.assert_array_equal(reference.measured, reference.real_side.test_images(LIVE_IMAGES))
    np.testing.assert_array_equal(reference.test[reference.is_measured], reference.measured)
    few = Reference(dataclasses.replace(data, test=Images(data.test.pixels[:30])))
    assert few.is_measured.all()
    assert len(few.test) == 30
