"""The ELBO of one image: distortion and rate, the gap of the bound, the gradient of each term.

Kingma & Welling 2014 (the bound); Burda et al. 2016, eq. 8 (importance weights). All values in nats. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Doubles, Floats, Pixels
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, Making, check_count, whole
from core.theory.gaussians import kl_to_prior

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

COUNTS = (1, 10, 100, 1_000, 5_000)
"""Numbers of draws of q(z|x) in one importance-weighted bound, k."""
SEED = 41
SHOWN = 8
"""Number of draws shown as pictures."""
GRADIENT_DRAWS = 64
"""Number of draws over which the gradient of the distortion is averaged."""
_SLICE_NUMBERS = 1 << 17
"""Number of pixels decoded in one slice: 167 images of 28 x 28, about 10 ms."""


def slice_of(size: int) -> int:
    """Number of images of ``size`` pixels decoded in one slice of work; far more where the data are points."""
    return max(8, _SLICE_NUMBERS // size) if size > 2 else 2_500


def bound_per_group(log_weights: Doubles, k: int) -> Doubles:
    """-log 1/k sum w of each group of k log weights among (N,): (N // k,). A smaller last group is dropped."""
    groups = log_weights[: len(log_weights) // k * k].reshape(-1, k)
    top = groups.max(1)
    return np.asarray(-(top + np.log(np.exp(groups - top[:, None]).mean(1))), np.float64)


def bound(log_weights: Doubles, k: int) -> float:
    """Mean of `bound_per_group`: above -log p(x) in expectation, falling to it as k grows; k = 1 is -ELBO."""
    return float(bound_per_group(log_weights, k).mean())


def rate_slope(mu: Doubles, sigma: Doubles) -> Doubles:
    """Gradient of the rate with respect to (mu, ln sigma), (2 D,): mu and sigma² - 1."""
    return np.concatenate([mu, sigma * sigma - 1.0])


def rate_share(distortion: Doubles, rate: Doubles, beta: float) -> float:
    """β‖∇R‖ / (‖∇D‖ + β‖∇R‖), the rate's share of two gradients (2 D,); NaN where both are 0."""
    rate_pull, distortion_pull = beta * float(np.linalg.norm(rate)), float(np.linalg.norm(distortion))
    total = rate_pull + distortion_pull
    return rate_pull / total if total > 0 else float("nan")


def balance(distortion: Doubles, rate: Doubles) -> float:
    """The β at which the gradients of D and β R cancel best: -⟨∇D, ∇R⟩ / ‖∇R‖²; NaN where ∇R is 0."""
    size = float(rate @ rate)
    return -float(distortion @ rate) / size if size > 0 else float("nan")


def objective(distortion: float, rate: float, beta: float) -> float:
    """D + β R."""
    return distortion + beta * rate


@dataclass(frozen=True)
class Anatomy:
    """One image under one snapshot's encoder and decoder.

    ``mu``, ``sigma``, ``rates`` (D,); ``log_weights`` and ``distortions`` (K,) of the draws so far;
    ``reconstruction`` is the decoded mu, ``drawn`` the first decoded draws; ``pixels`` (H, W) is the mean distortion
    of each pixel over those draws, None for points; ``slope`` (2 D,) is the gradient of the distortion with respect to
    (mu, ln sigma).
    """

    mu: Doubles
    sigma: Doubles
    rates: Doubles
    log_weights: Doubles
    distortions: Doubles
    reconstruction: Pixels
    drawn: Pixels
    pixels: Doubles | None
    slope: Doubles

    @property
    def draws(self) -> int:
        """Number of draws so far, K."""
        return len(self.log_weights)

    @property
    def is_finite(self) -> bool:
        """Whether every number is finite: weights of a diverging run may overflow."""
        parts = (self.mu, self.sigma, self.rates, self.log_weights, self.distortions, self.slope)
        return all(bool(np.isfinite(part).all()) for part in parts)

    @property
    def complete(self) -> bool:
        """Whether there are enough draws for the tightest bound."""
        return self.draws >= COUNTS[-1]

    @property
    def rate(self) -> float:
        """KL(q(z|x) || p(z)) in closed form."""
        return float(self.rates.sum())

    @property
    def distortion(self) -> float:
        """-E log p(x|z): the mean over the draws so far."""
        return float(self.distortions.mean())

    @property
    def spread(self) -> float:
        """Standard deviation of the distortion among draws."""
        return float(self.distortions.std(ddof=1))

    @property
    def negative_elbo(self) -> float:
        """D + R."""
        return self.distortion + self.rate

    @property
    def bounds(self) -> dict[int, float]:
        """The bound for each k of `COUNTS` for which there are enough draws."""
        return {k: bound(self.log_weights, k) for k in COUNTS if k <= self.draws}

    @property
    def gap(self) -> float:
        """-ELBO minus the tightest bound: a slightly low estimate of KL(q(z|x) || p(z|x)), the encoder's error."""
        return bound(self.log_weights, 1) - bound(self.log_weights, max(k for k in COUNTS if k <= self.draws))


@dataclass(frozen=True, eq=False)
class AnatomyLook(Look[Anatomy]):
    """The ELBO of one image (C, H, W). The answer grows with the draws."""

    image: Floats

    name = "ELBO of the image"
    rest = 12.0  # the user watches the bounds tighten slice by slice
    needs_encoder = True

    def fits(self, context: Context) -> bool:
        """Whether the model has a rate and takes images of this shape."""
        snapshot = context.snapshot
        return super().fits(context) and not snapshot.model.no_rate and self.image.shape == snapshot.shape.image

    def is_urgent(self, have: Answer[Anatomy] | None) -> bool:
        """Whether the user has just chosen another image."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Making[Anatomy]:
        """Decode draws slice by slice; yields the anatomy so far after each."""
        return dissect(context.snapshot, self.image)


@dataclass(frozen=True)
class DistortionCurve:
    """The distortion ``values`` (N,) of an image along one dimension of its code, the others at the mean.

    ``dimension`` is the one with the largest rate; ``mu`` and ``sigma`` are those of q(z|x) along it.
    """

    dimension: int
    mu: float
    sigma: float
    values: Doubles


@dataclass(frozen=True, eq=False)
class DistortionCurveLook(Look[DistortionCurve]):
    """The distortion of an image (C, H, W) where the code dimension with the largest rate takes ``values`` (N,)."""

    image: Floats
    values: Floats

    name = "loss along a dimension"
    rest = 12.0
    needs_encoder = True

    def __post_init__(self) -> None:
        check_count(len(self.values))

    def fits(self, context: Context) -> bool:
        """Whether the model has a rate and takes images of this shape."""
        snapshot = context.snapshot
        return super().fits(context) and not snapshot.model.no_rate and self.image.shape == snapshot.shape.image

    def is_urgent(self, have: Answer[DistortionCurve] | None) -> bool:
        """Whether the user has just chosen another image."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Work[DistortionCurve]:
        """Decode the code at every value."""
        codes = context.snapshot.encode(self.image[None])
        assert codes is not None
        assert codes.sigma is not None
        mu, sigma = codes.mu[0], codes.sigma[0]
        dimension = int(np.argmax(kl_to_prior(mu, sigma)))
        values = along(context.snapshot, self.image, dimension, self.values)
        return whole(DistortionCurve(dimension, float(mu[dimension]), float(sigma[dimension]), values))


def noise(dims: int) -> Floats:
    """The draws ε of N(0, I) for one image, (5,000, D), from a fixed seed."""
    return np.random.default_rng([SEED, 0]).standard_normal((COUNTS[-1], dims), dtype=np.float32)


def _distortions(log_weights: Doubles, epsilon: Floats, mu: Floats, sigma: Floats) -> Doubles:
    """-log p(x|z) (K,) of draws with known log weights: log p(z) - log q(z|x) minus the log weight."""
    z = (mu + sigma * epsilon).astype(np.float64)
    log_ratio = 0.5 * (np.square(epsilon.astype(np.float64)) - np.square(z)).sum(1)
    return np.asarray(log_ratio + np.log(sigma.astype(np.float64)).sum() - log_weights, np.float64)


def dissect(snapshot: Snapshot, image: Floats) -> Making[Anatomy]:
    """Decompose the ELBO of an image (C, H, W); yields the anatomy so far after each slice.

    ValueError where the model has no rate.
    """
    codes = snapshot.encode(image[None])
    if codes is None or codes.sigma is None:
        raise ValueError("q(z|x) has no spread")
    mu, sigma = codes.mu[0], codes.sigma[0]  # (D,)
    epsilon = noise(len(mu))  # (K, D)
    first = mu + sigma * epsilon[:SHOWN]  # (8, D)
    distortion_map = snapshot.distortion_map(image, first)  # (8, C, H, W)
    points = snapshot.shape.points
    mu_double, sigma_double = mu.astype(np.float64), sigma.astype(np.float64)
    pictures = display(snapshot.decode(np.concatenate([codes.mu, first])))
    rates = kl_to_prior(mu_double, sigma_double)
    pixels = None if points else distortion_map.astype(np.float64).sum(1).mean(0)
    slope = snapshot.distortion_slope(image, epsilon[:GRADIENT_DRAWS])
    yield None
    count = slice_of(image.size)
    weights: list[Doubles] = []
    for at in range(0, len(epsilon), count):
        weights.append(snapshot.log_weights(image, epsilon[at : at + count]))
        known = np.concatenate(weights)
        distortions = _distortions(known, epsilon[: len(known)], mu, sigma)
        anatomy = Anatomy(mu_double, sigma_double, rates, known, distortions, pictures[0], pictures[1:], pixels, slope)
        if anatomy.complete:
            break
        yield anatomy
    return anatomy


def along(snapshot: Snapshot, image: Floats, dimension: int, values: Floats) -> Doubles:
    """The distortion (N,) of an image (C, H, W) where one dimension of its mean code takes ``values`` (N,)."""
    codes = snapshot.encode(image[None])
    if codes is None:
        raise ValueError("no encoder")
    z = np.repeat(codes.mu, len(values), 0)
    z[:, dimension] = values
    parts = []
    count = slice_of(image.size)
    for at in range(0, len(z), count):
        pixels = snapshot.distortion_map(image, z[at : at + count])
        parts.append(pixels.astype(np.float64).reshape(len(pixels), -1).sum(1))
    return np.concatenate(parts)
