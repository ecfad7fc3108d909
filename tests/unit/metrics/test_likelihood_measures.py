"""-log p(x), rate per dimension and active units, held against what is known exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from core.datasets.base import Dataset, Images
from core.evaluation.model_side import LEAST_IMAGES, ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.metrics import log_px
from core.metrics.base import METRICS, Measured, measured
from core.models.base import AutoencoderConfig, build
from core.models.vae import VaeConfig
from core.nets.networks import Shape, initialise
from core.training.snapshot import Snapshot, freeze

SIGMA = 0.5
W = np.array([[1.0, 0.3], [-0.4, 0.8]])
B = np.array([0.2, -0.1])
SILENT = 2


class LinearEncoder(nn.Module):
    """mu = A x + a, with a fixed sigma."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, sigma: np.ndarray) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2 * len(bias))
        with torch.no_grad():
            self.layer.weight.copy_(torch.from_numpy(np.concatenate([weight, np.zeros_like(weight)])))
            self.layer.bias.copy_(torch.from_numpy(np.concatenate([bias, 2 * np.log(sigma)])))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.layer(x.flatten(1))
        return output


def points(count: int, seed: int) -> np.ndarray:
    """Draws of p(x) = N(b, W W' + sigma^2 I)."""
    random = np.random.default_rng(seed)
    return random.standard_normal((count, 2)) @ W.T + B + SIGMA * random.standard_normal((count, 2))


def linear(wrong: float) -> ModelSide:
    """A linear Gaussian VAE whose posterior is the true one but for its correlation, its mean off by ``wrong``."""
    model = build("vae", VaeConfig(likelihood="gaussian", pixel_sigma=SIGMA), Shape(2, 1, 1, 2), "mlp")
    precision = np.eye(2) + W.T @ W / SIGMA**2
    covariance = np.linalg.inv(precision)
    back = covariance @ W.T / SIGMA**2  # (2, 2): the true E[z|x] = back (x - b)
    model.encoder = LinearEncoder(back, wrong - back @ B, 1.4 * np.sqrt(np.diag(covariance)))
    forward = nn.Linear(2, 2)
    with torch.no_grad():
        forward.weight.copy_(torch.from_numpy(W))
        forward.bias.copy_(torch.from_numpy(B))
    model.decoder = nn.Sequential(forward, nn.Unflatten(1, (2, 1, 1)))
    train, test = (
        Images(points(count, seed).astype(np.float32)[:, :, None, None]) for seed, count in ((0, 500), (1, 60))
    )
    config = VaeConfig(likelihood="gaussian", pixel_sigma=SIGMA)
    return ModelSide(Snapshot(freeze(model), 0, 0, config), RealSide(Dataset("plane", "Plane", train, test)))


def exact(x: np.ndarray) -> float:
    """-log p(x), the mean over points (N, 2)."""
    covariance = W @ W.T + SIGMA**2 * np.eye(2)
    apart = x - B
    square = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart)
    return float((0.5 * square).mean() + 0.5 * math.log(np.linalg.det(2 * np.pi * covariance)))


def read(name: str, model_side: ModelSide) -> Measured:
    return finish(METRICS.get(name)().measure(model_side))


@pytest.mark.parametrize("wrong", [0.0, 0.15])
def test_log_px_of_a_linear_model_is_exact(wrong: float) -> None:
    model_side = linear(wrong)
    x = model_side.dataset.test.pixels[:, :, 0, 0].astype(np.float64)
    found = read("log_px", model_side)
    assert found.n == 60
    assert found.value == pytest.approx(exact(x), abs=0.01)
    slack = dict(found.parts)["k = 1"] - exact(x)
    assert slack > 0.05  # the posterior is wrong: with -ELBO in its place this test would fail
    if wrong:
        assert slack > dict(read("log_px", linear(0.0)).parts)["k = 1"] - exact(x) + 0.05


def test_the_bound_falls_with_k_and_begins_at_minus_elbo() -> None:
    model_side = linear(0.15)
    found = read("log_px", model_side)
    bounds = [value for _, value in found.parts]
    assert [name for name, _ in found.parts] == ["k = 1", "k = 10", "k = 100", "k = 1,000", "k = 5,000"]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] == pytest.approx(found.value, rel=1e-12)
    elbo = read("negative_elbo", model_side)
    assert elbo.n == found.n
    terms = finish(model_side.terms())
    # the distortion takes one draw per image: the error comes from these draws, not from the choice of images
    assert abs(bounds[0] - elbo.value) < 4 * float(terms["distortion"].std()) / math.sqrt(elbo.n)
    many = [model_side.snapshot.measure(model_side.real_side.subsets.compared, seed=seed) for seed in range(400)]
    each = np.array([float((terms["distortion"] + terms["rate"]).mean()) for terms in many])
    assert bounds[0] == pytest.approx(each.mean(), abs=4 * each.std() / math.sqrt(len(each)) + 0.005)


