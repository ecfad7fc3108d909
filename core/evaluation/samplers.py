"""Samplers of z: the prior, or one of three distributions fitted to a model's own codes.

An autoencoder has no prior: its decoder was trained on its codes alone. Draws from a Gaussian or a mixture of Gaussians
fitted to the codes show what it can decode (Ghosh et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Floats
from core.foundation.finite import finite_rows
from core.foundation.slices import Work, finish
from core.theory import gaussian_mixture
from core.theory.latent_space import prior

GMM_PARTS = 10
"""Most components of the mixture."""


@dataclass(frozen=True)
class Sampler:
    """A sampler's name, title and help. With ``needs_codes`` it exists only for a model with an encoder."""

    name: str
    title: str
    help: str
    needs_codes: bool = True


SAMPLERS = (
    Sampler("prior", "Prior", "N(0, 1) in the units of the map: the same z in every lane.", needs_codes=False),
    Sampler(
        "raw",
        "Raw N(0, 1)",
        "N(0, 1) in the model's own units, whatever its codes are: how an autoencoder fails as a generator.",
        needs_codes=False,
    ),
    Sampler("gaussian", "Fitted Gaussian", "One Gaussian with the mean and covariance of the model's own codes."),
    Sampler("gmm", "GMM", f"A mixture of {GMM_PARTS} Gaussians fitted to the model's own codes."),
    Sampler("codes", "Own codes", "Codes of training images themselves: what the decoder was trained on."),
)
NAMES = tuple(each.name for each in SAMPLERS)


def sampler(name: str) -> Sampler:
    """The sampler of that name; KeyError if there is none."""
    return {each.name: each for each in SAMPLERS}[name]


def draw(name: str, count: int, dims: int, seed: int, codes: Floats | None) -> Floats:
    """`drawing`, in one go."""
    return finish(drawing(name, count, dims, seed, codes))


def drawing(name: str, count: int, dims: int, seed: int, codes: Floats | None) -> Work[Floats]:
    """Draws of z (count, dims) in the units of ``codes`` (M, dims); "prior" and "raw" are N(0, I) and need none.

    Draws of "raw" are in the model's own units. Codes that are not finite are left out; where all are,
    the draws are NaN. ValueError where codes are needed and missing.
    """
    if not sampler(name).needs_codes:
        return prior(count, dims, seed)
    if codes is None:
        raise ValueError(f"{sampler(name).title} needs an encoder")
    codes = codes[finite_rows(codes)]
    if not len(codes):
        return _nowhere(count, dims)
    random = np.random.default_rng([seed, dims])
    if name == "codes":
        return codes[random.integers(0, len(codes), count)]
    fitted = yield from gaussian_mixture.fit(codes, _parts(name, codes), random)
    return fitted.draw(count, random)


def _nowhere(count: int, dims: int) -> Floats:
    """Draws (count, dims) like codes none of which is finite."""
    return np.full((count, dims), np.nan, np.float32)


def _parts(name: str, codes: Floats) -> int:
    return 1 if name == "gaussian" else min(GMM_PARTS, max(1, len(codes) // 20))


class Sampling:
    """The samplers of one model: a fitted mixture is kept while the codes are the same array."""

    FIT_SEED = 0

    def __init__(self) -> None:
        self._codes: Floats | None = None
        self._fitted: gaussian_mixture.GaussianMixture | None = None

    def draw(self, name: str, count: int, dims: int, seed: int, codes: Floats | None) -> Work[Floats]:
        """As `drawing`; the mixture's fit does not depend on ``seed``."""
        if name != "gmm" or codes is None:
            drawn = yield from drawing(name, count, dims, seed, codes)
            return drawn
        if self._codes is not codes or self._fitted is None:
            finite = codes[finite_rows(codes)]
            if not len(finite):
                return _nowhere(count, dims)
            fitted = yield from gaussian_mixture.fit(
                finite, _parts(name, finite), np.random.default_rng([self.FIT_SEED, dims])
            )
            self._codes, self._fitted = codes, fitted
        return self._fitted.draw(count, np.random.default_rng([seed, dims]))
