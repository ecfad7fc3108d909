"""The identities of the objectives, to rounding or within four standard errors."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from core.datasets.base import Dataset, Images
from core.models.base import MODELS, Batch
from core.models.denoising_ae import corrupted
from core.models.gan import PENALTY_EVERY
from core.models.sparse_ae import SparseConfig
from core.models.vae import VaeConfig, beta_at
from core.nets import objectives
from core.theory import gaussians
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

LN2 = math.log(2)


def images(count: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, 5, 5, generator=torch.Generator().manual_seed(seed))


def normal(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def noise() -> DeviceDataset:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 1, 28, 28), np.uint8)
    return DeviceDataset(Dataset("noise", "Noise", Images(pixels), Images(pixels)), torch.device("cpu"))


@given(st.floats(-3, 3), st.floats(-4, 2), st.integers(0, 9999))
def test_the_closed_form_rate_agrees_with_monte_carlo(mu: float, logvar: float, seed: int) -> None:
    draws = 20_000
    epsilon = torch.randn(draws, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    z = mu + math.exp(0.5 * logvar) * epsilon
    log_ratio = -0.5 * (epsilon.square() + logvar) + 0.5 * z.square()  # log q(z) - log p(z)
    error = float(log_ratio.std()) / math.sqrt(draws)
    exact = float(objectives.rate_per_dimension(torch.tensor([[mu]]), torch.tensor([[logvar]])))
    assert float(log_ratio.mean()) == pytest.approx(exact, abs=5 * error + 1e-6)


def test_the_rate_agrees_with_a_million_draws() -> None:
    mu, logvar = normal(1, 8, seed=2).double(), normal(1, 8, seed=3).double()
    epsilon = torch.randn(1_000_000, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    z = mu + (0.5 * logvar).exp() * epsilon
    log_ratio = (-0.5 * (epsilon.square() + logvar) + 0.5 * z.square()).sum(1)
    error = float(log_ratio.std()) / 1000
    assert float(log_ratio.mean()) == pytest.approx(
        float(objectives.rate_per_dimension(mu, logvar).sum()), abs=4 * error
    )


@functools.cache
def million() -> torch.Tensor:
    """Draws that every example shares: 10⁶ new ones for each would only take time."""
    return torch.randn(1_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-8, 4)), min_size=1, max_size=3))
def test_any_rate_agrees_with_a_million_draws(codes: list[tuple[float, float]]) -> None:
    """Within four standard errors, which no example exceeds by chance: the next test bounds the error of the draws."""
    mu, logvar = torch.tensor(codes, dtype=torch.float64).T.unsqueeze(1)  # (1, D) each
    rates = objectives.rate_per_dimension(mu, logvar)
    assert rates.shape == (1, len(codes))
    epsilon = million()
    for m, v, rate in zip(mu[0], logvar[0], rates[0], strict=True):
        z = m + (0.5 * v).exp() * epsilon
        log_ratio = 0.5 * (z.square() - epsilon.square() - v)  # log q(z) - log p(z)
        error = float(log_ratio.std()) / math.sqrt(len(epsilon))
        assert float(log_ratio.mean()) == pytest.approx(float(rate), rel=1e-12, abs=4 * error + 1e-12)
    np.testing.assert_allclose(rates, gaussians.kl_to_prior(mu, (0.5 * logvar).exp()), rtol=1e-9, atol=1e-12)


def test_the_million_draws_cannot_fail_by_chance() -> None:
    """log q - log p is linear in ε and ε², so their errors, in standard errors, bound that of every example."""
    epsilon = million()
    first = float(epsilon.mean()) * 1000
    second = float((epsilon.square() - 1).mean()) * 1000 / math.sqrt(2)
    assert math.hypot(first, second) < 3.5


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(-20, 10)), min_size=1, max_size=9))
def test_a_rate_is_never_negative_and_zero_at_the_prior(codes: list[tuple[float, float]]) -> None:
    mu, logvar = torch.tensor(codes, dtype=torch.float64).T.unsqueeze(1)
    assert float(objectives.rate_per_dimension(mu, logvar).min()) >= -1e-12
    assert float(objectives.rate_per_dimension(torch.zeros(1, 1), torch.zeros(1, 1))) == 0


def test_bernoulli_distortion_is_the_sum_over_pixels() -> None:
    x, logits = images(), 3 * normal(6, 1, 5, 5)
    x_hat = torch.sigmoid(logits.double())
    by_hand = -(x * x_hat.log() + (1 - x) * (1 - x_hat).log()).sum((1, 2, 3))
    per_image = objectives.distortion_per_image(logits, x, "bernoulli", 1.0)
    torch.testing.assert_close(per_image.double(), by_hand, rtol=1e-5, atol=1e-5)
    mean = float(objectives.distortion(logits, x, "bernoulli", 1.0))
    assert mean == pytest.approx(float(by_hand.mean()), rel=1e-5)


@pytest.mark.parametrize("sigma", [0.01, 0.1, 1.0, 2.0])
def test_gaussian_distortion_is_the_negative_log_density(sigma: float) -> None:
    x, logits = images(), normal(6, 1, 5, 5)
    density = torch.distributions.Normal(torch.sigmoid(logits).double(), sigma)
    by_hand = -density.log_prob(x.double()).sum((1, 2, 3))
    per_image = objectives.distortion_per_image(logits, x, "gaussian", sigma)
    torch.testing.assert_close(per_image.double(), by_hand, rtol=1e-4, atol=1e-3)
    mean = float(objectives.distortion(logits, x, "gaussian", sigma))
    assert mean == pytest.approx(float(by_hand.mean()), rel=1e-4)


def test_the_best_bernoulli_distortion_is_the_entropy() -> None:
    """H(p, q) = H(p) + KL(p || q): for grey x the distortion cannot reach zero."""
    x = images().clamp(0.01, 0.99)
    least = objectives.distortion_per_image(torch.logit(x), x, "bernoulli", 1.0)
    entropy = -(x * x.log() + (1 - x) * (1 - x).log()).sum((1, 2, 3))
    torch.testing.assert_close(least, entropy, rtol=1e-5, atol=1e-5)
    worse = objectives.distortion_per_image(torch.logit(x) + 0.3, x, "bernoulli", 1.0)
    assert (worse > least).all()


@given(st.floats(0.5, 1.0))
def test_an_undecided_discriminator_has_a_loss_of_two_ln_two(smoothing: float) -> None:
    zero = torch.zeros(7, 1)
    assert float(objectives.discriminator_loss(zero, zero, smoothing)) == pytest.approx(2 * LN2, rel=1e-6)
    assert float(objectives.generator_loss(zero)) == pytest.approx(LN2, rel=1e-6)


@given(st.floats(0.5, 1.0), st.integers(0, 99))
def test_smoothing_is_the_full_cross_entropy(smoothing: float, seed: int) -> None:
    real, fake = 4 * normal(2, 9, 1, seed=seed).double()
    p, q = torch.sigmoid(real), torch.sigmoid(fake)
    by_hand = -(smoothing * p.log() + (1 - smoothing) * (1 - p).log()).mean() - (1 - q).log().mean()
    assert float(objectives.discriminator_loss(real, fake, smoothing)) == pytest.approx(float(by_hand), rel=1e-6)
    assert float(objectives.generator_loss(fake)) == pytest.approx(float(-q.log().mean()), rel=1e-6)


def test_a_smoothed_discriminator_is_best_at_the_target() -> None:
    logits = torch.linspace(-4, 4, 801, dtype=torch.float64)
    fake = torch.zeros(1, 1, dtype=torch.float64)
    losses = [float(objectives.discriminator_loss(real.view(1, 1), fake, 0.9)) for real in logits]
    best = float(torch.sigmoid(logits[int(np.argmin(losses))]))
    assert best == pytest.approx(0.9, abs=2e-3)


@given(st.floats(0.1, 5.0), st.integers(0, 99))
def test_gradient_penalties_of_a_linear_score_are_exact(length: float, seed: int) -> None:
    """D(x) = <a, x>: the gradient is a everywhere, so R1 is |a|^2 and WGAN-GP's penalty (|a| - 1)^2."""
    a = normal(25, seed=seed)
    a = length * a / a.norm()
    x = images(seed=seed).requires_grad_()
    r1 = float(objectives.r1_penalty((x.flatten(1) @ a)[:, None], x).detach())
    assert r1 == pytest.approx(length**2, rel=1e-5)
    penalty = float(objectives.gradient_penalty((x.flatten(1) @ a)[:, None], x).detach())
    assert penalty == pytest.approx((length - 1) ** 2, rel=1e-4, abs=1e-6)


