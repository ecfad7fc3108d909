"""Work in a few threads that may get stuck: a network folder that stops answering must not stop the program."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from core.foundation.quoted import brief
from core.foundation.reading import DataError
from core.readers.container import Beat

PATIENCE_S = 30.0
"""Longest time without a beat after which work counts as stuck, s."""
SOON_S = 0.5
"""The same for a window that waits for it, s."""
TICK_S = 0.05
"""Time between two ticks of who waits, s. A tick may be a signal to a window, which need not hear of every file."""
AHEAD = 4
"""Tasks for each thread that wait in line, so that none idles and few results lie about."""

T = TypeVar("T")
R = TypeVar("R")


class Stuck(Exception):
    """Work that gave no sign for `PATIENCE_S`."""


class _Worker(threading.Thread, Generic[T, R]):
    """Takes tasks until it finds None. One that is given up ends as soon as it comes back; nobody waits for it."""

    def __init__(
        self,
        work: Callable[[T, Beat], R],
        tasks: queue.SimpleQueue[tuple[int, T] | None],
        done: queue.SimpleQueue[tuple[int, R | Exception]],
        patience_s: float,
    ) -> None:
        super().__init__(name="reader", daemon=True)
        self._work = work
        self._tasks = tasks
        self._done = done
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._number: int | None = None  # of the task at hand
        self._last_beat = 0.0
        self._given_up = False
        self.start()

    def beat(self) -> None:
        """Take note that the work goes on. Ends it where nobody waits for it any more."""
        if self._given_up:
            raise Stuck
        self._last_beat = time.monotonic()

    def abandon(self) -> None:
        """Say that nobody waits any more, neither for the work at hand nor for what comes after it."""
        self._given_up = True

    def give_up(self) -> int | None:
        """The number of a task that is stuck, which ends this worker's part in it; None where none is."""
        with self._turn:
            if self._number is None or time.monotonic() - self._last_beat <= self._patience_s:
                return None
            self._given_up = True
            return self._number

    def run(self) -> None:
        """Take one task after the other."""
        while (item := self._tasks.get()) is not None:
            number, task = item
            self._last_beat = time.monotonic()
            with self._turn:
                self._number = number
            outcome: R | Exception
            try:
                outcome = self._work(task, self.beat)
            except Exception as error:
                outcome = error.with_traceback(None)  # its frames would hold this one, and this one holds it
            with self._turn:
                self._number = None
                if self._given_up:
                    return
            self._done.put((number, outcome))
            del item, task, outcome  # not kept alive while it waits


def work_through(
    tasks: Iterable[T],
    work: Callable[[T, Beat], R],
    tick: Callable[[], None],
    threads: int = 1,
    patience_s: float | None = None,
) -> Iterator[tuple[T, R | Exception]]:
    """Each task with what ``work`` made of it, in the order in which they come to an end.

    What ``work`` raises comes as a result, a task without a beat for ``patience_s``, else `PATIENCE_S`, as `Stuck`.
    ``tick`` is called about every `TICK_S`, in the thread of the caller; what it raises ends everything.
    """
    waiting: queue.SimpleQueue[tuple[int, T] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, R | Exception]] = queue.SimpleQueue()
    numbered = enumerate(tasks)
    open_tasks: dict[int, T] = {}
    patience_s = PATIENCE_S if patience_s is None else patience_s
    workers = [_Worker(work, waiting, done, patience_s) for _ in range(threads)]
    next_tick = 0.0
    try:
        while True:
            for number, task in itertools.islice(numbered, AHEAD * threads - len(open_tasks)):
                open_tasks[number] = task
                waiting.put((number, task))
            if not open_tasks:
                return
            if time.monotonic() >= next_tick:
                tick()
                next_tick = time.monotonic() + TICK_S
            try:
                number, outcome = done.get(timeout=TICK_S)
            except queue.Empty:
                for at, worker in enumerate(workers):
                    stuck = worker.give_up()
                    if stuck is not None:
                        workers[at] = _Worker(work, waiting, done, patience_s)
                        yield open_tasks.pop(stuck), Stuck()
            else:
                yield open_tasks.pop(number), outcome
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        for worker in workers:
            worker.abandon()
            waiting.put(None)


def patiently(work: Callable[[Beat], R], tick: Callable[[], None], patience_s: float | None = None) -> R:
    """What ``work`` returns or raises, made in another thread. Raises `Stuck`, and what ``tick`` raises."""

    def whole(_: None, beat: Beat) -> R:
        return work(beat)

    for _, outcome in work_through((None,), whole, tick, patience_s=patience_s):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
    raise AssertionError("one task has one outcome")


def answered(place: str, work: Callable[[Beat], R], tick: Callable[[], None]) -> R:
    """`patiently`, of work on a file or folder. Raises `DataError` where it is stuck."""
    try:
        return patiently(work, tick)
    except Stuck:
        raise DataError(silent(place)) from None


def at_once(place: Path, look: Callable[[Path], R], within_s: float = SOON_S) -> R:
    """What a look at a file or folder finds, for somebody who waits for it. Raises `DataError` where its disk has not
    answered within so long, s."""
    try:
        return patiently(lambda beat: look(place), lambda: None, within_s)
    except Stuck:
        raise DataError(f"{brief(str(place))} does not answer: check the disk or the network") from None


def silent(place: str) -> str:
    """The sentence for a file or folder that does not answer."""
    return f"{brief(place)} has not answered for {PATIENCE_S:.0f} s: check the disk or the network, then read it again"