@pytest.mark.parametrize("wrong", [0.0, 0.15])
def test_the_inference_gap_is_the_divergence_of_the_posteriors(wrong: float) -> None:
    """KL(q(z|x) || p(z|x)) is the same for every x here: both are Gaussians, their means a constant apart."""
    precision = np.eye(2) + W.T @ W / SIGMA**2
    variances = 1.4**2 * np.diag(np.linalg.inv(precision))
    apart = np.full(2, wrong)
    exact_gap = 0.5 * (np.diag(precision) @ variances + apart @ precision @ apart - 2)
    exact_gap -= 0.5 * (np.log(variances).sum() + np.linalg.slogdet(precision)[1])
    model_side = linear(wrong)
    gap, tight, loose = (read(name, model_side) for name in ("inference_gap", "log_px", "negative_elbo"))
    assert gap.value == pytest.approx(exact_gap, abs=0.01)
    assert gap.low <= exact_gap + 0.01
    assert gap.high >= exact_gap - 0.01
    assert gap.n == tight.n
    assert gap.high - gap.low < 0.2 * (tight.high - tight.low)  # what is hard in an image cancels
    assert gap.value == pytest.approx(dict(gap.parts)["−ELBO, these images"] - tight.value, rel=1e-9)
    assert abs(loose.value - tight.value - exact_gap) > abs(gap.value - exact_gap)  # other draws


def test_both_likelihood_measures_draw_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model_side = linear(0.0)
    tight = read("log_px", model_side)
    monkeypatch.setattr(Snapshot, "log_weights", None)
    assert read("inference_gap", model_side).n == tight.n


def test_without_time_both_take_the_same_few_images_and_say_so() -> None:
    model_side = linear(0.0)
    model_side.budget_s = 0.0
    for name in ("log_px", "inference_gap"):
        found = finish(measured(METRICS.get(name)(), model_side))
        assert found.n == LEAST_IMAGES
        assert model_side.was_cut  # also where the images were drawn for the other one
    few, all_of_them = finish(measured(METRICS.get("log_px")(), model_side)), read("log_px", linear(0.0))
    assert few.high - few.low > all_of_them.high - all_of_them.low
    finish(measured(METRICS.get("distortion")(), model_side))
    assert not model_side.was_cut


def test_bounds_of_known_weights() -> None:
    log_weights = np.tile([math.log(1.0), math.log(3.0)], 2_500)
    found = log_px.bounds(log_weights)
    assert found[0] == pytest.approx(-math.log(3) / 2)
    np.testing.assert_allclose(found[1:], -math.log(2), rtol=1e-12)
    far = log_px.bounds(log_weights - 10_000)  # far below the smallest double
    np.testing.assert_allclose(far, found + 10_000, rtol=1e-12)


def test_on_images_too_k_one_is_minus_elbo() -> None:
    """With Bernoulli pixels and a network, as in use."""
    random = np.random.default_rng(0)
    images = [Images(random.integers(0, 256, (count, 1, 28, 28), np.uint8)) for count in (50, 6)]
    config = VaeConfig(hidden="12")
    model = build("vae", config, Shape(1, 28, 28, 3), "mlp")
    initialise(model, torch.Generator().manual_seed(0))
    model_side = ModelSide(Snapshot(freeze(model), 0, 0, config), RealSide(Dataset("noise", "Noise", *images)))
    found = dict(read("log_px", model_side).parts)
    many = [model_side.snapshot.measure(model_side.real_side.subsets.compared, seed=seed) for seed in range(200)]
    each = np.array([float((terms["distortion"] + terms["rate"]).mean()) for terms in many])
    assert each.std() > 0
    assert found["k = 1"] == pytest.approx(each.mean(), abs=5 * each.std() / math.sqrt(200))
    assert found["k = 5,000"] < found["k = 1"]


def test_importance_weights_need_a_prior() -> None:
    model = build("ae", AutoencoderConfig(), Shape(2, 1, 1, 2), "mlp")
    snapshot = Snapshot(freeze(model), 0, 0, None)
    with pytest.raises(ValueError, match="no prior"):
        snapshot.log_weights(np.zeros((2, 1, 1), np.float32), np.zeros((3, 2), np.float32))


def test_a_silent_dimension_reads_zero_and_is_not_active() -> None:
    model_side = linear(0.0)
    model = model_side.snapshot.model
    with torch.no_grad():
        model.encoder.layer.weight[1] = 0  # type: ignore[union-attr, index, operator]
        model.encoder.layer.bias[1] = 0  # type: ignore[union-attr, index, operator]
        model.encoder.layer.bias[3] = 0  # type: ignore[union-attr, index, operator]
    rates = read("rate_per_dimension", model_side)
    parts = dict(rates.parts)
    assert parts["z2"] == pytest.approx(0, abs=1e-6)
    assert rates.value == pytest.approx((parts["z1"] + parts["z2"]) / 2, rel=1e-5)
    assert read("rate", model_side).value == pytest.approx(parts["z1"] + parts["z2"], rel=1e-5)
    active = read("active_units", model_side)
    means, _ = finish(model_side.test_codes())
    assert (active.low, active.value, active.high) == (1, 1, 1)
    np.testing.assert_allclose([value for _, value in active.parts], means.var(0), rtol=1e-4, atol=1e-9)
    assert dict(active.parts)["z1"] > 0.01
