"""Truth p and model q over a few symbols as the user sets them, and all numbers of the first row of cards."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Doubles
from core.theory import huffman, information
from core.theory.information import Unit

Side = Literal["p", "q"]

FEWEST = 2
"""Least number of symbols."""
MOST = information.MOST_SYMBOLS
NAMES = "abcdefghijkl"
MESSAGE = 2_000
"""Number of symbols of the sampled message."""

PRESETS: dict[str, tuple[str, Callable[[int], Doubles]]] = {
    "uniform": ("Uniform", information.uniform),
    "skewed": ("Skewed", information.skewed),
    "letters": ("Letters", information.letters),
    "one_hot": ("One-hot", information.one_hot),
}
START: dict[Side, str] = {"p": "skewed", "q": "letters"}


@dataclass(frozen=True)
class Account:
    """Everything computed from p and q (K,), in ``unit``; each number when it is first read."""

    p: Doubles
    q: Doubles
    unit: Unit

    @functools.cached_property
    def names(self) -> str:
        """A letter for each symbol."""
        return NAMES[: len(self.p)]

    @functools.cached_property
    def entropy_p(self) -> float:
        """H(p)."""
        return information.entropy(self.p, self.unit)

    @functools.cached_property
    def entropy_q(self) -> float:
        """H(q)."""
        return information.entropy(self.q, self.unit)

    @functools.cached_property
    def uniform(self) -> float:
        """Entropy of the uniform distribution, the upper bound of H."""
        return information.uniform_bound(len(self.p), self.unit)

    @functools.cached_property
    def cross_entropy(self) -> float:
        """H(p, q)."""
        return information.cross_entropy(self.p, self.q, self.unit)

    @functools.cached_property
    def cross_entropy_reverse(self) -> float:
        """H(q, p)."""
        return information.cross_entropy(self.q, self.p, self.unit)

    @functools.cached_property
    def forward(self) -> float:
        """KL(p || q)."""
        return information.kl(self.p, self.q, self.unit)

    @functools.cached_property
    def reverse(self) -> float:
        """KL(q || p)."""
        return information.kl(self.q, self.p, self.unit)

    @functools.cached_property
    def js(self) -> float:
        """Jensen-Shannon divergence."""
        return information.js(self.p, self.q, self.unit)

    @functools.cached_property
    def contributions(self) -> Doubles:
        """p log(p / q) of each symbol (K,); their sum is KL(p || q)."""
        return information.contributions(self.p, self.q, self.unit)

    @functools.cached_property
    def surprise(self) -> Doubles:
        """-log p of each symbol, (K,)."""
        return information.surprise(self.p, self.unit)

    @functools.cached_property
    def missing(self) -> tuple[int, ...]:
        """Indices of symbols with p > 0 and q = 0."""
        return information.impossible(self.p, self.q)

    @functools.cached_property
    def missing_reverse(self) -> tuple[int, ...]:
        """Indices of symbols with q > 0 and p = 0."""
        return information.impossible(self.q, self.p)

    @functools.cached_property
    def code_p(self) -> huffman.Code:
        """Huffman's code for p."""
        return huffman.huffman(self.p)

    @functools.cached_property
    def code_q(self) -> huffman.Code:
        """Huffman's code for q."""
        return huffman.huffman(self.q)

    @functools.cached_property
    def mean_length_p(self) -> float:
        """Mean length of the words of p's code for symbols drawn from p."""
        return huffman.mean_length(self.p, self.code_p, self.unit)

    @functools.cached_property
    def mean_length_q(self) -> float:
        """Mean length of the words of q's code for symbols drawn from p."""
        return huffman.mean_length(self.p, self.code_q, self.unit)

    def code(self, side: Side) -> huffman.Code:
        """Huffman's code for one side."""
        return self.code_p if side == "p" else self.code_q

    @property
    def log_name(self) -> str:
        """The logarithm of the unit, in LaTeX."""
        return r"\log_2" if self.unit == "bits" else r"\ln"


