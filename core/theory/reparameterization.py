"""The gradient of E[f(z)], z ~ N(mu, sigma²), by the score function and by reparameterization, in float64.

Score function (Williams 1992): f(z) · d ln N(z) / d mu. Reparameterization (Kingma & Welling 2014, section 2.4):
z = mu + sigma · ε with ε ~ N(0, 1), so that the derivative goes through f. Both are unbiased; their variances differ,
and which is smaller depends on f. The exact gradient is computed by quadrature.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

Parameter = Literal["mu", "sigma"]
"""The parameter by which the derivative is taken."""
Estimator = Literal["score", "baseline", "through"]
"""Score function; score function with a baseline, f(z) − E f; reparameterization, through z = mu + sigma · ε."""
ESTIMATORS: tuple[Estimator, ...] = ("score", "baseline", "through")

NODES = 64
"""Nodes of the Gauss–Hermite rule for smooth f: exact for polynomials up to degree 127."""
REACH, POINTS = 10.0, 8001
"""The trapezoidal rule for steep f: ε from -REACH to REACH, 0.0025 apart."""
STEP_WIDTH = 0.05
"""The width of the function "step", in z."""


@dataclass(frozen=True)
class Function:
    """A function f (``value``) and its derivative (``slope``), for z of any shape.

    ``formula`` is LaTeX; ``note`` adds in words what it cannot say. ``smooth``: integrated by Gauss–Hermite.
    """

    title: str
    formula: str
    value: Callable[[Doubles], Doubles]
    slope: Callable[[Doubles], Doubles]
    smooth: bool = True
    note: str = ""


def _logistic(z: Doubles) -> Doubles:
    return 0.5 * (1.0 + np.tanh(0.5 * z / STEP_WIDTH))


FUNCTIONS: dict[str, Function] = {
    "quadratic": Function("Quadratic", r"f(z) = (z - 1)^2", lambda z: np.square(z - 1.0), lambda z: 2.0 * (z - 1.0)),
    "cubic": Function("Cubic", r"f(z) = \tfrac12 z^3 - z", lambda z: 0.5 * z**3 - z, lambda z: 1.5 * z**2 - 1.0),
    "sine": Function("Sinusoid", r"f(z) = \sin 3z", lambda z: np.sin(3.0 * z), lambda z: 3.0 * np.cos(3.0 * z)),
    "step": Function(
        "Step",
        rf"f(z) = 1 / (1 + e^{{-z / {STEP_WIDTH:g}}})",
        _logistic,
        lambda z: _logistic(z) * (1.0 - _logistic(z)) / STEP_WIDTH,
        smooth=False,
    ),
}


def through_points(z: npt.ArrayLike, values: npt.ArrayLike, title: str, formula: str, note: str = "") -> Function:
    """The natural cubic spline through values (N,) at ascending z (N,), continued linearly beyond its ends."""
    from scipy.interpolate import CubicSpline

    x, y = np.asarray(z, np.float64), np.asarray(values, np.float64)
    spline = CubicSpline(x, y, bc_type="natural")
    derivative = spline.derivative()

    def value(at: Doubles) -> Doubles:
        clipped = np.clip(at, x[0], x[-1])
        return np.asarray(spline(clipped) + derivative(clipped) * (at - clipped), np.float64)

    def slope(at: Doubles) -> Doubles:
        return np.asarray(derivative(np.clip(at, x[0], x[-1])), np.float64)

    return Function(title, formula, value, slope, smooth=False, note=note)


def z_of(mu: float, sigma: float, epsilon: npt.ArrayLike) -> Doubles:
    """z = mu + sigma · ε, any shape."""
    return np.asarray(mu + sigma * np.asarray(epsilon, np.float64), np.float64)


def estimates(
    f: Function, mu: float, sigma: float, epsilon: npt.ArrayLike, by: Parameter, estimator: Estimator
) -> Doubles:
    """The estimate of the derivative from each single draw ε (N,), (N,).

    The score of N(mu, sigma²) is ε / sigma by mu and (ε² − 1) / sigma by sigma; the baseline is E f, a constant.
    """
    noise = np.asarray(epsilon, np.float64)
    z = z_of(mu, sigma, noise)
    if estimator == "through":
        slope = f.slope(z)
        return slope if by == "mu" else slope * noise
    weight = f.value(z) - (expectation(f, mu, sigma) if estimator == "baseline" else 0.0)
    return weight * (noise if by == "mu" else noise * noise - 1.0) / sigma


@functools.cache
def _gauss_hermite() -> tuple[Doubles, Doubles]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()


@functools.cache
def _trapezoid() -> tuple[Doubles, Doubles]:
    nodes = np.linspace(-REACH, REACH, POINTS)
    weights = np.exp(-0.5 * nodes * nodes)
    return nodes, weights / weights.sum()


def quadrature(f: Function) -> tuple[Doubles, Doubles]:
    """Nodes ε (N,) and weights (N,) of the rule for expectations of this f under N(0, 1)."""
    return _gauss_hermite() if f.smooth else _trapezoid()


def _mean(weights: Doubles, values: Doubles) -> float:
    """The weighted mean of values (N,). Weights sum to 1 up to rounding; the mean of ones is exactly 1."""
    return float((weights @ values) / (weights @ np.ones_like(weights)))


def expectation(f: Function, mu: float, sigma: float) -> float:
    """E f(z) by quadrature."""
    nodes, weights = quadrature(f)
    return _mean(weights, f.value(z_of(mu, sigma, nodes)))


def exact(f: Function, mu: float, sigma: float, by: Parameter) -> float:
    """The derivative of E f(z) by quadrature: E f'(z) by mu, E f'(z) ε by sigma (Bonnet's theorem)."""
    nodes, weights = quadrature(f)
    return _mean(weights, estimates(f, mu, sigma, nodes, by, "through"))


def variance(f: Function, mu: float, sigma: float, by: Parameter, estimator: Estimator) -> float:
    """The variance of an estimate from a single draw, by quadrature; that of the mean of N draws is 1/N of it."""
    nodes, weights = quadrature(f)
    values = estimates(f, mu, sigma, nodes, by, estimator)
    return _mean(weights, np.square(values - _mean(weights, values)))


def mean_and_error(values: Doubles) -> tuple[float, float]:
    """The mean of single-draw estimates (N,) and its standard error, which is NaN for N = 1."""
    if len(values) < 2:
        return float(values.mean()), float("nan")
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def running_variance(values: Doubles, counts: npt.ArrayLike) -> Doubles:
    """The estimated variance s²/N of the mean of the first N estimates, for each N ≥ 2 of ``counts``."""
    n = np.asarray(counts, np.int64)
    centred = values - float(values.mean())  # sums of squares of these lose no digits
    first, second = np.cumsum(centred)[n - 1], np.cumsum(centred * centred)[n - 1]
    return np.asarray(np.maximum(second - first * first / n, 0.0) / (n - 1) / n, np.float64)
