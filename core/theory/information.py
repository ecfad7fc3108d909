"""Entropy, cross-entropy and divergences of distributions over a few symbols, and the entropy of pixels. numpy only.

Everything is float64. Functions take a ``unit``: "nats" (natural logarithm) or "bits" (logarithm to base 2). Where
nothing else is said the source is Cover & Thomas, Elements of Information Theory, 2nd ed. 2006, chapter 2. 0 log 0 = 0.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

Unit = Literal["bits", "nats"]

PER_NAT: dict[Unit, float] = {"nats": 1.0, "bits": 1.0 / math.log(2.0)}
"""So much of a unit is one nat."""

ENGLISH = {
    "a": 8.167,
    "b": 1.492,
    "c": 2.782,
    "d": 4.253,
    "e": 12.702,
    "f": 2.228,
    "g": 2.015,
    "h": 6.094,
    "i": 6.966,
    "j": 0.153,
    "k": 0.772,
    "l": 4.025,
}
"""How often letters come in English text, per cent of all letters (Lewand, Cryptological Mathematics, 2000)."""
MOST_SYMBOLS = len(ENGLISH)


def checked(p: npt.ArrayLike) -> Doubles:
    """Probabilities (K,) as float64; `ValueError` for anything that is none."""
    found = np.asarray(p, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all() or (found < 0).any():
        raise ValueError(f"{p!r} are no probabilities: none may be negative or missing")
    if abs(math.fsum(found) - 1.0) > 1e-9:
        raise ValueError(f"probabilities sum to {math.fsum(found):.12g}, not to 1")
    return found


def _pair(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    one, other = checked(p), checked(q)
    if len(one) != len(other):
        raise ValueError(f"p has {len(one)} symbols and q {len(other)}")
    return one, other


def _log(p: Doubles) -> Doubles:
    """ln p, minus infinity at 0."""
    out = np.full(p.shape, -np.inf)
    np.log(p, out=out, where=p > 0)
    return out


def surprise(p: npt.ArrayLike, unit: Unit = "nats") -> Doubles:
    """-log p of each symbol, (K,): infinite where p is 0 (Shannon 1948; also called self-information)."""
    found: Doubles = 0.0 - _log(checked(p)) * PER_NAT[unit]
    return found


def entropy(p: npt.ArrayLike, unit: Unit = "nats") -> float:
    """H(p) = -sum p log p (eq. 2.1)."""
    p = checked(p)
    some = p[p > 0]
    return 0.0 - math.fsum(some * np.log(some)) * PER_NAT[unit]


def uniform_bound(count: int, unit: Unit = "nats") -> float:
    """log K: no distribution over K symbols has more entropy, and only the uniform has as much (theorem 2.6.4)."""
    return math.log(count) * PER_NAT[unit]


def cross_entropy(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """H(p, q) = -sum p log q: what symbols from p cost in the best code for q; infinite where q is 0 and p is not."""
    p, q = _pair(p, q)
    seen = p > 0
    return 0.0 - math.fsum(p[seen] * _log(q)[seen]) * PER_NAT[unit]


def contributions(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> Doubles:
    """p log(p / q) of each symbol, (K,); their sum is KL(p || q). 0 where p is 0, infinite where only q is."""
    p, q = _pair(p, q)
    seen = p > 0
    out = np.zeros(p.shape)
    out[seen] = p[seen] * (_log(p)[seen] - _log(q)[seen]) * PER_NAT[unit]
    return out


def kl(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """KL(p || q) = sum p log(p / q) (eq. 2.26): what coding p by q's code costs above H(p).

    Infinite where q is 0 and p is not; `impossible` names the symbols.
    """
    return math.fsum(contributions(p, q, unit))


def impossible(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[int, ...]:
    """The symbols that p sends and q holds impossible: they make KL(p || q) infinite."""
    p, q = _pair(p, q)
    return tuple(int(each) for each in np.flatnonzero((p > 0) & (q == 0)))


def js(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """Jensen-Shannon: the mean of KL(p || m) and KL(q || m), m = (p + q) / 2; at most ln 2 nats (Lin 1991, eq. 3.8).

    From p log(2p / (p + q)), so that it is 0 and never infinite where one of them is tiny.
    """
    p, q = _pair(p, q)
    total = []
    for one in (p, q):
        seen = one > 0
        total.append(one[seen] * (np.log(2.0) + np.log(one[seen]) - np.log((p + q)[seen])))
    return 0.5 * math.fsum(np.concatenate(total)) * PER_NAT[unit]


def uniform(count: int) -> Doubles:
    """The same for each of K symbols."""
    return np.full(count, 1.0 / count)


def skewed(count: int, ratio: float = 0.7) -> Doubles:
    """Every symbol ``ratio`` times as likely as the one before."""
    weights = ratio ** np.arange(count)
    return np.asarray(weights / weights.sum(), np.float64)


def one_hot(count: int, symbol: int = 0) -> Doubles:
    """One symbol for certain."""
    p = np.zeros(count)
    p[symbol] = 1.0
    return p


def letters(count: int) -> Doubles:
    """The first K letters as often as in English text that had only these; K at most 12."""
    weights = np.array(list(ENGLISH.values()))[:count]
    if len(weights) != count:
        raise ValueError(f"{count} letters: only {len(ENGLISH)} are known")
    return np.asarray(weights / weights.sum(), np.float64)


def sample(p: npt.ArrayLike, draws: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Symbols (N,) from p by uniform ``draws`` (N,) in [0, 1): the inverse of the distribution function.

    The same draws give nearly the same message when p changes a little. A symbol of probability 0 never comes.
    """
    p = checked(p)
    possible = np.flatnonzero(p)
    steps = np.cumsum(p[possible])
    found = np.searchsorted(steps / steps[-1], np.asarray(draws, np.float64), side="right")
    return possible[np.minimum(found, len(possible) - 1)].astype(np.int64)


