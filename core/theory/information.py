"""Entropy, cross-entropy and divergences of discrete distributions, and the entropy of pixels.

Everything is float64, and 0 log 0 = 0. Functions take a ``unit``: "nats" (natural logarithm) or "bits" (base 2). Unless
stated otherwise the source is Cover & Thomas, Elements of Information Theory, 2nd ed. 2006, chapter 2.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles

Unit = Literal["bits", "nats"]

PER_NAT: dict[Unit, float] = {"nats": 1.0, "bits": 1.0 / math.log(2.0)}
"""The size of one nat in each unit."""

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
"""Frequency of letters in English text, per cent of all letters (Lewand, Cryptological Mathematics, 2000)."""
MOST_SYMBOLS = len(ENGLISH)


def as_probabilities(p: npt.ArrayLike) -> Doubles:
    """Probabilities (K,) as float64. `ValueError` where they are negative, not finite, or do not sum to 1."""
    probabilities = np.asarray(p, np.float64)
    is_vector = probabilities.ndim == 1 and len(probabilities) > 0
    if not is_vector or not np.isfinite(probabilities).all() or (probabilities < 0).any():
        raise ValueError(f"{p!r} are no probabilities: none may be negative or missing")
    if abs(math.fsum(probabilities) - 1.0) > 1e-9:
        raise ValueError(f"probabilities sum to {math.fsum(probabilities):.12g}, not to 1")
    return probabilities


def _pair(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    one, other = as_probabilities(p), as_probabilities(q)
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
    costs: Doubles = 0.0 - _log(as_probabilities(p)) * PER_NAT[unit]
    return costs


def entropy(p: npt.ArrayLike, unit: Unit = "nats") -> float:
    """H(p) = -sum p log p (eq. 2.1)."""
    p = as_probabilities(p)
    positive = p[p > 0]
    return 0.0 - math.fsum(positive * np.log(positive)) * PER_NAT[unit]


def uniform_bound(count: int, unit: Unit = "nats") -> float:
    """log K: the largest entropy over K symbols, which only the uniform distribution has (theorem 2.6.4)."""
    return math.log(count) * PER_NAT[unit]


def cross_entropy(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """H(p, q) = -sum p log q: the cost of symbols from p in the best code for q. Infinite where q is 0 and p is not."""
    p, q = _pair(p, q)
    possible = p > 0
    return 0.0 - math.fsum(p[possible] * _log(q)[possible]) * PER_NAT[unit]


def contributions(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> Doubles:
    """p log(p / q) of each symbol, (K,); their sum is KL(p || q). 0 where p is 0, infinite where only q is."""
    p, q = _pair(p, q)
    possible = p > 0
    terms = np.zeros(p.shape)
    terms[possible] = p[possible] * (_log(p)[possible] - _log(q)[possible]) * PER_NAT[unit]
    return terms


def kl(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """KL(p || q) = sum p log(p / q) (eq. 2.26): the extra cost, above H(p), of coding p with q's code.

    Infinite where q is 0 and p is not; `impossible` lists those symbols.
    """
    return max(0.0, math.fsum(contributions(p, q, unit)))


def impossible(p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[int, ...]:
    """Indices of the symbols that are possible under p and impossible under q: they make KL(p || q) infinite."""
    p, q = _pair(p, q)
    return tuple(int(symbol) for symbol in np.flatnonzero((p > 0) & (q == 0)))


def js(p: npt.ArrayLike, q: npt.ArrayLike, unit: Unit = "nats") -> float:
    """Jensen-Shannon divergence: the mean of KL(p || m) and KL(q || m), m = (p + q) / 2 (Lin 1991, eq. 3.8).

    At most ln 2 nats. Computed from p log(2p / (p + q)), which is finite where p or q is tiny.
    """
    p, q = _pair(p, q)
    terms = []
    for one in (p, q):
        possible = one > 0
        terms.append(one[possible] * (np.log(2.0) + np.log(one[possible]) - np.log((p + q)[possible])))
    return min(math.log(2.0), max(0.0, 0.5 * math.fsum(np.concatenate(terms)))) * PER_NAT[unit]


def uniform(count: int) -> Doubles:
    """The uniform distribution (K,)."""
    return np.full(count, 1.0 / count)


def skewed(count: int, ratio: float = 0.7) -> Doubles:
    """A geometric distribution (K,): every symbol is ``ratio`` times as likely as the one before."""
    weights = ratio ** np.arange(count)
    return np.asarray(weights / weights.sum(), np.float64)


def one_hot(count: int, symbol: int = 0) -> Doubles:
    """A distribution (K,) with one certain symbol."""
    p = np.zeros(count)
    p[symbol] = 1.0
    return p


def letters(count: int) -> Doubles:
    """The distribution (K,) of the first K letters in English text, relative to each other; K at most 12."""
    weights = np.array(list(ENGLISH.values()))[:count]
    if len(weights) != count:
        raise ValueError(f"{count} letters: only {len(ENGLISH)} are known")
    return np.asarray(weights / weights.sum(), np.float64)


def sample(p: npt.ArrayLike, draws: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Symbols (N,) from p by uniform ``draws`` (N,) in [0, 1) and the inverse distribution function.

    The same draws give nearly the same message when p changes a little. A symbol of probability 0 is never drawn.
    """
    p = as_probabilities(p)
    possible = np.flatnonzero(p)
    cumulative = np.cumsum(p[possible])
    index = np.searchsorted(cumulative / cumulative[-1], np.asarray(draws, np.float64), side="right")
    return possible[np.minimum(index, len(possible) - 1)].astype(np.int64)


def bernoulli_entropy(mean: npt.ArrayLike, unit: Unit = "nats") -> Doubles:
    """Entropy of a Bernoulli variable with that mean, any shape."""
    ones = np.clip(np.asarray(mean, np.float64), 0.0, 1.0)
    zeros = 1.0 - ones
    total = np.zeros(ones.shape)
    for p in (ones, zeros):
        total -= p * np.where(p > 0, _log(p), 0.0)
    return np.asarray(total * PER_NAT[unit], np.float64)


def pixel_entropy_ink(pixels: npt.NDArray[Any], unit: Unit = "nats") -> Doubles:
    """Bernoulli entropy of the mean of each pixel over images (N, C, H, W) uint8, (C, H, W).

    Its sum over pixels is the least distortion of a decoder that returns the same for every image: the Bernoulli
    cross-entropy with the mean image.
    """
    return bernoulli_entropy(pixels.mean(0, dtype=np.float64) / 255.0, unit)


def pixel_entropy_grey(pixels: npt.NDArray[Any], unit: Unit = "nats", levels: int = 16) -> Doubles:
    """Entropy of the histogram of each pixel over images (N, C, H, W) uint8, in ``levels`` grey levels, (C, H, W).

    The plug-in estimate: too low by about (levels - 1) / 2N nats (Miller 1955).
    """
    flat = pixels.reshape(len(pixels), -1)
    level = flat.astype(np.int64) * levels // 256  # (N, P)
    bins = level + np.arange(flat.shape[1]) * levels
    counts = np.bincount(bins.ravel(), minlength=levels * flat.shape[1]).reshape(-1, levels)
    p = counts / len(pixels)  # (P, levels)
    entropies = 0.0 - (p * np.where(p > 0, _log(p), 0.0)).sum(1)
    return np.asarray(entropies.reshape(pixels.shape[1:]) * PER_NAT[unit], np.float64)
