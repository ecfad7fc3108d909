"""Huffman codes: the shortest mean length of all codes with whole bits per symbol.

Huffman, A Method for the Construction of Minimum-Redundancy Codes, 1952.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from core.theory.information import PER_NAT, Unit, as_probabilities

Words = tuple[str | None, ...]
"""A code word of 0s and 1s for each symbol; None for one of probability 0."""


@dataclass(frozen=True)
class Node:
    """A leaf with its ``symbol``, or an inner node with its children. ``weight`` is the probability of its leaves."""

    weight: float
    symbol: int = -1
    zero: Node | None = None
    one: Node | None = None


@dataclass(frozen=True)
class Code:
    """The code words of K symbols, (K,), and their tree."""

    words: Words
    root: Node

    @property
    def lengths(self) -> tuple[float, ...]:
        """Bits per word; infinite for a symbol without one."""
        return tuple(math.inf if word is None else float(len(word)) for word in self.words)


def huffman(p: npt.ArrayLike) -> Code:
    """The Huffman code of probabilities (K,), the same for the same p.

    Of nodes of equal weight the shallower are joined first, then those with the earlier symbols, which go to the 0. A
    symbol of probability 0 has no word; a certain one has the empty word, because it carries no information.
    """
    weights = as_probabilities(p)
    heap = [(float(w), 0, i, Node(float(w), i)) for i, w in enumerate(weights) if w > 0]
    heapq.heapify(heap)
    while len(heap) > 1:
        light, depth, first, node = heapq.heappop(heap)
        heavy, other_depth, other_first, other = heapq.heappop(heap)
        zero, one = (node, other) if first < other_first else (other, node)
        joined = Node(light + heavy, -1, zero, one)
        heapq.heappush(heap, (joined.weight, max(depth, other_depth) + 1, min(first, other_first), joined))
    root = heap[0][-1]
    words: list[str | None] = [None] * len(weights)
    pending = [(root, "")]
    while pending:
        node, word = pending.pop()
        if node.zero is None or node.one is None:
            words[node.symbol] = word
        else:
            pending += [(node.zero, word + "0"), (node.one, word + "1")]
    return Code(tuple(words), root)


def mean_length(p: npt.ArrayLike, code: Code, unit: Unit = "bits") -> float:
    """The mean length of a symbol from p in a code, sum p · length; a bit is ln 2 nats.

    Infinite where a symbol that is possible under p has no word.
    """
    bits = math.fsum(w * length for w, length in zip(as_probabilities(p), code.lengths, strict=True) if w > 0)
    return bits * PER_NAT[unit] * math.log(2.0)


def encode(code: Code, symbols: Iterable[int]) -> str:
    """A message as 0s and 1s. `ValueError` for a symbol without a word."""
    words = []
    for symbol in symbols:
        word = code.words[symbol]
        if word is None:
            raise ValueError(f"symbol {symbol} has no code word: its probability was 0")
        words.append(word)
    return "".join(words)


def decode(code: Code, bits: Sequence[str]) -> list[int]:
    """The symbols of a message, read bit by bit down the tree. `ValueError` where it ends within a word."""
    symbols = []
    node = code.root
    for bit in bits:
        child = node.one if bit == "1" else node.zero
        if child is None:
            raise ValueError("this code has no bits: its one symbol is certain")
        node = child
        if node.zero is None:
            symbols.append(node.symbol)
            node = code.root
    if node is not code.root:
        raise ValueError("the message ends within a word")
    return symbols
