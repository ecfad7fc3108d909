"""Both gradient estimators, against the exact value, closed forms and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.theory import reparameterization as rp
from core.theory.reparameterization import FUNCTIONS, WAYS, By

MU, SIGMA = st.floats(-2.0, 2.0), st.floats(0.2, 1.5)
NAMES, BYS = st.sampled_from(sorted(FUNCTIONS)), st.sampled_from(("mu", "sigma"))
WAY = st.sampled_from(WAYS)


@given(MU, SIGMA, st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_z_is_mu_plus_sigma_epsilon(mu: float, sigma: float, epsilon: list[float]) -> None:
    assert rp.z_of(mu, sigma, epsilon).tolist() == [mu + sigma * each for each in epsilon]


@given(NAMES, MU, SIGMA, BYS, WAY, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_both_are_unbiased(name: str, mu: float, sigma: float, by: By, way: rp.Way, seed: int) -> None:
    """Within the 5 standard errors that one of sixty examples never leaves; the error is the exact one."""
    f, count = FUNCTIONS[name], 40_000
    epsilon = np.random.default_rng(seed).standard_normal(count)
    mean, _ = rp.mean_and_error(rp.estimates(f, mu, sigma, epsilon, by, way))
    error = math.sqrt(rp.variance(f, mu, sigma, by, way) / count)
    assert abs(mean - rp.exact(f, mu, sigma, by)) <= 5 * error + 1e-9


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("by", ["mu", "sigma"])
@pytest.mark.parametrize("way", WAYS)
def test_a_fixed_draw_is_within_four_standard_errors(name: str, by: By, way: rp.Way) -> None:
    each = rp.estimates(FUNCTIONS[name], 0.4, 0.8, np.random.default_rng(5).standard_normal(100_000), by, way)
    mean, error = rp.mean_and_error(each)
    assert abs(mean - rp.exact(FUNCTIONS[name], 0.4, 0.8, by)) < 4 * error
    squares, error = rp.mean_and_error(np.square(each - mean))
    assert abs(squares - rp.variance(FUNCTIONS[name], 0.4, 0.8, by, way)) < 4 * error


@given(NAMES, MU, SIGMA, BYS, WAY)
@settings(deadline=None)
def test_every_way_has_the_same_mean_by_quadrature(name: str, mu: float, sigma: float, by: By, way: rp.Way) -> None:
    f = FUNCTIONS[name]
    nodes, weights = rp.quadrature(f)
    mean = float(weights @ rp.estimates(f, mu, sigma, nodes, by, way))
    assert mean == pytest.approx(rp.exact(f, mu, sigma, by), rel=1e-7, abs=1e-7)


@given(NAMES, MU, SIGMA)
@settings(deadline=None)
def test_the_exact_value_is_the_slope_of_the_expectation(name: str, mu: float, sigma: float) -> None:
    f, h = FUNCTIONS[name], 1e-4
    by_mu = (rp.expected(f, mu + h, sigma) - rp.expected(f, mu - h, sigma)) / (2 * h)
    by_sigma = (rp.expected(f, mu, sigma + h) - rp.expected(f, mu, sigma - h)) / (2 * h)
    assert rp.exact(f, mu, sigma, "mu") == pytest.approx(by_mu, abs=2e-4)
    assert rp.exact(f, mu, sigma, "sigma") == pytest.approx(by_sigma, abs=2e-4)


@given(MU, SIGMA)
def test_closed_forms_of_the_quadratic(mu: float, sigma: float) -> None:
    """f = (z − 1)², d = μ − 1: gradients 2d and 2σ; variances 4σ², 4d² + 8σ², and d⁴/σ² + 14d² + 15σ² of the score."""
    f, d = FUNCTIONS["quadratic"], mu - 1.0
    assert rp.expected(f, mu, sigma) == pytest.approx(d * d + sigma * sigma)
    assert rp.exact(f, mu, sigma, "mu") == pytest.approx(2 * d, abs=1e-10)
    assert rp.exact(f, mu, sigma, "sigma") == pytest.approx(2 * sigma)
    assert rp.variance(f, mu, sigma, "mu", "through") == pytest.approx(4 * sigma**2)
    assert rp.variance(f, mu, sigma, "sigma", "through") == pytest.approx(4 * d * d + 8 * sigma**2)
    by_score = rp.variance(f, mu, sigma, "mu", "score")
    assert by_score == pytest.approx(d**4 / sigma**2 + 14 * d * d + 15 * sigma**2)
    assert by_score > rp.variance(f, mu, sigma, "mu", "through")  # 14 d² + 15 σ² > 4 σ², whatever d and σ


@given(MU, SIGMA, BYS)
@settings(deadline=None)
def test_smooth_functions_are_integrated_the_same_by_two_rules(mu: float, sigma: float, by: By) -> None:
    nodes, weights = rp._trapezoid()
    for name in ("quadratic", "cubic", "sine"):
        f = FUNCTIONS[name]
        fine = float(weights @ rp.estimates(f, mu, sigma, nodes, by, "through"))
        assert rp.exact(f, mu, sigma, by) == pytest.approx(fine, abs=1e-9)


def test_through_f_is_not_always_the_calmer() -> None:
    """A step: its slope is nowhere or huge, the score does not care."""
    step = FUNCTIONS["step"]
    assert rp.variance(step, 0.0, 1.0, "mu", "through") > rp.variance(step, 0.0, 1.0, "mu", "score")
    for name in ("quadratic", "cubic"):
        calm = rp.variance(FUNCTIONS[name], 0.5, 0.8, "mu", "through")
        assert calm < rp.variance(FUNCTIONS[name], 0.5, 0.8, "mu", "baseline")


def test_a_baseline_calms_a_function_far_from_zero() -> None:
    far = rp.Function("far", "", lambda z: 100.0 + z, lambda z: np.ones_like(z))
    plain, less = (rp.variance(far, 0.0, 1.0, "mu", way) for way in ("score", "baseline"))
    assert plain == pytest.approx(10_002.0)
    assert less == pytest.approx(2.0)
    assert rp.variance(far, 0.0, 1.0, "mu", "through") == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=60))
def test_running_variance_is_that_of_the_first_n(values: list[float]) -> None:
    each = np.array(values)
    counts = np.arange(2, len(each) + 1)
    wanted = [each[:n].var(ddof=1) / n for n in counts]
    np.testing.assert_allclose(rp.running_variance(each, counts), wanted, rtol=1e-6, atol=1e-6)


def test_one_draw_has_no_error() -> None:
    mean, error = rp.mean_and_error(np.array([2.0]))
    assert mean == 2.0
    assert math.isnan(error)


def test_a_curve_through_points_is_what_it_goes_through() -> None:
    z = np.linspace(-3, 3, 61)
    f = rp.through_points(z, np.sin(z), "sine", "")
    between = np.linspace(-2.5, 2.5, 101)
    np.testing.assert_allclose(f.value(z), np.sin(z), atol=1e-12)
    np.testing.assert_allclose(f.value(between), np.sin(between), atol=1e-5)
    np.testing.assert_allclose(f.slope(between), np.cos(between), atol=1e-3)
    assert f.slope(np.array([9.0])) == f.slope(np.array([3.0]))  # straight on
    assert f.value(np.array([4.0]))[0] == pytest.approx(math.sin(3.0) + f.slope(np.array([3.0]))[0])
