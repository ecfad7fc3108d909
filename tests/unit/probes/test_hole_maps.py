"""Hole maps and walks on decoders whose answer is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from core.datasets.base import Dataset, Images
from core.evaluation.real_side import RealSide
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import TrainingCodes, codes_of, hole_ratio
from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.nets.networks import Shape
from core.probes.hole_maps import (
    CELLS,
    FRAMES,
    KINDS,
    POINTS,
    REACH,
    HoleMap,
    deepest,
    density,
    grid,
    hole_map,
    prior_weights,
)
from core.probes.hole_maps import stretch as stretched
from core.probes.hole_maps import walk as walked
from core.probes.new_pictures import draw_pictures, find_nearest
from core.theory.latent_space import axis_plane
from core.theory.neighbours import PointSet, kth_distances
from core.training.snapshot import Codes, Snapshot

MATRIX = np.array([[3.0, 0.0], [0.0, 0.5], [0.0, 1.2]], np.float32)  # its singular values are 3 and 1.3
LARGEST = 3.0


class Fake:
    """A snapshot whose decoder and encoder are functions between z (N, D) and images of P pixels (N, P)."""

    def __init__(
        self, decode: Callable[[Floats], Floats], encode: Callable[[Floats], Floats] | None, pixels: int, dims: int = 2
    ) -> None:
        self.shape = Shape(pixels, 1, 1, dims)
        self.has_encoder = encode is not None
        self.step, self.life = 7, 0
        self._decode, self._encode = decode, encode

    def decode(self, z: Floats) -> Floats:
        return self._decode(z).astype(np.float32)[:, :, None, None]

    def encode(self, x: Floats) -> Codes | None:
        return None if self._encode is None else Codes(self._encode(x[:, :, 0, 0]).astype(np.float32), None)

    def shared(self, raw: Floats) -> Floats:
        return raw


def images(count: int, seed: int, dims: int = 2) -> Images:
    drawn = np.random.default_rng(seed).standard_normal((count, dims)).astype(np.float32)
    return Images(drawn[:, :, None, None], (drawn[:, 0] > 0).astype(np.int64))


DATA = Dataset("plane", "Plane", images(5_000, 0), images(2_500, 1))
PLANE = axis_plane(0, 1, 2)


def same(z: Floats) -> Floats:
    return z


def seen(fake: Fake, kind: Any, training_codes: TrainingCodes | None, dataset: Dataset = DATA) -> HoleMap:
    dims = fake.shape.latent
    plane = axis_plane(0, 1, dims)
    work = hole_map(cast(Snapshot, fake), RealSide(dataset), training_codes, kind, plane, np.zeros(dims, np.float32))
    return finish(work)


def codes(fake: Fake) -> TrainingCodes:
    return finish(codes_of(cast(Snapshot, fake), Reference(DATA)))


def test_the_grid_covers_three_sigma_with_the_origin_in_the_middle() -> None:
    points = grid()
    assert points.shape == (CELLS, CELLS, 2)
    np.testing.assert_allclose(points[CELLS // 2, CELLS // 2], 0, atol=1e-6)
    pitch = 2 * REACH / CELLS
    np.testing.assert_allclose(points[0, 0], [-REACH + pitch / 2, REACH - pitch / 2], rtol=1e-5)  # the top left
    np.testing.assert_allclose(grid(margin=1)[1:-1, 1:-1], points, atol=1e-6)
    weights = prior_weights(points)
    assert weights.sum() == pytest.approx(1)
    inside = weights[np.linalg.norm(points, axis=-1) < 1].sum()
    assert inside == pytest.approx(1 - math.exp(-0.5), abs=0.01)  # of a normal on a plane


def test_a_linear_decoder_stretches_by_its_largest_singular_value_everywhere() -> None:
    fake = Fake(lambda z: z @ MATRIX.T, None, 3)
    found = seen(fake, "stretch", None)
    assert np.linalg.svd(MATRIX)[1][0] == pytest.approx(LARGEST)
    np.testing.assert_allclose(found.values, LARGEST, rtol=1e-4)
    assert found.number == pytest.approx(LARGEST, rel=1e-4)
    assert found.hole is None
    assert found.kind == "stretch"


def test_stretch_is_the_singular_value_whatever_the_axes_are() -> None:
    random = np.random.default_rng(5)
    jacobian = random.standard_normal((6, 2)).astype(np.float32)
    at = grid(margin=1)
    made = at @ jacobian.T  # (R + 2, C + 2, 6)
    found = stretched(made, 2 * REACH / CELLS)
    assert found.shape == (CELLS, CELLS)
    np.testing.assert_allclose(found, np.linalg.svd(jacobian)[1][0], rtol=1e-3)


def test_a_tear_is_a_ridge() -> None:
    fake = Fake(lambda z: np.where(z[:, :1] > 0.5, 1.0, 0.0).repeat(4, 1), None, 4)
    found = seen(fake, "stretch", None).values
    torn = np.flatnonzero(found.max(0) > 0)
    assert 1 <= len(torn) <= 2
    assert np.abs(grid()[0, torn, 0] - 0.5).max() < 2 * REACH / CELLS
    assert (found[:, torn] == found[0, torn]).all()


def test_an_exact_inverse_has_no_cycle_error_and_a_shift_has_its_length() -> None:
    inverse = np.linalg.pinv(MATRIX).T
    exact = Fake(lambda z: z @ MATRIX.T, lambda x: x @ inverse, 3)
    some = TrainingCodes(np.zeros((20, 2), np.float32), 1.0, 0.0)
    found = seen(exact, "cycle", some)
    assert found.values.max() < 1e-5
    assert found.number < 1e-5
    shifted = Fake(lambda z: z @ MATRIX.T, lambda x: x @ inverse + np.array([0.3, -0.4]), 3)
    np.testing.assert_allclose(seen(shifted, "cycle", some).values, 0.5, rtol=1e-4)
    assert seen(shifted, "cycle", some).number == pytest.approx(0.5, rel=1e-4)


def test_the_density_of_a_known_cloud() -> None:
    latent_codes = np.random.default_rng(3).uniform(-1, 1, (20_000, 2)).astype(np.float32)
    inside = np.random.default_rng(4).uniform(-0.8, 0.8, (500, 2)).astype(np.float32)
    points = PointSet(latent_codes)
    found = 10 ** density(finish(kth_distances(inside, points, 10)), len(latent_codes), 2)
    assert np.mean(found) == pytest.approx(250 * 10 / 9, rel=0.1)  # 1,000 codes on 4 σ²; k / (k − 1): its known bias
    outside = finish(kth_distances(np.array([[3.0, 3.0]], np.float32), points, 10))
    assert (density(outside, len(latent_codes), 2) < 1).all()


def test_a_half_empty_latent_space_is_half_hole() -> None:
    fake = Fake(same, lambda x: np.stack([np.abs(x[:, 0]), x[:, 1]], 1), 2)
    training_codes = codes(fake)
    found = seen(fake, "density", training_codes)
    assert found.hole is not None
    assert 0.4 < found.number < 0.6
    left = grid()[..., 0] < -0.7
    assert found.hole[left].all()
    near = (grid()[..., 0] > 0.3) & (np.linalg.norm(grid(), axis=-1) < 1.5)
    assert not found.hole[near].any()
    full = Fake(same, same, 2)
    assert seen(full, "density", codes(full)).number < 0.12


def test_the_holes_are_where_the_hole_ratio_says() -> None:
    fake = Fake(same, same, 2)
    training_codes = codes(fake)
    found = seen(fake, "stretch", training_codes)
    r = np.array([hole_ratio(z, training_codes) for z in grid().reshape(-1, 2)])
    assert found.hole is not None
    np.testing.assert_array_equal(found.hole, (r > 1).reshape(CELLS, CELLS))


def test_distance_is_in_units_of_what_test_images_have() -> None:
    """A decoder that draws the data everywhere, and one that draws what no image is like."""
    real = DATA.train.pixels[:1, :, 0, 0]
    good = Fake(lambda z: np.repeat(real, len(z), 0), None, 2)
    found = seen(good, "distance", None)
    assert found.values.max() < 0.05  # a copy; rounding of the search alone
    assert found.number < 0.05
    bad = Fake(lambda z: np.full((len(z), 2), 30.0), None, 2)
    far = seen(bad, "distance", None)
    assert far.values.min() > 10
    assert far.number == pytest.approx(float(far.values[0, 0]), rel=1e-4)  # the same everywhere


def test_without_an_encoder_two_maps_do_not_exist() -> None:
    for kind in ("cycle", "density"):
        with pytest.raises(ValueError, match="no encoder"):
            seen(Fake(same, None, 2), kind, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_that_diverged_breaks_no_map(kind: str) -> None:
    fake = Fake(lambda z: np.full((len(z), 2), np.nan), same, 2)
    with np.errstate(invalid="ignore"):
        found = seen(fake, kind, TrainingCodes(np.zeros((20, 2), np.float32), 1.0, 0.0))
    assert found.values.shape == (CELLS, CELLS)
    assert math.isnan(found.number) == (kind != "density")  # which decodes nothing


def test_in_more_dimensions_the_map_is_the_plane_through_the_point() -> None:
    fake = Fake(same, same, 3, dims=3)
    plane, z = axis_plane(0, 2, 3), np.array([0.0, 1.5, 0.0], np.float32)
    codes_3 = TrainingCodes(np.tile([[0.0, 1.5, 0.0]], (20, 1)).astype(np.float32), 1.0, 0.0)
    found = finish(hole_map(cast(Snapshot, fake), RealSide(DATA), codes_3, "density", plane, z))
    assert found.hole is not None
    np.testing.assert_array_equal(found.hole, np.linalg.norm(grid(), axis=-1) > 1)
    far = finish(hole_map(cast(Snapshot, fake), RealSide(DATA), codes_3, "density", plane, np.zeros(3, np.float32)))
    assert far.hole is not None
    assert far.hole.all()


def test_a_walk_through_a_ring_crosses_its_hole_and_the_arc_does_not() -> None:
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 3_000)
    ring = (1.5 * np.stack([np.cos(angle), np.sin(angle)], 1)).astype(np.float32)
    training_codes = TrainingCodes(ring, 0.2, 0.0)
    fake = Fake(lambda z: z / 4 + 0.5, lambda x: 4 * x - 2, 2)
    ends = (np.array([[1.5, 0.0], [0.0, 1.5]], np.float32) / 4 + 0.5)[:, :, None, None]
    found = finish(walked(cast(Snapshot, fake), training_codes, ends))
    for way in (found.straight, found.arc):
        assert len(way.images) == len(way.frames) == FRAMES
        assert way.z.shape == (POINTS, 2)
        np.testing.assert_allclose(way.z[[0, -1]], [[1.5, 0.0], [0.0, 1.5]], atol=1e-5)
        np.testing.assert_allclose(way.ratio, [hole_ratio(z, training_codes) for z in way.z], rtol=1e-5)
    assert found.straight.ratio[POINTS // 2] > 1.5
    assert found.straight.crossed > 0.5
    assert found.arc.crossed == 0


def test_the_deepest_of_some_ways_is_the_one_across_the_ring() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    pairs = np.array([[0, 10], [0, 200], [50, 90]])
    assert deepest(ring, pairs, TrainingCodes(ring, 0.1, 0.0)) == 1


def test_new_pictures_know_the_training_image_they_copy() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 1, 2, 2), np.uint8)
    data = Dataset("noise", "Noise", Images(pixels[:200]), Images(pixels[200:]))

    class Copies(Fake):
        def decode(self, z: Floats) -> Floats:
            return np.repeat(pixels[17:18], len(z), 0).astype(np.float32) / 255

    fake = cast(Snapshot, Copies(same, None, 4))
    reference = Reference(data)
    first, shown = finish(draw_pictures(fake, Sampling(), None, "prior", 5, 3))
    assert len(first.images) == len(shown) == 5
    assert len(first.index) == len(first.nearest) == 0
    assert np.isnan(first.ratio).all()
    found = finish(find_nearest(first, shown, reference))
    np.testing.assert_array_equal(found.images, first.images)
    assert found.index.tolist() == [17] * 5
    assert found.ratio.max() < 1e-4
    np.testing.assert_array_equal(found.images, found.nearest)
    assert len(np.unique(found.z, axis=0)) == 5
    again, _ = finish(draw_pictures(fake, Sampling(), None, "prior", 5, 4))
    assert not np.array_equal(found.z, again.z)
