"""A share of all is exactly 100 %, a share of none exactly 0, and no share lies outside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.base import share_of
from core.metrics.memorisation import nearer
from core.probes.elbo_anatomy import rate_share
from core.probes.hole_maps import grid, prior_weights, weight_of
from core.theory import reparameterization as rp

sizes = st.integers(1, 3_000)


@given(sizes)
def test_all_and_none_are_exact(n: int) -> None:
    none, all_ = share_of(0, n), share_of(n, n)
    assert (none.value, none.low) == (0.0, 0.0)
    assert (all_.value, all_.high) == (100.0, 100.0)
    assert 0.0 <= none.high <= 100.0
    assert 0.0 <= all_.low <= 100.0


@given(sizes, sizes)
def test_one_set_that_is_nearer_than_all_of_another_is_always_nearer(n: int, m: int) -> None:
    near, far = np.linspace(0, 1, n, dtype=np.float32), np.linspace(2, 3, m, dtype=np.float32)
    error = 0.0 if min(n, m) > 1 else math.nan
    assert nearer(near, far) == pytest.approx((1.0, error), abs=0, nan_ok=True)
    assert nearer(far, near) == pytest.approx((0.0, error), abs=0, nan_ok=True)


@given(st.lists(st.booleans(), min_size=4, max_size=64), st.floats(0.5, 4.0), st.integers(2, 60))
def test_the_weight_of_cells_is_a_share(pattern: list[bool], reach: float, cells: int) -> None:
    weights = prior_weights(grid(reach, cells))
    assert weight_of(weights, np.ones(weights.shape, bool)) == 1.0
    assert weight_of(weights, np.zeros(weights.shape, bool)) == 0.0
    mask = np.resize(pattern, weights.shape)
    assert 0.0 <= weight_of(weights, mask) <= 1.0
    assert abs(weight_of(weights, mask) + weight_of(weights, ~mask) - 1.0) < 1e-15


@given(st.floats(1e-3, 1e3), st.floats(0.05, 100))
def test_one_of_two_gradients_alone_has_all_of_the_pull(size: float, beta: float) -> None:
    gradient, none = np.array([size, -size]), np.zeros(2)
    assert rate_share(none, gradient, beta) == 1.0
    assert rate_share(gradient, none, beta) == 0.0


@given(st.floats(-3, 3), st.floats(0.05, 1.5), st.floats(-1e3, 1e3))
def test_the_expectation_of_a_constant_is_that_constant(mu: float, sigma: float, constant: float) -> None:
    for smooth in (True, False):
        f = rp.Function("constant", "c", lambda z: np.full(np.shape(z), constant), np.zeros_like, smooth)
        assert abs(rp.expectation(f, mu, sigma) - constant) <= 1e-14 * abs(constant) + 1e-300
        assert rp.exact(f, mu, sigma, "mu") == 0.0
        assert rp.variance(f, mu, sigma, "mu", "through") == 0.0
    one = rp.Function("one", "1", np.ones_like, np.zeros_like, smooth=False)
    assert rp.expectation(one, mu, sigma) == 1.0
    below = rp.FUNCTIONS["step"]
    assert 0.0 <= rp.expectation(below, mu, sigma) <= 1.0
