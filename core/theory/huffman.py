"""Huffman's code: whole bits for each symbol, and no code of whole bits is shorter on average.

Huffman, A Method for the Construction of Minimum-Redundancy Codes, 1952.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from core.theory.information import PER_NAT, Unit, checked

Words = tuple[str | None, ...]
"""A word of 0 and 1 for each symbol; None for one that never comes."""


@dataclass(frozen=True)
class Node:
    """A leaf with its ``symbol``, or the two nodes that a 0 and a 1 lead to. ``weight`` is the probability below."""

    weight: float
    symbol: int = -1
    zero: Node | None = None
    one: Node | None = None


@dataclass(frozen=True)
class Code:
    """The words (K,) of K symbols, and the tree they are read from."""

    words: Words
    root: Node

    @property
    def lengths(self) -> tuple[float, ...]:
        """Bits per word; infinite for a symbol without one."""
        return tuple(math.inf if word is None else float(len(word)) for word in self.words)


def huffman(p: npt.ArrayLike) -> Code:
    """The code for probabilities (K,): the same for the same p.

    Of equally light nodes the shallower join first, then those with the earlier symbols, and the earlier symbols go to
    the 0. A symbol of probability 0 gets no word. One that is certain gets the empty word: it tells nothing.
    """
    weights = checked(p)
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
    waiting = [(root, "")]
    while waiting:
        node, word = waiting.pop()
        if node.zero is None or node.one is None:
            words[node.symbol] = word
        else:
            waiting += [(node.zero, word + "0"), (node.one, word + "1")]
    return Code(tuple(words), root)


def mean_length(p: npt.ArrayLike, code: Code, unit: Unit = "bits") -> float:
    """What symbols from p cost on average in a code, sum p · length; a bit is ln 2 nats.

    Infinite where p sends a symbol that has no word.
    """
    found = math.fsum(w * length for w, length in zip(checked(p), code.lengths, strict=True) if w > 0)
    return found * PER_NAT[unit] * math.log(2.0)


def encode(code: Code, symbols: Iterable[int]) -> str:
    """A message as 0s and 1s. `ValueError` for a symbol without a word."""
    out = []
    for each in symbols:
        word = code.words[each]
        if word is None:
            raise ValueError(f"symbol {each} has no code word: its probability was 0")
        out.append(word)
    return "".join(out)


def decode(code: Code, bits: Sequence[str]) -> list[int]:
    """The symbols of a message, read bit by bit down the tree. `ValueError` where it ends within a word."""
    out = []
    node = code.root
    for bit in bits:
        into = node.one if bit == "1" else node.zero
        if into is None:
            raise ValueError("this code has no bits: its one symbol is certain")
        node = into
        if node.zero is None:
            out.append(node.symbol)
            node = code.root
    if node is not code.root:
        raise ValueError("the message ends within a word")
    return out
