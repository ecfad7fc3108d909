"""A sweep as the window knows it: its plan, how every run stands, and what varies in it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.foundation.params import KnobValue

if TYPE_CHECKING:
    from core.sweeps.outcome import Outcome
    from core.sweeps.plan import Plan, PlannedRun


@dataclass(frozen=True)
class Sweep:
    """A sweep as it was read: one outcome a run, in the order of the plan."""

    folder: Path
    plan: Plan
    outcomes: tuple[Outcome, ...]
    has_report: bool = False

    def count(self, state: str) -> int:
        """Number of runs in a state."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of any run."""
        return all(outcome.is_over for outcome in self.outcomes)

    @functools.cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets."""
        return tuple(dict.fromkeys(run.dataset for run in self.plan.runs))

    @functools.cached_property
    def axes(self) -> tuple[str, ...]:
        """What can stand on the x axis: all that varies but the data, else the model."""
        return tuple(name for name in self.plan.varied if name != "dataset") or ("model",)

    @functools.cached_property
    def numeric(self) -> tuple[str, ...]:
        """What varies and is a number; the seed only where nothing else does."""
        found = [name for name in self.axes if all(is_number(value) for value in self._values(name))]
        return tuple([name for name in found if name != "seed"] or found)

    @property
    def colors(self) -> tuple[str, ...]:
        """What can have colours of its own."""
        return tuple(name for name in self.axes if name != "seed")

    def _values(self, name: str) -> dict[KnobValue, None]:
        found = (value_of(run, name) for run in self.plan.runs)
        return dict.fromkeys(value for value in found if value is not None)


def value_of(run: PlannedRun, name: str) -> KnobValue | None:
    """A run's value of what varies, or its model; None where it has none. A tenth of the time of `PlannedRun.value`."""
    return run.varied.get(name, run.model if name == "model" else None)


def is_number(value: object) -> bool:
    """Whether a value of a knob is a number, not a name or a switch."""
    return isinstance(value, int | float) and not isinstance(value, bool)