class Symbols(QObject):
    """p and q as the user sets them. Every change emits ``changed``; `account` is rebuilt when it is next read."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.unit: Unit = "bits"
        self.side: Side = "p"
        self.active = 0
        self.locks: dict[Side, set[int]] = {"p": set(), "q": set()}
        self.presets: dict[Side, str] = dict(START)
        self._values: dict[Side, Doubles] = {}
        self._held: Doubles | None = None  # the bars when the drag began: their ratios are kept
        self._account: Account | None = None
        self._draws = np.random.default_rng(7).random(MESSAGE)
        self._fill(8)

    @property
    def count(self) -> int:
        """Number of symbols K."""
        return len(self._values["p"])

    @property
    def account(self) -> Account:
        """All numbers computed from the present p and q."""
        if self._account is None:
            self._account = Account(self._values["p"], self._values["q"], self.unit)
        return self._account

    def values(self, side: Side) -> Doubles:
        """p or q, (K,)."""
        return self._values[side]

    def message(self) -> npt.NDArray[np.int64]:
        """A message sampled from p, (MESSAGE,)."""
        return information.sample(self._values["p"], self._draws)

    def _announce(self) -> None:
        self._account = None
        self.changed.emit()

    def _fill(self, count: int) -> None:
        for side in ("p", "q"):
            self._put(side, PRESETS[self.presets[side] or START[side]][1](count))
            self.locks[side].clear()
        self.active = min(self.active, count - 1)

    def _put(self, side: Side, values: Doubles) -> None:
        values.flags.writeable = False
        self._values[side] = values

    def set_count(self, count: int) -> None:
        """Change the number of symbols; both sides start again from their presets."""
        count = min(MOST, max(FEWEST, count))
        if count != self.count:
            self._fill(count)
            self._announce()

    def set_unit(self, unit: Unit) -> None:
        """Change the unit."""
        self.unit = unit
        self._announce()

    def choose(self, side: Side, active: int | None = None) -> None:
        """Choose the bar that the keys change."""
        active = self.active if active is None else min(self.count - 1, max(0, active))
        if (side, active) != (self.side, self.active):
            self.side, self.active = side, active
            self.changed.emit()

    def preset(self, name: str) -> None:
        """Fill the active side from a preset."""
        self.presets[self.side] = name
        self.locks[self.side].clear()
        self._put(self.side, PRESETS[name][1](self.count))
        self._announce()

    def make_equal(self) -> None:
        """Set q to p."""
        self.presets["q"] = self.presets["p"]
        self.locks["q"].clear()
        self._put("q", self._values["p"].copy())
        self._announce()

    def reset(self) -> None:
        """Fill both sides as at first."""
        self.presets = dict(START)
        self._fill(self.count)
        self._announce()

    def new_message(self) -> None:
        """Sample another message."""
        self._draws = np.random.default_rng().random(MESSAGE)
        self._announce()

    def is_locked(self, side: Side, index: int) -> bool:
        """Whether a bar is locked."""
        return index in self.locks[side]

    def toggle_lock(self, side: Side, index: int) -> None:
        """Lock a bar, so that it keeps its value while others move, or unlock it."""
        self.locks[side] ^= {index}
        self.changed.emit()

    def hold(self, side: Side) -> None:
        """Begin a drag: the other bars keep their ratios until `let_go`, even when they pass through zero."""
        self._held = self._values[side].copy()

    def let_go(self) -> None:
        """End the drag."""
        self._held = None

    def stuck(self, side: Side, index: int) -> str:
        """Why a bar cannot move, in words; "" where it can."""
        if index in self.locks[side]:
            return "locked; L or a right-click frees it"
        if len(self.locks[side]) == self.count - 1:
            return "all others are locked, and the sum is 1"
        return ""

    def room(self, side: Side, index: int) -> float:
        """Largest value of a bar beside the locked ones; the present value where it cannot move."""
        values, locked = self._values[side], self.locks[side] - {index}
        if self.stuck(side, index):
            return float(values[index])
        return max(0.0, 1.0 - float(values[list(locked)].sum()))

    def set_value(self, side: Side, index: int, value: float) -> None:
        """Set the probability of one bar; the unlocked others are scaled so that the sum stays 1."""
        free = [i for i in range(self.count) if i != index and i not in self.locks[side]]
        if self.stuck(side, index):
            return
        values = self._values[side].copy()
        room = self.room(side, index)
        values[index] = min(room, max(0.0, value))
        if values[index] < 1e-9:
            values[index] = 0.0
        base = (values if self._held is None else self._held)[free]
        shares = base / base.sum() if base.sum() > 1e-12 else np.full(len(free), 1.0 / len(free))
        values[free] = shares * max(0.0, room - values[index])
        largest = max(free, key=lambda i: values[i])
        values[largest] = max(0.0, values[largest] + 1.0 - float(values.sum()))  # the rounding error
        self.presets[side] = ""
        self._put(side, values)
        self._announce()
