"""The gradient of E[f(z)], z ~ N(mu, sigma²), by score function and by reparameterization; numpy float64 only.

Score function (Williams 1992): f(z) · d ln N(z) / d mu. Reparameterization (Kingma & Welling 2014, section 2.4):
z = mu + sigma · ε with ε ~ N(0, 1), so that the derivative goes through f itself. Both have the same mean, the exact
gradient, which quadrature gives here; their variances differ, and not always in the same order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

By = Literal["mu", "sigma"]
Way = Literal["score", "baseline", "through"]
"""Score function; score function less a baseline, f(z) − E f; through z = mu + sigma · ε."""
WAYS: tuple[Way, ...] = ("score", "baseline", "through")

NODES = 64
"""Gauss–Hermite: exact for polynomials up to degree 127."""
REACH, POINTS = 10.0, 8001
"""Where f is steep: the trapezoidal rule over ε in ±REACH, steps of 0.0025."""
STEEP = 0.05
"""The width of the step, in z."""


@dataclass(frozen=True)
class Function:
    """f and its derivative, both of z of any shape. ``smooth`` ones are integrated by Gauss–Hermite.

    ``note`` says in words what the formula, in LaTeX, cannot.
    """

    title: str
    formula: str
    value: Callable[[Doubles], Doubles]
    slope: Callable[[Doubles], Doubles]
    smooth: bool = True
    note: str = ""


def _logistic(z: Doubles) -> Doubles:
    return 0.5 * (1.0 + np.tanh(0.5 * z / STEEP))


FUNCTIONS: dict[str, Function] = {
    "quadratic": Function("Quadratic", r"f(z) = (z - 1)^2", lambda z: np.square(z - 1.0), lambda z: 2.0 * (z - 1.0)),
    "cubic": Function("Cubic", r"f(z) = \tfrac12 z^3 - z", lambda z: 0.5 * z**3 - z, lambda z: 1.5 * z**2 - 1.0),
    "sine": Function("Sinusoid", r"f(z) = \sin 3z", lambda z: np.sin(3.0 * z), lambda z: 3.0 * np.cos(3.0 * z)),
    "step": Function(
        "Step",
        rf"f(z) = 1 / (1 + e^{{-z / {STEEP:g}}})",
        _logistic,
        lambda z: _logistic(z) * (1.0 - _logistic(z)) / STEEP,
        smooth=False,
    ),
}


def through_points(z: npt.ArrayLike, values: npt.ArrayLike, title: str, formula: str, note: str = "") -> Function:
    """A smooth curve through values (N,) at rising z (N,): a natural cubic spline, straight lines beyond its ends."""
    from scipy.interpolate import CubicSpline

    x, y = np.asarray(z, np.float64), np.asarray(values, np.float64)
    spline = CubicSpline(x, y, bc_type="natural")
    steepness = spline.derivative()

    def value(at: Doubles) -> Doubles:
        held = np.clip(at, x[0], x[-1])
        return np.asarray(spline(held) + steepness(held) * (at - held), np.float64)

    def slope(at: Doubles) -> Doubles:
        return np.asarray(steepness(np.clip(at, x[0], x[-1])), np.float64)

    return Function(title, formula, value, slope, smooth=False, note=note)


def z_of(mu: float, sigma: float, epsilon: npt.ArrayLike) -> Doubles:
    """z = mu + sigma · ε, any shape."""
    return np.asarray(mu + sigma * np.asarray(epsilon, np.float64), np.float64)


def estimates(f: Function, mu: float, sigma: float, epsilon: npt.ArrayLike, by: By, way: Way) -> Doubles:
    """What each single draw ε (N,) says the derivative is, (N,).

    The score of N(mu, sigma²) is ε / sigma by mu and (ε² − 1) / sigma by sigma; the baseline is E f, a constant.
    """
    noise = np.asarray(epsilon, np.float64)
    z = z_of(mu, sigma, noise)
    if way == "through":
        slope = f.slope(z)
        return slope if by == "mu" else slope * noise
    worth = f.value(z) - (expected(f, mu, sigma) if way == "baseline" else 0.0)
    return worth * (noise if by == "mu" else noise * noise - 1.0) / sigma


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
    """Nodes ε and weights (N,) with which expectations under N(0, 1) are taken for this f."""
    return _gauss_hermite() if f.smooth else _trapezoid()


def expected(f: Function, mu: float, sigma: float) -> float:
    """E f(z) by quadrature."""
    nodes, weights = quadrature(f)
    return float(weights @ f.value(z_of(mu, sigma, nodes)))


def exact(f: Function, mu: float, sigma: float, by: By) -> float:
    """The derivative of E f(z) by quadrature: E f'(z) by mu, E f'(z) ε by sigma (Bonnet's theorem)."""
    nodes, weights = quadrature(f)
    return float(weights @ estimates(f, mu, sigma, nodes, by, "through"))


def variance(f: Function, mu: float, sigma: float, by: By, way: Way) -> float:
    """The variance of a single draw's estimate, by quadrature; that of a mean of N draws is 1/N of it."""
    nodes, weights = quadrature(f)
    each = estimates(f, mu, sigma, nodes, by, way)
    mean = float(weights @ each)
    return float(weights @ np.square(each - mean))


def mean_and_error(each: Doubles) -> tuple[float, float]:
    """The mean of single-draw estimates (N,) and its standard error; the error of one draw is not known (NaN)."""
    if len(each) < 2:
        return float(each.mean()), float("nan")
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


def running_variance(each: Doubles, counts: npt.ArrayLike) -> Doubles:
    """The variance of the mean of the first N draws as these N tell it, s²/N, for each N ≥ 2 of ``counts``."""
    n = np.asarray(counts, np.int64)
    middle = float(each.mean())  # sums of squares around it lose no digits
    away = each - middle
    first, second = np.cumsum(away)[n - 1], np.cumsum(away * away)[n - 1]
    return np.asarray(np.maximum(second - first * first / n, 0.0) / (n - 1) / n, np.float64)
