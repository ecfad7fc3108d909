"""Hostile messages to a running engine, and to the window of one: each link bears them or ends with one sentence.

What comes in is a recorded conversation (`core.faults.talks`) with other bytes, other values or another order. A link
that ends may do so with one sentence alone. Nothing hangs, nothing escapes from a thread, no run changes that was not
named, and memory stays within bounds.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import numpy as np

from core.engine.board import View
from core.engine.commands import Step
from core.engine.threads import ThreadEngine
from core.faults import talks
from core.faults.base import Fault, unspeakable
from core.foundation import memory
from core.metrics.base import METRICS
from core.remote.conversation import Conversation
from core.remote.engine import RemoteEngine
from core.remote.link import Link
from core.remote.messages import Changed, Data, Employ, Seen
from core.remote.process import LARGER
from core.remote.server import Server
from core.remote.wire import MAGIC, VERSION
from core.training.training import columns_of

GREETING = struct.pack(">8sH", MAGIC, VERSION)
MOST_MUTANTS = 12
"""Most mutants that one link is sent, if it bears them."""
SOON_S = 0.1
"""Time after which a side that has not heard what follows on a mutant waits for the rest of it, s."""
PATIENCE_S = 30.0
"""Longest time until a link ends once nothing more comes, and until what ran ends, s: longer counts as hung."""
MOST_MB = 64.0
"""Most memory that one link may take, MB."""


def _pipe() -> tuple[Any, Any]:
    """Both ends of a pipe, unbuffered, the one to read first."""
    source, sink = os.pipe()
    return os.fdopen(source, "rb", buffering=0), os.fdopen(sink, "wb", buffering=0)


class _Side:
    """One side of a link that runs, and the other end of it in hostile hands. It takes messages until it ``ended``."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.reason = ""
        self._heard = threading.Event()
        self._source, self._sink = _pipe()

    def _link(self, sink: Any) -> Link:
        return Link(talks.words(), self._source, sink, LARGER)

    def _end(self, reason: str) -> None:
        self.reason = reason
        self.ended.set()
        self._source.close()  # whoever still sends hears of it

    def send(self, content: bytes) -> bool:
        """Send bytes; False where nobody reads any more."""
        view = memoryview(content)
        try:
            while len(view):
                view = view[self._sink.write(view) or 0 :]
        except (BrokenPipeError, ValueError):
            return False
        return True

    def bears(self, content: bytes, mark: Any) -> bool:
        """Send a mutant and a message after it. Whether that is heard; else the link has ended, or waits for more."""
        self._heard.clear()
        if self.send(content) and self.send(talks.said(mark)):
            until = time.monotonic() + SOON_S
            while not self._heard.wait(0.002) and not self.ended.is_set() and time.monotonic() < until:
                pass
        return self._heard.is_set() and not self.ended.is_set()

    def finish(self) -> str:
        """Send nothing more. What is wrong with how the link ends; "" where nothing is."""
        with contextlib.suppress(OSError):
            self._sink.close()
        if not self.ended.wait(PATIENCE_S):
            return "the link does not end"
        trouble = unspeakable(self.reason) if self.reason else ""
        return f"the reason {trouble}" if trouble else ""


class _EngineSide(_Side):
    """An engine with three lanes of its window, and a lane of nobody's."""

    def __init__(self) -> None:
        super().__init__()
        self._engine = ThreadEngine()
        vae, data = talks.LANES[0][0], talks.points()
        self._foreign = self._engine.employ("foreign", vae, talks.small(vae), talks.SETUP, data, 1)
        self._foreign.board.wait(lambda view: view.status.state == "ready", PATIENCE_S)
        self._view = self._foreign.board.view
        self._unread = ""
        back, sink = _pipe()
        self._answers = threading.Thread(target=self._read, args=(back,), name="hostile window", daemon=True)
        self._back = sink
        conversation = Conversation(self._link(sink), self._take, self._end)
        self._server = Server(self._engine, conversation.tell, talks.words(), self._end)
        self._answers.start()
        conversation.start()
        self._server.start()
        begins = (each for each in talks.talk().window if isinstance(each, Data | Employ))
        self.send(GREETING + b"".join(map(talks.said, begins)))

    def _take(self, message: Any) -> None:
        self._server.obey(message)
        if isinstance(message, Seen) and message.step == _MARK:
            self._heard.set()

    def _read(self, back: BinaryIO) -> None:
        """Read what the engine says: a window must understand all of it."""
        link = Link(talks.words(), back, _Nowhere(), LARGER)  # type: ignore[arg-type]
        try:
            while link.receive() is not None:
                pass
        except ValueError as error:
            self._unread = f"the engine says what a window does not take: {error}"
        back.close()

    def _not_at_work(self) -> str:
        """Why the engine does not do what others want of it, or did what nobody wanted; "" where all is well."""
        if self._foreign.board.view is not self._view:
            return "it changed a run that is another's"
        done = threading.Event()
        self._engine.background.ask("hostile", done.set)
        if not done.wait(PATIENCE_S):
            return "its background hangs"
        self._foreign.say(Step(1))
        steps = self._foreign.board.wait(lambda view: view.status.step == 1, PATIENCE_S)
        return "" if steps else "a run that is another's does not train"

    @staticmethod
    def mark() -> Seen:
        """A message that changes nothing."""
        return Seen(1, _MARK)

    def close(self) -> str:
        """End everything. What was wrong; "" where nothing was."""
        trouble = self.finish() or self._not_at_work()
        self._server.close()
        if not self._engine.close(PATIENCE_S):
            trouble = trouble or "the engine does not end"
        self._back.close()
        self._answers.join(PATIENCE_S)
        return trouble or self._unread


