"""A look back: what a run was at a moment of its reel, while it goes on. Whatever is asked of it is made here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from core.engine.background import Background
from core.engine.board import Board, Measures, View
from core.engine.look_requests import LookRequests
from core.engine.reel import Moment
from core.evaluation.reference import Reference
from core.foundation.history import Table
from core.metrics.base import METRICS, Measured
from core.probes.held_out import HeldOutLook
from core.probes.look import Answer, Look, Looks
from core.training.saved import Turn
from core.training.snapshot import Snapshot, with_weights

REST = 1.0
"""While something trains, a look rests so many times its cost: whoever looks back waits for it."""


class Still:
    """The view of a moment, with the looks that are made of it. `show` changes to another moment."""

    def __init__(self, view: View, background: Background, past: Callable[[], tuple[Snapshot, ...]]) -> None:
        self._board = Board(view)
        self._requests = LookRequests(("still", id(self)), self._board, background, past, REST)

    @property
    def view(self) -> View:
        """What the run was."""
        return self._board.view

    def show(self, view: View) -> None:
        """Show another moment. The pictures of before stay until there are new ones."""
        self._board.change(lambda before: dataclasses.replace(view, looks=_with_tests(before.looks, view.looks)))

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """Ask for a look at the moment, any number of times."""
        self._requests.ask(look, reference)

    def end(self) -> None:
        """Nobody looks any more: what is being made stops."""
        status = dataclasses.replace(self.view.status, state="closed")
        self._board.change(lambda view: dataclasses.replace(view, status=status))


def view_at(moment: Moment, live: View, turns: tuple[Turn, ...]) -> View:
    """The view of a run at a moment, of its newest view, which has a snapshot, and the changes of its knobs so far."""
    step = moment.step
    status = dataclasses.replace(
        live.status,
        state="paused",
        step=step,
        epoch=moment.epoch,
        seconds=moment.seconds,
        steps_per_s=0.0,
        failure=None,
    )
    return dataclasses.replace(
        live,
        status=status,
        history=until(live.history, step),
        config=moment.config,
        turned_at=_turned_at(moment, live, turns),
        snapshot=snapshot_at(moment, live),
        looks=_tests_until(live.looks, step),
        measures=None if live.measures is None else _measured_until(live.measures, step),
    )


def _turned_at(moment: Moment, live: View, turns: tuple[Turn, ...]) -> dict[str, int]:
    """The step after which each knob took its value of the moment, for those that had changed by then."""
    last = {turn.name: turn for turn in turns if turn.step <= moment.step}
    last |= {
        name: Turn(at, name, getattr(live.config, name)) for name, at in live.turned_at.items() if at <= moment.step
    }
    return {name: turn.step for name, turn in last.items() if getattr(moment.config, name) == turn.value}


def snapshot_at(moment: Moment, live: View) -> Snapshot:
    """The weights of a moment; of a whole state, as those of the newest snapshot's model."""
    if moment.snapshot is not None:
        return moment.snapshot
    assert moment.saved is not None
    assert live.snapshot is not None
    arrays = {name: np.require(array, requirements="W") for name, array in moment.saved.weights.items()}
    return Snapshot(with_weights(live.snapshot.model, arrays), moment.step, live.life, moment.config)


def until(table: Table, step: int) -> Table:
    """The rows of a table up to a step."""
    rows = table.rows[: table.column("step").searchsorted(step, side="right")]
    return Table(table.names, rows, table.stride)


def _tests_until(looks: Looks, step: int) -> Looks:
    """Answers, of which the curve over the training ends at a step."""
    answer = looks.of(HeldOutLook)
    if answer is None:
        return looks
    table = until(answer.value, step)
    if not len(table):
        return Looks({slot: each for slot, each in looks.answers.items() if slot != answer.look.slot})
    return looks.plus(Answer(answer.look, int(table.last("step") or 0), table))


def _with_tests(shown: Looks, coming: Looks) -> Looks:
    """What is shown, with the curve over the training of what comes."""
    slot = HeldOutLook().slot
    answers = {each: answer for each, answer in shown.answers.items() if each != slot}
    return Looks(answers if slot not in coming.answers else {**answers, slot: coming.answers[slot]})


def _measured_until(measures: Measures, step: int) -> Measures:
    """The newest measures up to a step, as far as the trail has them: values without intervals."""
    trail = until(measures.trail, step)
    values: dict[str, Measured] = {}
    for name in trail.names[2:]:
        column = trail.column(name)
        known = [at for at, value in enumerate(column) if not math.isnan(value)]
        if known and name in METRICS.names():
            sampler = measures.sampler if METRICS.get(name).of_samples else ""
            values[name] = Measured(float(column[known[-1]]), step=int(trail.rows[known[-1], 0]), sampler=sampler)
    return Measures(values, trail, measures.sampler)
