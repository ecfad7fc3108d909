"""The changes of a run's knobs, step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from core.foundation.params import KnobValue
from core.training.saved import MOST_TURNS, Turn, turned_at


class TurnedKnobs:
    """What was turned, and when. ``at`` is the step of the last change by knob, see `View.turned_at`."""

    def __init__(self, turns: tuple[Turn, ...] = ()) -> None:
        self.turns = turns
        self.at: Mapping[str, int] = turned_at(turns)

    def note(self, step: int, name: str, value: KnobValue) -> None:
        """A knob took a value after a step; a slider that is dragged between two steps counts once."""
        before = self.turns
        if before and (before[-1].step, before[-1].name) == (step, name):
            before = before[:-1]
        self.turns = (*before, Turn(step, name, value))[-MOST_TURNS:]
        self.at = {**self.at, name: step}

    def go_back(self, step: int) -> None:
        """The run goes back to the weights of a step, and keeps its knobs: later changes count as made there."""
        self.turns = tuple(dataclasses.replace(turn, step=min(turn.step, step)) for turn in self.turns)
        self.at = {name: min(at, step) for name, at in self.at.items()}
