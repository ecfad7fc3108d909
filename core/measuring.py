"""A run's measures in the window: rounds of `core.metrics`, on snapshots, in slices on the background thread.

A round takes one snapshot and measures on it whatever is asked for, so that the numbers of a row belong together.
Meanwhile the run trains on; the next round takes the newest snapshot then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from core.background import Background
from core.board import Board, Measures
from core.ground import Ground
from core.history import History, Table
from core.metrics.base import METRICS, Measured, measured
from core.snapshot import Snapshot
from core.subject import Subject
from core.work import Work

SLICE_S = 0.04
"""Processor time of a slice; other slow looks have their turn in between."""
REST = 12.0
"""A slice rests so many times its cost while something trains: measures take a twelfth of a core at most."""


@dataclass(frozen=True)
class Wish:
    """What shall be measured on which snapshot; ``seconds`` of training it stands for. ``names`` in menu order."""

    snapshot: Snapshot
    seconds: float
    ground: Ground
    sampler: str
    names: tuple[str, ...]


class Measuring:
    """One per run. `want` may be called by the window's thread; all the rest happens in the background's."""

    def __init__(self, owner: Hashable, board: Board, background: Background) -> None:
        self._key = (owner, "measures")
        self._board = board
        self._background = background
        self._wish: Wish | None = None
        self._now: Wish | None = None  # what the present round measures
        self._subject: Subject | None = None
        self._left: list[str] = []
        self._asked: set[str] = set()
        self._work: Work[Measured] | None = None
        self._values: dict[str, Measured] = {}
        self._history = History(columns())

    def want(self, snapshot: Snapshot, seconds: float, ground: Ground, sampler: str, names: tuple[str, ...]) -> None:
        """Measure these, of which all exist for the model; the newest wish wins when the present round is over."""
        wish = Wish(snapshot, seconds, ground, sampler, names)
        now = self._now
        if now is None or now.snapshot is not snapshot or now.sampler != sampler or not set(names) <= self._asked:
            self._wish = wish
            self._background.ask(self._key, self._advance, rest=REST)

    def _advance(self) -> None:
        """One slice."""
        wish, now = self._wish, self._now
        if wish is None:
            return
        if now is None or now.ground is not wish.ground or now.snapshot.life != wish.snapshot.life:
            self._values, self._history = {}, History(columns())
            self._begin(wish)
        elif now.sampler != wish.sampler:
            self._values = {n: value for n, value in self._values.items() if not METRICS.get(n).of_samples}
            self._history = _without_samples(self._history.table())
            self._begin(wish)
        elif not self._left and now.snapshot is not wish.snapshot:
            self._begin(wish)
        else:
            missing = [name for name in wish.names if name not in self._asked]
            if missing and self._subject is None:
                self._subject = Subject(now.snapshot, now.ground, now.sampler)
            self._left += missing
            self._asked |= set(missing)
        until = time.thread_time() + SLICE_S
        while self._left and time.thread_time() < until:
            self._take_a_turn()
        if self._left:
            self._background.ask(self._key, self._advance, rest=REST)

    def _begin(self, wish: Wish) -> None:
        self._now, self._work = wish, None
        self._subject = Subject(wish.snapshot, wish.ground, wish.sampler)
        self._left, self._asked = list(wish.names), set(wish.names)

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
        except Exception:
            self._done(name)
            raise  # the background tells the lane; the other measures go on
        self._done(name)

    def _done(self, name: str) -> None:
        assert self._now is not None
        self._work = None
        self._left.remove(name)
        if not self._left:
            self._subject = None  # samples and features of a round are dozens of megabytes
            row = [float(self._now.snapshot.step), self._now.seconds]
            for each in self._history.names[2:]:
                value = self._values.get(each)
                row.append(value.value if value is not None and each in self._asked else math.nan)
            self._history.drop_after(row[0] - 1)
            self._history.append(np.array([row]))
        values = dict(self._values)
        measures = Measures(values, self._history.table(), self._now.sampler, tuple(self._left))
        self._board.put_for(self._now.snapshot.life, measures=measures)


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
