"""Compare samples with the data's points: by cells of a grid in a plane, and in any space by projections on lines.

A perfect model does not read zero, as it too draws only so many samples: each measure has its `Floor`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.density import Density
from core.evaluation import model_side
from core.evaluation.real_side import RealSide
from core.foundation.arrays import Counts, Doubles
from core.foundation.slices import Work, shared
from core.theory import intervals

Floats = npt.NDArray[Any]

CLOSE = 3.0
"""Distance within which a sample belongs to a centre, sigma."""
CELL_SIGMAS = 3.0
"""Side of a cell, sigma, where sigma is known."""
CELL = 0.1
"""Side of a cell where it is not."""
HELD = 0.999
"""Probability that the cells hold, as few of them as can; the rest of the plane is one more cell."""
DIRECTIONS = 64
"""Directions of projections."""
ROUNDS = 400
"""Simulated readings of a perfect model."""
SLICED_ROUNDS = 60
"""Simulated readings of the sliced distance, each of which takes milliseconds."""
GROUPS = 20
"""Groups of each set in the jackknife of the sliced distance."""
SLICED_LEAST = 100
"""Fewest points of a set from which the deviation is known: of 20 points it holds in 87 of 100 cases."""
_SEED = 44
_FAR = 1 << 20
"""Cells counted from the origin each way; points beyond are far away."""
_SLICE = 256
"""Points in one slice of work."""


def within(points: Floats, density: Density) -> Work[npt.NDArray[np.bool_]]:
    """Whether each point (N, 2) lies within 3 sigma of each centre: (N, K)."""
    parts = []
    for at in range(0, len(points), _SLICE):
        offsets = points[at : at + _SLICE, None, :] - density.centres[None]  # (n, K, 2)
        parts.append(np.square(offsets).sum(2) <= (CLOSE * density.sigma) ** 2)
        yield
    return np.concatenate(parts)


@dataclass(frozen=True)
class Floor:
    """A perfect model's readings at one sample size: their mean, and the range of the central 95 %."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, readings: Floats) -> Floor:
        """The floor of simulated readings (R,)."""
        low, high = np.quantile(readings, (0.025, 0.975))
        return cls(float(np.mean(readings)), float(low), float(high))

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """The range, by name."""
        return (("perfect, 2.5 %", self.low), ("perfect, 97.5 %", self.high))


@dataclass(frozen=True, eq=False)
class Cells:
    """Square cells: sorted ``numbers`` (M,), and the data's probability ``p`` (M + 1,) of each and of all the rest."""

    side: float
    numbers: Counts
    p: Doubles

    def count(self, points: Floats) -> Counts:
        """How many of the points (N, 2) lie in each cell, and in none: (M + 1,)."""
        numbers = _numbers(points, self.side)
        index = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        index = np.where(self.numbers[index] == numbers, index, len(self.numbers))
        return np.bincount(index, minlength=len(self.numbers) + 1)

    def kl(self, counts: npt.NDArray[Any]) -> Doubles:
        """KL(data || samples) of counts (..., M + 1), nats, with half a sample added to each cell: (...).

        Without the halves (Krichevsky & Trofimov 1981) one empty cell would make it infinite. A perfect model of N
        samples reads about M / 2N.
        """
        q = (counts + 0.5) / (counts.sum(-1, keepdims=True) + 0.5 * len(self.p))
        kl: Doubles = np.where(self.p > 0, self.p * np.log(np.where(self.p > 0, self.p, 1.0) / q), 0.0).sum(-1)
        return kl

    def js(self, counts: npt.NDArray[Any]) -> Doubles:
        """The Jensen-Shannon divergence of counts (..., M + 1) from the data, nats, at most ln 2: (...).

        Nothing is added to the counts. A perfect model of N samples reads about M / 8N.
        """
        q = counts / counts.sum(-1, keepdims=True)
        middle = 0.5 * (self.p + q)
        safe = np.where(middle > 0, middle, 1.0)
        halves = [0.5 * (each * np.log(np.where(each > 0, each, safe) / safe)).sum(-1) for each in (self.p, q)]
        return np.asarray(halves[0] + halves[1], np.float64)


def _numbers(points: Floats, side: float) -> Counts:
    """The number (N,) of the cell of each point (N, 2); all that are far away or not finite share one."""
    with np.errstate(invalid="ignore"):
        at = np.floor(points.astype(np.float64) / side)
        inside = np.all(np.abs(at) < _FAR, axis=1)
    at = np.where(inside[:, None], at, _FAR).astype(np.int64)
    return (at[:, 0] + _FAR) * (4 * _FAR) + at[:, 1] + _FAR


