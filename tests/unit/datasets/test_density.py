"""The known density of points of a plane."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from core.datasets.base import SOURCES, load
from core.datasets.density import Density, equally_weighted
from tests.densities import pdf

UNEVEN = Density(np.array([[0.0, 0.0], [0.5, -0.25]]), 0.1, np.array([0.75, 0.25]), modes=True)
EDGES = np.linspace(-1, 1, 41)


def on_the_square() -> npt.NDArray[np.float64]:
    """Probabilities (40, 40) of the cells of side 0.05 within ±1."""
    index, mass = UNEVEN.cells(0.05)
    grid = np.zeros((40, 40))
    inside = (index >= -20).all(1) & (index < 20).all(1)
    grid[tuple(index[inside].T + 20)] = mass[inside]
    return grid


def test_it_integrates_to_one_and_cells_are_its_integral() -> None:
    fine = (np.arange(800) + 0.5) / 400 - 1
    points = np.stack(np.meshgrid(fine, fine, indexing="ij"), -1).reshape(-1, 2)
    mass = pdf(UNEVEN, points).reshape(800, 800) / 400**2
    assert mass.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(on_the_square(), mass.reshape(40, 20, 40, 20).sum((1, 3)), atol=1e-5)
    assert UNEVEN.cells(0.03)[1].sum() == pytest.approx(1, abs=1e-7)


def test_draws_follow_it_and_repeat() -> None:
    points = UNEVEN.draw(40_000, 3)
    assert points.dtype == np.float32
    counts = np.histogram2d(points[:, 0], points[:, 1], [EDGES, EDGES])[0]
    expected = 40_000 * on_the_square()
    enough = expected > 5
    chi_square = float((np.square(counts - expected)[enough] / expected[enough]).sum())
    assert chi_square < enough.sum() + 5 * np.sqrt(2 * enough.sum())  # five sigma
    np.testing.assert_array_equal(points, UNEVEN.draw(40_000, 3))
    assert not np.array_equal(points, UNEVEN.draw(40_000, 4))


def test_arrays_that_are_no_density_are_refused() -> None:
    for centres, sigma, weights in (
        (np.zeros((2, 2)), 0.1, np.array([0.5, 0.6])),
        (np.zeros((2, 2)), 0.0, np.array([0.5, 0.5])),
        (np.zeros((2, 3)), 0.1, np.array([0.5, 0.5])),
        (np.zeros((2, 2)), 0.1, np.array([1.5, -0.5])),
    ):
        with pytest.raises(ValueError):
            Density(centres, sigma, weights, modes=True)


@pytest.mark.parametrize("layout", ["ring", "grid"])
def test_points_of_a_mixture_follow_its_density(layout: str) -> None:
    data = load("mixture", SOURCES.get("mixture").Config(layout=layout, train_images=20_000, spread=0.05))
    assert data.density is not None
    assert data.density.modes
    own, drawn = (
        float(np.log(pdf(data.density, points)).mean())
        for points in (data.train.pixels[:, :, 0, 0], data.density.draw(20_000, 0))
    )
    assert own == pytest.approx(drawn, abs=0.04)  # the mean log density has a standard error of about 0.01
    narrow = equally_weighted(data.density.centres, 0.04, modes=True)
    assert float(np.log(pdf(narrow, data.train.pixels[:, :, 0, 0])).mean()) < own - 0.04
