"""Who is near whom, between two sets of features: nearest neighbours, precision, recall, density and coverage.

Everything goes over slices of the distance matrix, which is never held whole. numpy only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Floats
from core.foundation.slices import Work, finish

Bools = npt.NDArray[np.bool_]

K = 5
"""Neighbours that span a manifold, as in Naeem et al. 2020."""
CELLS = 1 << 20
"""Distances per slice of work."""
EXACT = 8
"""Up to so many dimensions differences are taken one by one."""


def squares(x: Floats, y: Floats) -> Iterator[tuple[slice, Floats]]:
    """Squared distances (n, M) of rows of x (N, D) to all of y (M, D), a slice of rows after the other.

    From products of float32, which lose what the lengths of the rows have in common, so the mean of y is taken off
    first; in few dimensions, where distances are tiny beside the lengths, from the differences themselves.
    """
    middle = y.mean(0, dtype=np.float64).astype(np.float32) if len(y) else np.float32(0)
    x, y = x - middle, y - middle
    rows = max(1, CELLS // max(1, len(y)))
    lengths = np.square(y).sum(1)  # (M,)
    for at in range(0, len(x), rows):
        part = x[at : at + rows]
        if x.shape[1] <= EXACT:
            found = np.zeros((len(part), len(y)), np.float32)
            for axis in range(x.shape[1]):
                found += np.square(part[:, axis, None] - y[None, :, axis])
        else:
            found = part @ y.T
            found *= -2.0
            found += lengths
            found += np.square(part).sum(1)[:, None]
            np.maximum(found, 0.0, out=found)
        yield slice(at, at + len(part)), found


def kth(x: Floats, k: int = K) -> Work[Floats]:
    """The squared distance (N,) of every row of x (N, D) to its kth nearest other, or its farthest of fewer."""
    reach = np.empty(len(x), np.float32)
    rank = min(k, len(x) - 1)
    for rows, found in squares(x, x):
        found[np.arange(len(found)), np.arange(rows.start, rows.stop)] = np.inf if rank else 0.0
        reach[rows] = np.partition(found, max(0, rank - 1), axis=1)[:, max(0, rank - 1)]
        yield
    return reach


def nearest(x: Floats, y: Floats) -> Work[Floats]:
    """The distance (N,) of every row of x (N, D) to its nearest of y (M, D); 0 only for a true copy."""
    chosen = np.empty(len(x), np.int64)
    for rows, found in squares(x, y):
        chosen[rows] = found.argmin(1)
        yield
    return np.asarray(np.sqrt(np.square(x - y[chosen]).sum(1)), np.float32)


@dataclass(frozen=True)
class Prdc:
    """How fakes (M) lie among reals (N): row by row, and as shares.

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
        """The share of reals that could be fakes (Kynkäänniemi et al. 2019)."""
        return float(self.recalled.mean())

    @property
    def density(self) -> float:
        """How many reaches of reals hold a fake, on average, over k; may exceed 1 (Naeem et al. 2020)."""
        return float(self.around.mean(dtype=np.float64))

    @property
    def coverage(self) -> float:
        """The share of reals with a fake within their reach (Naeem et al. 2020)."""
        return float(self.covered.mean())


def compare(real: Floats, fake: Floats, k: int = K) -> Work[Prdc]:
    """Precision, recall, density and coverage of fakes (M, D) among reals (N, D), in slices."""
    real_reach = yield from kth(real, k)  # (N,)
    fake_reach = yield from kth(fake, k)  # (M,)
    within = np.empty(len(fake), np.int64)
    recalled = np.zeros(len(real), np.bool_)
    closest = np.full(len(real), np.inf, np.float32)
    for rows, found in squares(fake, real):  # (m, N)
        within[rows] = (found < real_reach).sum(1)
        recalled |= (found < fake_reach[rows, None]).any(0)
        np.fmin(closest, found.min(0), out=closest)
        yield
    around = (within / min(k, max(1, len(real) - 1))).astype(np.float32)
    return Prdc(within > 0, around, recalled, closest < real_reach)


def prdc(real: Floats, fake: Floats, k: int = K) -> Prdc:
    """`compare`, now."""
    return finish(compare(np.asarray(real, np.float32), np.asarray(fake, np.float32), k))


def nearest_pairs(x: Floats, share: float) -> Work[float]:
    """The squared distance within which that share of all pairs of rows of x (N, D) lie; at least one pair does."""
    count = max(1, round(share * len(x) * (len(x) - 1) / 2))
    smallest = np.full(count, np.inf, np.float32)
    for rows, found in squares(x, x):
        found[np.arange(len(x))[None] <= np.arange(rows.start, rows.stop)[:, None]] = np.inf  # each pair once
        both = np.concatenate([smallest, found[found < smallest.max()]])
        smallest = np.partition(both, count - 1)[:count]
        yield
    return float(smallest.max())


def partners(x: Floats, square: float) -> Work[npt.NDArray[np.int64]]:
    """How many other rows lie within a squared distance of every row of x (N, D): (N,)."""
    found_near = np.empty(len(x), np.int64)
    for rows, found in squares(x, x):
        near = found <= square
        near[np.arange(len(near)), np.arange(rows.start, rows.stop)] = False
        found_near[rows] = near.sum(1)
        yield
    return found_near
