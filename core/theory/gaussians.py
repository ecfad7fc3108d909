"""KL between Gaussians on a line, in nats: closed form, Monte Carlo, integrand; one Gaussian fitted to a mixture.

Sources: Kingma & Welling 2014, appendix B (KL to the prior); Bishop, Pattern Recognition and Machine Learning 2006,
section 10.1.2 (fits by the two directions of KL).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

Direction = Literal["forward", "reverse"]
"""Forward is KL(p || q), reverse KL(q || p), where q approximates p."""

MOST_MU = 8.0
"""Largest size of a mean, in a fit and for the quadrature."""
LEAST_SIGMA, MOST_SIGMA = 0.1, 4.0
"""Range of a sigma, in a fit and for the quadrature."""
LOW, HIGH, POINTS = -48.0, 48.0, 3201
"""The grid of the quadrature: 10 of the largest sigmas beyond the outermost mean, and a step of 0.3 of the smallest, so
that the trapezoidal rule is exact to rounding where the integrand is smooth. It is the same for all curves: an
objective that jumped with its grid could not be descended."""
RATE = 0.2
"""Learning rate of a fit."""
LEAST_GAIN = 1e-7
"""A fit has converged when a step lowers its objective by less, nats."""


@dataclass(frozen=True)
class Gaussian:
    """The density N(mu, sigma²) on a line."""

    mu: float
    sigma: float

    def log_density(self, x: npt.ArrayLike) -> Doubles:
        """ln N(x; mu, sigma²), any shape."""
        z = (np.asarray(x, np.float64) - self.mu) / self.sigma
        return np.asarray(-0.5 * z * z - math.log(self.sigma) - 0.5 * math.log(2.0 * math.pi), np.float64)

    def density(self, x: npt.ArrayLike) -> Doubles:
        """N(x; mu, sigma²), any shape."""
        return np.exp(self.log_density(x))

    def from_standard(self, epsilon: npt.ArrayLike) -> Doubles:
        """Draws of this Gaussian from draws ε of N(0, 1): mu + sigma · ε."""
        return np.asarray(self.mu + self.sigma * np.asarray(epsilon, np.float64), np.float64)


@dataclass(frozen=True)
class Mixture:
    """A mixture of equally likely Gaussians."""

    components: tuple[Gaussian, ...]

    def log_density(self, x: npt.ArrayLike) -> Doubles:
        """ln of the mean density of the components, any shape."""
        logs = np.stack([component.log_density(x) for component in self.components])
        largest = logs.max(0)
        return np.asarray(largest + np.log(np.exp(logs - largest).mean(0)), np.float64)

    def density(self, x: npt.ArrayLike) -> Doubles:
        """The mean density of the components, any shape."""
        return np.exp(self.log_density(x))


Density = Gaussian | Mixture


def kl(p: Gaussian, q: Gaussian) -> float:
    """KL(p || q) = ln(σq / σp) + (σp² + (μp − μq)²) / 2σq² − ½, nats."""
    ratio = p.sigma / q.sigma
    return max(0.0, -math.log(ratio) + 0.5 * (ratio * ratio + ((p.mu - q.mu) / q.sigma) ** 2 - 1.0))


def kl_to_prior(mu: npt.ArrayLike, sigma: npt.ArrayLike) -> Doubles:
    """KL(N(mu, sigma²) || N(0, 1)) of each dimension, ½(μ² + σ² − 1 − ln σ²), any shape, nats.

    For the posterior q(z|x) of an image its sum over dimensions is the rate.
    """
    mean, deviation = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    divergence = 0.5 * (mean * mean + deviation * deviation - 1.0) - np.log(deviation)
    return np.asarray(np.maximum(divergence, 0.0), np.float64)


def kl_by_draws(p: Gaussian, q: Density, epsilon: npt.ArrayLike) -> tuple[float, float]:
    """KL(p || q) by Monte Carlo, and its standard error: the mean of ln p − ln q at draws of p.

    The draws of p are made from ``epsilon`` (N,), draws of N(0, 1).
    """
    x = p.from_standard(epsilon)
    log_ratios = p.log_density(x) - q.log_density(x)
    return float(log_ratios.mean()), float(log_ratios.std(ddof=1) / math.sqrt(len(log_ratios)))


def integrand(p: Density, q: Density, x: npt.ArrayLike) -> Doubles:
    """p · ln(p / q) at x, any shape. Its integral is KL(p || q)."""
    log_p = p.log_density(x)
    return np.asarray(np.exp(log_p) * (log_p - q.log_density(x)), np.float64)


def grid() -> Doubles:
    """The nodes of the quadrature, (POINTS,)."""
    return np.linspace(LOW, HIGH, POINTS)


def kl_by_quadrature(p: Density, q: Density) -> float:
    """KL(p || q) by the trapezoidal rule on the grid, for means and sigmas in the ranges above."""
    return max(0.0, float(integrand(p, q, grid()).sum() * (HIGH - LOW) / (POINTS - 1)))


def objective(p: Density, q: Gaussian, direction: Direction) -> float:
    """The KL divergence that a fit of q to p minimises."""
    return kl_by_quadrature(p, q) if direction == "forward" else kl_by_quadrature(q, p)


def gradient(p: Density, q: Gaussian, direction: Direction) -> tuple[float, float]:
    """The derivatives of `objective` by mu and ln sigma of q, by the same quadrature.

    Forward: −E_p of the score. Reverse: E_q of score · (ln q − ln p), because the expectation of the score is 0.
    """
    x = grid()
    z = (x - q.mu) / q.sigma
    if direction == "forward":
        weight = -p.density(x)
    else:
        log_q = q.log_density(x)
        weight = np.exp(log_q) * (log_q - p.log_density(x))
    step = (HIGH - LOW) / (POINTS - 1)
    return float((weight * z / q.sigma).sum() * step), float((weight * (z * z - 1.0)).sum() * step)


@dataclass(frozen=True)
class Fit:
    """The state of a fit by gradient descent; ``objective`` in nats."""

    q: Gaussian
    objective: float
    steps: int = 0
    has_converged: bool = False


def begin(p: Density, q: Gaussian, direction: Direction) -> Fit:
    """The state of a fit before its first step."""
    return Fit(q, objective(p, q, direction))


def descend(p: Density, fit: Fit, direction: Direction, rate: float = RATE) -> Fit:
    """One step of gradient descent on mu and ln sigma, halved until it lowers the objective.

    A fit has converged where no step gains `LEAST_GAIN`: at a minimum, or for reverse KL at the saddle point exactly
    between two components.
    """
    by_mu, by_log_sigma = gradient(p, fit.q, direction)
    for _ in range(30):
        sigma = fit.q.sigma * math.exp(max(-0.5, min(0.5, -rate * by_log_sigma)))
        mu = min(MOST_MU, max(-MOST_MU, fit.q.mu - rate * by_mu))
        q = Gaussian(mu, min(MOST_SIGMA, max(LEAST_SIGMA, sigma)))
        value = objective(p, q, direction)
        if value <= fit.objective - LEAST_GAIN:
            return Fit(q, value, fit.steps + 1)
        rate *= 0.5
    return Fit(fit.q, fit.objective, fit.steps, True)
