"""Measures of a run in the window: rounds of `core.metrics` on snapshots, in slices on the background thread.

A round takes all requested measures of one snapshot, so that the numbers of a row belong to the same weights. The run
trains on meanwhile; the next round takes the snapshot that is the newest then. While something trains, expensive
measures get a budget, so that a round of any lane ends within a minute; what was cut short is measured in full once
nothing trains.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.engine.background import SLICE_S, Background
from core.engine.board import Board, Measures
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.history import History, Table
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, measured
from core.training.snapshot import Snapshot

Pace = Literal["in focus", "in passing", "at once"]
"""How eagerly measures are taken: the user looks at them, at something beside them, or asked for all in full."""
REST: Mapping[Pace, float] = {"in focus": 16.0, "in passing": 80.0, "at once": 2.0}
"""Rest after a slice, as a multiple of its cost, while something trains. In focus a lane takes a seventeenth of a core
for measures at most, in passing an eightieth, at once a third."""
FIRST_REST = 8.0
"""The same in focus before a lane's first row: until then the user looks at nothing."""
WHILE_TRAINING_S = 1.0
"""Processor time of an expensive measure while something trains, s. With the cheap ones of a lane, 1 to 2 s, a
round in focus takes 30 to 45 s."""


@dataclass(frozen=True)
class MeasureRequest:
    """Measures to take of a snapshot after ``seconds`` of training. ``names`` are in menu order."""

    snapshot: Snapshot
    seconds: float
    real_side: RealSide
    sampler: str
    names: tuple[str, ...]
    pace: Pace = "in focus"


