"""The Fréchet distance between two sets of features, each taken for a Gaussian (Dowson & Landau 1982; Heusel 2017).

FD = |mu - mu'|^2 + Tr(S + S' - 2 (S S')^(1/2)), float64. The trace of the root of S S' is that of the root of
S^(1/2) S' S^(1/2), which is symmetric: its eigenvalues are real and need no general matrix root.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from core.foundation.slices import Work

Rows = npt.NDArray[Any]
Moments = tuple[Doubles, Doubles]
"""Mean (D,) and covariance (D, D)."""

BLOCKS = 20
"""Each set is left out in so many parts to see how far FD moves."""


def moments(rows: Rows) -> Moments:
    """Of features (N, D)."""
    x = np.asarray(rows, np.float64)
    return _from_sums(len(x), x.sum(0), x.T @ x)


def _from_sums(count: int, total: Doubles, square: Doubles) -> Moments:
    """From N, the sum (D,) of rows and the sum (D, D) of their outer products."""
    mean = total / count
    return mean, (square - count * np.outer(mean, mean)) / max(1, count - 1)


def distance(one: Moments, other: Moments) -> float:
    """FD; NaN where a moment is not finite."""
    (mean, cov), (mean2, cov2) = one, other
    if not all(np.isfinite(each).all() for each in (mean, cov, mean2, cov2)):
        return math.nan
    values, vectors = np.linalg.eigh(cov)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ cov2 @ root)
    cross = np.sqrt(np.maximum(product, 0.0)).sum()
    return max(0.0, float(np.square(mean - mean2).sum() + np.trace(cov) + np.trace(cov2) - 2.0 * cross))


def spread(one: Rows, other: Rows) -> Work[float]:
    """The standard deviation of FD from one draw of both sets to the next, by a block jackknife.

    Each twentieth of each set is left out in turn (Efron & Stein 1981). Near FD = 0 this is about 1.4 times too wide, a
    bootstrap nearly twice.
    """
    sets = [_blocks(one), _blocks(other)]
    whole = [_from_sums(*_minus(each, None)) for each in sets]
    yield
    variance = 0.0
    for which, blocks in enumerate(sets):
        left_out = []
        for block in range(len(blocks)):
            left_out.append(distance(_from_sums(*_minus(blocks, block)), whole[1 - which]))
            yield
        variance += float(np.var(left_out)) * (len(blocks) - 1)
    return math.sqrt(variance)


def _blocks(rows: Rows) -> list[tuple[int, Doubles, Doubles]]:
    """N, sum and outer products of each random twentieth of features (N, D)."""
    x = np.asarray(rows, np.float64)
    parts = np.array_split(np.random.default_rng(0).permutation(len(x)), min(BLOCKS, len(x)))
    return [(len(part), x[part].sum(0), x[part].T @ x[part]) for part in parts]


def _minus(blocks: list[tuple[int, Doubles, Doubles]], without: int | None) -> tuple[int, Doubles, Doubles]:
    kept = [block for number, block in enumerate(blocks) if number != without]
    counts, totals, products = zip(*kept, strict=True)
    return sum(counts), np.sum(totals, 0), np.sum(products, 0)
