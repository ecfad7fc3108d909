"""Both threads of a link: one reads and hands on what comes, one writes what is to be sent, so that nobody waits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from core.foundation.mailbox import sentence_of
from core.remote.link import Link
from core.remote.wire import Frame, LinkEnded, WireError


class Conversation:
    """Sends and receives messages. ``take`` gets each that comes; ``ended`` is told once why no more will come.

    Both are called on the thread that reads. The reason is "" where the other side ended after a whole message.
    ``was_wrong``: it ended because the other side said what is no message, or cannot be.
    """

    def __init__(self, link: Link, take: Callable[[Any], None], ended: Callable[[str], None]) -> None:
        self._link = link
        self._take = take
        self._ended = ended
        self._outgoing: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._is_over = False
        self.was_wrong = False
        self._reader = threading.Thread(target=self._read, name="link reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name="link writer", daemon=True)

    def start(self) -> None:
        """Read and write from now on."""
        self._reader.start()
        self._writer.start()

    def post(self, message: Any) -> None:
        """Queue a message. Its arrays are written when its turn comes, so they must not change.

        Raises `WireError` where it cannot be sent. After the end nothing is.
        """
        self.put(self.encoded(message))

    def encoded(self, message: Any) -> Frame:
        """A message as it travels. Raises `WireError` where it cannot."""
        return self._link.codec.encode(message, type(message).__name__)

    def put(self, frame: Frame) -> None:
        """Queue a message that is encoded already."""
        if not self._is_over:
            self._outgoing.put(frame)

    def tell(self, message: Any) -> None:
        """Send a message and wait until the other side takes it. Raises `WireError`."""
        self._link.send(message, type(message).__name__)

    def finish(self, timeout_s: float) -> bool:
        """Write what is queued, then nothing; False if the other side does not take it in time."""
        self._outgoing.put(None)
        self._writer.join(timeout_s)
        return not self._writer.is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait until nothing more comes and ``ended`` was told."""
        self._reader.join(timeout_s)

    def _write(self) -> None:
        while (frame := self._outgoing.get()) is not None:
            try:
                self._link.write(frame)
            except WireError:
                return  # the thread that reads hears of it too, and tells

    def _read(self) -> None:
        reason = ""
        try:
            while (message := self._link.receive()) is not None:
                self._take(message)
        except LinkEnded as error:
            reason = str(error)
        except WireError as error:
            reason, self.was_wrong = str(error), True
        except Exception as error:  # a whole message may still say what cannot be
            self.was_wrong = True
            reason = f"The other side said what cannot be: {sentence_of(error)}"
        finally:
            self._is_over = True
            self._outgoing.put(None)
        self._ended(reason)
