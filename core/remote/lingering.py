"""An engine that outlives its links: it listens on a socket of the user's, and ends when nobody comes for too long."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from typing import Any

from core.engine.threads import ThreadEngine
from core.remote.codec import Codec
from core.remote.conversation import Conversation
from core.remote.process import ENDING_S, link_of
from core.remote.server import Server
from core.remote.session import Metered
from core.remote.wire import LinkEnded

FIRST_WORDS_S = 5.0
"""Longest wait for a connection's first byte, s."""


class _Attached:
    """The link at present: a connection that a relay made for the window."""

    def __init__(self, connection: socket.socket, obey: Any, ended: Any, words: Codec | None) -> None:
        self._connection = connection
        self._files = (connection.makefile("rb", buffering=0), connection.makefile("wb", buffering=0))
        self.meter = Metered(*self._files)
        self.link = link_of(self.meter, self.meter, words=words)
        self.conversation = Conversation(self.link, obey, ended)

    def shut(self) -> None:
        """Let nothing more pass."""
        with contextlib.suppress(OSError):  # it has ended by itself
            self._connection.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """End it; what came before is obeyed."""
        self.shut()
        self.conversation.join(ENDING_S)
        for file in (*self._files, self._connection):
            file.close()


class _Host:
    """The engine, its server, and the newest link: another one takes the place of the one before."""

    def __init__(self, linger_s: float) -> None:
        self._linger_s = linger_s
        self.engine = ThreadEngine()
        self.server: Server | None = None
        self._attached: _Attached | None = None
        self._woken, self._wake = socket.socketpair()
        self._was_wrong = ""
        self._at = time.monotonic()

    def run(self, listener: socket.socket) -> str:
        """Serve until a goodbye, a long silence, or what cannot be said; why it ends then, else ""."""
        while not self._is_over():
            left = self._linger_s - (time.monotonic() - self._heard_at)
            if left <= 0:
                return ""
            ready, _, _ = select.select([listener, self._woken], [], [], left)
            if self._woken in ready:
                self._woken.recv(1)
            if listener in ready:
                connection, _ = listener.accept()
                if _says_something(connection):
                    self._take(connection)
                else:
                    connection.close()
        return self._was_wrong

    def _is_over(self) -> bool:
        return bool(self._was_wrong) or (self.server is not None and self.server.is_left)

    @property
    def _heard_at(self) -> float:
        return self._at if self._attached is None else max(self._at, self._attached.meter.at)

    def _take(self, connection: socket.socket) -> None:
        """Serve the window over a new connection."""
        if self._attached is not None:
            self._attached.drop()
        words = None if self._attached is None else self._attached.link.codec
        attached: _Attached
        attached = self._attached = _Attached(connection, self._obey, lambda reason: self._end(attached, reason), words)
        tell = attached.conversation.tell
        self._at = time.monotonic()
        try:
            if self.server is None:
                self.server = Server(self.engine, tell, attached.link.codec, self._fail, self._linger_s)
                self.server.start()
            else:
                self.server.attach(tell, self._fail)
        except LinkEnded:  # it was cut already
            return
        attached.conversation.start()

    def _obey(self, message: Any) -> None:
        assert self.server is not None
        self.server.obey(message)
        if self.server.is_left:
            self._wake.send(b".")

    def _fail(self, reason: str) -> None:
        self._was_wrong = reason
        self._wake.send(b".")

    def _end(self, attached: _Attached, reason: str) -> None:
        """A link has ended: cut, or because something came that cannot be."""
        if attached.conversation.was_wrong:
            self._was_wrong = reason
        else:
            with open(os.devnull, "wb") as nowhere:  # the relay that read our errors ends with its link
                os.dup2(nowhere.fileno(), 2)
        attached.shut()
        self._wake.send(b".")

    def close(self) -> None:
        """End everything."""
        if self.server is not None:
            self.server.close()
        self.engine.close(ENDING_S)
        if self._attached is not None:
            self._attached.drop()


def _says_something(connection: socket.socket) -> bool:
    """Whether it is a window's, and not one of somebody who tries whether an engine listens."""
    select.select([connection], [], [], FIRST_WORDS_S)
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
    finally:
        connection.setblocking(True)


def linger(listener: socket.socket, linger_s: float) -> str:
    """Be an engine behind a listening socket; why it ended, "" for a goodbye or a long silence.

    It goes on without a link for ``linger_s``.
    """
    listener.set_inheritable(False)
    host = _Host(linger_s)
    try:
        return host.run(listener)
    finally:
        os.unlink(listener.getsockname())
        host.close()
