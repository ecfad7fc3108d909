"""The Fréchet distance between two sets of features, each modelled as a Gaussian (Dowson & Landau 1982; Heusel 2017).

FD = |mu - mu'|^2 + Tr(S + S' - 2 (S S')^(1/2)), in float64. The trace of (S S')^(1/2) equals that of
(S^(1/2) S' S^(1/2))^(1/2), a symmetric matrix, so real eigenvalues replace a general matrix root.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from core.foundation.slices import Work
from core.theory import intervals

Rows = npt.NDArray[Any]
Moments = tuple[Doubles, Doubles]
"""Mean (D,) and covariance (D, D)."""

BLOCKS = 20
"""Blocks of each set in the jackknife."""
LEAST = 4
"""Fewest rows of which two can be left out."""


def moments(rows: Rows) -> Moments:
    """Mean and covariance of features (N, D)."""
    x = np.asarray(rows, np.float64)
    return _from_sums(len(x), x.sum(0), x.T @ x)


def _from_sums(count: int, total: Doubles, square: Doubles) -> Moments:
    """Mean and covariance from N, the sum (D,) of the rows and the sum (D, D) of their outer products."""
    mean = total / count
    return mean, (square - count * np.outer(mean, mean)) / max(1, count - 1)


def distance(one: Moments, other: Moments) -> float:
    """FD of two sets by their moments; NaN where a moment is not finite."""
    (mean, cov), (mean2, cov2) = one, other
    if not all(np.isfinite(each).all() for each in (mean, cov, mean2, cov2)):
        return math.nan
    values, vectors = np.linalg.eigh(cov)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ cov2 @ root)
    cross = np.sqrt(np.maximum(product, 0.0)).sum()
    return max(0.0, float(np.square(mean - mean2).sum() + np.trace(cov) + np.trace(cov2) - 2.0 * cross))


def deviation(one: Rows, other: Rows) -> Work[float]:
    """The standard deviation of FD between draws of both sets (N, D): `intervals.jackknife_deviation` over `BLOCKS`.

    NaN where a set has fewer than `LEAST` rows.
    """
    if min(len(one), len(other)) < LEAST:
        return math.nan
    sets = [_blocks(one), _blocks(other)]

    def reading(*kept: npt.NDArray[np.bool_]) -> float:
        return distance(*(_from_sums(*_sums(blocks, each)) for blocks, each in zip(sets, kept, strict=True)))

    spread = yield from intervals.jackknife_deviation(reading, [len(blocks) for blocks in sets])
    return spread


def degrees(one: Rows, other: Rows) -> int:
    """Degrees of freedom of `deviation`: those of the set with fewer blocks, which may be all that matters."""
    return min(BLOCKS, len(one), len(other)) - 1


def _blocks(rows: Rows) -> list[tuple[int, Doubles, Doubles]]:
    """N, sum and outer products of each of `BLOCKS` random blocks of features (N, D)."""
    x = np.asarray(rows, np.float64)
    parts = np.array_split(np.random.default_rng(0).permutation(len(x)), min(BLOCKS, len(x)))
    return [(len(part), x[part].sum(0), x[part].T @ x[part]) for part in parts]


def _sums(blocks: list[tuple[int, Doubles, Doubles]], kept: npt.NDArray[np.bool_]) -> tuple[int, Doubles, Doubles]:
    """N, sum and outer products of the blocks that are kept."""
    counts, totals, products = zip(*(block for block, keep in zip(blocks, kept, strict=True) if keep), strict=True)
    return sum(counts), np.sum(totals, 0), np.sum(products, 0)
