"""The decomposed ELBO of one image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.slices import finish
from core.metrics.log_px import bounds
from core.models.base import MODELS, build
from core.nets.networks import Shape
from core.nets.objectives import distortion_per_image, distortion_per_pixel
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import COUNTS, Anatomy
from core.training.snapshot import Snapshot, freeze

SHAPE = Shape(1, 8, 8, 3)


def snapshot(name: str = "vae", shape: Shape = SHAPE, **knobs: object) -> Snapshot:
    torch.manual_seed(3)
    config = MODELS.get(name).Config(hidden="16", **knobs)
    return Snapshot(freeze(build(name, config, shape, "mlp")), 7, 2, config)


def image() -> np.ndarray:
    return np.random.default_rng(1).random((1, 8, 8), dtype=np.float32)


def stages_of(snap: Snapshot, x: np.ndarray) -> list[Anatomy]:
    """The anatomy after each slice."""
    work, found = elbo_anatomy.dissect(snap, x), []
    while True:
        try:
            part = next(work)
        except StopIteration as done:
            return [*found, done.value]
        if part is not None:
            found.append(part)


@pytest.fixture(scope="module")
def stages() -> list[Anatomy]:
    return stages_of(snapshot(), image())


def test_distortion_and_rate_are_the_elbo(stages: list[Anatomy]) -> None:
    last, snap = stages[-1], snapshot()
    assert last.complete
    assert last.negative_elbo == last.distortion + last.rate
    many = [snap.measure(image()[None], seed=seed) for seed in range(200)]
    distortions = np.array([each["distortion"][0] for each in many], float)
    assert last.rate == pytest.approx(float(many[0]["rate"][0]), rel=1e-5)
    assert abs(last.distortion - distortions.mean()) < 4 * distortions.std() / np.sqrt(len(distortions))
    exact = snap.distortion_map(
        image(), last.mu.astype(np.float32) + last.sigma.astype(np.float32) * elbo_anatomy.noise(3)
    )
    np.testing.assert_allclose(last.distortions, exact.astype(float).sum((1, 2, 3)), rtol=1e-5)


def test_bounds_fall_and_are_the_measures(stages: list[Anatomy]) -> None:
    last = stages[-1]
    assert list(last.bounds) == list(COUNTS)
    np.testing.assert_array_equal(list(last.bounds.values()), bounds(last.log_weights))
    assert all(a >= b for a, b in zip(list(last.bounds.values()), list(last.bounds.values())[1:], strict=False))
    assert last.gap == last.bounds[1] - last.bounds[5_000] >= 0
    error = last.log_weights.std() / np.sqrt(last.draws)
    assert abs(last.bounds[1] - last.negative_elbo) < 4 * error  # k = 1 is the ELBO


def test_it_comes_in_slices(stages: list[Anatomy]) -> None:
    assert len(stages) > 1
    assert [each.draws for each in stages] == sorted({each.draws for each in stages})
    first = stages[0]
    assert not first.complete
    assert max(first.bounds) <= first.draws
    assert first.drawn.shape == (elbo_anatomy.SHOWN, 8, 8)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.integers(1, 40))
def test_a_bound_is_never_below_the_next(weights: list[float], k: int) -> None:
    """Jensen: over the same draws, larger groups bound tighter."""
    each = np.array(weights * 2)[: len(weights) // k * 2 * k]
    if len(each) >= 2 * k:
        whole = each[: len(each) // (2 * k) * 2 * k]
        assert elbo_anatomy.bound(whole, k) >= elbo_anatomy.bound(whole, 2 * k) - 1e-9


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_pixels_add_up(likelihood: str, stages: list[Anatomy]) -> None:
    logits, x = torch.randn(5, 1, 8, 8), torch.rand(5, 1, 8, 8)
    whole = distortion_per_image(logits, x, likelihood, 0.3)
    torch.testing.assert_close(distortion_per_pixel(logits, x, likelihood, 0.3).flatten(1).sum(1), whole)
    assert stages[-1].pixels is not None
    shown = stages[-1].distortions[: elbo_anatomy.SHOWN].mean()
    assert stages[-1].pixels.sum() == pytest.approx(shown, rel=1e-5)


def test_slopes_are_those_of_small_steps(stages: list[Anatomy]) -> None:
    last, snap = stages[-1], snapshot()
    epsilon = elbo_anatomy.noise(3)[: elbo_anatomy.GRADIENT_DRAWS]

    def distortion(mu: np.ndarray, log_sigma: np.ndarray) -> float:
        z = (mu + np.exp(log_sigma) * epsilon).astype(np.float32)
        return float(snap.distortion_map(image(), z).astype(float).sum((1, 2, 3)).mean())

    h, log_sigma = 0.01, np.log(last.sigma)
    for index in range(3):
        step = np.eye(3)[index] * h
        by_mu = (distortion(last.mu + step, log_sigma) - distortion(last.mu - step, log_sigma)) / (2 * h)
        by_sigma = (distortion(last.mu, log_sigma + step) - distortion(last.mu, log_sigma - step)) / (2 * h)
        assert last.slope[index] == pytest.approx(by_mu, abs=2e-3)
        assert last.slope[3 + index] == pytest.approx(by_sigma, abs=2e-3)


def test_the_pulls_cancel_where_it_says() -> None:
    rate = elbo_anatomy.rate_slope(np.array([1.0, -0.5]), np.array([0.5, 1.0]))
    assert rate.tolist() == [1.0, -0.5, -0.75, 0.0]
    assert elbo_anatomy.balance(-2.0 * rate, rate) == pytest.approx(2.0)
    assert elbo_anatomy.rate_share(-2.0 * rate, rate, 2.0) == pytest.approx(0.5)
    assert elbo_anatomy.rate_share(rate, rate, 0.0) == 0.0
    assert elbo_anatomy.objective(80.0, 5.0, 4.0) == 100.0
    still = np.zeros(4)
    assert np.isnan(elbo_anatomy.balance(rate, still))
    assert np.isnan(elbo_anatomy.rate_share(still, still, 1.0))


def test_a_way_through_one_dimension_passes_the_reconstruction() -> None:
    snap = snapshot()
    codes = snap.encode(image()[None])
    assert codes is not None
    values = elbo_anatomy.along(snap, image(), 1, np.array([codes.mu[0, 1], 2.0], np.float32))
    z = codes.mu.copy()
    assert values[0] == pytest.approx(float(snap.distortion_map(image(), z).astype(float).sum()), rel=1e-6)
    z[0, 1] = 2.0
    assert values[1] == pytest.approx(float(snap.distortion_map(image(), z).astype(float).sum()), rel=1e-6)


def test_a_model_without_a_rate_has_none() -> None:
    with pytest.raises(ValueError, match="spread"):
        finish(elbo_anatomy.dissect(snapshot("ae"), image()))


def test_points_have_no_pixels() -> None:
    point = np.array([[[0.3]], [[-0.4]]], np.float32)
    found = stages_of(snapshot(shape=Shape(2, 1, 1, 2)), point)
    assert found[-1].pixels is None
    assert found[-1].complete
