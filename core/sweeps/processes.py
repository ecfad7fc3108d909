"""Runs of a sweep in processes of this machine, one run at a time each, with one thread unless the plan says more."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from core.foundation import strict_json
from core.foundation.checked_json import read_object
from core.foundation.program import ROOT, module
from core.remote.spawn import how_it_ended
from core.sweeps.folder import folder_of
from core.sweeps.home import Happened
from core.sweeps.plan import Plan, PlannedRun

COMMAND = module("core.sweeps.worker")
MOST_LINE = 1 << 20
LAST_LINES = 20
START_S = 120.0
"""Longest wait for a process that imports torch, s."""
END_S = 90.0
"""Longest wait for a process that is to keep its run and end, s."""


class Processes:
    """So many processes, started as they are needed; see `core.sweeps.home.Home`."""

    own_retries = False

    def __init__(self, place: Path, plan: Plan, slots: int, save_every: str | None = None) -> None:
        self.slots = slots
        self.words = f"{slots} process{'es' if slots > 1 else ''}"
        self._place, self._plan, self._save_every = place, plan, save_every
        self._workers: list[_Worker] = []
        self._events: queue.Queue[tuple[_Worker, dict[str, Any] | None]] = queue.Queue()

    def begin(self, run: PlannedRun) -> None:
        """See `Home`."""
        self._send(run, {"do": "run", "folder": str(folder_of(self._place, run)), **self._asked()})

    def _asked(self) -> dict[str, Any]:
        plan = self._plan
        return {"measures": list(plan.measures), "sampler": plan.sampler, "save": self._save_every}

    def _send(self, run: PlannedRun, order: dict[str, Any]) -> None:
        self._workers = [each for each in self._workers if not each.has_ended]
        worker = next((each for each in self._workers if each.run is None), None)
        if worker is None:
            worker = _Worker(self._events)
            self._workers.append(worker)
        worker.run = run
        worker.say({**order, "run": run.to_json()})

    def wait(self, timeout_s: float) -> Sequence[Happened]:
        """See `Home`."""
        found = []
        with contextlib.suppress(queue.Empty):
            found.append(self._events.get(timeout=timeout_s))
            while True:
                found.append(self._events.get_nowait())
        return [happened for worker, event in found if (happened := self._happened(worker, event)) is not None]

    def _happened(self, worker: _Worker, event: dict[str, Any] | None) -> Happened | None:
        run = worker.run
        if event is None:
            why = worker.how_it_ended()
            worker.run, worker.has_ended = None, True
            return None if run is None else Happened(run.number, "lost", why=why)
        kind = event.get("event")
        if run is None or event.get("number") != run.number or kind not in ("progress", "over", "kept", "refused"):
            return None
        if kind != "progress":
            worker.run = None
        step, share = int(event.get("step", 0)), float(event.get("share") or 0.0)
        return Happened(run.number, cast(Any, kind), step, share, str(event.get("why", "")))

    def trial(self, runs: Sequence[PlannedRun], seconds: float) -> Mapping[int, float]:
        """See `Home`."""
        for run in runs:
            self._send(run, {"do": "trial", "seconds": seconds})
        found: dict[int, float] = {}
        give_up = time.monotonic() + START_S
        while any(each.run is not None for each in self._workers) and time.monotonic() < give_up:
            with contextlib.suppress(queue.Empty):
                worker, event = self._events.get(timeout=0.5)
                if event is None or event.get("event") == "refused":  # told again, with its reason, when it is trained
                    worker.run, worker.has_ended = None, event is None
                elif event.get("event") == "trial":
                    if event.get("seconds") is not None:
                        found[int(event["number"])] = float(event["seconds"])
                    worker.run = None
        return found

    def stop(self) -> None:
        """See `Home`."""
        for worker in self._workers:
            worker.say({"do": "stop"})

    def close(self) -> None:
        """See `Home`: processes keep what they have and end; one that does not is killed."""
        for worker in self._workers:
            worker.hang_up()
        give_up = time.monotonic() + END_S
        for worker in self._workers:
            worker.end(max(0.1, give_up - time.monotonic()))


class _Worker:
    """One process, and the run that it computes."""

    def __init__(self, events: queue.Queue[tuple[_Worker, dict[str, Any] | None]]) -> None:
        self.run: PlannedRun | None = None
        self.has_ended = False
        pipe: Any = subprocess.PIPE
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        # OMP: a worker's own thread count is set in it; this is what libraries see before
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        self._process = subprocess.Popen(
            COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
        )
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._events = events
        self._reader = threading.Thread(target=self._read, name="events of a worker", daemon=True)
        self._errors = threading.Thread(target=self._read_errors, name="errors of a worker", daemon=True)
        self._reader.start()
        self._errors.start()

    def say(self, order: dict[str, Any]) -> None:
        """Send an order; that a process is gone is heard from its other end."""
        with contextlib.suppress(OSError, ValueError):
            sink = cast(IO[bytes], self._process.stdin)
            sink.write(strict_json.dumps(order).encode() + b"\n")
            sink.flush()

    def _read(self) -> None:
        source = cast(IO[bytes], self._process.stdout)
        with contextlib.suppress(OSError, ValueError):
            while line := source.readline(MOST_LINE):
                self._events.put((self, read_object(line)))
        self._events.put((self, None))

    def _read_errors(self) -> None:
        source = cast(IO[bytes], self._process.stderr)
        with contextlib.suppress(OSError, ValueError):
            for line in source:
                self._lines.append(line.decode("utf-8", "replace").rstrip())

    def how_it_ended(self) -> str:
        """How the process has ended, in words."""
        self._process.wait()
        self._errors.join(1.0)
        return how_it_ended(self._process.returncode, "\n".join(self._lines))

    def hang_up(self) -> None:
        """Close its input, at which it keeps what it has and ends."""
        with contextlib.suppress(OSError, ValueError):
            cast(IO[bytes], self._process.stdin).close()

    def end(self, patience_s: float) -> None:
        """Wait for its end; after so long, kill it."""
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1.0)
        self._errors.join(1.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
