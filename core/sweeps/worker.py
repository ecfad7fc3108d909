"""A process that computes runs of a sweep, one after another: JSON lines come in, JSON lines go out.

torch and the data are loaded once. It ends, and keeps what it has, when its input ends: whoever started it is gone.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

from core.foundation import strict_json
from core.foundation.checked_json import read_object
from core.foundation.user_error import UserError

MOST_DATA = 2
"""Data sets kept in memory."""
MOST_LINE = 1 << 20
"""Longest line, bytes."""


class Talk:
    """The two ends of a worker's talk with whoever started it."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink
        self.is_over = threading.Event()
        """The present run is to end now."""
        self.orders: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def _read(self) -> None:
        while line := self._source.readline(MOST_LINE):
            order = read_object(line)
            if order.get("do") == "stop":
                self.is_over.set()
            self.orders.put(order)
        self.is_over.set()
        self.orders.put(None)

    def say(self, event: str, **facts: Any) -> None:
        """Say a line; whoever started it may be gone."""
        with contextlib.suppress(OSError):
            self._sink.write(strict_json.dumps({"event": event, **facts}).encode() + b"\n")
            self._sink.flush()


class Datasets:
    """Data sets by name and config, each loaded once; see `core.sweeps.train_run.Data`."""

    def __init__(self) -> None:
        self._sides: OrderedDict[tuple[str, object], Any] = OrderedDict()

    def of(self, run: Any) -> Any:
        """The data of a run. Raises `UserError`."""
        from core.datasets.base import load
        from core.evaluation.real_side import RealSide

        key = run.dataset, run.source
        if key not in self._sides:
            self._sides[key] = RealSide(load(run.dataset, run.source))
        self._sides.move_to_end(key)
        while len(self._sides) > MOST_DATA:
            self._sides.popitem(last=False)
        return self._sides[key]


def main() -> int:
    """Compute what is asked for until the input ends."""
    for number in (signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, signal.SIG_IGN)  # whoever started it takes them, and ends it by its input
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what else is printed must not stand amid the lines
    talk = Talk(sys.stdin.buffer, sink)

    import torch

    from core.sweeps import train_run

    torch.set_flush_denormal(True)
    data = Datasets()
    talk.say("ready")
    while (order := talk.orders.get()) is not None:
        if order["do"] == "stop":
            continue
        _obey(order, talk, data, train_run)
    return 0


def _obey(order: dict[str, Any], talk: Talk, data: Datasets, train_run: Any) -> None:
    from core.engine.autosave import Every
    from core.sweeps.plan import PlannedRun

    try:
        run = PlannedRun.from_json(order["run"])
        if order["do"] == "trial":
            talk.say("trial", number=run.number, seconds=train_run.seconds_per_step(run, data, order["seconds"]))
            return

        def hears(view: Any, share: float) -> bool:
            talk.say("progress", number=run.number, step=view.status.step, share=share)
            return talk.is_over.is_set()

        asked = train_run.Asked(tuple(order["measures"]), order["sampler"], Every.parsed(order["save"]))
        outcome = train_run.train_run(Path(order["folder"]), run, asked, data, hears)
        talk.say("over" if outcome.is_over else "kept", number=run.number)
    except UserError as error:
        talk.say("refused", number=order["run"]["number"], why=str(error))


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # Python's own end under a thread that is still in torch aborts
