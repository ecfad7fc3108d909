"""Precision, recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of fakes among reals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Floats
from core.foundation.slices import Work, finish
from core.theory import intervals
from core.theory.neighbours import PointSet, squared_reaches

Bools = npt.NDArray[np.bool_]

K = 5
"""Neighbours that define the reach of a row, as in Naeem et al. 2020."""
BLOCK = 250
"""Fewest rows of each set in a block: in smaller ones neighbours are too far, and the deviation comes out too small."""
BLOCKS = 4
"""Most blocks of each set: then all rounds cost two to three comparisons of the whole sets."""
ROUNDS = 10
"""Times that the sets are cut into blocks."""


@dataclass(frozen=True)
class Prdc:
    """How M fakes lie among N reals: row by row, and as shares.

    The reach of a row is the distance to its kth nearest other of its own set. ``precise`` (M,): the fake lies within
    the reach of some real. ``around`` (M,): within that of how many reals, divided by k. ``recalled`` (N,): the real
    lies within the reach of some fake. ``covered`` (N,): some fake lies within the reach of the real.
    """

    precise: Bools
    around: Floats
    recalled: Bools
    covered: Bools

    @property
    def precision(self) -> float:
        """The share of fakes that look real (Kynkäänniemi et al. 2019)."""
        return float(self.precise.mean())

    @property
    def recall(self) -> float:
        """The share of reals that the model could have generated (Kynkäänniemi et al. 2019)."""
        return float(self.recalled.mean())

    @property
    def density(self) -> float:
        """The mean number of reals within whose reach a fake lies, over k; may exceed 1 (Naeem et al. 2020)."""
        return float(self.around.mean(dtype=np.float64))

    @property
    def coverage(self) -> float:
        """The share of reals with a fake within their reach (Naeem et al. 2020)."""
        return float(self.covered.mean())

    @property
    def means(self) -> tuple[float, float, float, float]:
        """Precision, recall, density, coverage."""
        return self.precision, self.recall, self.density, self.coverage

    @property
    def variances(self) -> tuple[float, float, float, float]:
        """The variances between the rows of which `means` are the means."""
        rows = self.precise, self.recalled, self.around, self.covered
        precise, recalled, around, covered = (float(each.var(dtype=np.float64)) for each in rows)
        return precise, recalled, around, covered


def compare(real: Floats, fake: Floats, k: int = K) -> Work[Prdc]:
    """Precision, recall, density and coverage of fakes (M, D) among reals (N, D), in slices."""
    reals = PointSet(real)
    real_reach = yield from squared_reaches(reals, k)  # (N,)
    fake_reach = yield from squared_reaches(PointSet(fake), k)  # (M,)
    within = np.empty(len(fake), np.int64)
    recalled = np.zeros(len(real), np.bool_)
    closest = np.full(len(real), np.inf, np.float32)
    for rows, squares in reals.slices(fake):  # (m, N)
        within[rows] = np.count_nonzero(squares < real_reach, axis=1)
        recalled |= (squares < fake_reach[rows, None]).any(0)
        np.fmin(closest, np.fmin.reduce(squares, axis=0), out=closest)  # fmin: NaN is near nothing
        yield
    around = (within / min(k, max(1, len(real) - 1))).astype(np.float32)
    return Prdc(within > 0, around, recalled, closest < real_reach)


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of the four numbers over fresh sets of these sizes, from so many ``degrees`` of freedom.

    NaN, and no degrees, where a set is too small to tell.
    """

    precision: float = math.nan
    recall: float = math.nan
    density: float = math.nan
    coverage: float = math.nan
    degrees: int = 0


def deviations(found: Prdc, real: Floats, fake: Floats, k: int = K) -> Work[Deviations]:
    """`Deviations` of fakes (M, D) among reals (N, D), of which ``found`` is the comparison.

    Rows are no independent trials: one fake with a wide reach recalls many reals. So random blocks of both sets are
    compared. Rows at the edge of the data are missed less often in larger sets, and what that does to the variance lies
    between two cases: it falls as the number of rows grows, or with the variance of the rows too (a constant design
    effect). The geometric mean of both is taken: from 2,500 rows it is 0.8 to 1.3 of the truth in simulations, and 2.4
    for the precision of a perfect model in two dimensions, where the first alone reads 3.4.
    """
    blocks = min(BLOCKS, min(len(real), len(fake)) // BLOCK)
    if blocks < 2:
        return Deviations()

    def reading(some_real: Floats, some_fake: Floats) -> Work[tuple[float, ...]]:
        found = yield from compare(some_real, some_fake, k)
        return (*found.means, *found.variances)

    means, variance = yield from intervals.moments_of_blocks((real, fake), reading, blocks, ROUNDS)
    in_blocks = np.maximum(means[4:], np.finfo(np.float64).tiny)
    edges = np.where(means[4:] > 0, np.array(found.variances) / in_blocks, 1.0)
    precision, recall, density, coverage = np.sqrt(variance[:4] / blocks * np.sqrt(edges)).tolist()
    # rounds share rows: the variances vary as if half of the blocks were independent
    return Deviations(precision, recall, density, coverage, ROUNDS * blocks // 2)


def prdc(real: Floats, fake: Floats, k: int = K) -> Prdc:
    """`compare`, in one go."""
    return finish(compare(np.asarray(real, np.float32), np.asarray(fake, np.float32), k))
