"""The ELBO of one image, taken apart: distortion and rate, the gap of the bound, the gradient of each term.

Kingma & Welling 2014 (the bound); Burda et al. 2016, eq. 8 (importance weights). Nats. torch is not imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Doubles, Floats, Pixels
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, Making, whole
from core.theory.gaussians import kl_to_prior

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot


COUNTS = (1, 10, 100, 1_000, 5_000)
"""Draws of q(z|x) in one importance-weighted bound, k."""
SEED = 41
SHOWN = 8
"""Draws that are shown as pictures."""
PULLED = 64
"""Draws that give the gradient of the distortion."""
_SLICE_NUMBERS = 1 << 17
"""Pixels decoded in one slice: 167 images of 28 x 28, which is some 10 ms."""


def slice_of(size: int) -> int:
    """The number of images of ``size`` pixels decoded in one slice of work; many more points."""
    return max(8, _SLICE_NUMBERS // size) if size > 2 else 2_500


def bounds_each(log_weights: Doubles, k: int) -> Doubles:
    """-log 1/k sum w of each group of k log weights among (N,): (N // k,). A last group of fewer is left out."""
    groups = log_weights[: len(log_weights) // k * k].reshape(-1, k)
    top = groups.max(1)
    return np.asarray(-(top + np.log(np.exp(groups - top[:, None]).mean(1))), np.float64)


def bound(log_weights: Doubles, k: int) -> float:
    """The mean of `bounds_each`: above -log p(x) in expectation, and falling to it with k; k = 1 is -ELBO."""
    return float(bounds_each(log_weights, k).mean())


def rate_slope(mu: Doubles, sigma: Doubles) -> Doubles:
    """The gradient of the rate by (mu, ln sigma), (2 D,): mu, and sigma² - 1."""
    return np.concatenate([mu, sigma * sigma - 1.0])


def rate_share(distortion: Doubles, rate: Doubles, beta: float) -> float:
    """β‖∇R‖ / (‖∇D‖ + β‖∇R‖), of gradients (2 D,): the rate's share of the pull on a code; NaN where both are 0."""
    rate_pull, distortion_pull = beta * float(np.linalg.norm(rate)), float(np.linalg.norm(distortion))
    total = rate_pull + distortion_pull
    return rate_pull / total if total > 0 else float("nan")


def balance(distortion: Doubles, rate: Doubles) -> float:
    """The β at which the gradients of D and β R come nearest to cancelling: -⟨∇D, ∇R⟩ / ‖∇R‖²; NaN where ∇R is 0."""
    size = float(rate @ rate)
    return -float(distortion @ rate) / size if size > 0 else float("nan")


def objective(distortion: float, rate: float, beta: float) -> float:
    """D + β R."""
    return distortion + beta * rate


@dataclass(frozen=True)
class Anatomy:
    """One image under one snapshot's encoder and decoder.

    ``mu``, ``sigma``, ``rates`` (D,); ``log_weights`` and ``distortions`` (K,) of the draws made so far; ``drawn`` the
    pictures of the first of them and ``made`` that of mu; ``pixels`` (H, W) the mean distortion of each pixel over
    those first draws, None for points; ``slope`` (2 D,) the gradient of the distortion by (mu, ln sigma).
    """

    mu: Doubles
    sigma: Doubles
    rates: Doubles
    log_weights: Doubles
    distortions: Doubles
    made: Pixels
    drawn: Pixels
    pixels: Doubles | None
    slope: Doubles

    @property
    def draws(self) -> int:
        """The number of draws so far, K."""
        return len(self.log_weights)

    @property
    def complete(self) -> bool:
        """Whether there are draws enough for the tightest bound."""
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
        """The standard deviation of the distortion among draws."""
        return float(self.distortions.std(ddof=1))

    @property
    def negative_elbo(self) -> float:
        """D + R."""
        return self.distortion + self.rate

    @property
    def bounds(self) -> dict[int, float]:
        """The bound for each k of `COUNTS` that the draws suffice for."""
        return {k: bound(self.log_weights, k) for k in COUNTS if k <= self.draws}

    @property
    def gap(self) -> float:
        """-ELBO less the tightest bound: an estimate, a little low, of KL(q(z|x) || p(z|x)), the encoder's error."""
        return bound(self.log_weights, 1) - bound(self.log_weights, max(k for k in COUNTS if k <= self.draws))


@dataclass(frozen=True, eq=False)
class AnatomyLook(Look[Anatomy]):
    """The ELBO of one image (C, H, W). The answer grows with the draws."""

    image: Floats

    name = "ELBO of the image"
    rest = 12.0  # somebody looks at what the slices bring
    needs_encoder = True

    def fits(self, context: Context) -> bool:
        """An encoder with a rate, for images of this shape."""
        snapshot = context.snapshot
        return super().fits(context) and not snapshot.model.no_rate and self.image.shape == snapshot.shape.image

    def is_urgent(self, have: Answer[Anatomy] | None) -> bool:
        """Another image is what somebody chose."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Making[Anatomy]:
        """Slice by slice, see `dissect`."""
        return dissect(context.snapshot, self.image)


@dataclass(frozen=True)
class DistortionCurve:
    """The distortion ``values`` (N,) of an image along one dimension of the code, the others at the mean.

    It is the ``dimension`` with the largest rate; ``mu`` and ``sigma`` are those of q(z|x) in it.
    """

    dimension: int
    mu: float
    sigma: float
    values: Doubles


@dataclass(frozen=True, eq=False)
class DistortionCurveLook(Look[DistortionCurve]):
    """The distortion of an image (C, H, W) along the dimension that tells most of it, which takes ``values`` (N,)."""

    image: Floats
    values: Floats

    name = "loss along a dimension"
    rest = 12.0
    needs_encoder = True

    def fits(self, context: Context) -> bool:
        """An encoder with a rate, for images of this shape."""
        snapshot = context.snapshot
        return super().fits(context) and not snapshot.model.no_rate and self.image.shape == snapshot.shape.image

    def is_urgent(self, have: Answer[DistortionCurve] | None) -> bool:
        """Another image is what somebody chose."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Work[DistortionCurve]:
        """Decode them all."""
        codes = context.snapshot.encode(self.image[None])
        assert codes is not None
        assert codes.sigma is not None
        mu, sigma = codes.mu[0], codes.sigma[0]
        dimension = int(np.argmax(kl_to_prior(mu, sigma)))
        values = along(context.snapshot, self.image, dimension, self.values)
        return whole(DistortionCurve(dimension, float(mu[dimension]), float(sigma[dimension]), values))


def noise(dims: int) -> Floats:
    """The draws ε of N(0, I) for one image, (5,000, D): the same every time."""
    return np.random.default_rng([SEED, 0]).standard_normal((COUNTS[-1], dims), dtype=np.float32)


def _bent(log_weights: Doubles, epsilon: Floats, mu: Floats, sigma: Floats) -> Doubles:
    """-log p(x|z) (K,) of draws whose log weights are known: the weights less the rate's part."""
    z = (mu + sigma * epsilon).astype(np.float64)
    against = 0.5 * (np.square(epsilon.astype(np.float64)) - np.square(z)).sum(1)
    return np.asarray(against + np.log(sigma.astype(np.float64)).sum() - log_weights, np.float64)


def dissect(snapshot: Snapshot, image: Floats) -> Making[Anatomy]:
    """Take the ELBO of an image (C, H, W) apart; yields what is known after each slice.

    ValueError where the model has no rate.
    """
    codes = snapshot.encode(image[None])
    if codes is None or codes.sigma is None:
        raise ValueError("q(z|x) has no spread")
    mu, sigma = codes.mu[0], codes.sigma[0]  # (D,)
    epsilon = noise(len(mu))  # (K, D)
    first = mu + sigma * epsilon[:SHOWN]  # (8, D)
    bent = snapshot.distortion_map(image, first)  # (8, C, H, W)
    points = snapshot.shape.points
    wide, spread = mu.astype(np.float64), sigma.astype(np.float64)
    made = display(snapshot.decode(np.concatenate([codes.mu, first])))
    rates = kl_to_prior(wide, spread)
    pixels = None if points else bent.astype(np.float64).sum(1).mean(0)
    slope = snapshot.distortion_slope(image, epsilon[:PULLED])
    yield None
    step = slice_of(image.size)
    weights: list[Doubles] = []
    for at in range(0, len(epsilon), step):
        weights.append(snapshot.log_weights(image, epsilon[at : at + step]))
        known = np.concatenate(weights)
        distortions = _bent(known, epsilon[: len(known)], mu, sigma)
        found = Anatomy(wide, spread, rates, known, distortions, made[0], made[1:], pixels, slope)
        if found.complete:
            break
        yield found
    return found


def along(snapshot: Snapshot, image: Floats, dimension: int, values: Floats) -> Doubles:
    """The distortion (N,) of an image (C, H, W) where one dimension of its mean code takes ``values`` (N,)."""
    codes = snapshot.encode(image[None])
    if codes is None:
        raise ValueError("no encoder")
    z = np.repeat(codes.mu, len(values), 0)
    z[:, dimension] = values
    parts = []
    step = slice_of(image.size)
    for at in range(0, len(z), step):
        pixels = snapshot.distortion_map(image, z[at : at + step])
        parts.append(pixels.astype(np.float64).reshape(len(pixels), -1).sum(1))
    return np.concatenate(parts)
