"""The images that drive a unit, how far it moves the decoded picture, and the corruption of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.probes.denoise import KINDS, corrupt, error
from core.probes.units import BINS, SILENT, moves, units


def test_a_unit_likes_the_images_that_drive_it_furthest() -> None:
    codes = np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
    codes[:, 2] *= 0.01
    found = units(codes, np.array([0.2, 1.1 * SILENT, 0.9 * SILENT], np.float32), 5)
    for unit in found:
        assert unit.counts.sum() == 200
        assert unit.edges.shape == (BINS + 1,)
        best = codes[unit.likes, unit.index]
        assert (np.diff(best) <= 0).all()
        assert best[-1] >= np.sort(codes[:, unit.index])[-5]
        assert unit.edges[0] == -unit.edges[-1]
        assert unit.size == pytest.approx(float(np.abs(codes[:, unit.index]).mean()), rel=1e-5)
    assert [unit.silent for unit in found] == [False, False, True]


def test_sparse_codes_have_heavy_tails() -> None:
    random = np.random.default_rng(1)
    codes = np.stack([random.standard_normal(20_000), random.laplace(size=20_000), random.uniform(-1, 1, 20_000)], 1)
    normal, laplace, uniform = units(codes.astype(np.float32), np.ones(3, np.float32), 3)
    assert normal.kurtosis == pytest.approx(0, abs=0.15)
    assert laplace.kurtosis == pytest.approx(3, abs=0.8)
    assert uniform.kurtosis == pytest.approx(-1.2, abs=0.05)


def test_codes_that_are_not_finite_are_left_out() -> None:
    codes = np.ones((5, 2), np.float32)
    codes[1] = np.nan
    found = units(codes, np.ones(2, np.float32), 5)
    assert found[0].counts.sum() == 4
    assert 1 not in found[0].likes
    assert units(np.full((4, 2), np.nan, np.float32), np.zeros(2, np.float32), 2) == ()


def test_activities_above_zero_have_an_axis_from_zero() -> None:
    codes = np.random.default_rng(2).uniform(0.1, 0.8, (50, 2)).astype(np.float32)
    for unit in units(codes, np.ones(2, np.float32), 2):
        assert unit.edges[0] == 0
        assert unit.edges[-1] == pytest.approx(codes.max())
        assert unit.counts.sum() == 50


def model(weights: list[list[float]]) -> Any:
    """Decodes z (N, D) to the pixels z @ weights (D, P): enough of a snapshot for `moves`."""

    class Linear:
        def decode(self, z: np.ndarray) -> np.ndarray:
            return (z @ np.array(weights, np.float32)).reshape(len(z), 1, 1, -1)

    return Linear()


def test_a_unit_moves_the_picture_as_far_as_the_decoder_says() -> None:
    codes = np.random.default_rng(3).uniform(0, 1, (4_000, 3)).astype(np.float32)
    codes[:, 2] *= 0.001  # active in the decoder, but never used
    found = moves(model([[1, 1], [0, 0], [1, 1]]), codes)
    assert found[0] == pytest.approx(0.9, abs=0.02)
    assert found[1] == 0
    assert found[2] == pytest.approx(0.0009, abs=1e-4)
    codes[5] = np.nan
    np.testing.assert_allclose(moves(model([[1, 1], [0, 0], [1, 1]]), codes), found, atol=0.01)
    assert not moves(model([[1], [1]]), np.full((3, 2), np.nan, np.float32)).any()


def test_all_units_of_a_collapsed_model_are_silent() -> None:
    codes = np.random.default_rng(4).standard_normal((300, 4)).astype(np.float32)
    dead = model([[1e-4] * 9] * 4)
    assert all(unit.silent for unit in units(codes, moves(dead, codes), 3))


@pytest.mark.parametrize("kind", KINDS)
def test_corruption_changes_as_much_as_it_says(kind: str) -> None:
    image = np.full((1, 100, 100), 0.5, np.float32)
    np.testing.assert_array_equal(corrupt(image, kind, 0.0, 3), image)
    some = corrupt(image, kind, 0.3, 3)
    np.testing.assert_array_equal(some, corrupt(image, kind, 0.3, 3))
    assert not np.array_equal(some, corrupt(image, kind, 0.3, 4))
    assert (image == 0.5).all()
    if kind == "gaussian":
        assert 0.2 < error(some, image) <= 0.3  # clipped at black and white
    else:
        assert (some != 0.5).mean() == pytest.approx(0.3, abs=0.02)
        assert error(some, image) == pytest.approx(0.5 * np.sqrt(0.3), abs=0.02)
