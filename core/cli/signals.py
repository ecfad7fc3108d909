"""SIGINT (Ctrl-C), SIGTERM and SIGHUP: each ends the program in order, with status 128 and its number.

Where a signal arrives decides what it does: amid an import nothing is worth keeping and modules are half made, so the
process ends at once; in a command it raises; a training saves first. A signal that was ignored at the start (``nohup``,
a shell's ``&``) stays ignored.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a program to end, where the system has them."""
NAMES: dict[int, str] = {signal.SIGINT: "Ctrl-C"}
"""What people call a signal, where that is not its name."""

Handler = Callable[[int, FrameType | None], Any]


class Interrupted(KeyboardInterrupt):
    """A signal that asks the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(name_of(number))
        self.status = status_of(number)


def status_of(number: int) -> int:
    """The exit status of a program that this signal ended, as a shell would say it."""
    return 128 + number


def name_of(number: int) -> str:
    """What people call a signal: Ctrl-C, SIGTERM."""
    return NAMES.get(number) or signal.Signals(number).name


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A handler that ends the process here and now: no traceback, nothing half done is met by anybody."""
    os._exit(status_of(number))


def interrupt(number: int, frame: FrameType | None) -> None:
    """A handler that raises `Interrupted`; amid an import, which may swallow it, the process ends at once."""
    if _is_importing(frame):
        end_at_once(number, frame)
    raise Interrupted(number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def handled_by(handler: Handler) -> Iterator[None]:
    """Within it ``handler`` gets the signals, afterwards who had them before. Only the main thread can be asked."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in NUMBERS}
    taken = [number for number, earlier in before.items() if earlier is not signal.SIG_IGN and earlier is not None]
    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


class Stop:
    """A handler that calls ``act`` at the first signal and remembers it; further ones change nothing."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.number = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if not self.number:
            self.number = number
            self._act()
