"""The dialog of all events since the start, newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from core.engine.status import Event
from gui.drawing import theme
from gui.widgets.buttons import Button
from gui.widgets.dialogs import Dialog


class EventsDialog(Dialog):
    """The events of lanes and window, as text to copy."""

    def __init__(self, parent: QWidget | None, events: Sequence[Event]) -> None:
        super().__init__(parent, "Events since the start, newest first")
        lines = [
            f"{time.strftime('%H:%M:%S', time.localtime(e.time))}  {e.lane + ': ' if e.lane else ''}{e.text}"
            for e in reversed(events)
        ]
        text = QPlainTextEdit("\n".join(lines))
        text.setAccessibleName("All events")
        text.setReadOnly(True)
        text.setMinimumSize(theme.px(560), theme.px(320))
        close = Button("Close")
        close.clicked.connect(self.accept)
        self.inside.addWidget(text)
        self.inside.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
