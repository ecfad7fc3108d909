"""Precision, recall, density and coverage follow their papers' definitions and published readings."""

from __future__ import annotations

import numpy as np
import pytest

from core.theory import neighbours
from core.theory.prdc import prdc


def squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.square(x[:, None].astype(np.float64) - y[None]).sum(2)


def by_definition(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float, float, float]:
    """Naeem et al. 2020, equations 1 to 4, from whole matrices in float64."""
    real_reach = np.sort(squares(real, real), 1)[:, k]  # itself is the 0th
    fake_reach = np.sort(squares(fake, fake), 1)[:, k]
    between = squares(real, fake)
    inside = between < real_reach[:, None]
    return (
        float(inside.any(0).mean()),
        float((between < fake_reach[None]).any(1).mean()),
        float(inside.sum(0).mean() / k),
        float(inside.any(1).mean()),
    )


@pytest.mark.parametrize("dims", [2, 9, 64])
@pytest.mark.parametrize("k", [1, 5])
def test_precision_recall_density_coverage_are_the_definitions(
    dims: int, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "SLICE_DISTANCES", 4_000)  # many slices, the last one short
    random = np.random.default_rng(dims)
    real = (
        random.standard_normal((331, dims)).astype(np.float32) + 20
    )  # far from 0, where float32 products lose precision
    fake = (1.05 * random.standard_normal((217, dims)) + 20.1).astype(np.float32)
    found = prdc(real, fake, k)
    expected = by_definition(real, fake, k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(expected, abs=2.1 / 217)
    assert 0 < found.recall <= 1
    assert 0 < found.coverage < 1


def test_a_set_against_itself() -> None:
    x = np.random.default_rng(0).standard_normal((300, 32)).astype(np.float32)
    found = prdc(x, x)
    assert (found.precision, found.recall, found.coverage) == (1.0, 1.0, 1.0)
    assert found.density == pytest.approx(1.0, abs=0.01)  # itself and the 4 that are nearer than the 5th


def test_two_draws_of_one_gaussian_read_as_published() -> None:
    """N(0, I) in 1,000 dimensions, 10,000 each. From draw to draw density moves by 0.05, the others by about 0.01."""
    random = np.random.default_rng(0)
    real, fake = (random.standard_normal((10_000, 1_000), dtype=np.float32) for _ in range(2))
    found = prdc(real, fake, 5)
    read = found.precision, found.recall, found.density, found.coverage
    assert read == pytest.approx((0.477, 0.471, 1.056, 0.974), abs=0.02)


@pytest.mark.parametrize("dims", [2, 64])
def test_one_fake_far_away_affects_no_other(dims: int) -> None:
    """Sets are centred before float32 distances: at their mean all others would coincide."""
    random = np.random.default_rng(dims)
    real, fake = (random.standard_normal((400, dims)).astype(np.float32) for _ in range(2))
    astray = fake.copy()
    astray[11] = 1e15
    found, without = prdc(real, astray), prdc(real, np.delete(fake, 11, 0))
    assert found.recall == pytest.approx(without.recall, abs=0.005)
    assert found.recall > 0.5
    assert found.precision == pytest.approx(without.precision, abs=0.005)


@pytest.mark.parametrize("dims", [2, 64])
def test_a_nan_fake_is_near_nothing_and_affects_no_other(dims: int) -> None:
    random = np.random.default_rng(dims)
    real, fake = (random.standard_normal((400, dims)).astype(np.float32) for _ in range(2))
    broken = fake.copy()
    broken[11] = np.nan
    found, without = prdc(real, broken), prdc(real, np.delete(fake, 11, 0))
    assert not found.precise[11]
    assert found.around[11] == 0
    np.testing.assert_array_equal(np.delete(found.precise, 11), without.precise)
    np.testing.assert_array_equal(found.covered, without.covered)
    np.testing.assert_array_equal(found.recalled, without.recalled)
