"""What a chart does to values before it draws them: smoothing, thinning, round ranges. Pure numpy."""

from __future__ import annotations

import functools
import math

import numpy as np

from core.foundation.arrays import Doubles

BLOCK = 64
"""Number of values smoothed by one matrix product."""
SMOOTH = 0.5
"""Weight of the mean from which on a curve counts as smooth: it averages two values."""
SPAN_SHARE = 0.01
"""Share of the values that a `span` leaves out at each end."""


def smoothed(y: Doubles, weight: float) -> Doubles:
    """Exponential moving average of y (N,) with bias correction. Weight 0 returns y; 0.9 averages about ten values.

    Computed in blocks, each with one matrix product: 16,000 values take a fraction of a millisecond.
    """
    if weight <= 0 or not len(y):
        return y
    lower, powers = _filter(weight)
    padded = np.zeros(-(-len(y) // BLOCK) * BLOCK)
    padded[: len(y)] = y if np.isfinite(y).all() else np.nan_to_num(y, posinf=0.0, neginf=0.0)
    inside = padded.reshape(-1, BLOCK) @ lower.T  # (blocks, BLOCK)
    carries, decay = [0.0], weight**BLOCK
    for last in inside[:-1, -1].tolist():
        carries.append(last + decay * carries[-1])
    mean = (inside + np.outer(carries, weight * powers)).reshape(-1)[: len(y)]
    young = min(len(y), math.ceil(-40 / math.log(weight)))  # beyond these the correction is 1 to the last bit
    mean[:young] /= 1 - weight ** np.arange(1, young + 1)
    return mean


@functools.lru_cache(maxsize=8)
def _filter(weight: float) -> tuple[Doubles, Doubles]:
    """The share of each value of a block in each mean (BLOCK, BLOCK), and the powers of the weight (BLOCK,)."""
    index = np.arange(BLOCK)
    apart = np.subtract.outer(index, index)
    return np.where(apart >= 0, (1 - weight) * weight ** np.maximum(apart, 0), 0.0), weight ** index.astype(float)


def thinned(x: Doubles, y: Doubles, points: int) -> tuple[Doubles, Doubles]:
    """x and y (N,) reduced to about ``points`` vertices: minimum and maximum of each bucket. Peaks survive."""
    if len(x) <= points or points < 4:
        return x, y
    size = -(-len(x) * 2 // points)
    end = len(x) // size * size
    blocks = y[:end].reshape(-1, size)
    base = np.arange(len(blocks)) * size
    index = np.sort(np.stack([base + blocks.argmin(1), base + blocks.argmax(1)], 1), 1).reshape(-1)
    index = np.concatenate([[0], index, [len(x) - 1]])
    index = index[np.concatenate([[True], index[1:] != index[:-1]])]  # it ascends, and `np.unique` would sort it again
    return x[index], y[index]


def averaged(x: Doubles, y: Doubles, points: int) -> tuple[Doubles, Doubles]:
    """x and y (N,) reduced to about ``points`` vertices: means of the values in each bucket, and both ends.

    For what is smooth already: the peaks that `thinned` keeps would make a saw of it.
    """
    if len(x) <= points or points < 4:
        return x, y
    size = -(-len(x) // points)
    end = len(x) // size * size
    middles, means = (each[:end].reshape(-1, size).mean(1) for each in (x, y))
    return np.concatenate([x[:1], middles, x[-1:]]), np.concatenate([y[:1], means, y[-1:]])


def span(y: Doubles) -> tuple[float, float] | None:
    """The 1st and the 99th percentile of the finite values of y (N,); None where there are none.

    `np.percentile` finds four ranks in one pass after the other, which takes five times as long.
    """
    finite = np.isfinite(y)
    y = y if finite.all() else y[finite]
    if not len(y):
        return None
    below, share = divmod(SPAN_SHARE * (len(y) - 1), 1)
    outside = int(below)
    small, large = np.partition(y, outside), np.partition(y, len(y) - 1 - outside)
    low, high = float(small[outside]), float(large[len(y) - 1 - outside])
    if share > 0:
        low += share * (float(small[outside + 1 :].min()) - low)
        high -= share * (high - float(large[: len(y) - 1 - outside].max()))
    return low, high


def nice_range(low: float, high: float, steps: int = 4) -> tuple[float, float]:
    """A range rounded outward to multiples of a 1-2-5 step; it holds about so many of them.

    Few steps have the range change seldom; many leave less of it empty, with 4 a third at worst, with 20 a tenth.
    """
    if not np.isfinite(low) or not np.isfinite(high):
        return 0.0, 1.0
    span = max(high - low, abs(high) * 0.02, 1e-6)
    low, high = (low + high - span) / 2, (low + high + span) / 2  # a single value gets a span too
    raw = span / steps
    power = 10 ** np.floor(np.log10(raw))
    step = min(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
