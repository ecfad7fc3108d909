"""The state of a run as plain arrays and numbers: what goes on from it, in this process or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from core.foundation.history import Table
from core.foundation.params import KnobValue

MOST_TURNS = 4_096
"""Changes of knobs that a run remembers; beyond it the oldest are forgotten."""


@dataclass(frozen=True)
class Turn:
    """A live knob took this value after a step."""

    step: int
    name: str
    value: KnobValue


def turned_at(turns: tuple[Turn, ...]) -> dict[str, int]:
    """The step after which each knob that changed took its present value, of changes in their order."""
    return {turn.name: turn.step for turn in turns}


@dataclass(frozen=True, eq=False)
class Continuation:
    """What decides the steps after the present one, besides weights and knobs.

    ``moments`` (M,) are those of the parameters of one optimiser, one after the other, by "phase/moment". ``order`` is
    the state of its generator before the permutation in force was drawn, of whose images ``at`` are used. ``noise`` is
    the state of a generator on a device of type ``device``. ``drawn`` images were used in all. ``first`` are the values
    with which watched terms are compared to see that a run diverges.
    """

    moments: Mapping[str, npt.NDArray[Any]]
    order: npt.NDArray[np.uint8]
    at: int
    drawn: int
    noise: npt.NDArray[np.uint8]
    device: str
    first: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Saved:
    """The state of a run: weights by name, steps and seconds of training, and its history.

    ``pending`` (P, K) are the rows of the newest steps, which are not in the table yet (`core.foundation.history`).
    ``turns`` are the changes of its knobs in their order. Without a ``continuation`` moments and randomness begin anew.
    ``threads`` of the CPU computed it, 0 where that is not known: their number decides the last bits.
    """

    weights: Mapping[str, npt.NDArray[Any]]
    step: int
    seconds: float
    history: Table | None = None
    turns: tuple[Turn, ...] = ()
    pending: Doubles | None = None
    continuation: Continuation | None = None
    threads: int = 0

    @property
    def turned_at(self) -> dict[str, int]:
        """The step after which each knob that changed took its value."""
        return turned_at(self.turns)
