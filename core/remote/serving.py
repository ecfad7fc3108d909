"""The command ``engine``: an engine over standard input and output, or a relay to one that outlives its links.

torch is imported only by what computes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
from collections.abc import Iterator
from typing import BinaryIO, cast

from core.foundation.user_error import UserError
from core.remote import watch
from core.remote.relay import Rewound, first_words, relay
from core.remote.wire import Source

SWITCH_S = 0.0005
"""How long another thread may hold the GIL, s. Three trainers use 193 % of two cores so, 190 % with Python's 5 ms."""


def serve(linger_s: float | None = None, listener: int | None = None, memory: int | None = None) -> int:
    """Be an engine over standard input and output, until the other side ends; the exit status.

    Where it is to go on without a link, this process is a relay to another one that does; for how long the window says,
    unless ``linger_s`` does. ``listener`` is the descriptor of the socket by which that one is reached; ``memory`` that
    of the socket of a window on this computer, for large arrays (`core.remote.bypass`).
    """
    if listener is not None:
        return _listen(listener, linger_s or 0.0)
    source, sink = _standard_files()
    if linger_s == 0 or not hasattr(socket, "AF_UNIX"):
        return _serve_one(cast(Source, source), sink, source.fileno(), memory)
    heard = Rewound(source)
    try:
        attach = first_words(heard)
        first = heard.rewind()
        if attach is None:
            return 0
        if wanted := attach.linger_s if linger_s is None else linger_s:
            return relay(attach, first, source, sink, wanted)
    except UserError as error:
        return _ended(str(error))
    return _serve_one(heard, sink, source.fileno())


def _listen(listener: int, linger_s: float) -> int:
    try:
        door = socket.socket(fileno=listener)
    except OSError as error:
        return _ended(f"There is no socket {listener} to listen at ({error.strerror}).")
    with _import_at_ease():
        from core.remote.lingering import linger
    with door:
        return _ended(linger(door, linger_s))


def _standard_files() -> tuple[BinaryIO, BinaryIO]:
    """Both files of the link. What anything prints goes to standard error from now on."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return cast(BinaryIO, source), cast(BinaryIO, sink)


def _serve_one(source: Source, sink: BinaryIO, file: int, memory: int | None = None) -> int:
    """Be the engine of one link, the source of which is this open file: with its end this process ends."""
    watch.end_with_other_side(file)  # before the second that importing torch takes
    with _import_at_ease():
        from core.remote.bypass import Bypass
        from core.remote.process import serve_one
    if memory is None:
        return _ended(serve_one(source, sink))
    try:
        end = socket.socket(fileno=memory)
    except OSError as error:
        return _ended(f"There is no socket {memory} for large arrays ({error.strerror}).")
    end.set_inheritable(False)
    return _ended(serve_one(source, sink, Bypass(end)))


@contextlib.contextmanager
def _import_at_ease() -> Iterator[None]:
    """Import without looking for garbage: what is imported stays. It would take a sixth of the start."""
    gc.disable()
    yield
    gc.freeze()  # nor is it looked through later, while trainers wait
    gc.enable()
    sys.setswitchinterval(SWITCH_S)


def _ended(reason: str) -> int:
    """The exit status of an engine that ended so. Prints why, unless the window that would read it is gone."""
    try:
        if reason:
            print(reason, file=sys.stderr)
        sys.stderr.flush()
    except OSError:  # nothing more can be printed at all
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    return 1 if reason else 0
