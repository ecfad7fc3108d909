"""Where the z of samples come from: the prior, or one of three distributions fitted to a model's own codes.

An autoencoder has no prior; what its decoder was trained on are its codes. Drawing from a Gaussian or a mixture of
Gaussians fitted to them shows what the decoder can do when it is asked the right question (Ghosh et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.latent import prior

Floats = npt.NDArray[np.float32]

GMM_PARTS = 10


@dataclass(frozen=True)
class Sampler:
    """How it is called, and a sentence about it. ``needs_codes``: only a model with an encoder can be asked."""

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
    """``count`` z (count, dims) in the units of ``codes`` (M, dims); "prior" and "raw" are N(0, I) and need none.

    Whoever asks for "raw" takes the result as the model's own units. ValueError where codes are needed and missing.
    """
    if not sampler(name).needs_codes:
        return prior(count, dims, seed)
    if codes is None:
        raise ValueError(f"{sampler(name).title} needs an encoder")
    random = np.random.default_rng([seed, dims])
    if name == "codes":
        return codes[random.integers(0, len(codes), count)]
    if name == "gaussian":
        drawn = random.multivariate_normal(codes.mean(0), np.atleast_2d(np.cov(codes.T)), count, method="eigh")
        return drawn.astype(np.float32)
    return _of_mixture(_mixture(codes, seed), count, seed)


def _mixture(codes: Floats, seed: int) -> Any:
    from sklearn.mixture import GaussianMixture  # a second to import: only who asks for it pays

    parts = min(GMM_PARTS, max(1, len(codes) // 20))
    made = GaussianMixture(parts, init_params="k-means++", reg_covar=1e-5, max_iter=300, random_state=seed)
    return made.fit(codes.astype(np.float64))  # in single precision narrow covariances lose their symmetry


def _of_mixture(fitted: Any, count: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    parts = random.choice(len(fitted.weights_), count, p=fitted.weights_ / fitted.weights_.sum())  # (N,)
    factors = np.linalg.cholesky(fitted.covariances_)  # (K, D, D)
    noise = random.standard_normal((count, factors.shape[1]))  # (N, D)
    drawn: Floats = (fitted.means_[parts] + np.einsum("nij,nj->ni", factors[parts], noise)).astype(np.float32)
    return drawn


class Sampling:
    """One model's samplers, for many draws: what is fitted is kept as long as the codes are the same array."""

    FIT_SEED = 0

    def __init__(self) -> None:
        self._codes: Floats | None = None
        self._fitted: Any = None

    def draw(self, name: str, count: int, dims: int, seed: int, codes: Floats | None) -> Floats:
        """As `draw`; another ``seed`` draws others from the same fit."""
        if name != "gmm" or codes is None:
            return draw(name, count, dims, seed, codes)
        if self._codes is not codes:
            self._codes, self._fitted = codes, _mixture(codes, self.FIT_SEED)
        return _of_mixture(self._fitted, count, seed)
