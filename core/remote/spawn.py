"""The process of an engine, started before anything heavy is imported here: it imports torch meanwhile itself."""

from __future__ import annotations

import contextlib
import io
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO, Any, cast

from core.foundation.program import PROGRAM
from core.foundation.quoted import brief
from core.foundation.user_error import UserError, as_sentence

ENGINE = (*PROGRAM, "engine")
"""The command of an engine of the files that run here."""
LOCAL = (*ENGINE, "--linger", "0")
"""The command of an engine beside the window, which ends with it."""
MOST_LINES = 20
"""Lines of a process's standard error that are kept."""
LONGEST_LINE = 1_000
"""Longest piece of a line, bytes."""
ERRORS_END_S = 1.0
"""Longest wait for the last lines of a process that has ended, s: a child of it may hold its standard error open."""


class Spawned:
    """A process that was started with an engine's command: its input and output are the link.

    Raises OSError where it cannot be started.
    """

    def __init__(self, command: Sequence[str] = LOCAL) -> None:
        self.memory: socket.socket | None = None
        """Our end of the socket of a `core.remote.bypass.Bypass`, where the process runs on this computer."""
        self.command = tuple(command)
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
        if self.command == LOCAL and hasattr(socket, "send_fds"):
            self.process, self.memory = _with_memory(self.command, pipes)
        else:
            self.process = subprocess.Popen(self.command, **pipes)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._reader = threading.Thread(target=self._read_errors, name="engine's errors", daemon=True)
        self._reader.start()

    @property
    def source(self) -> IO[bytes]:
        """What it says."""
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def sink(self) -> IO[bytes]:
        """What it hears."""
        assert self.process.stdin is not None
        return self.process.stdin

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.sink.close()
        self.source.close()
        if self.memory is not None:
            self.memory.close()
        self._reader.join(ERRORS_END_S)

    def last_words(self) -> str:
        """The last lines of its standard error; where it has ended, all of them."""
        if self.process.poll() is not None:
            self._reader.join(ERRORS_END_S)
        return "\n".join(self._lines)

    def _read_errors(self) -> None:
        """Keep the last lines, and hand everything on to the standard error of this process."""
        assert self.process.stderr is not None
        with io.BufferedReader(cast(io.RawIOBase, self.process.stderr)) as errors:
            while line := errors.readline(LONGEST_LINE):
                text = line.decode("utf-8", "replace")
                self._lines.append(text.rstrip())
                with contextlib.suppress(OSError, ValueError):  # nobody reads it, or it was closed
                    print(text, end="", file=sys.stderr, flush=True)


def _with_memory(command: tuple[str, ...], pipes: Any) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a process with one end of a new socket; both, with the other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        try:
            return subprocess.Popen([*command, "--memory", str(number)], pass_fds=(number,), **pipes), ours
        except OSError:
            ours.close()
            raise


def how_it_ended(status: int, words: str = "") -> str:
    """What a process's exit status says, in words; also where a shell or ssh hands on that of another one.

    ``words`` are its last ones; their last line stands beside a status that is no signal's.
    """
    number = -status if status < 0 else status - 128
    if number not in set(signal.Signals):
        last = words.rpartition("\n")[2]
        return f"it left with status {status}" + (f": {brief(last)}" if last else "")
    name = signal.Signals(number).name
    return f"{name}: killed, perhaps for memory" if name == "SIGKILL" else name


def command_of(text: str) -> tuple[str, ...]:
    """The words of a command as a shell splits them. Raises `UserError` where there is no such program."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UserError(as_sentence(f"The command {brief(text)} cannot be read: {error}")) from error
    if not words:
        raise UserError("The command of the engine is empty.")
    if shutil.which(words[0]) is None:
        raise UserError(f"There is no program {brief(words[0])} to start the engine with.")
    return words