def bernoulli_entropy(mean: npt.ArrayLike, unit: Unit = "nats") -> Doubles:
    """H of a coin that shows 1 with probability ``mean``, any shape."""
    ones = np.clip(np.asarray(mean, np.float64), 0.0, 1.0)
    zeros = 1.0 - ones
    total = np.zeros(ones.shape)
    for share in (ones, zeros):
        total -= share * np.where(share > 0, _log(share), 0.0)
    return np.asarray(total * PER_NAT[unit], np.float64)


def pixel_entropy_ink(pixels: npt.NDArray[Any], unit: Unit = "nats") -> Doubles:
    """How uncertain the ink of each pixel is, (C, H, W): Bernoulli entropy of its mean over images (N, C, H, W) uint8.

    The sum over pixels is the least distortion that a decoder can have which says the same for every image: the
    Bernoulli cross-entropy with the mean image.
    """
    return bernoulli_entropy(pixels.mean(0, dtype=np.float64) / 255.0, unit)


def pixel_entropy_grey(pixels: npt.NDArray[Any], unit: Unit = "nats", levels: int = 16) -> Doubles:
    """Entropy of each pixel's histogram over images (N, C, H, W) uint8, in ``levels`` equal steps of grey, (C, H, W).

    The plug-in estimate: too low by about (levels - 1) / 2N nats (Miller 1955).
    """
    flat = pixels.reshape(len(pixels), -1)
    steps = flat.astype(np.int64) * levels // 256  # (N, P)
    cells = steps + np.arange(flat.shape[1]) * levels
    counts = np.bincount(cells.ravel(), minlength=levels * flat.shape[1]).reshape(-1, levels)
    p = counts / len(pixels)  # (P, levels)
    found = 0.0 - (p * np.where(p > 0, _log(p), 0.0)).sum(1)
    return np.asarray(found.reshape(pixels.shape[1:]) * PER_NAT[unit], np.float64)
