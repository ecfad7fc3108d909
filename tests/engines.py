"""Engines for tests: the default one in a process that is forked, and one behind a link within this process."""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections import deque
from typing import Any, BinaryIO

import torch

from core.engine.engine import Engine
from core.engine.threads import ThreadEngine
from core.remote.conversation import Conversation
from core.remote.engine import RemoteEngine
from core.remote.process import ProcessEngine, link_of
from core.remote.server import Server
from core.remote.serving import serve
from core.remote.spawn import LOCAL, MOST_LINES, Spawned


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


class _Child:
    """A forked process, with what `core.remote` uses of `subprocess.Popen`."""

    def __init__(self, pid: int, files: tuple[BinaryIO, BinaryIO, BinaryIO]) -> None:
        self.pid = pid
        self.stdin, self.stdout, self.stderr = files
        self.returncode: int | None = None
        self._end = os.pidfd_open(pid)  # it can be read once the process has ended
        self._lock = threading.Lock()

    def __del__(self) -> None:
        os.close(self._end)

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None and not select.select([self._end], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("engine", timeout or 0.0)
        self.poll()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Forked(Spawned):
    """As `Spawned`, but forked from this process, which has imported everything: 20 ms instead of 1.5 s."""

    def __init__(self) -> None:
        self.command = LOCAL
        self.memory, theirs = socket.socketpair()
        ends = [os.pipe() for _ in range(3)]  # read, write
        (heard, to_hear), (said, to_say), (errors, to_err) = ends
        pid = os.fork()
        if not pid:
            gc.freeze()  # garbage of this process would close files there that have numbers of its own
            status = 70
            try:
                for number, end in enumerate((heard, to_say, to_err)):
                    os.dup2(end, number)
                socket_end = theirs.detach()
                os.dup2(socket_end, 3)
                os.closerange(4, 4096)  # whatever else is open here, with the ends of this process
                sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115  # pytest's is not the process's
                faulthandler.enable(sys.stderr, all_threads=False)
                _begin_autograd_anew()
                status = serve(0.0, memory=3)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        theirs.close()
        for end in (heard, to_say, to_err):
            os.close(end)
        files = os.fdopen(to_hear, "wb", buffering=0), os.fdopen(said, "rb", buffering=0)
        child = _Child(pid, (*files, os.fdopen(errors, "rb", buffering=0)))  # type: ignore[arg-type]
        self.process = child  # type: ignore[assignment]
        self._lines = deque(maxlen=MOST_LINES)
        self._reader = threading.Thread(target=self._read_errors, name="engine's errors", daemon=True)
        self._reader.start()


def _begin_autograd_anew() -> None:
    """After a fork torch builds its autograd engine anew at its first use, not guarded: two trainers at once crash.

    Here it is used once, before there are any (`PythonEngine::get_python_engine` in torch/csrc/autograd).
    """
    torch.ones(1, requires_grad=True).sum().backward()


def default_engine() -> Engine:
    """A window's engine by default, in a process of its own; where none can be forked, behind a link here."""
    return ProcessEngine(Forked()) if sys.platform.startswith("linux") else LoopEngine()
