"""Exact k-nearest neighbours, over slices of the distance matrix, which is never held as a whole.

Distances are Euclidean. numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Counts, Floats
from core.foundation.slices import Work

SLICE_DISTANCES = 1 << 17
"""Distances computed at once: half a megabyte stays in a core's cache, and is searched two to three times as fast as
four megabytes (2,500 rows against 2,500 in two dimensions, one core)."""
LEAST_ROWS = 32
"""Fewest rows of a slice: a matrix product of fewer reads all of the points for little work."""
DIFFERENCE_DIMS = 4
"""Most dimensions in which squares are summed from differences, which are exact there and no slower."""
_BLOCK = 1_024
"""Rows transposed at once: 60,000 rows of 64 take 25 ms so, and 75 ms in one piece."""
_MEDIAN_OF = 1_024
"""Points that give the centre, about."""
REACH_SHARE = 0.95
"""Share of the distances that lie within a `reach`."""
LEAST_REACH = 1e-6
"""Smallest `reach`."""


def squared_distances(x: Floats, columns: Floats, x_lengths: Floats, lengths: Floats) -> Floats:
    """Squared distances (N, M) from rows of x (N, D) to points given as ``columns`` (D, M).

    ``x_lengths`` (N,) and ``lengths`` (M,) are their squared lengths. Above `DIFFERENCE_DIMS` the result is
    |x|² − 2x·y + |y|²: float32 loses there what the lengths have in common, so points should lie around the origin.
    """
    if len(columns) <= DIFFERENCE_DIMS:
        squares: Floats = np.square(x[:, :1] - columns[0])
        for axis in range(1, len(columns)):
            difference = x[:, axis, None] - columns[axis]
            squares += np.square(difference, out=difference)
        return squares
    if columns.shape[1] < len(columns):  # scale the array with fewer numbers
        squares = x @ columns
        squares *= -2.0
    else:
        squares = np.multiply(x, -2.0) @ columns
    squares += lengths
    squares += x_lengths[:, None]
    np.maximum(squares, 0.0, out=squares)
    return squares


class PointSet:
    """Points (M, D), float32, prepared for any number of searches among them.

    Those of a run that diverges may be enormous, or no numbers: they are infinitely far from all others, or nowhere.
    """

    @np.errstate(over="ignore", invalid="ignore")
    def __init__(self, points: Floats) -> None:
        self.points = points
        self._centre = _centre(points)
        self._columns = np.empty(points.shape[::-1], np.float32)  # (D, M)
        self._lengths = np.empty(len(points), np.float32)  # (M,), squared
        for at in range(0, len(points), _BLOCK):
            rows = points[at : at + _BLOCK] - self._centre
            self._columns[:, at : at + _BLOCK], self._lengths[at : at + _BLOCK] = rows.T, np.square(rows).sum(1)

    def __len__(self) -> int:
        return len(self.points)

    @np.errstate(over="ignore", invalid="ignore")
    def squared_distances(self, queries: Floats) -> Floats:
        """Squared distances (N, M) from queries (N, D) to the points, as an array that the caller may overwrite."""
        x = queries - self._centre
        return squared_distances(x, self._columns, np.square(x).sum(1), self._lengths)

    def slices(self, queries: Floats) -> Iterator[tuple[slice, Floats]]:
        """Slices of the queries (N, D), each with its `squared_distances` (n, M)."""
        for rows in _rows(len(queries), len(self)):
            yield rows, self.squared_distances(queries[rows])


def _rows(queries: int, points: int) -> Iterator[slice]:
    """Slices of the queries, of about `SLICE_DISTANCES` distances to so many points each."""
    step = max(LEAST_ROWS, SLICE_DISTANCES // max(1, points))
    for at in range(0, queries, step):
        yield slice(at, min(at + step, queries))


def _centre(points: Floats) -> Floats:
    """The median (D,) of some of the finite points among (M, D); 0 where there are none.

    Not the mean: one point at 1e30 would move it there, and all others would coincide in float32.
    """
    some = points[:: max(1, len(points) // _MEDIAN_OF)]
    some = some[np.isfinite(some).all(1)]
    return np.asarray(np.median(some, 0), np.float32) if len(some) else np.zeros(points.shape[1], np.float32)


def kth_distances(queries: Floats, points: PointSet, k: int) -> Work[Floats]:
    """Distance (N,) from queries (N, D) to the kth nearest of the points; to the farthest of fewer than k."""
    distances = np.empty(len(queries), np.float32)
    for rows, squares in points.slices(queries):
        distances[rows] = _kth_smallest(squares, k)
        yield
    return np.sqrt(distances, out=distances)


def squared_reaches(points: PointSet, k: int) -> Work[Floats]:
    """Squared distance (M,) of every point to the kth nearest other, the farthest of fewer than k; 0 for one alone."""
    reaches = np.zeros(len(points), np.float32)
    if len(points) < 2:
        return reaches
    for rows, squares in points.slices(points.points):
        _leave_out_itself(squares, rows)
        reaches[rows] = _kth_smallest(squares, min(k, len(points) - 1))
        yield
    return reaches


def nearest(queries: Floats, points: PointSet) -> Work[tuple[Counts, Floats]]:
    """The index (N,) of the point nearest to each query (N, D), and the distance (N,), which is 0 only for a copy."""
    index = np.empty(len(queries), np.int64)
    for rows, squares in points.slices(queries):
        index[rows] = squares.argmin(1)
        yield
    with np.errstate(over="ignore", invalid="ignore"):
        return index, np.sqrt(np.square(queries - points.points[index]).sum(1))


def nearest_of_parts(queries: Floats, parts: Iterable[Floats]) -> Work[Floats]:
    """Distance (N,) from queries (N, D) to the nearest point of all parts (n, D), which need not exist at once.

    Nothing is centred: that would take one more pass over every part.
    """
    smallest, lengths = np.full(len(queries), np.inf, np.float32), np.square(queries).sum(1)
    for part in parts:
        columns, part_lengths = part.T, np.square(part).sum(1)
        for rows in _rows(len(queries), len(part)):
            squares = squared_distances(queries[rows], columns, lengths[rows], part_lengths)
            np.minimum(smallest[rows], squares.min(1), out=smallest[rows])
        yield
    return np.sqrt(smallest, out=smallest)


def squared_pair_quantile(points: PointSet, share: float) -> Work[float]:
    """The squared distance within which that share of all pairs of points lie, at least one pair."""
    count = max(1, round(share * len(points) * (len(points) - 1) / 2))
    smallest = np.full(count, np.inf, np.float32)
    numbers = np.arange(len(points))
    for rows, squares in points.slices(points.points):
        squares[numbers <= numbers[rows, None]] = np.inf  # each pair once
        candidates = np.concatenate([smallest, squares[squares < smallest.max()]])
        smallest = np.partition(candidates, count - 1)[:count]
        yield
    return float(smallest.max())


def others_within(points: PointSet, square: float) -> Work[Counts]:
    """The number (M,) of other points within a squared distance of every point."""
    counts = np.empty(len(points), np.int64)
    for rows, squares in points.slices(points.points):
        _leave_out_itself(squares, rows)
        counts[rows] = np.count_nonzero(squares <= square, axis=1)
        yield
    return counts


def reach(distances: npt.NDArray[np.floating]) -> float:
    """The distance within which 95 % of the finite of these (N,) lie; NaN where there are none.

    Never 0, because distances are divided by it.
    """
    finite = distances[np.isfinite(distances)]
    return max(LEAST_REACH, float(np.quantile(finite, REACH_SHARE))) if len(finite) else math.nan


def _kth_smallest(squares: Floats, k: int) -> Floats:
    """The kth smallest (N,) of every row of (N, M), or the largest of fewer than k. The rows lose their order."""
    rank = min(k, squares.shape[1]) - 1
    squares.partition(rank, axis=1)
    return squares[:, rank]


def _leave_out_itself(squares: Floats, rows: slice) -> None:
    """Set the distance of each point in ``rows`` to itself to infinity."""
    squares[np.arange(len(squares)), np.arange(rows.start, rows.stop)] = np.inf