class MeasureRounds:
    """The measures of one run. `ask` is called by the window's thread; the rest runs on the background thread."""

    def __init__(self, owner: Hashable, board: Board, background: Background) -> None:
        self._key = (owner, "measures")
        self._board = board
        self._background = background
        self._request: MeasureRequest | None = None
        self._current: MeasureRequest | None = None  # what the present round measures
        self._model_side: ModelSide | None = None
        self._budget_s = math.inf  # `ModelSide.budget_s` of the present round
        self._left: list[str] = []
        self._asked: set[str] = set()
        self._fresh: set[str] = set()  # measured on the present snapshot
        self._cut: set[str] = set()  # of these, on fewer images than in full
        self._work: Work[Measured] | None = None
        self._values: dict[str, Measured] = {}
        self._history = History(columns())

    def ask(self, request: MeasureRequest) -> None:
        """Ask for measures that all exist for the model; the newest request wins when the current round is over."""
        current = self._current
        if (
            current is None
            or current.snapshot is not request.snapshot
            or current.sampler != request.sampler
            or self._budget_of(request) > self._budget_s
            or not set(request.names) <= self._asked
        ):
            self._request = request
            self._background.ask(self._key, self._advance, rest=self._rest_of(request))

    def _advance(self) -> None:
        """Run one slice of the current round, or begin a round."""
        request, current = self._request, self._current
        if request is None:
            return
        if self._is_over(request):
            self._current = self._model_side = self._work = None  # they hold a model and its images
            self._left, self._asked = [], set()
            if self._request is request:
                self._request = None
            return
        if (
            current is None
            or current.real_side is not request.real_side
            or current.snapshot.life != request.snapshot.life
        ):
            self._values, self._fresh, self._history = {}, set(), History(columns())
            self._begin_round(request)
        elif current.sampler != request.sampler:
            self._forget_samples()
            self._begin_round(request)
        elif not self._left and current.snapshot is not request.snapshot:
            self._begin_round(request)
        elif not self._fresh and not set(request.names) <= self._asked:  # nothing to stay consistent with
            names = dict.fromkeys((*self._left, *request.names))
            self._begin_round(dataclasses.replace(request, names=tuple(names)))
        elif current.snapshot.step == 0 < request.snapshot.step:  # nobody waits for numbers of untrained weights
            self._begin_round(request)
        else:
            self._add(request)
        until = time.thread_time() + SLICE_S
        try:
            while self._left and time.thread_time() < until:
                self._measure_slice()
        finally:  # a measure that fails ends its slice, not the round
            if self._left:
                self._background.ask(self._key, self._advance, rest=self._rest_of(request))

    def _budget_of(self, request: MeasureRequest) -> float:
        """`ModelSide.budget_s` for a request at this moment: infinite for measures in full."""
        return WHILE_TRAINING_S if request.pace != "at once" and self._background.is_busy() else math.inf

    def _rest_of(self, request: MeasureRequest) -> float:
        """Rest after a slice, see `REST`."""
        return FIRST_REST if request.pace == "in focus" and not len(self._history.table()) else REST[request.pace]

    def _save_time(self, model_side: ModelSide) -> None:
        """Cut short what is measured in full since before the training began."""
        assert self._current is not None
        self._budget_s = model_side.budget_s = min(self._budget_s, self._budget_of(self._current))

    def _new_model_side(self, request: MeasureRequest) -> ModelSide:
        return ModelSide(request.snapshot, request.real_side, request.sampler, budget_s=self._budget_s)

    def _is_over(self, request: MeasureRequest) -> bool:
        """Whether the run restarted or closed since the request, so that the answer has no reader."""
        view = self._board.view
        return view.life != request.snapshot.life or view.status.state == "closed"

    def _begin_round(self, request: MeasureRequest) -> None:
        """Begin a round. Measures already taken of this snapshot are not taken again; those of a broken round stay."""
        if self._current is None or self._current.snapshot is not request.snapshot:
            if self._is_partly_done and self._current is not None and self._current.snapshot.step:
                self._end_round()
            self._fresh, self._cut = set(), set()
        self._current, self._work = request, None
        self._budget_s = self._budget_of(request)
        self._model_side = self._new_model_side(request)
        self._asked = set(request.names)
        left = [name for name in request.names if name not in self._fresh]
        self._left = sorted(left, key=_turn)
        if not self._left:
            self._end_round()
        self._publish()

    def _add(self, request: MeasureRequest) -> None:
        """Add measures to the current round, or to the last one while there are no newer weights.

        With a larger budget, those that were cut short are measured again.
        """
        current = self._current
        if current is None:
            return
        names = [name for name in request.names if name not in self._asked]
        budget_s = self._budget_of(request)
        if budget_s > self._budget_s and request.snapshot is current.snapshot:
            self._budget_s = budget_s
            self._work = None  # it and its side hold what was cut short
            self._model_side = self._new_model_side(current) if self._left else None
            names += [name for name in request.names if name in self._cut]
            self._fresh -= self._cut
            self._cut = set()
        if not names:
            return
        if self._model_side is None:
            self._model_side = self._new_model_side(current)
        before = self._left
        self._left = sorted([*before, *(name for name in names if name not in self._fresh)], key=_turn)
        if self._left[:1] != before[:1]:
            self._work = None  # cheap ones do not wait for one that waits for its classifier; it begins again
        self._asked |= set(names)
        if not self._left:
            self._end_round()
        self._publish()

    def _forget_samples(self) -> None:
        """Drop values and rows measured on samples of another sampler."""
        dropped = {name for name in self._values if METRICS.get(name).of_samples}
        self._values = {name: value for name, value in self._values.items() if name not in dropped}
        self._fresh -= dropped
        self._cut -= dropped
        self._history = _without_samples(self._history.table())

    def _measure_slice(self) -> None:
        assert self._model_side is not None
        self._save_time(self._model_side)
        name = self._left[0]
        if self._work is None:
            self._work = measured(METRICS.get(name)(), self._model_side)
        try:
            next(self._work)
            return
        except StopIteration as done:
            self._values[name] = done.value
            self._fresh.add(name)
            if self._model_side.was_cut:
                self._cut.add(name)
        except BaseException as error:  # the background reports it; the other measures go on
            self._values.pop(name, None)  # or a value of older weights would pass for one of these
            self._finish_measure(name)
            raise RuntimeError(f"{METRICS.get(name).title}: {error or type(error).__name__}") from error
        self._finish_measure(name)

    def _finish_measure(self, name: str) -> None:
        self._work = None
        self._left.remove(name)
        if not self._left:
            self._end_round()
        self._publish()

    def _end_round(self) -> None:
        """Append the round's row."""
        self._model_side = None  # samples and features of a round are dozens of megabytes
        self._write_row(self._history)

    def _write_row(self, history: History) -> None:
        """Append what was measured on the present snapshot so far, in place of its earlier row."""
        assert self._current is not None
        row = [float(self._current.snapshot.step), self._current.seconds]
        for each in history.names[2:]:
            row.append(self._values[each].value if each in self._asked & self._fresh else math.nan)
        history.drop_after(row[0] - 1)
        history.append(np.array([row]))

    @property
    def _is_partly_done(self) -> bool:
        """Whether the present round has measured something, and not yet everything."""
        return bool(self._left and self._asked & self._fresh)

    def _trail(self) -> Table:
        """The rows of the rounds; the present one's too, so that a curve ends at the value beside it."""
        if not self._is_partly_done:
            return self._history.table()
        history = History(columns())
        history.append(self._history.table().rows)
        self._write_row(history)
        return history.table()

    def _publish(self) -> None:
        assert self._current is not None
        values = dict(self._values)
        cut = frozenset(self._cut)
        measures = Measures(values, self._trail(), self._current.sampler, tuple(self._left), cut)
        self._board.change_for(self._current.snapshot.life, lambda view: dataclasses.replace(view, measures=measures))


def _turn(name: str) -> tuple[bool, bool]:
    """Expensive measures are the last of a round, those of samples the last but one: on new data their classifier is
    trained meanwhile."""
    metric = METRICS.get(name)
    return metric.expensive, metric.of_samples


def columns() -> tuple[str, ...]:
    """Columns of the trail: step, seconds of training, then every measure, NaN where it was not taken."""
    return ("step", "seconds", *METRICS.names())


def _without_samples(table: Table) -> History:
    """The trail without measures of samples: one curve must not mix two sampling distributions."""
    rows = table.rows.copy()
    for name in table.names[2:]:
        if name in METRICS.names() and METRICS.get(name).of_samples:
            rows[:, table.names.index(name)] = math.nan
    kept = History(table.names)
    kept.append(rows)
    return kept
