"""An engine in a process of its own: how a window starts it, and what runs in it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from core.engine.threads import ThreadEngine
from core.foundation.mailbox import sentence_of
from core.remote.bypass import Bypass
from core.remote.codec import Codec
from core.remote.conversation import Conversation
from core.remote.engine import RemoteEngine
from core.remote.link import Link
from core.remote.messages import ENGINE_SAYS, WINDOW_SAYS, Changed, Data, Employ, KeptState, Lent, Ready
from core.remote.server import Server
from core.remote.session import BESIDE, LINGER_S, PING_S, Attach, Gone, Goodbye, Metered, Pong, Unheard, new_token
from core.remote.spawn import LOCAL, Spawned, how_it_ended
from core.remote.vocabulary import codec
from core.remote.wire import Sink, Source

LARGER = {Data.__name__: 16 << 30, **{each.__name__: 4 << 30 for each in (Changed, Employ, KeptState, Lent)}}
"""Messages that hold a data set or weights, and their largest size, bytes."""
ENDING_S = 3.0
"""Longest time that an engine takes to end, s."""
HASTE_S = 0.7
"""Longest wait for the end of a process whose link has ended, s."""
CONNECT_S = 60.0
"""Longest time that a command takes to reach an engine again, s."""
LONGEST_PAUSE_S = 30.0
"""Longest pause between two tries to reach it, s."""
SILENCE_S = 15.0
"""After so long without a byte a link to an engine elsewhere counts as cut, s."""
GONE = "it is not there any more"


def link_of(source: Source, sink: Sink, bypass: Bypass | None = None, words: Codec | None = None) -> Link:
    """A link over two files that are opened without a buffer, with all that a window and an engine say.

    ``words`` is the codec of the link before, which may have learned.
    """
    if words is None:
        words = codec({cls.__name__: cls for cls in (*WINDOW_SAYS, *ENGINE_SAYS)})
    return Link(words, source, sink, LARGER, bypass)


def serve_one(source: Source, sink: Sink, bypass: Bypass | None = None) -> str:
    """Be the engine of one link; why it ended, "" where the window did."""
    ended = threading.Event()
    reasons: list[str] = []

    def end(reason: str) -> None:
        reasons.append(reason)
        ended.set()

    engine = ThreadEngine()
    link = link_of(source, sink, bypass)
    window = Conversation(link, lambda message: server.obey(message), end)
    server = Server(engine, window.tell, link.codec, end)
    window.start()
    server.start()
    ended.wait()
    server.close()
    engine.close(ENDING_S)
    return reasons[0]


class ProcessEngine(RemoteEngine):
    """A `RemoteEngine` in a process of its own: one that was ``spawned``, else a new one of a command.

    A command is any whose standard input and output are an engine's. OSError where it cannot be started. An engine
    beside the window ends with it, however that ends; one elsewhere goes on for a while, and is attached to again.
    """

    def __init__(self, spawned: Spawned | Sequence[str] = LOCAL) -> None:
        self._spawned = spawned if isinstance(spawned, Spawned) else Spawned(spawned)
        self._lingers = self._spawned.command != LOCAL
        self._token = new_token()
        self._unheard = Unheard()
        self._sending = threading.Lock()
        self._is_attached = True
        self._has_gone = False
        self._given_up = ""  # why the present process is killed
        self._closing = threading.Event()
        self._woken = threading.Event()
        self._settled = threading.Event()  # whether a try to attach again has ended, one way or the other
        self._counted = (0, time.monotonic())  # bytes that had come, and when
        super().__init__(self._send_on, self._open(again=False))
        self._keeper = threading.Thread(target=self._keep, name="link keeper", daemon=True)
        self._conversation.start()
        self._keeper.start()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process."""
        return self._spawned.process

    def _open(self, again: bool) -> Codec:
        """Begin a conversation with the process; its codec."""
        spawned = self._spawned
        self._meter = Metered(cast(Source, spawned.source), spawned.sink)
        self._counted = (0, time.monotonic())
        self._bypass = None if spawned.memory is None else Bypass(spawned.memory)
        link = link_of(self._meter, self._meter, self._bypass, self._codec if again else None)
        conversation = Conversation(link, lambda message: self.take(message), lambda reason: self._end(spawned, reason))
        conversation.post(Attach(self._token, again, LINGER_S if self._lingers else 0.0))
        self._conversation = conversation
        return link.codec

    def _send_on(self, message: Any) -> None:
        with self._sending:
            frame = self._conversation.encoded(message)
            if self._lingers and not isinstance(message, BESIDE):
                self._unheard.add(frame)
            if self._is_attached:
                self._conversation.put(frame)

    # --- a link that was cut -----------------------------------------------------------------------------------------

    def take(self, message: Any) -> None:
        """See `RemoteEngine`. What the engine has not heard is said again over a new link."""
        match message:
            case Gone():
                self._has_gone = True
                return
            case Ready(heard=heard):
                super().take(message)
                with self._sending:
                    if self._lingers:
                        self._unheard.forget(heard)
                    if not self._is_attached:
                        for frame in self._unheard.frames():
                            self._conversation.put(frame)
                    self._is_attached = True
                self.cut = None
                self._settled.set()
                self._woken.set()
            case Pong(heard=heard):
                super().take(message)
                if self._lingers:
                    self._unheard.forget(heard)
            case _:
                super().take(message)

    def _end(self, spawned: Spawned, reason: str) -> None:
        """A link has ended: on the thread that reads it."""
        if spawned is not self._spawned:
            return
        how, details = self._how_it_ended(spawned, reason)
        lingers = self.ready is not None and self.ready.linger_s > 0
        if self._has_gone:
            first = GONE if self.cut is None or not self.cut.first.startswith("SIG") else self.cut.first
            words = "\n".join(each for each in (self.details, details) if each)
            self.lose(first, words)
        elif not lingers or self._conversation.was_wrong or self._closing.is_set():
            self.lose(how, details)
        else:
            with self._sending:
                self._is_attached = False
            self.miss(how, details)
        self._settled.set()
        self._woken.set()

    def _how_it_ended(self, spawned: Spawned, reason: str) -> tuple[str, str]:
        """In words, and what else is known of it."""
        try:
            status = spawned.process.wait(HASTE_S)
        except subprocess.TimeoutExpired:  # it said what cannot be, or closed its output
            spawned.process.kill()
            spawned.process.wait()
            how, words = reason or "it ended the link", spawned.last_words()
        else:
            words = spawned.last_words()
            how = how_it_ended(status, words)
        if self._conversation.was_wrong:
            how = f"{reason[:1].lower()}{reason[1:].rstrip('.')}"
        how, self._given_up = self._given_up or how, ""
        return how, "\n".join(each for each in (reason, words) if each)

    def _keep(self) -> None:
        """Ask whether the other side is there, and attach to it again where it is not: the thread of the link."""
        pause_s = 0.0
        while not self._closing.is_set():
            if self.cut is not None and self.health().state == "cut":
                self._woken.wait(pause_s)
                self._woken.clear()
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or PING_S)
                self._attach_again()
            else:
                pause_s = 0.0
                self._woken.wait(PING_S)
                self._woken.clear()
                self._measure()

    def _measure(self) -> None:
        """Time a round trip, count bytes, and give up a link over which nothing passes."""
        ready, now = self.ready, time.monotonic()
        if ready is None or self.health().state != "running":
            return
        if ready.linger_s and self.is_waiting and now - max(self._meter.at, self.pinged_at) > SILENCE_S:
            self._given_up = f"nothing came over it for {SILENCE_S:.0f} s"
            self.process.kill()
            return
        received, since = self._counted
        self.bytes_per_s, self._counted = (self._meter.received - received) / (now - since), (self._meter.received, now)
        self.ping()

    def _attach_again(self) -> None:
        """Try once. It is attached as soon as the engine says that it is ready."""
        try:
            spawned = Spawned(self._spawned.command)
        except OSError as error:
            self.miss(error.strerror or sentence_of(error), "")
            return
        self._settled.clear()
        if self._closing.is_set():
            spawned.kill()
            return
        self._close_files()
        self._spawned = spawned
        self._open(again=True)
        self._conversation.start()
        if not self._settled.wait(CONNECT_S):
            self._given_up = f"it was not reached within {CONNECT_S:.0f} s"
            spawned.process.kill()

    def start_again(self) -> None:
        """See `Engine`. Where a link was cut: try at once to attach again."""
        state = self.health().state
        if state == "cut":
            self._woken.set()
        elif state == "ended":
            try:
                spawned = Spawned(self._spawned.command)
            except OSError as error:
                self.lose(error.strerror or sentence_of(error), "")
                return
            self._close_files()
            self._spawned = spawned
            self._token, self._unheard = new_token(), Unheard()
            self._is_attached, self._has_gone = True, False
            self.go_on(self._open(again=False))
            self._conversation.start()

    def _close_files(self) -> None:
        if self._bypass is not None:
            self._bypass.close()
        for file in (self._spawned.sink, self._spawned.source):
            with contextlib.suppress(OSError):
                file.close()

    def close(self, timeout_s: float) -> bool:
        """See `Engine`: the process ends too, killed where it takes too long."""
        until = time.monotonic() + timeout_s
        if self.health().state == "cut":  # an engine that cannot be reached ends by itself
            self.lose("the window closed", "")
        self._closing.set()
        self._woken.set()
        self._settled.set()
        has_ended = super().close(timeout_s)
        self._keeper.join(ENDING_S)  # it may be trying to attach again
        self._post(Goodbye())
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
