"""An engine in a process of its own: how a window starts it, and what runs in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, BinaryIO, cast

from core.engine.threads import ThreadEngine
from core.remote.bypass import Bypass
from core.remote.conversation import Conversation
from core.remote.engine import RemoteEngine
from core.remote.link import Link
from core.remote.messages import ENGINE_SAYS, WINDOW_SAYS, Changed, Data, Employ, KeptState, Lent, RestartOf
from core.remote.server import Server
from core.remote.spawn import Spawned
from core.remote.vocabulary import codec

LARGER = {Data.__name__: 16 << 30, **{each.__name__: 4 << 30 for each in (Changed, Employ, RestartOf, KeptState, Lent)}}
"""Messages that hold a data set or weights, and their largest size, bytes."""
ENDING_S = 3.0
"""Longest time that an engine takes to end, s."""


def link_of(source: BinaryIO, sink: BinaryIO, bypass: Bypass | None = None) -> Link:
    """A link over two files that are opened without a buffer, with all that a window and an engine say."""
    words = codec({cls.__name__: cls for cls in (*WINDOW_SAYS, *ENGINE_SAYS)})
    return Link(words, cast(Any, source), cast(Any, sink), LARGER, bypass)


def serve(memory: int | None = None) -> int:
    """Be an engine over standard input and output, until the other side ends; the exit status.

    ``memory`` is the descriptor of a socket for a `Bypass`. What anything prints goes to standard error: standard
    output is the link.
    """
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    ended = threading.Event()
    reasons: list[str] = []

    def end(reason: str) -> None:
        reasons.append(reason)
        ended.set()

    engine = ThreadEngine()
    link = link_of(source, sink, None if memory is None else _bypass(memory))
    window = Conversation(link, lambda message: server.obey(message), end)
    server = Server(engine, window.tell, link.codec.layout, end)
    window.start()
    server.start()
    ended.wait()
    server.close()
    engine.close(ENDING_S)
    _say_last(reasons[0])
    return 1 if reasons[0] else 0


def _bypass(memory: int) -> Bypass:
    os.set_inheritable(memory, False)
    return Bypass(socket.socket(fileno=memory))


def _say_last(reason: str) -> None:
    """Print why it ends, unless the window that would read it is gone: then nothing more can be printed at all."""
    try:
        if reason:
            print(reason, file=sys.stderr)
        sys.stderr.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)


class ProcessEngine(RemoteEngine):
    """A `RemoteEngine` in a process of its own: one that was ``spawned``, else a new one, which may raise OSError.

    It ends with the link, so with this process too, however that ends.
    """

    def __init__(self, spawned: Spawned | None = None) -> None:
        self._spawned = Spawned() if spawned is None else spawned
        memory = self._spawned.memory
        self._bypass = None if memory is None else Bypass(memory)
        link = link_of(cast(BinaryIO, self._spawned.source), cast(BinaryIO, self._spawned.sink), self._bypass)
        self._conversation = Conversation(link, lambda message: self.take(message), self._end)
        super().__init__(self._conversation.post, link.codec)
        self._conversation.start()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process."""
        return self._spawned.process

    def _end(self, reason: str) -> None:
        try:
            status = self.process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        words = self._spawned.last_words()
        self.lose(_how_it_ended(status), "\n".join(each for each in (reason, words) if each))

    def close(self, timeout_s: float) -> bool:
        """See `Engine`: the process ends too, killed where it takes too long."""
        until = time.monotonic() + timeout_s
        has_ended = super().close(timeout_s)
        self._conversation.finish(max(0.0, until - time.monotonic()))
        self._spawned.sink.close()
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            has_ended = False
        self._conversation.join(ENDING_S)
        self._spawned.source.close()
        if self._bypass is not None:
            self._bypass.close()
        return has_ended


def _how_it_ended(status: int) -> str:
    """What a process's exit status says, in words."""
    if status >= 0:
        return f"it left with status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"{name}: killed, perhaps for memory" if name == "SIGKILL" else name