def _fewest_cells(side: float, numbers: Counts, p: Doubles) -> Cells:
    """The fewest cells that hold ``HELD`` of the probability."""
    order = np.argsort(-p, kind="stable")
    most = int(np.searchsorted(np.cumsum(p[order]), HELD)) + 1
    chosen = np.sort(order[:most])
    inside = p[chosen]
    return Cells(side, numbers[chosen], np.append(inside, max(0.0, 1.0 - inside.sum())))


def cells_of(density: Density) -> Cells:
    """The cells of a known density, with exact probabilities."""
    side = CELL_SIGMAS * density.sigma
    index, p = density.cells(side)
    numbers = (index[:, 0] + _FAR) * (4 * _FAR) + index[:, 1] + _FAR
    order = np.argsort(numbers)
    return _fewest_cells(side, numbers[order], p[order])


def cells_of_points(points: Floats) -> Cells:
    """The cells of points (N, 2), with their shares as probabilities, where no density is known."""
    numbers, counts = np.unique(_numbers(points, CELL), return_counts=True)
    return _fewest_cells(CELL, numbers, counts / len(points))


@dataclass(frozen=True, eq=False)
class Chart:
    """The cells of a dataset, and the floors of both divergences for ``count`` samples."""

    cells: Cells
    count: int
    kl: Floor
    js: Floor


def build_chart(train: Floats, density: Density | None, count: int) -> Chart:
    """A chart for ``count`` samples, from the density where it is known, else from training points (M, 2).

    Then half of the points define the cells, and the other half stand for a perfect model.
    """
    random = np.random.default_rng(_SEED)
    if density is not None:
        cells = cells_of(density)
        perfect = random.multinomial(count, cells.p / cells.p.sum(), ROUNDS)
    else:
        cells = cells_of_points(train[::2])
        others = cells.count(train[1::2])
        if others.sum() >= count:
            perfect = random.multivariate_hypergeometric(others, count, ROUNDS, method="marginals")
        else:
            perfect = random.multinomial(count, others / others.sum(), ROUNDS)
    return Chart(cells, count, Floor.of(cells.kl(perfect)), Floor.of(cells.js(perfect)))


def directions(dimensions: int) -> Doubles:
    """Unit vectors (D, L): evenly over half a turn of a plane, in more dimensions drawn at random, always the same."""
    if dimensions == 2:
        angle = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        return np.stack([np.cos(angle), np.sin(angle)])
    drawn = np.random.default_rng(_SEED).standard_normal((dimensions, DIRECTIONS))
    unit: Doubles = drawn / np.linalg.norm(drawn, axis=0)
    return unit


class Sliced:
    """The sliced Wasserstein distance from fixed points (M, D) for samples of one size, over fixed directions.

    The mean over directions of W_1 between the projections (Bonneel et al. 2015), exact for each direction: both
    quantile functions are step functions, whose steps do not depend on the samples. W_1 and not W_2, because W_2 grows
    with the square root of the misplaced mass: a perfect model, whose modes never hold exactly their share, would read
    a tenth of what total collapse reads.
    """

    def __init__(self, real: Floats, count: int) -> None:
        self.directions = directions(real.shape[1])
        self._real = self._sorted(real)
        steps = np.unique(np.concatenate([np.arange(1, count + 1) * len(real), np.arange(1, len(real) + 1) * count]))
        self._width = np.diff(steps, prepend=0) / (count * len(real))  # (S,)
        self._of_sample, self._of_real = (steps - 1) // len(real), (steps - 1) // count

    def _sorted(self, points: Floats) -> Doubles:
        projections: Doubles = np.sort((points.astype(np.float64) @ self.directions).T, axis=1)  # (L, N)
        return projections

    def distance(self, points: Floats) -> float:
        """The distance of samples (count, D)."""
        differences = self._sorted(points)[:, self._of_sample] - self._real[:, self._of_real]  # (L, S)
        return float((np.abs(differences) @ self._width).mean())


def flat(images: Floats) -> Floats:
    """Points (N, D) from points as images (N, D, 1, 1)."""
    return images[:, :, 0, 0]


