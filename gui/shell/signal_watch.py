"""SIGINT, SIGTERM and SIGHUP close the window as its button does."""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from core.cli.signals import NUMBERS


class SignalWatch(QObject):
    """``arrived`` tells the number of a signal at once; Python alone would see it when it is called next.

    It listens until `close`. The signals need handlers of Python, which may do nothing.
    """

    arrived = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ours, self._theirs = socket.socketpair()
        for end in (self._ours, self._theirs):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)

    def _read(self) -> None:
        for number in self._ours.recv(64):
            if number in NUMBERS:
                self.arrived.emit(number)

    def close(self) -> None:
        """Listen no longer."""
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()
