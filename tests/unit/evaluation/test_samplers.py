"""Where z comes from."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.samplers import NAMES, SAMPLERS, draw, sampler
from core.foundation.slices import finish
from core.theory import gaussian_mixture
from core.theory.latent_space import prior


def ring_codes(count: int = 4_000) -> np.ndarray:
    """Codes (count, 2) on a ring, which no Gaussian fits."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, count)
    ring = np.stack([3 * np.cos(angle) + 5, np.sin(angle)], 1) + 0.05 * random.standard_normal((count, 2))
    return ring.astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_every_sampler_draws_the_same_again(name: str) -> None:
    z = draw(name, 500, 2, 7, ring_codes())
    assert z.shape == (500, 2)
    assert z.dtype == np.float32
    assert np.isfinite(z).all()
    np.testing.assert_array_equal(z, draw(name, 500, 2, 7, ring_codes()))
    assert not np.array_equal(z, draw(name, 500, 2, 8, ring_codes()))


def test_they_are_described() -> None:
    assert NAMES[0] == "prior"
    for each in SAMPLERS:
        assert sampler(each.name) is each
        assert each.title
        assert each.help.endswith(".")
    with pytest.raises(KeyError):
        sampler("nowhere")


@pytest.mark.parametrize("name", NAMES)
def test_samplers_that_need_codes_refuse_without(name: str) -> None:
    if sampler(name).needs_codes:
        with pytest.raises(ValueError, match="needs an encoder"):
            draw(name, 5, 2, 0, None)
    else:
        np.testing.assert_array_equal(draw(name, 5, 2, 0, None), prior(5, 2, 0))


def test_fitted_ones_follow_the_codes() -> None:
    codes = ring_codes()
    for name in ("gaussian", "gmm", "codes"):
        z = draw(name, 4_000, 2, 1, codes)
        np.testing.assert_allclose(z.mean(0), codes.mean(0), atol=0.15)
        np.testing.assert_allclose(np.cov(z.T), np.cov(codes.T), atol=0.3)
    inside = {name: hollow(draw(name, 4_000, 2, 1, codes)) for name in ("gaussian", "gmm", "codes")}
    assert inside["codes"] == 0
    assert inside["gmm"] < 0.03
    assert inside["gaussian"] > 0.1  # it fills the ring's middle, where no code is
    own = {code.tobytes() for code in codes}
    assert all(z.tobytes() in own for z in draw("codes", 100, 2, 1, codes))


@pytest.mark.parametrize("dims", [2, 12])
def test_the_mixture_fits_as_well_as_scikit_learns(dims: int) -> None:
    from scipy.stats import multivariate_normal
    from sklearn.mixture import GaussianMixture

    random = np.random.default_rng(3)
    projection = random.standard_normal((2, dims))
    codes, fresh = (
        part @ projection + 0.3 * random.standard_normal((2_000, dims)) for part in np.split(ring_codes(), 2)
    )
    ours = finish(gaussian_mixture.fit(codes, 10, np.random.default_rng(0)))
    likelihood = float(np.logaddexp.reduce(finish(ours.log_density(fresh)), axis=1).mean())
    theirs = GaussianMixture(10, init_params="k-means++", reg_covar=1e-5, random_state=0).fit(codes).score(fresh)
    one = float(finish(finish(gaussian_mixture.fit(codes, 1, np.random.default_rng(0))).log_density(fresh)).mean())
    assert theirs > one + 0.05
    assert likelihood > theirs - 0.1 * (theirs - one)
    textbook = [
        np.log(weight) + multivariate_normal(mean, spread @ spread.T).logpdf(fresh)
        for weight, mean, spread in zip(ours.weights, ours.means, ours.cholesky, strict=True)
    ]
    assert likelihood == pytest.approx(float(np.logaddexp.reduce(textbook, axis=0).mean()), rel=1e-9)


def test_a_mixture_is_not_fitted_to_what_is_no_number() -> None:
    codes = ring_codes()
    codes[3, 1] = np.nan
    with pytest.raises(ValueError, match="not all numbers"):
        finish(gaussian_mixture.fit(codes, 1, np.random.default_rng(0)))


def hollow(z: np.ndarray) -> float:
    """The share inside the ring."""
    return float((np.square((z[:, 0] - 5) / 3) + np.square(z[:, 1]) < 0.3).mean())


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((400, 2)),
        np.full((400, 1), 3.0),
        np.random.default_rng(0).standard_normal((30, 64)),
        np.repeat(np.random.default_rng(0).standard_normal((3, 2)), 200, 0),
        np.random.default_rng(0).standard_normal((4, 2)),
        np.random.default_rng(0).standard_normal((500, 20)) * np.logspace(-9, 2, 20),
    ],
    ids=["all zero", "one dimension, constant", "few in many dimensions", "three places", "four codes", "all sizes"],
)
def test_poor_codes_are_no_trouble(codes: np.ndarray) -> None:
    """Dead dimensions, collapsed codes: warnings are errors here."""
    codes = codes.astype(np.float32)
    for name in NAMES:
        z = draw(name, 100, codes.shape[1], 0, codes)
        assert z.shape == (100, codes.shape[1])
        assert np.isfinite(z).all()


@pytest.mark.parametrize("name", ["gaussian", "gmm", "codes"])
def test_codes_that_are_not_finite_are_left_out(name: str) -> None:
    codes = np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)
    few = codes.copy()
    few[7] = np.nan, 1
    few[90] = 1, np.inf
    assert np.isfinite(draw(name, 2_000, 2, 0, few)).all()
    assert np.isnan(draw(name, 10, 2, 0, np.full_like(codes, np.nan))).all()
