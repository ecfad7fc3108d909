"""The worker of a run that is put away for long: nothing computes it, and little memory holds it, until it is woken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.engine.board import Board
from core.engine.commands import Command, Keep, Lend
from core.engine.kept import Kept
from core.engine.measure_rounds import Pace
from core.evaluation.reference import Reference
from core.foundation.mailbox import Refusal
from core.probes.look import Look
from core.training.saved import Saved


class Asleep:
    """A `Worker` (see `core.engine.engine`) that does nothing, but has the state of a run and shows what it showed."""

    will_train = False
    keeps = True
    has_ended = True

    def __init__(self, kept: Kept, board: Board) -> None:
        self.board = Board(board.view)
        self.kept: Saved | None = kept.saved
        self._state = kept

    def say(self, command: Command) -> None:
        """See `Worker`: it gives its state, and obeys nothing."""
        match command:
            case Keep(answer):
                answer.put(self._state)
            case Lend(answer):
                answer.put(Refusal("the lane is put away"))

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """See `Worker`."""

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace, reference: Reference) -> None:
        """See `Worker`."""
