"""PySide6 6.12.0 released one reference to None too many with each void call, and aborted after a minute."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def test_void_qt_calls_keep_none_alive(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for i in range(1_000):
        widget.move(i, i)
    assert abs(sys.getrefcount(None) - before) < 100