@shared
def chart(real_side: RealSide) -> Work[Chart]:
    """The chart of a dataset of points, for `core.evaluation.model_side.DRAWS` samples."""
    yield
    return build_chart(flat(real_side.dataset.train.pixels), real_side.dataset.density, model_side.DRAWS)


def chart_for(real_side: RealSide, count: int) -> Work[Chart]:
    """The chart for ``count`` samples, fewer than were drawn where some were not finite."""
    usual = yield from chart(real_side)
    if count == usual.count:
        return usual
    return build_chart(flat(real_side.dataset.train.pixels), real_side.dataset.density, count)


@shared
def sliced(real_side: RealSide) -> Work[tuple[Sliced, Floor]]:
    """`sliced_for` as many samples as are drawn."""
    usual = yield from _build_sliced(real_side, model_side.DRAWS)
    return usual


def sliced_for(real_side: RealSide, count: int) -> Work[tuple[Sliced, Floor]]:
    """The sliced distance of ``count`` samples from the test points, and its floor."""
    build = sliced(real_side) if count == model_side.DRAWS else _build_sliced(real_side, count)
    return (yield from build)


def _build_sliced(real_side: RealSide, count: int) -> Work[tuple[Sliced, Floor]]:
    distances = Sliced(flat(real_side.subsets.compared), count)
    readings = []
    for seed in range(SLICED_ROUNDS):
        readings.append(distances.distance(fresh(real_side, count, seed)))
        yield
    return distances, Floor.of(np.array(readings))


def sliced_deviation(real: Floats, samples: Floats) -> Work[float]:
    """The standard deviation of the sliced distance of samples (N, D) from points (M, D), over fresh draws of both.

    NaN where a set has fewer than `SLICED_LEAST` rows.
    """
    if min(len(real), len(samples)) < SLICED_LEAST:
        return math.nan
    sliced = _SlicedGroups(real, samples)
    yield
    spread = yield from intervals.jackknife_deviation(sliced.distance, [GROUPS, GROUPS])
    return spread


class _SlicedGroups:
    """The sliced distance of two sets without some groups of their points, all of which are sorted once.

    W_1 is the area between two distribution functions: points left out weigh nothing, and the others stay in order.
    """

    def __init__(self, real: Floats, samples: Floats) -> None:
        random = np.random.default_rng(_SEED)
        groups = [random.permutation(len(rows)) % GROUPS for rows in (real, samples)]
        self._sizes = [np.bincount(each) for each in groups]
        points = np.concatenate([real, samples]).astype(np.float64) @ directions(real.shape[1])  # (N, L)
        order = np.argsort(points, axis=0)
        self._group = np.concatenate([groups[0], GROUPS + groups[1]])[order].T.copy()  # (L, N)
        self._gap = np.diff(np.take_along_axis(points, order, 0), axis=0).T.copy()  # (L, N - 1)

    def distance(self, real: npt.NDArray[np.bool_], samples: npt.NDArray[np.bool_]) -> float:
        """The distance of the groups that are kept, (GROUPS,) of each set."""
        kept = zip((1.0, -1.0), self._sizes, (real, samples), strict=True)
        weight = np.concatenate([sign * keep / size[keep].sum() for sign, size, keep in kept])
        between = np.cumsum(weight[self._group[:, :-1]], axis=1)
        return float(np.einsum("ln,ln->", np.abs(between, out=between), self._gap)) / DIRECTIONS


@shared
def perfect_share(real_side: RealSide) -> Work[float]:
    """The share of a perfect model's samples within 3 sigma of a centre: 98.9 % where these discs are disjoint."""
    density = real_side.dataset.density
    assert density is not None
    squares = np.square(density.centres[:, None] - density.centres[None]).sum(2)  # (K, K)
    np.fill_diagonal(squares, np.inf)
    if float(squares.min()) > (2 * CLOSE * density.sigma) ** 2:
        yield
        return float(1 - np.exp(-(CLOSE**2) / 2))
    close = yield from within(density.draw(20_000, _SEED), density)
    return float(close.any(1).mean())


def fresh(real_side: RealSide, count: int, seed: int) -> Floats:
    """Points (count, D) as a perfect model would draw them: from the density, else from the training points."""
    density = real_side.dataset.density
    if density is not None:
        return density.draw(count, 1_000 + seed)
    points = flat(real_side.dataset.train.pixels)
    chosen = np.random.default_rng([_SEED, seed]).choice(len(points), count, replace=len(points) < count)
    return points[chosen]
