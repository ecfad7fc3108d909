"""Samples of a plane: a perfect model reads its floor, a collapsed one reads far above it."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy
from scipy.stats import binom

from core.datasets.base import SOURCES, Dataset, Images, load
from core.datasets.density import Density, equally_weighted
from core.evaluation import plane_statistics
from core.evaluation.model_side import DRAWS, ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured
from core.nets.networks import Shape
from core.training.snapshot import Snapshot

Floats = npt.NDArray[Any]
PLANE = ("plane_kl", "plane_js", "sliced_wasserstein")


def mixture(layout: str = "ring") -> Dataset:
    return load("mixture", SOURCES.get("mixture").Config(layout=layout, spread=0.02 if layout == "ring" else 0.05))


@pytest.fixture(scope="module", params=["ring", "grid"])
def real_side(request: pytest.FixtureRequest) -> RealSide:
    return RealSide(mixture(request.param))


class Fake:
    """A snapshot without weights: it draws these points (DRAWS, 2)."""

    def __init__(self, points: Floats) -> None:
        self.shape = Shape(2, 1, 1, 2)
        self.has_encoder = False
        self.step = 0
        self._points, self._at = points.astype(np.float32), 0

    def decode(self, z: Floats) -> Floats:
        self._at += len(z)
        return self._points[self._at - len(z) : self._at, :, None, None]


def read(name: str, points: Floats, real_side: RealSide) -> Measured:
    return finish(METRICS.get(name)().measure(ModelSide(cast(Snapshot, Fake(points)), real_side)))


def collapsed(real_side: RealSide) -> Floats:
    """Points of the first mode alone, with the right spread."""
    density = real_side.dataset.density
    assert density is not None
    return equally_weighted(density.centres[:1], density.sigma, modes=True).draw(DRAWS, 0)


def perfect(real_side: RealSide, seed: int) -> Floats:
    assert real_side.dataset.density is not None
    return real_side.dataset.density.draw(DRAWS, seed)


def test_a_perfect_model_catches_all_modes_and_98_9_per_cent(real_side: RealSide) -> None:
    assert real_side.dataset.density is not None
    count = len(real_side.dataset.density.centres)
    modes = read("modes", perfect(real_side, 0), real_side)
    assert modes.value == modes.floor == count
    assert sum(value for _, value in modes.parts) == pytest.approx(0.989 * DRAWS, abs=0.01 * DRAWS)
    shares = [read("high_quality", perfect(real_side, seed), real_side) for seed in range(12)]
    assert {round(share.floor or 0, 2) for share in shares} == {98.89}
    assert sum(share.low <= 100 * (1 - math.exp(-4.5)) <= share.high for share in shares) >= 10
    assert np.mean([share.value for share in shares]) == pytest.approx(98.89, abs=0.25)


def test_a_collapsed_model_catches_one_mode_in_good_quality(real_side: RealSide) -> None:
    assert read("modes", collapsed(real_side), real_side).value == 1
    assert read("high_quality", collapsed(real_side), real_side).value > 98
    between = collapsed(real_side) + 0.25
    assert read("modes", between, real_side).value == 0
    assert read("high_quality", between, real_side).value == 0


@pytest.mark.parametrize("name", PLANE)
def test_a_perfect_model_reads_its_floor_and_a_collapsed_one_does_not(
    name: str, real_side: RealSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.evaluation.plane_statistics.GROUPS", 8)
    monkeypatch.setattr("core.theory.intervals.PAIRS", 4)
    readings = [read(name, perfect(real_side, seed), real_side) for seed in range(20)]
    parts = dict(readings[0].parts)
    low, high = parts["perfect, 2.5 %"], parts["perfect, 97.5 %"]
    inside = sum(low <= reading.value <= high for reading in readings)
    assert inside >= 16, (low, high, [reading.value for reading in readings])
    floor = readings[0].floor
    assert floor is not None
    assert low < floor < high
    assert np.mean([reading.value for reading in readings]) == pytest.approx(floor, abs=(high - low) / 3)
    lost = read(name, collapsed(real_side), real_side)
    assert lost.low > 10 * high
    assert lost.low <= lost.value <= lost.high
    forgetful = perfect(real_side, 99)
    forgetful[: DRAWS // 5] = collapsed(real_side)[: DRAWS // 5]  # a fifth too many of one mode
    assert read(name, forgetful, real_side).value > high


@st.composite
def mixtures(draw: st.DrawFn) -> Dataset:
    """Some centres anywhere, of any weight from 0.2 to 1 before normalising, and any σ: discs may overlap."""
    count = draw(st.integers(1, 8))
    places = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
    centres = np.array(draw(st.lists(places, min_size=count, max_size=count)))
    weights = np.array(draw(st.lists(st.floats(0.2, 1), min_size=count, max_size=count)))
    density = Density(centres, draw(st.floats(0.02, 0.2)), weights / weights.sum(), modes=True)
    train, test = (Images(density.draw(size, seed)[:, :, None, None]) for seed, size in ((0, 3_000), (1, 500)))
    return Dataset("any", "Any", train, test, density=density)


AGAIN = 40


def expected(cells: plane_statistics.Cells) -> dict[str, float]:
    """What a perfect model reads in the mean, exactly: the count of each cell is binomial."""
    counts, p = np.arange(DRAWS + 1), cells.p[:, None]  # (N + 1,), (M + 1, 1)
    chance, q = binom.pmf(counts, DRAWS, p), counts / DRAWS
    smoothed = (counts + 0.5) / (DRAWS + 0.5 * len(p))
    return {
        "plane_kl": float((chance * (xlogy(p, p) - p * np.log(smoothed))).sum()),
        "plane_js": float((chance * (xlogy(p, p) + xlogy(q, q) - xlogy(p + q, (p + q) / 2))).sum() / 2),
    }


@settings(max_examples=12)
@given(mixtures(), st.integers(0, 99))
def test_points_of_the_density_itself_read_the_floor_whatever_it_is(data: Dataset, seed: int) -> None:
    """No more than 14 of 40 readings leave a range that holds 95 %, and their mean is the floor.

    Other mixtures would fail one in a million times; these are always the same.
    """
    real_side, density = RealSide(data), data.density
    assert density is not None
    draws = [density.draw(DRAWS, 10_000 + AGAIN * seed + each) for each in range(AGAIN)]
    exact = expected(plane_statistics.cells_of(density))
    for name in exact:
        readings = [read(name, points, real_side) for points in draws]
        values, parts, floor = np.array([each.value for each in readings]), dict(readings[0].parts), readings[0].floor
        assert floor is not None
        low, high = parts["perfect, 2.5 %"], parts["perfect, 97.5 %"]
        assert ((low <= values) & (values <= high)).sum() >= 26, (name, low, high, values)
        spread = (high - low) / 3.92
        assert values.mean() == pytest.approx(exact[name], abs=6.5 * spread / math.sqrt(AGAIN)), name
        assert floor == pytest.approx(exact[name], abs=6.5 * spread / math.sqrt(plane_statistics.ROUNDS)), name
    assert {read("modes", points, real_side).value for points in draws} == {len(density.centres)}
    shares = [read("high_quality", points, real_side) for points in draws]
    perfect = (shares[0].floor or 0) / 100
    assert perfect > 1 - math.exp(-4.5) - 0.005  # discs that overlap hold more
    error = math.sqrt(perfect * (1 - perfect) * (1 / AGAIN / DRAWS + 1 / 20_000))
    assert np.mean([share.value for share in shares]) / 100 == pytest.approx(perfect, abs=7 * error)


def test_kl_and_js_are_the_textbooks() -> None:
    cells = plane_statistics.Cells(1.0, np.array([3, 7]), np.array([0.5, 0.25, 0.25]))
    counts = np.array([6, 2, 0])
    q = np.array([6.5, 2.5, 0.5]) / 9.5
    assert float(cells.kl(counts)) == pytest.approx(float((cells.p * np.log(cells.p / q)).sum()))
    assert float(cells.js(np.array([2, 1, 1]))) == pytest.approx(0)
    from scipy.spatial.distance import jensenshannon

    assert float(cells.js(counts)) == pytest.approx(float(jensenshannon(cells.p, counts / 8)) ** 2)
    nothing = plane_statistics.Cells(1.0, np.array([3, 7]), np.array([0.5, 0.5, 0.0]))
    assert float(nothing.js(np.array([0, 0, 9]))) == pytest.approx(math.log(2))
    rows = np.array([[6, 2, 0], [2, 1, 1]])
    np.testing.assert_allclose(cells.kl(rows), [float(cells.kl(row)) for row in rows])
    np.testing.assert_allclose(cells.js(rows), [float(cells.js(row)) for row in rows])


def test_every_point_is_counted_once_wherever_it_is() -> None:
    density = mixture().density
    assert density is not None
    cells = plane_statistics.cells_of(density)
    assert cells.p.sum() == pytest.approx(1)
    assert cells.p[-1] < 0.002
    draws = density.draw(100_000, 0)
    counts = cells.count(draws)
    error = np.sqrt(cells.p * (1 - cells.p) / len(draws))
    assert np.abs(counts / len(draws) - cells.p).max() < 5 * error.max()
    wild = np.array([[np.nan, 0], [np.inf, 0], [-1e30, 1e30], [0, 0], [3e38, 3e38]], np.float32)
    assert cells.count(wild).tolist()[-1] == len(wild)


def test_without_a_density_half_of_the_points_stand_for_a_perfect_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its range is a little too narrow: the training points are themselves only a sample."""
    monkeypatch.setattr("core.evaluation.plane_statistics.GROUPS", 8)
    monkeypatch.setattr("core.theory.intervals.PAIRS", 4)
    known = mixture()
    real_side = RealSide(Dataset("drawn", "Drawn", known.train, known.test))
    for name in PLANE:
        readings = [read(name, perfect(RealSide(known), seed), real_side) for seed in range(20)]
        parts = dict(readings[0].parts)
        assert sum(parts["perfect, 2.5 %"] <= each.value <= parts["perfect, 97.5 %"] for each in readings) >= 14, name
        assert read(name, collapsed(RealSide(known)), real_side).low > 10 * parts["perfect, 97.5 %"]
    model = cast(Any, None)
    assert METRICS.get("modes").why_not(model, real_side.dataset)
    assert METRICS.get("high_quality").why_not(model, real_side.dataset)


