"""The latent space: planes, interpolation and draws from the prior, for any points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.theory.latent_space import axis_plane, lerp, principal_plane, prior, slerp

numbers = st.floats(-4, 4, width=32)
dims = st.integers(1, 64)
T = np.linspace(0, 1, 9, dtype=np.float32)


def points(dims: int) -> st.SearchStrategy[Any]:
    return arrays(np.float32, dims, elements=numbers)


@given(st.data(), dims)
def test_interpolation_starts_and_ends_at_its_points(data: st.DataObject, dims: int) -> None:
    a, b = data.draw(points(dims)), data.draw(points(dims))
    for interpolate in (lerp, slerp):
        z = interpolate(a, b, T)
        assert z.shape == (9, dims)
        assert z.dtype == np.float32
        np.testing.assert_allclose(z[0], a, atol=2e-3)
        np.testing.assert_allclose(z[-1], b, atol=2e-3)


@given(st.data(), st.integers(2, 64))
def test_the_length_of_a_slerp_changes_linearly(data: st.DataObject, dims: int) -> None:
    a, b = data.draw(points(dims)), data.draw(points(dims))
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) < 0.1 or abs(a @ b) / (lengths[0] * lengths[1]) > 0.999:
        return  # no arc is defined
    norms = np.linalg.norm(slerp(a, b, T), axis=1)
    np.testing.assert_allclose(norms, lengths[0] + T * (lengths[1] - lengths[0]), rtol=1e-3, atol=1e-3)


def angle(u: Any, v: Any) -> Any:
    """The angle between rows (N, D), exact to rounding for any of them (Kahan 2006)."""
    u, v = (each / np.linalg.norm(each, axis=-1, keepdims=True) for each in (u.astype(float), v.astype(float)))
    return 2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    dims = draw(st.integers(2, 64))
    return draw(points(dims)), draw(points(dims))


@given(pairs())
@example((np.array([2, 0], np.float32), np.array([0, 2], np.float32)))
@example((np.array([3, 0, 0], np.float32), np.array([-1, 0.5, 0], np.float32)))
def test_the_angle_of_a_slerp_changes_linearly(pair: tuple[Any, Any]) -> None:
    """On the great circle: the angles to both ends change linearly and add up to the angle between them."""
    a, b = pair
    assume(min(np.linalg.norm(a), np.linalg.norm(b)) > 0.1)
    total = float(angle(a, b))
    assume(0.1 < total < np.pi - 0.1)
    z = slerp(a, b, T)
    np.testing.assert_allclose(z[[0, -1]], [a, b], atol=1e-5)
    np.testing.assert_allclose(angle(z, a), T * total, atol=1e-4)
    np.testing.assert_allclose(angle(z, b), (1 - T) * total, atol=1e-4)
    same_length = b * (np.linalg.norm(a) / np.linalg.norm(b))
    np.testing.assert_allclose(np.linalg.norm(slerp(a, same_length, T), axis=1), np.linalg.norm(a), rtol=1e-5)


@given(st.data(), st.integers(1, 64), st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 4.0]))
def test_slerp_is_linear_where_no_arc_is_defined(data: st.DataObject, dims: int, factor: float) -> None:
    """Between parallel points, opposite points, and where one of them is the origin."""
    a = np.zeros(dims, np.float32)
    a[data.draw(st.integers(0, dims - 1))] = data.draw(st.sampled_from([-3.0, 0.25, 1.5]))
    b = (factor * a).astype(np.float32)
    np.testing.assert_array_equal(slerp(a, b, T), lerp(a, b, T))
    other = data.draw(points(dims))
    origin = np.zeros(dims, np.float32)
    np.testing.assert_array_equal(slerp(other, origin, T), lerp(other, origin, T))
    np.testing.assert_array_equal(slerp(origin, other, T), lerp(origin, other, T))
    np.testing.assert_allclose(slerp(other, 2 * other, T), lerp(other, 2 * other, T), atol=1e-4)


@given(st.data(), st.integers(2, 64))
def test_coordinates_of_a_plane_survive_a_round_trip(data: st.DataObject, dims: int) -> None:
    first, second = data.draw(st.permutations(range(dims)))[:2]
    plane = axis_plane(first, second, dims)
    through = data.draw(points(dims))
    flat = data.draw(arrays(np.float32, (5, 2), elements=numbers))
    z = plane.at(flat, through)
    np.testing.assert_allclose(plane.of(z), flat, atol=1e-5)
    others = [d for d in range(dims) if d not in (first, second)]
    np.testing.assert_allclose(z[:, others], np.broadcast_to(through[others], (5, len(others))), atol=1e-5)


@given(st.integers(2, 30), st.integers(0, 99))
def test_the_principal_plane_is_orthonormal_and_has_the_largest_variances(dims: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    codes = (random.normal(size=(200, dims)) * np.linspace(3, 1, dims)).astype(np.float32)
    plane = principal_plane(codes)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-4)
    largest = np.linalg.eigvalsh(np.cov(codes.T, bias=True))[::-1][:2]
    np.testing.assert_allclose(plane.of(codes).var(0), largest, rtol=1e-3)
    assert (np.abs(plane.axes).max(1) == plane.axes.max(1)).all()
    again = principal_plane(codes[::-1])
    np.testing.assert_allclose(again.axes, plane.axes, atol=0.02)


def test_one_dimension_has_a_plane_too() -> None:
    plane = axis_plane(0, 0, 1)
    np.testing.assert_allclose(plane.at(np.array([[2.0, 7.0]], np.float32), np.zeros(1, np.float32)), [[2.0]])


@given(st.integers(1, 64), st.integers(0, 2**31 - 1))
def test_the_seed_decides_the_draws(dims: int, seed: int) -> None:
    np.testing.assert_array_equal(prior(5, dims, seed), prior(5, dims, seed))
    np.testing.assert_array_equal(prior(5, dims, seed), prior(9, dims, seed)[:5])
    assert not np.array_equal(prior(5, dims, seed), prior(5, dims, seed + 1))


def test_the_prior_is_standard_normal() -> None:
    z = prior(20_000, 4, 0)
    error = 4 / np.sqrt(len(z))
    assert np.abs(z.mean(0)).max() < error
    assert z.var(0) == pytest.approx(1, abs=1.5 * error)


@pytest.mark.parametrize("dims", [2, 3, 8, 64])
def test_slerp_between_opposite_points_is_linear_for_any_rounding(dims: int) -> None:
    random = np.random.default_rng(6)
    for a in random.standard_normal((200, dims)).astype(np.float32):
        b = (-random.uniform(0.1, 9) * a).astype(np.float32)
        np.testing.assert_array_equal(slerp(a, b, T), lerp(a, b, T))