def test_penalties_are_per_unit_of_the_second_networks_input() -> None:
    """Its input is 2x - 1; a score that is linear in it has the same slope everywhere."""
    device_dataset = noise()
    setup = Setup(network="mlp", batch=8, device="cpu")
    a = normal(784)
    a = 3.0 * a / a.norm()
    linear = nn.Sequential(nn.Flatten(), nn.Linear(784, 1, bias=False))
    with torch.no_grad():
        linear[1].weight.copy_(a[None])  # type: ignore[union-attr, operator]
    for name, knob, weight, slope in (("gan", "r1", 2.0, 9.0), ("wgan_gp", "penalty", 5.0, 4.0)):
        losses = []
        for value in (0.0, weight):
            training = Training(name, MODELS.get(name).Config(**{knob: value}), setup, device_dataset)
            training.model.scores.body = linear  # type: ignore[union-attr]
            batch = Batch(training.batches.next(), training.config, 0, training.noise)
            losses.append(float(training.turns[0][0].loss(batch)[0].detach()))
        factor = 0.5 * PENALTY_EVERY if name == "gan" else 1.0  # R1 is lazy: at every 16th step, 16 times as large
        assert losses[1] - losses[0] == pytest.approx(factor * weight * slope, rel=1e-3), name


def test_sparsity() -> None:
    code = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    assert float(objectives.sparsity_l1(code)) == pytest.approx((3.0 + 0.5) / 2)
    active = torch.tensor([[0.2, 0.4], [0.6, 0.4]]).logit()  # means 0.4, 0.4
    kl = 0.1 * math.log(0.1 / 0.4) + 0.9 * math.log(0.9 / 0.6)
    assert float(objectives.sparsity_kl(active, 0.1)) == pytest.approx(2 * kl, rel=1e-5)
    assert float(objectives.sparsity_kl(torch.full((3, 4), 0.3).logit(), 0.3)) == pytest.approx(0, abs=1e-6)


