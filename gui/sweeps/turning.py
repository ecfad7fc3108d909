"""From one run of a sweep to others: those that differ in a knob alone, and those beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.foundation.params import KnobValue
from gui.sweeps.sweep import Sweep, value_of

if TYPE_CHECKING:
    from core.sweeps.outcome import Outcome


def values_of(sweep: Sweep, outcome: Outcome, name: str) -> tuple[KnobValue, ...]:
    """The values of a knob among the runs on the data of one of them, in their order."""
    here = (each.run for each in sweep.outcomes if each.run.dataset == outcome.run.dataset)
    found = {value for run in here if (value := value_of(run, name)) is not None and not isinstance(value, str)}
    return tuple(sorted(found))


def place_of(outcome: Outcome, name: str, values: Sequence[KnobValue]) -> int | None:
    """Where a run stands among the values of a knob."""
    value = value_of(outcome.run, name)
    return values.index(value) if value is not None and value in values else None


def at_value(outcomes: Iterable[Outcome], outcome: Outcome, name: str, value: KnobValue) -> int:
    """The run with another value of a knob, on the same data, that has most in common with this one; its number."""
    here = (each for each in outcomes if each.run.dataset == outcome.run.dataset)
    found = [each for each in here if value_of(each.run, name) == value]
    wanted = {key: each for key, each in outcome.run.varied.items() if key != name}

    def closeness(other: Outcome) -> tuple[int, bool]:
        alike = sum(other.run.varied.get(key) == each for key, each in wanted.items())
        return alike, other.state == "done"

    return max(found, key=closeness).run.number if found else outcome.run.number


def beside(sweep: Sweep, number: int, name: str, right: int, up: int) -> int | None:
    """The run ``right`` values of a knob further on, or ``up`` runs further at its value; runs that have ended count.

    None at the end.
    """
    outcome = sweep.outcomes[number]
    ended = [each for each in sweep.outcomes if each.state == "done" and each.run.dataset == outcome.run.dataset]
    if right and name:
        there = {value_of(each.run, name) for each in ended}
        values = [value for value in values_of(sweep, outcome, name) if value in there]
        at = place_of(outcome, name, values)
        if at is None or not 0 <= at + right < len(values):
            return None
        return at_value(ended, outcome, name, values[at + right])
    same = [each.run.number for each in ended if not name or value_of(each.run, name) == value_of(outcome.run, name)]
    at = same.index(number) if number in same else None
    step = up or right
    return None if at is None or not 0 <= at + step < len(same) else same[at + step]
