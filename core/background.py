"""The slow lane: one thread for everything that must be neither in a training step nor in an event of the window.

A request has a key; a newer request with the same key takes the place of one that still waits. While something trains
the thread rests in proportion to what it worked, so that looking costs training a bounded share.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Hashable

from core import devices

REST = 4.0
"""Rest this many times as long as the last slow job took, while something trains."""
LONGEST_REST_S = 2.0

Job = Callable[[], None]


class Background:
    """One worker thread. ``busy`` says whether something trains; ``on_error`` gets the traceback of a failed job."""

    def __init__(self, busy: Callable[[], bool], on_error: Callable[[str], None]) -> None:
        self._busy = busy
        self._on_error = on_error
        self._slow: dict[Hashable, Job] = {}
        self._urgent: dict[Hashable, Job] = {}
        self._wake = threading.Condition()
        self._closed = False
        self._rest_until = 0.0
        self._thread = threading.Thread(target=self._work, name="background", daemon=True)
        self._thread.start()

    def ask(self, key: Hashable, job: Job, urgent: bool = False) -> None:
        """Do the job soon; the newest with the same key wins. Urgent ones go first and wait for no rest."""
        with self._wake:
            waiting = self._urgent if urgent else self._slow
            waiting[key] = job
            self._wake.notify()

    def is_waiting(self, key: Hashable) -> bool:
        """Whether a slow job of that key has not begun yet."""
        return key in self._slow

    def close(self, timeout_s: float = 5.0) -> bool:
        """Forget what waits, finish the present job, end the thread; False if it did not end in time."""
        with self._wake:
            self._closed = True
            self._slow.clear()
            self._urgent.clear()
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _next(self) -> tuple[Job, bool] | None:
        with self._wake:
            while not self._closed:
                if self._urgent:
                    return self._urgent.pop(next(iter(self._urgent))), True
                rest = self._rest_until - time.perf_counter()
                if self._slow and rest <= 0:
                    return self._slow.pop(next(iter(self._slow))), False
                self._wake.wait(rest if self._slow else None)
            return None

    def _work(self) -> None:
        devices.settle_in_thread(1)
        while (found := self._next()) is not None:
            job, urgent = found
            began = time.perf_counter()
            try:
                job()
            except Exception:
                self._on_error(traceback.format_exc())
            ended = time.perf_counter()
            if not urgent:
                self._rest_until = ended + (min(LONGEST_REST_S, REST * (ended - began)) if self._busy() else 0.0)
