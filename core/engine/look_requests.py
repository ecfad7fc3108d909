"""Requests for looks at a run: when each look is made, and which answers reach the board.

One set of rules for all looks (`core.probes.look`), which differ in numbers only. A current look is not made again.
Work on a key runs to its end unless another key is asked for or the run restarts. The old answer stays until the new
one is there.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from core.engine.background import Background
from core.engine.board import Board, View
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import KnownCodes
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look
from core.training.snapshot import Snapshot

T = TypeVar("T")


class _Job:
    """A requested look: the life of the run, the time of the request, and whether it is being made."""

    def __init__(self, look: Look[Any], life: int, asked_at: float) -> None:
        self.look = look
        self.life = life
        self.asked_at = asked_at
        self.in_work = True

    def is_for(self, look: Look[Any]) -> bool:
        """Whether it makes the answer of this look."""
        return self.look.slot == look.slot and self.look.key == look.key


def interval_at(view: View, look: Look[Any], have: Answer[Any] | None) -> float:
    """Shortest time between two of these looks at the run, s: none where it rests and the answer is of older weights.

    Then it is made once more, and what is shown of the run is whole as soon as it stops.
    """
    is_behind = have is not None and view.snapshot is not None and have.step != view.snapshot.step
    return 0.0 if is_behind and view.status.state != "training" else look.interval_s


class LookRequests:
    """The looks of one run. `ask` may be called ten times a second, by one thread; the background makes the looks.

    ``past`` returns what looks `of_past` are made of. ``rest`` takes the place of the looks' own rests after a slice.
    """

    def __init__(
        self,
        owner: Hashable,
        board: Board,
        background: Background,
        past: Callable[[], tuple[Snapshot, ...]] = tuple,
        rest: float | None = None,
    ) -> None:
        self._owner = owner
        self._board = board
        self._background = background
        self._past = past
        self._rest = rest
        self._jobs: dict[Hashable, _Job] = {}  # the newest of each kind, by its key in the background
        self._codes = KnownCodes()
        self._sampling = Sampling()

    def ask(self, look: Look[T], reference: Reference) -> None:
        """Request a look at the newest weights, if it is due."""
        view, now = self._board.view, time.perf_counter()
        if view.snapshot is None:
            return
        context = self._context(look, view, view.snapshot, reference)
        have = view.looks.before(look)
        if not look.fits(context) or (have is not None and look.is_current(have, context)):
            return
        key = (self._owner, look.name, type(look), look.job)
        last = self._jobs.get(key)
        if last is not None and last.life == view.life:
            is_same = last.is_for(look)
            interval_s = interval_at(view, look, have) if is_same else look.new_key_interval_s
            if (is_same and last.in_work) or now - last.asked_at < interval_s:
                return
        job = self._jobs[key] = _Job(look, view.life, now)
        rest = look.rest_after(have) if self._rest is None else self._rest
        self._background.do(key, self._make(key, job, reference), look.is_urgent(have), rest)
        self._find_awaited(look, reference)

    def _context(self, look: Look[Any], view: View, snapshot: Snapshot, reference: Reference) -> Context:
        return Context(
            snapshot=snapshot,
            past=self._past() if look.of_past else (),
            looks=view.looks,
            steps=view.status.step,
            seconds=view.status.seconds,
            reference=reference,
            codes=self._codes,
            sampling=self._sampling,
            put=functools.partial(self._put, view.life, snapshot.step),
        )

    def _make(self, key: Hashable, job: _Job, reference: Reference) -> Work[None]:
        """Make the look at the newest weights at its start; give up when it is outdated."""
        try:
            view = self._board.view
            if view.snapshot is None or self._is_outdated(key, job):
                return
            context = self._context(job.look, view, view.snapshot, reference)
            making, is_whole = job.look.make(context), False
            while not is_whole:
                try:
                    value = next(making)
                except StopIteration as done:
                    value, is_whole = done.value, True
                if not is_whole and self._is_outdated(key, job):
                    return
                if is_whole or value is not None:  # a finished value is shown even if the user has moved on
                    context.put(job.look, value)
                if not is_whole:
                    yield
        finally:
            job.in_work = False

    def _is_outdated(self, key: Hashable, job: _Job) -> bool:
        """Whether something else was requested, or the run restarted or closed."""
        view = self._board.view
        return self._jobs.get(key) is not job or view.life != job.life or view.status.state == "closed"

    def _put(self, life: int, step: int, look: Look[T], value: T) -> None:
        answer = Answer(look, step, value)

        def with_answer(view: View) -> View:
            have = view.looks.before(look)
            newest = step if view.snapshot is None else view.snapshot.step  # lower after a roll-back
            if have is not None and have.key == look.key:
                is_known = have.step == step and have.value is value
                if is_known or step < have.step <= newest:  # another look made it meanwhile
                    return view
            return dataclasses.replace(view, looks=view.looks.plus(answer))

        self._board.change_for(life, with_answer)

    def _find_awaited(self, look: Look[Any], reference: Reference) -> None:
        """Compute what the look's answer is incomplete without, once for all runs; looks do not wait for it."""
        key = (id(reference), type(look), "awaited")
        awaited = None if self._background.is_waiting(key) else look.awaits(reference)
        if awaited is not None:
            self._background.do(key, awaited, rest=look.rest_after(None))