def test_few_points_without_a_density_do_for_a_chart() -> None:
    few = Images(mixture().train.pixels[:600])
    real_side = RealSide(Dataset("drawn", "Drawn", few, Images(mixture().test.pixels[:50])))
    for name in PLANE:
        found = read(name, perfect(RealSide(mixture()), 0), real_side)
        if name == "sliced_wasserstein":  # 50 test points are too few for its interval
            assert math.isnan(found.low)
        else:
            assert found.low <= found.value <= found.high
        assert found.floor is not None
        assert found.floor > 0


def test_a_curve_has_quality_but_no_modes() -> None:
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    density = equally_weighted(np.stack([np.cos(t), np.sin(t)], 1), 0.05, modes=False)
    train, test = (Images(density.draw(count, seed)[:, :, None, None]) for seed, count in ((0, 5_000), (1, 500)))
    real_side = RealSide(Dataset("circle", "Circle", train, test, density=density))
    assert METRICS.get("modes").why_not(cast(Any, None), real_side.dataset)
    found = read("high_quality", density.draw(DRAWS, 3), real_side)
    assert found.floor is not None
    assert 98.9 < found.floor < 100  # discs overlap: more lies within 3 sigma of some centre
    assert found.low <= found.floor <= found.high


@pytest.mark.parametrize(("count", "real"), [(300, 300), (300, 200), (250, 1_000), (7, 5)])
def test_the_sliced_distance_is_that_of_pot(count: int, real: int) -> None:
    import ot

    random = np.random.default_rng(count + real)
    ours, theirs = random.standard_normal((count, 2)), 0.7 * random.standard_normal((real, 2)) + 0.3
    sliced = plane_statistics.Sliced(theirs, count)
    expected = ot.sliced_wasserstein_distance(ours, theirs, projections=sliced.directions, p=1)
    assert sliced.distance(ours) == pytest.approx(float(expected), rel=1e-9)
    assert plane_statistics.Sliced(theirs, real).distance(theirs[::-1]) == pytest.approx(0, abs=1e-12)
    # moved by (3, 4), every direction sees its share of 5: E |cos| = 2 / pi
    assert plane_statistics.Sliced(theirs, real).distance(theirs + np.array([3, 4])) == pytest.approx(
        10 / math.pi, rel=1e-3
    )


