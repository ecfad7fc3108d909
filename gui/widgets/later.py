"""Work that follows a frame: what opens is painted first, and what takes long is filled in afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

SLICE_S = 0.008
"""CPU time of a slice of work in one turn of the event loop, s. Input and frames come between two slices."""


class _AfterFrame(QObject):
    """Waits for the next frame of its parent."""

    def __init__(self, widget: QWidget, act: Callable[[], object]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)
        widget.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._run)
        return False

    def _run(self) -> None:
        self.deleteLater()
        self._act()


def after_frame(widget: QWidget, act: Callable[[], object]) -> None:
    """Call ``act`` once the next frame of a widget is painted; never, if the widget is deleted before.

    The widget must paint itself: a scroll area does not, its viewport does.
    """
    _AfterFrame(widget, act)


class _Slices(QObject):
    """Advances its work in one turn of the event loop after another."""

    def __init__(self, owner: QObject, work: Iterator[object]) -> None:
        super().__init__(owner)
        self._work = work
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        until = time.thread_time() + SLICE_S
        for _ in self._work:
            if time.thread_time() >= until:
                QTimer.singleShot(0, self, self._go_on)
                return
        self.deleteLater()


def in_slices(owner: QObject, work: Iterator[object]) -> None:
    """Exhaust an iterator in slices of `SLICE_S`; it ends with its owner."""
    _Slices(owner, work)
