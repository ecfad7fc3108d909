"""Between a command's standard input and output and an engine that outlives them: bytes go both ways as they are.

The window's first message names its session. Its engine listens on a socket in the user's runtime folder; where it does
not exist yet it is started, in a session of processes of its own. Needs no torch.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO, cast

from core.foundation.mailbox import sentence_of
from core.foundation.user_error import UserError, as_sentence
from core.remote.codec import Codec
from core.remote.session import Attach, Gone, checked, runtime_folder
from core.remote.spawn import ENGINE, how_it_ended
from core.remote.wire import Frame, Source, Wire

PIECE = 1 << 16
"""Most bytes that are handed on at once."""
MOST_WORDS = 4_096
"""Longest first message of a window, bytes."""
STATUS_S = 3.0
"""Longest wait for the status of an engine whose link has ended, s."""
_WORDS = Codec({cls.__name__: cls for cls in (Attach, Gone)})


class Rewound:
    """A source whose bytes can be read once more, from the first on."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = cast(Source, source)
        self._kept = bytearray()
        self._is_keeping = True

    def rewind(self) -> bytes:
        """Give everything again that was read; returns it."""
        self._is_keeping = False
        return bytes(self._kept)

    def readinto(self, buffer: memoryview, /) -> int | None:
        """See `core.remote.wire.Source`."""
        if not self._is_keeping and self._kept:
            size = min(len(buffer), len(self._kept))
            buffer[:size] = self._kept[:size]
            del self._kept[:size]
            return size
        count = self._source.readinto(buffer)
        if self._is_keeping:
            self._kept += buffer[:count]
            if len(self._kept) > MOST_WORDS:
                raise UserError("The window says more than which session it has.")
        return count


def first_words(source: Rewound) -> Attach | None:
    """The window's first message; None where there is none. Raises `UserError` for anything else."""
    frame = Wire(source, io.BytesIO()).read()
    if frame is None:
        return None
    message = _WORDS.decode(Frame(frame.body, frame.arrays))
    if not isinstance(message, Attach):
        raise UserError("The window does not say which session it has.")
    return checked(message)


def relay(attach: Attach, first: bytes, source: BinaryIO, sink: BinaryIO, linger_s: float) -> int:
    """Join the window with the engine of its session until either ends; the exit status.

    ``first`` is what the window said already. Raises `UserError` where no engine can listen, before anything is sent.
    """
    folder = runtime_folder()
    path = folder / attach.token
    _clear(folder)
    started: tuple[subprocess.Popen[bytes], threading.Thread] | None = None
    connection = _connected(path)
    if connection is None:
        if attach.again:
            Wire(io.BytesIO(), sink).write(_WORDS.encode(Gone(), Gone.__name__))
            return 0
        started = _started(path, linger_s)
        connection = _connected(path)
    if connection is None:
        raise UserError(f"The engine does not listen at {path}.")
    with connection:
        connection.sendall(first)
        listening = threading.Thread(target=_hear, args=(source, connection), name="from the window", daemon=True)
        listening.start()
        with contextlib.suppress(OSError):  # the window is gone
            while piece := connection.recv(PIECE):
                _write(sink, piece)
    if started is None:
        return 0
    engine, errors = started
    try:
        status = engine.wait(STATUS_S)
        errors.join(STATUS_S)
    except subprocess.TimeoutExpired:  # it lingers
        return 0
    if status < 0:
        path.unlink(missing_ok=True)
        print(f"The engine ended ({how_it_ended(status)}).", file=sys.stderr)
    return status if status >= 0 else 128 - status


def _hear(source: BinaryIO, connection: socket.socket) -> None:
    """Hand on what the window says, until it ends."""
    with contextlib.suppress(OSError):
        while piece := source.read(PIECE):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)


def _hand_on_errors(engine: subprocess.Popen[bytes]) -> None:
    assert engine.stderr is not None
    with contextlib.suppress(OSError), engine.stderr as errors:
        while piece := errors.read(PIECE):
            os.write(2, piece)


def _write(sink: BinaryIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[sink.write(left) :]


def _connected(path: Path) -> socket.socket | None:
    """A connection to the engine that listens there; None where none does."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def _clear(folder: Path) -> None:
    """Take away what engines left that were killed."""
    for path in folder.iterdir():
        if path.is_socket():
            connection = _connected(path)
            if connection is None:
                path.unlink(missing_ok=True)
            else:
                connection.close()


def _started(path: Path, linger_s: float) -> tuple[subprocess.Popen[bytes], threading.Thread]:
    """An engine that listens at a path, in a session of its own, so that it outlives this process.

    The thread hands on what it prints.

    Raises `UserError` where it cannot be.
    """
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(path))
            os.chmod(path, 0o600)
            door.listen()
            words = (*ENGINE, "--listen", str(door.fileno()), "--linger", f"{linger_s:g}")
            engine = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=(door.fileno(),),
                start_new_session=True,
            )
    except OSError as error:
        raise UserError(as_sentence(f"No engine can listen at {path}: {sentence_of(error)}")) from error
    errors = threading.Thread(target=_hand_on_errors, args=(engine,), name="engine's errors", daemon=True)
    errors.start()
    return engine, errors
