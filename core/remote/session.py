"""A session: what a window and an engine have with each other, over one link after another.

The window chooses a token and says it first (`Attach`). It keeps every message until the engine says that it was heard
(`Unheard`), so that the next link goes on where one was cut. This file needs no torch: `core.remote.relay` uses it.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from core.foundation.user_error import UserError
from core.remote.wire import Frame, Sink, Source

LINGER_S = 600.0
"""So long an engine that is not beside its window goes on without it, s."""
PING_S = 1.0
"""Time between two questions whether the other side is there, s."""
LONGEST_LINGER_S = 7 * 86_400.0
ONE_WRITE = 1 << 18
"""Most bytes that are written at once, so that it is seen how a large message gets on."""
_TOKEN = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Attach:
    """The window's first message of a link. ``again``: only the session with this ``token`` will do, not a new one.

    ``linger_s`` is how long the engine is to go on without a link, s.
    """

    token: str
    again: bool
    linger_s: float


@dataclass(frozen=True)
class Gone:
    """There is no engine with this session any more."""


@dataclass(frozen=True)
class Ping:
    """Are you there?"""

    number: int


@dataclass(frozen=True)
class Pong:
    """The answer to a `Ping`, which lay here ``held_s``; so many messages of the window were ``heard`` by now."""

    number: int
    held_s: float
    heard: int


@dataclass(frozen=True)
class Goodbye:
    """The window closes: nobody will attach to this session again."""


@dataclass(frozen=True)
class Cut:
    """How a link ended at ``first``, in words, and ``how`` the newest try to mend it; what else is known."""

    how: str
    details: str
    first: str


BESIDE = (Attach, Ping)
"""Messages that are not counted: they are of one link."""


def new_token() -> str:
    """A token for a new session."""
    return secrets.token_hex(8)


def checked(attach: Attach) -> Attach:
    """Whether a session may be called so. Raises `UserError`."""
    if not _TOKEN.fullmatch(attach.token) or not 0 <= attach.linger_s <= LONGEST_LINGER_S:
        raise UserError("The window named a session that cannot be.")
    return attach


def runtime_folder() -> Path:
    """The folder of the user's sockets, made where it is missing. Raises `UserError` where others could enter it."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    own = f"latent-playground-{os.getuid()}"
    folder = Path(base) / "latent-playground" if base else Path(tempfile.gettempdir()) / own
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise UserError(f"The folder {folder} is not the user's own alone, so no engine listens in it.")
    return folder


class Unheard:
    """Messages of the window that the engine has not said it heard, in order. Safe for any number of threads."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._heard = 0
        self._lock = threading.Lock()

    def add(self, frame: Frame) -> None:
        """Keep a message."""
        with self._lock:
            self._frames.append(frame)

    def forget(self, heard: int) -> None:
        """Forget the first messages, of which the engine heard so many. ValueError where there were not so many."""
        with self._lock:
            if not self._heard <= heard <= self._heard + len(self._frames):
                raise ValueError(f"it heard {heard:,} messages, which cannot be")
            while self._heard < heard:
                self._frames.popleft()
                self._heard += 1

    def frames(self) -> tuple[Frame, ...]:
        """What was not heard."""
        with self._lock:
            return tuple(self._frames)


class Metered:
    """Both files of a link, counted: how many ``bytes`` passed either way, and when the last did (`time.monotonic`)."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self._source = source
        self._sink = sink
        self.received = 0
        self.at = time.monotonic()

    def readinto(self, buffer: memoryview, /) -> int | None:
        """See `Source`."""
        count = self._source.readinto(buffer)
        self.received += count or 0
        self.at = time.monotonic()
        return count

    def write(self, content: bytes | memoryview, /) -> int | None:
        """See `Sink`."""
        count = self._sink.write(memoryview(content)[:ONE_WRITE])
        self.at = time.monotonic()
        return count

    def flush(self) -> None:
        """See `Sink`."""
        self._sink.flush()
