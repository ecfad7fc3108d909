"""Engines for tests: that of threads, and the same over a link within this process, or in a process of its own."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from core.engine.threads import ThreadEngine
from core.remote.conversation import Conversation
from core.remote.engine import RemoteEngine
from core.remote.process import link_of
from core.remote.server import Server


class LoopEngine(RemoteEngine):
    """A `RemoteEngine` whose other side is in this process, behind two pipes. ``reasons``: why the link ended."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._pipes: list[BinaryIO] = []
        there_in, here_out = self._pipe()
        here_in, there_out = self._pipe()
        self.behind = ThreadEngine()
        there, here = link_of(there_in, there_out), link_of(here_in, here_out)
        self._there = Conversation(there, lambda message: self.server.obey(message), self._end)
        self._here = Conversation(here, lambda message: self.take(message), self._end)
        self.server = Server(self.behind, self._there.tell, there.codec, self._end)
        super().__init__(self._here.post, here.codec)
        self._there.start()
        self._here.start()
        self.server.start()

    def _pipe(self) -> tuple[Any, Any]:
        source, sink = os.pipe()
        files = os.fdopen(source, "rb", buffering=0), os.fdopen(sink, "wb", buffering=0)
        self._pipes.extend(files)
        return files

    def _end(self, reason: str) -> None:
        if reason:
            self.reasons.append(reason)

    def close(self, timeout_s: float) -> bool:
        has_ended = super().close(timeout_s)
        self._here.finish(timeout_s)
        self.server.close()
        has_ended &= self.behind.close(timeout_s)
        for file in (self._pipes[1], self._pipes[3], self._pipes[0], self._pipes[2]):  # the ends that write go first
            file.close()
        assert not self.reasons, self.reasons
        return has_ended
