"""KL between Gaussians: closed form, Monte Carlo, integrand; and one Gaussian fitted to a mixture. numpy only, nats.

Sources: Kingma & Welling 2014, appendix B (against the prior); Bishop, Pattern Recognition and Machine Learning 2006,
section 10.1.2 (what the two directions of KL fit).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

Direction = Literal["forward", "reverse"]
"""Forward is KL(p || q), reverse KL(q || p); q is ours and p the truth."""

LOW, HIGH, POINTS = -16.0, 16.0, 1601
"""The grid of the quadrature. For σ of a tenth and more the trapezoidal rule on it is exact to rounding."""
LEAST_SIGMA, MOST_SIGMA = 0.1, 4.0
RATE = 0.2
LEAST_GAIN = 1e-7
"""Nats: a step that gains less is the last."""


@dataclass(frozen=True)
class Gaussian:
    """N(mu, sigma²) on a line."""

    mu: float
    sigma: float

    def log_density(self, x: npt.ArrayLike) -> Doubles:
        """ln N(x; mu, sigma²), any shape."""
        z = (np.asarray(x, np.float64) - self.mu) / self.sigma
        return np.asarray(-0.5 * z * z - math.log(self.sigma) - 0.5 * math.log(2.0 * math.pi), np.float64)

    def density(self, x: npt.ArrayLike) -> Doubles:
        """N(x; mu, sigma²)."""
        return np.exp(self.log_density(x))

    def at(self, normal: npt.ArrayLike) -> Doubles:
        """Draws of it from draws of N(0, 1): mu + sigma · ε."""
        return np.asarray(self.mu + self.sigma * np.asarray(normal, np.float64), np.float64)


@dataclass(frozen=True)
class Mixture:
    """Humps that are equally likely."""

    humps: tuple[Gaussian, ...]

    def log_density(self, x: npt.ArrayLike) -> Doubles:
        """ln of the mean of the humps' densities, any shape."""
        each = np.stack([hump.log_density(x) for hump in self.humps])
        most = each.max(0)
        return np.asarray(most + np.log(np.exp(each - most).mean(0)), np.float64)

    def density(self, x: npt.ArrayLike) -> Doubles:
        """The mean of the humps' densities."""
        return np.exp(self.log_density(x))


Density = Gaussian | Mixture


def kl(p: Gaussian, q: Gaussian) -> float:
    """KL(p || q) = ln(σq / σp) + (σp² + (μp − μq)²) / 2σq² − ½, nats."""
    ratio = p.sigma / q.sigma
    return -math.log(ratio) + 0.5 * (ratio * ratio + ((p.mu - q.mu) / q.sigma) ** 2 - 1.0)


def kl_to_prior(mu: npt.ArrayLike, sigma: npt.ArrayLike) -> Doubles:
    """KL(N(mu, sigma²) || N(0, 1)) of each dimension, ½(μ² + σ² − 1 − ln σ²), any shape, nats.

    For q(z|x) of an image the sum over dimensions is its rate.
    """
    mean, spread = np.asarray(mu, np.float64), np.asarray(sigma, np.float64)
    return np.asarray(0.5 * (mean * mean + spread * spread - 1.0) - np.log(spread), np.float64)


def kl_by_draws(p: Gaussian, q: Density, normal: npt.ArrayLike) -> tuple[float, float]:
    """KL(p || q) by Monte Carlo and its standard error: the mean of ln p − ln q at p's draws, from N(0, 1) draws."""
    x = p.at(normal)
    gaps = p.log_density(x) - q.log_density(x)
    return float(gaps.mean()), float(gaps.std(ddof=1) / math.sqrt(len(gaps)))


def integrand(p: Density, q: Density, x: npt.ArrayLike) -> Doubles:
    """p · ln(p / q) at x: its area above zero minus that below is KL(p || q)."""
    log_p = p.log_density(x)
    return np.asarray(np.exp(log_p) * (log_p - q.log_density(x)), np.float64)


def grid() -> Doubles:
    """Where the quadrature looks, (POINTS,)."""
    return np.linspace(LOW, HIGH, POINTS)


def kl_by_quadrature(p: Density, q: Density) -> float:
    """KL(p || q) as the sum of `integrand` on the grid; for densities that lie within it."""
    return float(integrand(p, q, grid()).sum() * (HIGH - LOW) / (POINTS - 1))


def objective(p: Density, q: Gaussian, direction: Direction) -> float:
    """What a fit of q to p lowers."""
    return kl_by_quadrature(p, q) if direction == "forward" else kl_by_quadrature(q, p)


def gradient(p: Density, q: Gaussian, direction: Direction) -> tuple[float, float]:
    """The derivatives of `objective` by q's mu and by ln sigma, by the same quadrature.

    Forward: −E_p of the score. Reverse: E_q of score · (ln q − ln p); the expectation of the score itself is 0.
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
    """Where gradient descent is: the Gaussian, what it still costs in nats, the steps taken, whether it has arrived."""

    q: Gaussian
    objective: float
    steps: int = 0
    arrived: bool = False


def begin(p: Density, q: Gaussian, direction: Direction) -> Fit:
    """A fit at its start."""
    return Fit(q, objective(p, q, direction))


def descend(p: Density, fit: Fit, direction: Direction, rate: float = RATE) -> Fit:
    """One step of gradient descent on mu and ln sigma; halved until it lowers the objective.

    Where no step gains `LEAST_GAIN` the fit has arrived: at a minimum, or for reverse KL exactly between two humps.
    """
    by_mu, by_log_sigma = gradient(p, fit.q, direction)
    for _ in range(30):
        sigma = fit.q.sigma * math.exp(max(-0.5, min(0.5, -rate * by_log_sigma)))
        mu = min(HIGH / 2, max(LOW / 2, fit.q.mu - rate * by_mu))
        q = Gaussian(mu, min(MOST_SIGMA, max(LEAST_SIGMA, sigma)))
        now = objective(p, q, direction)
        if now <= fit.objective - LEAST_GAIN:
            return Fit(q, now, fit.steps + 1)
        rate *= 0.5
    return Fit(fit.q, fit.objective, fit.steps, True)
