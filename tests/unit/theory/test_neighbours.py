"""Nearest neighbours agree with scikit-learn and with full distance matrices in float64."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.theory import neighbours
from core.theory.neighbours import (
    PointSet,
    kth_distances,
    nearest,
    nearest_of_parts,
    others_within,
    reach,
    squared_pair_quantile,
    squared_reaches,
)

SIZES = [(1, 1), (1, 4_096), (40, 5), (300, 500), (5, 1)]
"""Numbers of queries and points: one of either, fewer than k, several slices."""


def drawn(count: int, dims: int, seed: int) -> Floats:
    """Points far from 0, where float32 products lose precision; every fourth is a copy."""
    points = np.random.default_rng([seed, dims]).standard_normal((count, dims), dtype=np.float32) + 20
    points[::4] = points[: len(points[::4])]
    return points


def squares(x: Floats, y: Floats) -> np.ndarray:
    return np.square(x[:, None].astype(np.float64) - y[None]).sum(2)


@pytest.mark.parametrize("dims", [1, 2, 4, 5, 16, 64])
@pytest.mark.parametrize(("queries", "points"), SIZES)
def test_neighbours_are_those_of_scikit_learn(queries: int, points: int, dims: int) -> None:
    x, y = drawn(queries, dims, 0), drawn(points, dims, 1)
    k = min(10, points)
    expected, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(y.astype(np.float64)).kneighbors(x)
    prepared = PointSet(y)
    close = {"rtol": 1e-4, "atol": 5e-3}  # a copy is found to rounding
    np.testing.assert_allclose(finish(kth_distances(x, prepared, 10)), expected[:, -1], **close)
    index, distance = finish(nearest(x, prepared))
    np.testing.assert_allclose(distance, expected[:, 0], **close)
    np.testing.assert_allclose(distance, np.linalg.norm(x - y[index], axis=1), rtol=1e-5, atol=1e-7)
    assert distance.dtype == np.float32
    parts = (y[at : at + 300] - 20 for at in range(0, points, 300))
    np.testing.assert_allclose(finish(nearest_of_parts(x - 20, parts)), expected[:, 0], **close)


@pytest.mark.parametrize("dims", [2, 64])
@pytest.mark.parametrize("count", [1, 2, 4, 500])
def test_a_reach_is_the_distance_to_the_kth_nearest_other(count: int, dims: int) -> None:
    x = drawn(count, dims, 2)
    expected = np.sort(squares(x, x), 1)[:, min(5, count - 1)]  # itself is the 0th
    np.testing.assert_allclose(finish(squared_reaches(PointSet(x), 5)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dims", [2, 64])
def test_a_copy_is_at_distance_zero(dims: int) -> None:
    y = drawn(500, dims, 3)
    index, distance = finish(nearest(y[[7, 9]], PointSet(y)))
    np.testing.assert_array_equal(y[index], y[[7, 9]])
    assert distance.tolist() == [0, 0]


@pytest.mark.parametrize("dims", [2, 12])
def test_pairs_are_counted_once(dims: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "SLICE_DISTANCES", 3_000)
    x = np.random.default_rng(0).standard_normal((200, dims)).astype(np.float32)
    ordered = np.sort(squares(x, x)[np.triu_indices(200, 1)])
    assert finish(squared_pair_quantile(PointSet(x), 40 / len(ordered))) == pytest.approx(ordered[39], rel=1e-4)
    middle = float(ordered[39] + ordered[40]) / 2
    found = finish(others_within(PointSet(x), middle))
    assert found.sum() == 2 * 40
    np.testing.assert_array_equal(found, (squares(x, x) < middle).sum(1) - 1)


@pytest.mark.parametrize("dims", [2, 64])
def test_a_nan_row_affects_no_other(dims: int) -> None:
    y = drawn(300, dims, 4)
    y[17] = np.nan
    x = drawn(20, dims, 5)
    x[3] = np.nan
    rest, finite = np.delete(y, 17, 0), np.arange(20) != 3
    expected = np.sqrt(np.sort(squares(x, rest), 1))
    found = finish(kth_distances(x, PointSet(y), 10))
    np.testing.assert_allclose(found[finite], expected[finite, 9], rtol=1e-4)
    assert np.isnan(found[3])
    by_parts = finish(nearest_of_parts(x - 20, [rest - 20]))
    np.testing.assert_allclose(by_parts[finite], expected[finite, 0], rtol=1e-4, atol=5e-3)
    assert np.isnan(by_parts[3])


def test_a_search_comes_in_slices() -> None:
    x = drawn(4_000, 2, 6)
    assert sum(1 for _ in kth_distances(x, PointSet(x), 10)) > 10


def test_five_per_cent_lie_beyond_the_reach_which_is_never_zero() -> None:
    assert reach(np.arange(101)) == pytest.approx(95)
    assert reach(np.zeros(5)) > 0


def test_images_of_a_run_that_diverges_are_far_from_all_others_without_a_warning() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [3e30, -3e30], [np.inf, 0.0]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        index, distance = finish(nearest(np.array([[0.2, 0.0], [-3e30, 3e30]], np.float32), PointSet(points)))
    assert index[0] == 0
    assert distance[0] == pytest.approx(0.2)
    assert not distance[1] < 1e15
