"""What units like, and what spoiling an image does."""

from __future__ import annotations

import numpy as np
import pytest

from core.lenses import BINS, KINDS, error, spoilt, units


def test_a_unit_likes_the_images_that_drive_it_furthest() -> None:
    codes = np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
    codes[:, 2] *= 0.01
    found = units(codes, 5)
    for unit in found:
        assert unit.counts.sum() == 200
        assert unit.edges.shape == (BINS + 1,)
        best = codes[unit.likes, unit.index]
        assert (np.diff(best) <= 0).all()
        assert best[-1] >= np.sort(codes[:, unit.index])[-5]
    assert [unit.silent for unit in found] == [False, False, True]


def test_sparse_codes_have_heavy_tails() -> None:
    random = np.random.default_rng(1)
    codes = np.stack([random.standard_normal(20_000), random.laplace(size=20_000), random.uniform(-1, 1, 20_000)], 1)
    normal, laplace, uniform = units(codes.astype(np.float32), 3)
    assert normal.kurtosis == pytest.approx(0, abs=0.15)
    assert laplace.kurtosis == pytest.approx(3, abs=0.8)
    assert uniform.kurtosis == pytest.approx(-1.2, abs=0.05)


def test_codes_that_are_no_numbers_count_for_nothing() -> None:
    codes = np.ones((5, 2), np.float32)
    codes[1] = np.nan
    found = units(codes, 5)
    assert found[0].counts.sum() == 4
    assert 1 not in found[0].likes
    assert units(np.full((4, 2), np.nan, np.float32), 2) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_spoiling_changes_as_much_as_it_says(kind: str) -> None:
    image = np.full((1, 100, 100), 0.5, np.float32)
    np.testing.assert_array_equal(spoilt(image, kind, 0.0, 3), image)
    some = spoilt(image, kind, 0.3, 3)
    np.testing.assert_array_equal(some, spoilt(image, kind, 0.3, 3))
    assert not np.array_equal(some, spoilt(image, kind, 0.3, 4))
    assert (image == 0.5).all()
    if kind == "gaussian":
        assert 0.2 < error(some, image) <= 0.3  # clipped at black and white
    else:
        assert (some != 0.5).mean() == pytest.approx(0.3, abs=0.02)
        assert error(some, image) == pytest.approx(0.5 * np.sqrt(0.3), abs=0.02)
