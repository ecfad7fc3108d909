"""A run's measures in the window: rounds of `core.metrics`, on snapshots, in slices on the background thread.

A round takes one snapshot and measures on it whatever is asked for, so that the numbers of a row belong together.
Meanwhile the run trains on; the next round takes the newest snapshot then.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from core.engine.background import SLICE_S, Background
from core.engine.board import Board, Measures
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.history import History, Table
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, measured
from core.training.snapshot import Snapshot

LOOKED_AT, IN_PASSING = 12.0, 80.0
"""A slice rests so many times its cost while something trains. Where measures are what somebody looks at, a lane
takes a twelfth of a core for them at most; where they are two columns of a small table, an eightieth."""


@dataclass(frozen=True)
class MeasureRequest:
    """What shall be measured on which snapshot; ``seconds`` of training it stands for. ``names`` in menu order."""

    snapshot: Snapshot
    seconds: float
    real_side: RealSide
    sampler: str
    names: tuple[str, ...]
    rest: float


class MeasureRounds:
    """One per run. `want` may be called by the window's thread; all the rest happens in the background's."""

    def __init__(self, owner: Hashable, board: Board, background: Background) -> None:
        self._key = (owner, "measures")
        self._board = board
        self._background = background
        self._wish: MeasureRequest | None = None
        self._now: MeasureRequest | None = None  # what the present round measures
        self._subject: ModelSide | None = None
        self._left: list[str] = []
        self._asked: set[str] = set()
        self._fresh: set[str] = set()  # measured on the present snapshot
        self._work: Work[Measured] | None = None
        self._values: dict[str, Measured] = {}
        self._history = History(columns())

    def want(self, wish: MeasureRequest) -> None:
        """Measure these, of which all exist for the model; the newest wish wins when the present round is over."""
        now = self._now
        if (
            now is None
            or now.snapshot is not wish.snapshot
            or now.sampler != wish.sampler
            or not set(wish.names) <= self._asked
        ):
            self._wish = wish
            self._background.ask(self._key, self._advance, rest=wish.rest)

    def _advance(self) -> None:
        """One slice."""
        wish, now = self._wish, self._now
        if wish is None:
            return
        if self._is_over(wish):
            self._now = self._subject = self._work = None  # they hold a model and its images
            self._left, self._asked = [], set()
            if self._wish is wish:
                self._wish = None
            return
        if now is None or now.real_side is not wish.real_side or now.snapshot.life != wish.snapshot.life:
            self._values, self._fresh, self._history = {}, set(), History(columns())
            self._begin(wish)
        elif now.sampler != wish.sampler:
            self._forget_samples()
            self._begin(wish)
        elif not self._left and now.snapshot is not wish.snapshot:
            self._begin(wish)
        else:
            self._add([name for name in wish.names if name not in self._asked])
        until = time.thread_time() + SLICE_S
        try:
            while self._left and time.thread_time() < until:
                self._take_a_turn()
        finally:  # a measure that fails ends its slice, not the round
            if self._left:
                self._background.ask(self._key, self._advance, rest=wish.rest)

    def _is_over(self, wish: MeasureRequest) -> bool:
        """Whether the run began again since the wish, or is gone: nobody will read the answer."""
        view = self._board.view
        return view.life != wish.snapshot.life or view.status.state == "closed"

    def _begin(self, wish: MeasureRequest) -> None:
        """Begin a round. What was measured on this very snapshot is not measured again."""
        if self._now is None or self._now.snapshot is not wish.snapshot:
            self._fresh = set()
        self._now, self._work = wish, None
        self._subject = ModelSide(wish.snapshot, wish.real_side, wish.sampler)
        self._asked = set(wish.names)
        left = [name for name in wish.names if name not in self._fresh]
        self._left = sorted(left, key=lambda name: METRICS.get(name).expensive)  # nobody waits for the dear ones
        if not self._left:
            self._end()
        self._publish()

    def _add(self, names: list[str]) -> None:
        """Measure more in the present round, or in the one just over while there are no newer weights."""
        now = self._now
        if now is None or not names:
            return
        if self._subject is None:
            self._subject = ModelSide(now.snapshot, now.real_side, now.sampler)
        self._left += [name for name in names if name not in self._fresh]
        self._asked |= set(names)
        if not self._left:
            self._end()
        self._publish()

    def _forget_samples(self) -> None:
        """What was measured on other samples says nothing now."""
        gone = {name for name in self._values if METRICS.get(name).of_samples}
        self._values = {name: value for name, value in self._values.items() if name not in gone}
        self._fresh -= gone
        self._history = _without_samples(self._history.table())

    def _take_a_turn(self) -> None:
        assert self._subject is not None
        name = self._left[0]
        if self._work is None:
            self._work = measured(METRICS.get(name)(), self._subject)
        try:
            next(self._work)
            return
        except StopIteration as done:
            self._values[name] = done.value
            self._fresh.add(name)
        except (Exception, SystemExit) as error:  # the background tells the lane; the other measures go on
            self._values.pop(name, None)  # a number of older weights would pass for one of these
            self._done(name)
            raise RuntimeError(f"{METRICS.get(name).title}: {error or type(error).__name__}") from error
        self._done(name)

    def _done(self, name: str) -> None:
        self._work = None
        self._left.remove(name)
        if not self._left:
            self._end()
        self._publish()

    def _end(self) -> None:
        """Write the round's row."""
        assert self._now is not None
        self._subject = None  # samples and features of a round are dozens of megabytes
        row = [float(self._now.snapshot.step), self._now.seconds]
        for each in self._history.names[2:]:
            row.append(self._values[each].value if each in self._asked & self._fresh else math.nan)
        self._history.drop_after(row[0] - 1)
        self._history.append(np.array([row]))

    def _publish(self) -> None:
        assert self._now is not None
        values = dict(self._values)
        measures = Measures(values, self._history.table(), self._now.sampler, tuple(self._left))
        self._board.change_for(self._now.snapshot.life, lambda view: dataclasses.replace(view, measures=measures))


def columns() -> tuple[str, ...]:
    """Of the trail: step, seconds of training, then every measure there is, NaN where it was not measured."""
    return ("step", "seconds", *METRICS.names())


def _without_samples(table: Table) -> History:
    """The trail, less what was measured on another sampler's draws: one curve would be of two distributions."""
    rows = table.rows.copy()
    for name in table.names[2:]:
        if name in METRICS.names() and METRICS.get(name).of_samples:
            rows[:, table.names.index(name)] = math.nan
    kept = History(table.names)
    kept.append(rows)
    return kept
