"""A signal closes the window as its button does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from core.cli.signals import NUMBERS, handled_by
from gui.shell.signal_watch import SignalWatch

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


def test_every_signal_arrives_while_it_listens(qapp: QApplication, qtbot: object) -> None:
    parent = QObject()
    watch = SignalWatch(parent)
    arrived: list[int] = []
    watch.arrived.connect(arrived.append)
    wait: Callable[..., None] = qtbot.waitUntil  # type: ignore[attr-defined]
    with handled_by(lambda number, frame: None):
        for number in NUMBERS:
            signal.raise_signal(number)
        wait(lambda: arrived == list(NUMBERS))
        watch.close()
        signal.raise_signal(signal.SIGTERM)
        qapp.processEvents()
    assert arrived == list(NUMBERS)
    assert signal.set_wakeup_fd(-1) == -1
