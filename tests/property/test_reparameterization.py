"""The gradient estimators, against the exact value, closed forms and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.theory import reparameterization as rp
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS, Parameter

MU, SIGMA = st.floats(-2.0, 2.0), st.floats(0.2, 1.5)
NAME, PARAMETER = st.sampled_from(sorted(FUNCTIONS)), st.sampled_from(("mu", "sigma"))
ESTIMATOR = st.sampled_from(ESTIMATORS)


@given(MU, SIGMA, st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_z_is_mu_plus_sigma_epsilon(mu: float, sigma: float, epsilon: list[float]) -> None:
    assert rp.z_of(mu, sigma, epsilon).tolist() == [mu + sigma * each for each in epsilon]


@given(NAME, MU, SIGMA, PARAMETER, ESTIMATOR, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_every_estimator_is_unbiased(
    name: str, mu: float, sigma: float, by: Parameter, estimator: rp.Estimator, seed: int
) -> None:
    """Within 5 exact standard errors, which none of sixty examples exceeds."""
    f, count = FUNCTIONS[name], 40_000
    epsilon = np.random.default_rng(seed).standard_normal(count)
    mean, _ = rp.mean_and_error(rp.estimates(f, mu, sigma, epsilon, by, estimator))
    error = math.sqrt(rp.variance(f, mu, sigma, by, estimator) / count)
    assert abs(mean - rp.exact(f, mu, sigma, by)) <= 5 * error + 1e-9


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("by", ["mu", "sigma"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_fixed_draw_is_within_four_standard_errors(name: str, by: Parameter, estimator: rp.Estimator) -> None:
    epsilon = np.random.default_rng(5).standard_normal(100_000)
    estimates = rp.estimates(FUNCTIONS[name], 0.4, 0.8, epsilon, by, estimator)
    mean, error = rp.mean_and_error(estimates)
    assert abs(mean - rp.exact(FUNCTIONS[name], 0.4, 0.8, by)) < 4 * error
    squares, error = rp.mean_and_error(np.square(estimates - mean))
    assert abs(squares - rp.variance(FUNCTIONS[name], 0.4, 0.8, by, estimator)) < 4 * error


@given(NAME, MU, SIGMA, PARAMETER, ESTIMATOR)
@settings(deadline=None)
def test_every_estimator_has_the_exact_mean_by_quadrature(
    name: str, mu: float, sigma: float, by: Parameter, estimator: rp.Estimator
) -> None:
    f = FUNCTIONS[name]
    nodes, weights = rp.quadrature(f)
    mean = float(weights @ rp.estimates(f, mu, sigma, nodes, by, estimator))
    assert mean == pytest.approx(rp.exact(f, mu, sigma, by), rel=1e-7, abs=1e-7)


@given(NAME, MU, SIGMA)
@settings(deadline=None)
def test_the_exact_value_is_the_slope_of_the_expectation(name: str, mu: float, sigma: float) -> None:
    f, h = FUNCTIONS[name], 1e-4
    by_mu = (rp.expectation(f, mu + h, sigma) - rp.expectation(f, mu - h, sigma)) / (2 * h)
    by_sigma = (rp.expectation(f, mu, sigma + h) - rp.expectation(f, mu, sigma - h)) / (2 * h)
    assert rp.exact(f, mu, sigma, "mu") == pytest.approx(by_mu, abs=2e-4)
    assert rp.exact(f, mu, sigma, "sigma") == pytest.approx(by_sigma, abs=2e-4)


@given(MU, SIGMA)
def test_closed_forms_of_the_quadratic(mu: float, sigma: float) -> None:
    """f = (z − 1)², d = μ − 1: gradients 2d and 2σ; variances 4σ², 4d² + 8σ², and d⁴/σ² + 14d² + 15σ² of the score."""
    f, d = FUNCTIONS["quadratic"], mu - 1.0
    assert rp.expectation(f, mu, sigma) == pytest.approx(d * d + sigma * sigma)
    assert rp.exact(f, mu, sigma, "mu") == pytest.approx(2 * d, abs=1e-10)
    assert rp.exact(f, mu, sigma, "sigma") == pytest.approx(2 * sigma)
    assert rp.variance(f, mu, sigma, "mu", "through") == pytest.approx(4 * sigma**2)
    assert rp.variance(f, mu, sigma, "sigma", "through") == pytest.approx(4 * d * d + 8 * sigma**2)
    by_score = rp.variance(f, mu, sigma, "mu", "score")
    assert by_score == pytest.approx(d**4 / sigma**2 + 14 * d * d + 15 * sigma**2)
    assert by_score > rp.variance(f, mu, sigma, "mu", "through")  # 14 d² + 15 σ² > 4 σ², whatever d and σ


@given(MU, SIGMA, PARAMETER)
@settings(deadline=None)
def test_smooth_functions_are_integrated_the_same_by_two_rules(mu: float, sigma: float, by: Parameter) -> None:
    nodes, weights = rp._trapezoid()
    for name in ("quadratic", "cubic", "sine"):
        f = FUNCTIONS[name]
        fine = float(weights @ rp.estimates(f, mu, sigma, nodes, by, "through"))
        assert rp.exact(f, mu, sigma, by) == pytest.approx(fine, abs=1e-9)


def test_reparameterization_does_not_always_have_the_smaller_variance() -> None:
    """The derivative of a step is 0 or huge; the score function does not use it."""
    step = FUNCTIONS["step"]
    assert rp.variance(step, 0.0, 1.0, "mu", "through") > rp.variance(step, 0.0, 1.0, "mu", "score")
    for name in ("quadratic", "cubic"):
        through = rp.variance(FUNCTIONS[name], 0.5, 0.8, "mu", "through")
        assert through < rp.variance(FUNCTIONS[name], 0.5, 0.8, "mu", "baseline")


def test_a_baseline_reduces_the_variance_of_a_function_far_from_zero() -> None:
    far = rp.Function("far", "", lambda z: 100.0 + z, lambda z: np.ones_like(z))
    score, baseline = (rp.variance(far, 0.0, 1.0, "mu", estimator) for estimator in ("score", "baseline"))
    assert score == pytest.approx(10_002.0)
    assert baseline == pytest.approx(2.0)
    assert rp.variance(far, 0.0, 1.0, "mu", "through") == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=60))
def test_running_variance_is_that_of_the_first_n(numbers: list[float]) -> None:
    values = np.array(numbers)
    counts = np.arange(2, len(values) + 1)
    expected = [values[:n].var(ddof=1) / n for n in counts]
    np.testing.assert_allclose(rp.running_variance(values, counts), expected, rtol=1e-6, atol=1e-6)


def test_the_error_of_one_draw_is_nan() -> None:
    mean, error = rp.mean_and_error(np.array([2.0]))
    assert mean == 2.0
    assert math.isnan(error)


def test_a_spline_interpolates_its_points_and_continues_linearly() -> None:
    z = np.linspace(-3, 3, 61)
    f = rp.through_points(z, np.sin(z), "sine", "")
    between = np.linspace(-2.5, 2.5, 101)
    np.testing.assert_allclose(f.value(z), np.sin(z), atol=1e-12)
    np.testing.assert_allclose(f.value(between), np.sin(between), atol=1e-5)
    np.testing.assert_allclose(f.slope(between), np.cos(between), atol=1e-3)
    assert f.slope(np.array([9.0])) == f.slope(np.array([3.0]))
    assert f.value(np.array([4.0]))[0] == pytest.approx(math.sin(3.0) + f.slope(np.array([3.0]))[0])
