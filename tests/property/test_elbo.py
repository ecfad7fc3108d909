"""The identities of the ELBO, on the functions that its page, the curves and the Compare tab call."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.distributions import Bernoulli, Normal, kl_divergence

from core.datasets.base import Dataset, Images
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.metrics.base import METRICS
from core.models.base import build
from core.models.vae import VaeConfig
from core.nets.networks import Shape
from core.probes import elbo_anatomy
from core.training.snapshot import Snapshot, freeze

SIDE, DIMS = 4, 2
IMAGES = arrays(np.float32, (3, 1, SIDE, SIDE), elements=st.floats(0, 1, width=32))
LIKELIHOODS = st.sampled_from(("bernoulli", "gaussian"))
SEEDS = st.integers(0, 99)


def untrained(likelihood: str, seed: int, beta: float = 1.0) -> Snapshot:
    """A VAE with fresh weights of any seed, thrice as large so that codes differ."""
    config = VaeConfig(hidden="8", likelihood=likelihood, pixel_sigma=0.3, beta=beta, free_bits=2.0)
    torch.manual_seed(seed)
    model = freeze(build("vae", config, Shape(1, SIDE, SIDE, DIMS), "mlp"))
    for weights in model.parameters():
        weights.mul_(3)
    return Snapshot(model, 0, 0, config)


def posterior(snapshot: Snapshot, x: Any) -> tuple[torch.Tensor, torch.Tensor]:
    codes = snapshot.encode(x)
    assert codes is not None
    assert codes.sigma is not None
    return torch.from_numpy(codes.mu).double(), torch.from_numpy(codes.sigma).double()


def unlikely(snapshot: Snapshot, x: Any, z: torch.Tensor) -> torch.Tensor:
    """-log p(x|z) (N,) of images (N, C, H, W) by the distributions of torch; grey is so much of a 1 and a 0."""
    with torch.inference_mode():
        logits = snapshot.model.logits(z.float()).double()
    grey = torch.from_numpy(x).double()
    if snapshot.config.likelihood == "gaussian":
        each = Normal(torch.sigmoid(logits), snapshot.config.pixel_sigma).log_prob(grey)
    else:
        pixel = Bernoulli(logits=logits)
        each = grey * pixel.log_prob(torch.ones_like(grey)) + (1 - grey) * pixel.log_prob(torch.zeros_like(grey))
    bent: torch.Tensor = -each.flatten(1).sum(1)
    return bent


@settings(max_examples=40)
@given(IMAGES, LIKELIHOODS, SEEDS, st.floats(0, 10))
def test_minus_elbo_is_distortion_plus_rate(x: Any, likelihood: str, seed: int, beta: float) -> None:
    """D by the density of the image at the same draw of z, R by KL in closed form, whatever β and free bits are."""
    snapshot = untrained(likelihood, seed, beta)
    terms = snapshot.measure(x, seed=seed)
    mu, sigma = posterior(snapshot, x)
    epsilon = torch.randn(mu.shape, generator=torch.Generator().manual_seed(seed))
    bent = unlikely(snapshot, x, mu + sigma * epsilon)
    rates = kl_divergence(Normal(mu, sigma), Normal(torch.zeros(()).double(), 1.0))
    np.testing.assert_allclose(terms["distortion"], bent, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(terms["rates"], rates, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(terms["rate"], terms["rates"].sum(1), rtol=1e-5, atol=1e-6)
    whole = terms["distortion"].astype(float) + terms["rate"]
    np.testing.assert_allclose(whole, (bent + rates.sum(1)).numpy(), rtol=1e-5, atol=1e-4)


@settings(max_examples=10)
@given(LIKELIHOODS, SEEDS)
def test_the_three_measures_add_up(likelihood: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    train, test = (Images(random.integers(0, 256, (count, 1, SIDE, SIDE), np.uint8)) for count in (4, 50))
    model_side = ModelSide(untrained(likelihood, seed), RealSide(Dataset("noise", "Noise", train, test)))
    bent, rate, whole = (
        finish(METRICS.get(name)().measure(model_side)) for name in ("distortion", "rate", "negative_elbo")
    )
    assert whole.value == pytest.approx(bent.value + rate.value, rel=1e-5)
    assert (bent.n, rate.n, whole.n) == (50, 50, 50)


@settings(max_examples=40)
@given(IMAGES, LIKELIHOODS, SEEDS)
def test_with_one_draw_the_bound_is_the_elbo_of_that_draw(x: Any, likelihood: str, seed: int) -> None:
    """-log w = D + log q(z|x) - log p(z), image by image and draw by draw."""
    snapshot, image = untrained(likelihood, seed), x[0]
    epsilon = np.random.default_rng(seed).standard_normal((5, DIMS)).astype(np.float32)
    found = elbo_anatomy.bound_per_group(snapshot.log_weights(image, epsilon), 1)
    mu, sigma = posterior(snapshot, image[None])
    z = mu + sigma * torch.from_numpy(epsilon)
    bent = unlikely(snapshot, np.repeat(image[None], 5, 0), z)
    against = (Normal(mu, sigma).log_prob(z) - Normal(torch.zeros(()).double(), 1.0).log_prob(z)).sum(1)
    np.testing.assert_allclose(found, (bent + against).numpy(), rtol=1e-5, atol=1e-4)


@settings(max_examples=40)
@given(IMAGES, LIKELIHOODS, SEEDS)
def test_with_one_draw_the_bound_is_d_plus_r_in_expectation(x: Any, likelihood: str, seed: int) -> None:
    """Exactly: log q - log p is a quadratic of ε, of which three nodes of Gauss and Hermite have the mean."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    epsilon = np.array(list(itertools.product(nodes, repeat=DIMS)), np.float32)  # (9, D)
    share = np.array([math.prod(each) for each in itertools.product(weights / weights.sum(), repeat=DIMS)])
    snapshot, image = untrained(likelihood, seed), x[0]
    mu, sigma = posterior(snapshot, image[None])
    bent = (
        snapshot.distortion_map(image, (mu + sigma * torch.from_numpy(epsilon)).float().numpy())
        .astype(float)
        .sum((1, 2, 3))
    )
    rate = float(snapshot.measure(image[None])["rate"][0])
    bound = share @ elbo_anatomy.bound_per_group(snapshot.log_weights(image, epsilon), 1)
    assert bound == pytest.approx(share @ bent + rate, rel=1e-5, abs=1e-5)