class _WindowSide(_Side):
    """A window with three lanes, whose engine said all before message ``at`` as it was."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._sent = GREETING + b"".join(map(talks.said, talks.talk().engine[:at]))
        conversation = Conversation(self._link(_Nowhere()), self._take, self._end)
        self.engine = RemoteEngine(conversation.post, talks.words())
        self._workers = talks.employ(self.engine)
        conversation.start()
        self.send(self._sent)

    def _take(self, message: Any) -> None:
        self.engine.take(message)
        if isinstance(message, Changed) and message.heard == _MARK:
            self._heard.set()

    def _end(self, reason: str) -> None:
        self.engine.lose("on purpose", reason)
        super()._end(reason)

    def mark(self) -> Changed:
        """A message that changes nothing."""
        number = next((each.number for each in self._workers if not each.has_ended), 1)
        return Changed(number, None, _MARK, "rest")

    def close(self) -> str:
        """End everything. What was wrong; "" where nothing was."""
        trouble = self.finish()
        for worker, (name, _) in zip(self._workers, talks.LANES, strict=True):
            trouble = trouble or _unshowable(worker.board.view, name)
        if not self.engine.close(PATIENCE_S):
            trouble = trouble or "the window's background does not end"
        return trouble or ("too many errors are kept" if len(self.engine.errors) > 60 else "")


_MARK = 987_654_321
"""A number in messages that nothing else has."""


class _Nowhere:
    """Where bytes go that nobody reads."""

    def write(self, content: bytes | memoryview, /) -> int:
        return len(content)

    def flush(self) -> None:
        pass


def _unshowable(view: View, model: str) -> str:
    """Why a window cannot show a view of such a model; "" where it can."""
    if type(view.config) is not type(talks.small(model)):
        return f"a {model} has knobs of another model"
    if view.history.names not in ((), columns_of(model)):
        return f"a {model} has the history {view.history.names}"
    for table in (view.history, view.tests, *((view.measures.trail,) if view.measures else ())):
        if table.rows.shape != (len(table), len(table.names)):
            return f"rows {table.rows.shape} of columns {table.names}"
    if view.measures and not {*view.measures.values, *view.measures.waiting} <= set(METRICS.names()):
        return "there are measures that do not exist"
    if view.snapshot is not None:
        view.snapshot.decode(np.zeros((1, view.snapshot.shape.latent), np.float32))
    return ""


# --- mutants by number -----------------------------------------------------------------------------------------------


def _mutant(random: Random, messages: tuple[Any, ...], at: int) -> bytes:
    """Bytes after message ``at``: mutated ones of a message, one with mutated values, or some in another order."""
    kind = random.random()
    if kind < 0.35:
        return talks.mutated_content(messages[at], random)
    if kind < 0.8:
        return talks.said(talks.mutated_message(messages[at], random, messages))
    return b"".join(talks.said(each) for each in random.choices(messages, k=random.randint(2, 6)))


def _tried(name: str, random: Random, most: int) -> tuple[int, str]:
    """Send mutants over one link until it ends. How many were sent, and what is wrong; "" where nothing is."""
    talk = talks.talk()
    messages = talk.window if name == "engine" else talk.engine
    at, sent = random.randrange(1, len(messages)), 0
    _forget_peak()
    before = memory.resident_mb()
    side = _EngineSide() if name == "engine" else _WindowSide(at)
    while sent < most:
        sent += 1
        if not side.bears(_mutant(random, messages, at), side.mark()):
            break
        if name == "engine":  # its messages follow on each other less
            at = random.randrange(len(messages))
    trouble = side.close()
    grown = _peak_mb() - before
    return sent, f"it took {grown:.0f} MB" if grown > MOST_MB and not trouble else trouble


def _many(name: str, count: int, seed: int) -> list[str]:
    """Send so many mutants to one side or the other; one sentence per failure."""
    failures, sent = [], 0
    talks.talk()
    with _overheard() as escaped:
        while sent < count:
            number, trouble = _tried(name, Random(f"{seed} {name} {sent}"), min(MOST_MUTANTS, count - sent))
            if escaped and not trouble:
                trouble = f"an exception escaped: {escaped[0]}"
            if trouble:
                failures.append(f"seed {seed}, to the {name}, mutants {sent} to {sent + number - 1}: {trouble}")
            escaped.clear()
            sent += number
    return failures


@contextlib.contextmanager
def _overheard() -> Iterator[list[str]]:
    """What escapes from threads meanwhile, a line each."""
    escaped: list[str] = []

    def hear(arguments: Any) -> None:
        where = arguments.thread.name if arguments.thread is not None else "?"
        escaped.append(f"{arguments.exc_type.__name__}: {arguments.exc_value} in {where}")

    before, threading.excepthook = threading.excepthook, hear
    try:
        yield escaped
    finally:
        threading.excepthook = before


def _peak_mb() -> float:
    """The most memory that this process has had since `_forget_peak`, MB; NaN where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), float("nan"))


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def engine(count: int, seed: int) -> list[str]:
    """Mutants of what a window says, to an engine."""
    return _many("engine", count, seed)


def window(count: int, seed: int) -> list[str]:
    """Mutants of what an engine says, to a window."""
    return _many("window", count, seed)


FAULTS = (
    Fault(
        "to engines", "hostile messages to an engine: a sentence and an end, never more", 5_000, 40, engine, pieces=4
    ),
    Fault("to windows", "hostile messages to a window: a sentence and an end, never more", 5_000, 40, window, pieces=4),
)
