"""The background thread: work too slow for a training step or for an event of the window.

A newer request replaces a waiting one with the same key. While something trains, a key is served again only after a
rest in proportion to its cost: cheap looks stay fresh, expensive ones come rarely, and the cost to training is bounded.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Hashable
from typing import Any

from core.engine.failures import report_uncaught
from core.foundation import memory
from core.foundation.slices import Work
from core.training import devices

REST = 30.0
"""While something trains, a job's key rests this many times the processor time it took; other jobs need not wait."""
LONGEST_REST_S = 5.0
"""Longest such rest, s."""
SLICE_S = 0.04
"""Processor time of a slice of long work, s; other jobs run in between."""
LONGEST_PAUSE_S = 0.02
"""While the user drags, slices are a quarter as long, and after each the thread sleeps for as long, up to this, s."""
TRIM_S = 3.0
"""Time between two returns of freed memory to the system, s."""

Job = Callable[[], None]


class _Slices:
    """Long work as a job: every call runs one slice.

    Not a closure that queues itself: that is a reference cycle, and no cycles are collected while the window is open.
    """

    def __init__(self, background: Background, key: Hashable, work: Work[Any], rest: float | None) -> None:
        self._background, self._key, self._work, self._rest = background, key, work, rest

    def __call__(self) -> None:
        began = time.thread_time()
        for _ in self._work:
            if time.thread_time() - began >= self._background.slice_s():
                self._background.ask_next_slice(self._key, self, self._rest)
                return


class Background:
    """One worker thread. ``is_busy`` says whether something trains; ``on_error`` gets a failed job's key and
    traceback."""

    def __init__(self, is_busy: Callable[[], bool], on_error: Callable[[Hashable, str], None]) -> None:
        self.is_busy = is_busy
        self._on_error = on_error
        self._slow: dict[Hashable, Job] = {}
        self._urgent: dict[Hashable, Job] = {}
        self._wake = threading.Condition()
        self._closed = False
        self.gives_way = False  # set while the user drags
        self._held_until = 0.0  # of ``perf_counter``
        self._due: dict[Hashable, float] = {}
        self._rests: dict[Hashable, float] = {}
        self._trimmed = time.perf_counter()
        self._thread = threading.Thread(target=self._work, name="background", daemon=True)
        self._thread.start()

    def ask(self, key: Hashable, job: Job, urgent: bool = False, rest: float | None = None) -> None:
        """Queue a job; the newest with the same key wins. Urgent jobs go first, without a rest.

        ``rest``: how many times its cost the key rests afterwards, while something trains; None is `REST`.
        """
        with self._wake:
            self._rests[key] = REST if rest is None else rest
            if urgent or key in self._urgent:
                self._slow.pop(key, None)
                self._urgent[key] = job
            else:
                self._slow[key] = job
            self._wake.notify()

    def do(self, key: Hashable, work: Work[Any], urgent: bool = False, rest: float | None = None) -> None:
        """As `ask`, for long work: other jobs run between its slices."""
        self.ask(key, _Slices(self, key, work, rest), urgent, rest)

    def ask_next_slice(self, key: Hashable, job: Job, rest: float | None) -> None:
        """Queue the next slice of a job, unless a newer job with the same key waits."""
        with self._wake:
            if not self.is_waiting(key):
                self.ask(key, job, rest=rest)

    def hold(self, seconds: float) -> None:
        """Start no job but urgent ones for so long."""
        self._held_until = time.perf_counter() + seconds

    def slice_s(self) -> float:
        """Processor time of a slice of long work at present, s."""
        if time.perf_counter() < self._held_until:
            return 0.0
        return SLICE_S / 4 if self.gives_way else SLICE_S

    def is_waiting(self, key: Hashable) -> bool:
        """Whether a job with that key, or its next slice, has not started yet."""
        return key in self._slow or key in self._urgent

    def say_stop(self) -> None:
        """Drop waiting jobs and end the thread after the current one, without waiting for it."""
        with self._wake:
            self._closed = True
            self._slow.clear()
            self._urgent.clear()
            self._wake.notify()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Drop waiting jobs, finish the current one, end the thread; False if it did not end in time."""
        self.say_stop()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _next(self) -> tuple[Hashable, Job] | None:
        with self._wake:
            while not self._closed:
                if self._urgent:
                    key = next(iter(self._urgent))
                    return key, self._urgent.pop(key)
                now = time.perf_counter()
                key = min(self._slow, key=lambda each: self._due.get(each, 0.0), default=None)
                rest = 0.0 if key is None else max(self._due.get(key, 0.0), self._held_until) - now
                if key is not None and rest <= 0:
                    return key, self._slow.pop(key)
                self._wake.wait(rest if key is not None else None)
            return None

    def _work(self) -> None:
        while not self._closed:
            try:
                self._serve()
            except BaseException as error:  # not of a job, which `_do` reports: of telling about one, for instance
                report_uncaught(error)

    def _serve(self) -> None:
        """Do jobs until the thread is to end."""
        devices.settle_in_thread(1, devices.BACKGROUND_NICENESS)
        while (next_job := self._next()) is not None:
            self._do(*next_job)

    def _do(self, key: Hashable, job: Job) -> None:
        """Do one job, whatever it raises, and let its key rest."""
        began_cpu, began = time.thread_time(), time.perf_counter()
        try:
            job()
        except BaseException:
            self._on_error(key, traceback.format_exc())
        if self.gives_way:
            with self._wake:  # an urgent request ends the rest
                if not self._urgent and not self._closed:
                    self._wake.wait(min(LONGEST_PAUSE_S, time.perf_counter() - began))
        if time.perf_counter() - self._trimmed >= TRIM_S:
            self._trimmed = time.perf_counter()
            memory.return_freed()
        rest = self._rests.get(key, REST) * (time.thread_time() - began_cpu) if self.is_busy() else 0.0
        with self._wake:
            self._due[key] = time.perf_counter() + min(LONGEST_REST_S, rest)
            if len(self._due) > 256:  # keys of runs that are gone
                self._due = {each: due for each, due in self._due.items() if due > time.perf_counter()}
                self._rests = {each: rest for each, rest in self._rests.items() if each in self._due}