def test_the_sliced_distance_without_some_groups_is_that_of_the_other_points() -> None:
    random = np.random.default_rng(0)
    sets = random.standard_normal((130, 2)), 1.5 * random.standard_normal((170, 2))
    drawn = np.random.default_rng(plane_statistics._SEED)
    groups = [drawn.permutation(len(rows)) % plane_statistics.GROUPS for rows in sets]
    kept = [np.isin(np.arange(plane_statistics.GROUPS), left_out, invert=True) for left_out in ([3, 7], [5])]
    real, samples = (rows[keep[group]] for rows, keep, group in zip(sets, kept, groups, strict=True))
    found = plane_statistics._SlicedGroups(*sets).distance(*kept)
    assert found == pytest.approx(plane_statistics.Sliced(real, len(samples)).distance(samples), rel=1e-12)


@pytest.mark.parametrize("dimensions", [2, 5, 64])
def test_directions_are_unit_vectors_and_the_same_each_time(dimensions: int) -> None:
    along = plane_statistics.directions(dimensions)
    assert along.shape == (dimensions, plane_statistics.DIRECTIONS)
    np.testing.assert_allclose(np.linalg.norm(along, axis=0), 1)
    np.testing.assert_array_equal(along, plane_statistics.directions(dimensions))


def test_the_sliced_distance_of_a_shift_in_five_dimensions_is_that_of_its_projections() -> None:
    points = np.random.default_rng(0).normal(size=(400, 5))
    shift = np.array([0.5, 0, 0, -1, 0])
    distance = plane_statistics.Sliced(points, 400).distance(points + shift)
    assert distance == pytest.approx(np.abs(shift @ plane_statistics.directions(5)).mean())
