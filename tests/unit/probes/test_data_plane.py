"""Layers of the data plane against the networks themselves and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.datasets.base import SOURCES, Dataset, Images, load
from core.datasets.density import Density, equally_weighted
from core.foundation.pixels import FRAME, as_floats
from core.models.base import MODELS
from core.probes.data_plane import (
    BLUR,
    CORNERS,
    DRAWS,
    FIELD,
    GRADIENTS,
    LINES,
    REACH,
    SIDE,
    Wanted,
    as_images,
    blur,
    cell_points,
    cells,
    contour,
    displacement_arrows,
    gradient_arrows,
    grid_of,
    layers,
    score_heat,
    share_heat,
)
from core.theory.latent_space import Plane, axis_plane, prior
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Training
from tests.densities import pdf

ENCODERS = [name for name in MODELS.names() if MODELS.get(name).has_encoder]
JUDGES = [name for name in MODELS.names() if MODELS.get(name).judges]


@pytest.fixture(scope="module")
def ring() -> Dataset:
    return load("mixture", SOURCES.get("mixture").Config(train_images=1000, spread=0.1))


def trained(name: str, data: Dataset, latent: int = 2, network: str = "mlp", **knobs: float) -> Snapshot:
    setup = Setup(network=network, latent=latent, batch=32, seed=3, device="cpu")
    config = MODELS.get(name).Config(hidden="24, 16", **knobs)
    training = Training(name, config, setup, DeviceDataset(data, torch.device("cpu")))
    for _ in range(30):
        training.advance()
    return training.snapshot()


def test_the_adversarial_models_have_a_second_network() -> None:
    assert set(JUDGES) >= {"gan", "wgan_gp"}
    assert not set(JUDGES) & set(ENCODERS)


@pytest.mark.parametrize("name", JUDGES)
def test_heat_is_the_second_network_itself(name: str, ring: Dataset) -> None:
    snapshot = trained(name, ring)
    heat = score_heat(snapshot)
    assert heat is not None
    assert heat.values.shape == (SIDE, SIDE)
    x, y = cells()
    for row, column in ((0, 0), (5, 60), (40, 11)):  # row 0 is the top, column 0 the left
        point = torch.tensor([[[[x[column]]], [[y[row]]]]])
        with torch.no_grad():
            score = snapshot.model.scores(point)[0, 0]  # type: ignore[operator,union-attr]
        expected = torch.sigmoid(score) if heat.kind == "D" else score
        assert heat.values[row, column] == pytest.approx(float(expected), abs=1e-5)
    assert y[0] > y[-1]
    assert heat.kind == ("D" if name == "gan" else "critic")


@pytest.mark.parametrize("name", JUDGES)
def test_arrows_are_the_gradient(name: str, ring: Dataset) -> None:
    snapshot = trained(name, ring)
    z = prior(500, 2, 1)
    arrows = gradient_arrows(snapshot, z[:GRADIENTS])
    assert arrows is not None
    np.testing.assert_array_equal(arrows.starts, snapshot.decode(z[:GRADIENTS])[:, :, 0, 0])
    model = snapshot.model.double()
    step = 1e-6

    def score(points: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            raw = model.scores.body(torch.from_numpy(points))[:, 0]  # type: ignore[union-attr,operator]
            return (torch.nn.functional.logsigmoid(raw) if model.judges == "probability" else raw).numpy()

    starts = arrows.starts.astype(np.float64)
    for axis in (0, 1):
        aside = np.zeros(2)
        aside[axis] = step
        slope = (score(starts + aside) - score(starts - aside)) / (2 * step)
        np.testing.assert_allclose(arrows.steps[:, axis], slope, rtol=1e-3, atol=1e-5)
    assert arrows.longest > 0


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("pack", [2, 4])
def test_a_discriminator_of_packs_judges_copies(pack: int, network: str, ring: Dataset) -> None:
    snapshot = trained("gan", ring, network=network, packing=pack)
    found = layers(
        snapshot, None, Wanted("judge", arrows=True), axis_plane(0, 1, 2), np.zeros(2), *2 * [prior(100, 2, 1)]
    )
    assert found.copies == pack
    assert found.heat is not None
    assert found.arrows is not None
    x = torch.from_numpy(as_images(cell_points())[1_000:1_100])  # (N, 2, 1, 1)
    scores = snapshot.model.scores  # type: ignore[union-attr]
    with torch.no_grad():
        expected = torch.sigmoid(scores(torch.cat([x] * pack, 1))[:, 0])  # type: ignore[operator]
    np.testing.assert_allclose(found.heat.values.ravel()[1_000:1_100], expected.numpy(), atol=1e-6)
    assert np.ptp(found.heat.values) > 1e-3
    at = torch.from_numpy(as_images(found.arrows.starts)).requires_grad_()
    realness = torch.nn.functional.logsigmoid(scores(torch.cat([at] * pack, 1))).sum()  # type: ignore[operator]
    (slope,) = torch.autograd.grad(realness, at)
    np.testing.assert_allclose(found.arrows.steps, slope[:, :, 0, 0].numpy(), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_a_discriminator_of_packs_judges_images_too(network: str) -> None:
    random = np.random.default_rng(0)
    halves = [Images(random.integers(0, 256, (count, 1, 28, 28), np.uint8)) for count in (40, 5)]
    snapshot = trained("gan", Dataset("noise", "Noise", *halves), network=network, packing=4)
    x = as_floats(halves[1].pixels)
    values, slopes = snapshot.judge(x), snapshot.pull(x)
    assert values is not None
    assert slopes is not None
    assert values.shape == (5,)
    assert slopes.shape == x.shape


@pytest.mark.parametrize("name", JUDGES)
def test_a_small_step_along_the_arrows_looks_more_real(name: str, ring: Dataset) -> None:
    snapshot = trained(name, ring)
    arrows = gradient_arrows(snapshot, prior(GRADIENTS, 2, 1))
    assert arrows is not None
    before = snapshot.judge(as_images(arrows.starts))
    after = snapshot.judge(as_images(arrows.starts + 1e-2 * arrows.steps / np.hypot(*arrows.steps.T)[:, None]))
    assert before is not None
    assert after is not None
    assert (after > before).mean() > 0.95


@pytest.mark.parametrize("name", ENCODERS)
def test_a_field_is_reconstruction_minus_x(name: str, ring: Dataset) -> None:
    snapshot = trained(name, ring)
    arrows = displacement_arrows(snapshot)
    assert arrows is not None
    assert arrows.starts.shape == (FIELD**2, 2)
    codes = snapshot.encode(as_images(arrows.starts))
    assert codes is not None
    np.testing.assert_array_equal(arrows.starts + arrows.steps - arrows.starts, arrows.steps)
    np.testing.assert_allclose(arrows.starts + arrows.steps, snapshot.decode(codes.mu)[:, :, 0, 0], atol=1e-6)
    assert arrows.longest == pytest.approx(np.hypot(*arrows.steps.T).max())


@pytest.mark.parametrize("name", MODELS.names())
@pytest.mark.parametrize("latent", [1, 2, 5])
def test_the_warped_grid_is_decoded(name: str, latent: int, ring: Dataset) -> None:
    snapshot = trained(name, ring, latent)
    through = np.full(latent, 0.7, np.float32)
    plane = axis_plane(0, min(1, latent - 1), latent)
    grid = grid_of(plane, through)
    found = layers(snapshot, None, Wanted(grid=True), plane, through, *2 * [prior(10, latent, 0)])
    assert found.lines is not None
    assert found.heat is None
    assert found.arrows is None
    assert found.lines.shape == ((1 if latent == 1 else 2 * LINES), CORNERS, 2)
    for line, corner in ((0, 0), (0, CORNERS - 1)) if latent == 1 else ((3, 7), (LINES + 3, 7)):
        np.testing.assert_allclose(
            found.lines[line, corner], snapshot.decode(grid[line, corner][None])[0, :, 0, 0], atol=1e-5
        )
    if latent > 1:
        across, up = grid[3], grid[LINES + 3]
        assert np.ptp(across[:, 0]) == pytest.approx(2 * REACH)
        assert np.ptp(across[:, 1]) == 0
        assert np.ptp(up[:, 1]) == pytest.approx(2 * REACH)
    assert (grid[..., 2:] == np.float32(0.7)).all()  # the other coordinates are the point's


def test_a_tilted_plane_keeps_the_point_off_it() -> None:
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0][:, :2].T.astype(np.float32)
    through = np.array([1, -2, 0.5, 3], np.float32)
    grid = grid_of(Plane(axes), through)
    off = grid - (grid @ axes.T) @ axes
    np.testing.assert_allclose(off, np.broadcast_to(through - (axes @ through) @ axes, grid.shape), atol=1e-5)


def test_the_optimal_discriminator_of_equal_densities_is_a_half() -> None:
    density = equally_weighted(np.array([[0.5, 0.5], [-0.5, -0.2]]), 0.15, modes=True)
    heat = share_heat(density, density.draw(40_000, 3))
    p = pdf(density, cell_points()).reshape(SIDE, SIDE)
    dense = p > 0.3
    assert dense.sum() > 100
    np.testing.assert_allclose(heat.values[dense], 0.5, atol=0.05)
    assert abs(float(heat.values[dense].mean()) - 0.5) < 0.005  # no bias, though q is blurred
    assert np.isnan(heat.values[0, 0])  # neither data nor samples


def test_the_optimal_discriminator_shows_a_missing_mode() -> None:
    two = equally_weighted(np.array([[0.8, 0.0], [-0.8, 0.0]]), 0.1, modes=True)
    one = Density(two.centres[:1], 0.1, np.ones(1), modes=True)
    heat = share_heat(two, one.draw(20_000, 3))
    x, y = cells()
    row = int(np.abs(y).argmin())
    missing, kept = int(np.abs(x + 0.8).argmin()), int(np.abs(x - 0.8).argmin())
    assert heat.values[row, missing] > 0.99
    assert heat.values[row, kept] == pytest.approx(1 / 3, abs=0.02)  # ½p against p: q puts all its weight here


def test_blurring_is_exact() -> None:
    random = np.random.default_rng(0)
    points, weights = random.normal(0, 0.5, (30, 2)), random.dirichlet(np.ones(30))
    expected = pdf(Density(points, BLUR, weights, modes=False), cell_points())
    np.testing.assert_allclose(blur(points, weights, BLUR).ravel(), expected, rtol=1e-4, atol=1e-6)


def test_a_contour_lies_where_the_level_is() -> None:
    x, y = cells()
    circle = np.hypot(x[None, :], y[:, None]).astype(np.float32)
    edge = contour(circle, 0.8)
    np.testing.assert_allclose(np.hypot(edge[..., 0], edge[..., 1]), 0.8, atol=2e-3)
    assert np.hypot(*(edge[:, 1] - edge[:, 0]).T).sum() == pytest.approx(2 * np.pi * 0.8, rel=0.01)
    circle[:, : SIDE // 2] = np.nan
    half = contour(circle, 0.8)
    assert 0.4 * len(edge) < len(half) <= 0.5 * len(edge)
    assert half[..., 0].min() > -FRAME / SIDE
    assert len(contour(np.zeros((SIDE, SIDE), np.float32), 0.5)) == 0


@pytest.mark.parametrize("name", MODELS.names())
def test_every_layer_of_every_model(name: str, ring: Dataset) -> None:
    snapshot = trained(name, ring)
    asked = axis_plane(0, 1, 2), np.zeros(2, np.float32), prior(500, 2, 1), prior(DRAWS, 2, 2)
    for kind in ("judge", "share"):
        found = layers(snapshot, ring.density, Wanted(kind, True, True), *asked)
        assert found.arrows is not None
        assert found.arrows.kind == ("field" if name in ENCODERS else "pull")
        assert (found.heat is None) == (kind == "judge" and name in ENCODERS)
        if found.heat is not None:
            seen = found.heat.values[np.isfinite(found.heat.values)]
            assert len(seen) > 100
            if found.heat.kind != "critic":
                assert seen.min() >= 0
                assert seen.max() <= 1
    assert layers(snapshot, None, Wanted("share"), *asked).heat is None  # p is not known
    assert layers(snapshot, ring.density, Wanted(), *asked).lines is None
