"""Work that follows a frame: what opens is painted first, and what takes long is filled in afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

SLICE_S = 0.008
"""CPU time of a slice of work in one turn of the event loop, s. Input and frames come between two slices."""


_PAINTED = QEvent.Type(QEvent.registerEventType())
"""Type of the event that follows a frame."""


class _AfterFrame(QObject):
    """Waits for the next frame of its owner."""

    def __init__(self, widget: QWidget, act: Callable[[], object]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)
        widget.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            # A timer of 0 s would be served with others that are due, before what waits for the painted frame
            QCoreApplication.postEvent(self, QEvent(_PAINTED), Qt.EventPriority.LowEventPriority.value)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == _PAINTED:
            self.deleteLater()
            self._act()
        return super().event(event)


def after_frame(widget: QWidget, act: Callable[[], object]) -> None:
    """Call ``act`` once the next frame of a widget is painted; never, if the widget is deleted before.

    The widget must paint itself: a scroll area does not, its viewport does.
    """
    _AfterFrame(widget, act)


class _Slices(QTimer):
    """Advances its work in one turn of the event loop after another.

    It is a child of its owner: a pending call of ``QTimer.singleShot`` would keep its function for ever, if the owner
    is deleted first.
    """

    def __init__(self, owner: QObject, work: Iterator[object]) -> None:
        super().__init__(owner)
        self._work = work
        self.setSingleShot(True)
        self.timeout.connect(self._run)
        self.start(0)

    def _run(self) -> None:
        until = time.thread_time() + SLICE_S
        for _ in self._work:
            if time.thread_time() >= until:
                self.start(0)
                return
        self.deleteLater()


def in_slices(owner: QObject, work: Iterator[object]) -> None:
    """Exhaust an iterator in slices of `SLICE_S`; it ends with its owner."""
    _Slices(owner, work)