@given(st.lists(st.floats(-60, 60), min_size=2, max_size=8))
def test_more_draws_never_loosen_the_bound_in_expectation(log_weights: list[float]) -> None:
    """Over all ways to choose k of some draws (Burda et al. 2016, theorem 1): not over one lucky order of them."""
    draws = np.array(log_weights)
    each = []
    for k in range(1, len(draws) + 1):
        chosen = np.array(list(itertools.combinations(draws, k)))
        each.append(elbo_anatomy.bound(chosen.ravel(), k))
        assert len(elbo_anatomy.bound_per_group(chosen.ravel(), k)) == math.comb(len(draws), k)
    assert each[0] == pytest.approx(-draws.mean(), rel=1e-12, abs=1e-12)  # k = 1 is the ELBO
    assert (np.diff(each) <= 1e-9).all()
    assert each[-1] == pytest.approx(-float(np.logaddexp.reduce(draws)) + math.log(len(draws)), rel=1e-12, abs=1e-12)
    assert each[-1] >= -draws.max() - 1e-12


@settings(max_examples=5)
@given(IMAGES, LIKELIHOODS, SEEDS)
def test_the_page_shows_the_bounds_of_its_own_draws(x: Any, likelihood: str, seed: int) -> None:
    snapshot = untrained(likelihood, seed)
    last = finish(elbo_anatomy.dissect(snapshot, x[0]))
    mu, sigma = posterior(snapshot, x[:1])
    bent = unlikely(snapshot, np.repeat(x[:1], last.draws, 0), mu + sigma * torch.from_numpy(elbo_anatomy.noise(DIMS)))
    np.testing.assert_allclose(last.distortions, bent, rtol=1e-5, atol=1e-3)
    assert last.negative_elbo == pytest.approx(last.distortion + last.rate, rel=1e-12)
    error = (last.log_weights + last.distortions).std() / math.sqrt(last.draws)  # of the rate, over the same draws
    assert abs(last.bounds[1] - last.negative_elbo) <= 5 * error + 1e-5
    assert (np.diff(list(last.bounds.values())) <= 1e-6).all()
    assert last.gap == pytest.approx(last.bounds[1] - last.bounds[5_000], abs=1e-9)