@given(
    st.lists(st.floats(-200, 200), min_size=1, max_size=12),
    st.floats(0.001, 0.9),
)
@example([-14.0] * 8, 0.1)  # the mean is 8e-7
@example([-120.0] * 8, 0.1)  # in float32 the code is 0
@example([40.0] * 8, 0.1)  # and here 1
def test_the_gradient_of_sparsity_is_the_analytic_one_at_every_activity(values: list[float], target: float) -> None:
    logits = torch.tensor(values)[:, None].requires_grad_()
    objectives.sparsity_kl(logits, target).backward()
    x = np.float64(logits.detach().numpy()[:, 0])
    on, off = np.exp(-np.logaddexp(0, -x)), np.exp(-np.logaddexp(0, x))  # sigmoid(x), sigmoid(-x)
    expected = on * off * ((1 - target) / off.sum() - target / on.sum())
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad[:, 0].numpy(), expected, rtol=1e-3, atol=1e-6)
    if max(values) < -5:
        assert float(logits.grad.sum()) == pytest.approx(-target, abs=0.01)  # up, however silent
    if min(values) > 5:
        assert float(logits.grad.sum()) == pytest.approx(1 - target, abs=0.01)  # down, however busy


@pytest.mark.parametrize("start", [-14.0, -120.0, 40.0])
def test_a_silent_unit_comes_back(start: float) -> None:
    training = Training(
        "sparse_ae",
        SparseConfig(penalty="kl", sparsity=100.0, target=0.2, lr=0.4, hidden="8"),
        Setup(network="mlp", latent=2, batch=32),
        noise(),
    )
    last = [layer for layer in training.model.encoder.modules() if isinstance(layer, torch.nn.Linear)][-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(start)
    for _ in range(500):
        training.advance()
        activity = float(torch.sigmoid(last.bias.detach()).min())
        if 0.1 < activity < 0.5:
            break
    assert 0.1 < activity < 0.5, activity


def test_minus_elbo_is_distortion_plus_rate_and_beta_weights_the_rate() -> None:
    device_dataset = noise()
    for samples in (1, 4):
        config = VaeConfig(beta=3.0, samples=samples)
        training = Training("vae", config, Setup(network="mlp", latent=5, batch=16), device_dataset)
        for _ in range(8):
            training.advance()
        minus_elbo, distortion, rate, objective = training.take_rows()[:, 2:].T
        np.testing.assert_allclose(minus_elbo, distortion + rate, rtol=1e-5)
        np.testing.assert_allclose(objective, distortion + 3 * rate, rtol=1e-5)


def test_free_bits_cost_nothing_below_their_level() -> None:
    device_dataset = noise()
    training = Training("vae", VaeConfig(free_bits=2.0), Setup(network="mlp", latent=5, batch=16), device_dataset)
    training.advance()
    _, distortion, rate, objective = training.take_rows()[0, 2:]
    assert rate < 1  # untrained: every dimension is below its free level
    assert objective == pytest.approx(distortion + 5 * 2.0, rel=1e-5)


def test_beta_follows_its_schedule() -> None:
    constant, warm, cyclic = (
        VaeConfig(beta=4.0, schedule=name, schedule_steps=100) for name in ("constant", "warm-up", "cyclic")
    )
    assert {beta_at(constant, step) for step in (0, 50, 1000)} == {4.0}
    assert [beta_at(warm, step) for step in (0, 25, 100, 1000)] == [0.0, 1.0, 4.0, 4.0]
    assert [beta_at(cyclic, step) for step in (0, 25, 50, 99, 100, 125)] == [0.0, 2.0, 4.0, 4.0, 0.0, 2.0]


@given(st.sampled_from(("gaussian", "masking", "salt and pepper")), st.floats(0, 1), st.integers(0, 99))
def test_corruption_leaves_its_input_alone_and_changes_the_given_share(kind: str, amount: float, seed: int) -> None:
    x = images(40, seed)
    before = x.clone()
    noisy = corrupted(x, kind, amount, torch.Generator().manual_seed(seed))
    assert torch.equal(x, before)
    assert float(noisy.min()) >= 0
    assert float(noisy.max()) <= 1
    if kind != "gaussian":
        share = float((noisy != x).float().mean())
        assert share == pytest.approx(amount, abs=4 * 0.5 / math.sqrt(x.numel()))
    if amount == 0:
        assert torch.equal(noisy, x)


def test_the_coordinates_of_a_point_are_masked_independently() -> None:
    x = 1 + images(4_000)[:, :, :2, :1].reshape(-1, 2, 1, 1)
    masked = corrupted(x, "masking", 0.3, torch.Generator().manual_seed(2))[:, :, 0, 0] == 0  # (N, 2)
    for is_masked, probability in ((masked[:, 0], 0.3), (masked[:, 1], 0.3), (masked.all(1), 0.09)):
        assert float(is_masked.float().mean()) == pytest.approx(probability, abs=4 * 0.5 / math.sqrt(4_000))
