"""The scene of a plot: pyqtgraph's, which leaves the moment of painting to the window.

Qt has every scene paint the whole window as soon as it has looked which of its items changed. With nine charts and maps
a window would be painted nine times a beat, and before its layouts are settled when a page is turned. Here it is
painted once, when all else that has happened is dealt with.
"""

from __future__ import annotations

import functools
import time
import weakref
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

LONGEST_S = 0.008
"""Painting is put off for so long at most, s: while something changes all the time, too."""
UPDATE, LOW = QEvent.Type.UpdateRequest, Qt.EventPriority.LowEventPriority.value


class _Hold(QObject):
    """Keeps a window from being painted now, and has it painted later."""

    def __init__(self) -> None:
        super().__init__()
        self._since = 0.0  # when painting was put off first, of perf_counter; 0 where it was not

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != UPDATE:
            return False
        now = time.perf_counter()
        if self._since and now - self._since > LONGEST_S:
            self.painted()
            return False
        self._since = self._since or now
        QCoreApplication.postEvent(watched, QEvent(UPDATE), LOW)
        return True

    def painted(self) -> None:
        """A window has been painted."""
        self._since = 0.0


hold = _Hold()
on_screen: weakref.WeakSet[Any] = weakref.WeakSet()
"""The scenes of views that are shown."""


@functools.cache
def scene_kind() -> Any:
    """The class of scenes; it is made with the first plot, see `gui.plots.view`."""
    import pyqtgraph as pg

    class Scene(pg.GraphicsScene):
        """Items of one plot, whose view is the parent."""

        def __init__(self, view: QWidget) -> None:
            super().__init__(parent=view)
            self._view = view

        def event(self, event: QEvent) -> bool:
            if event.type() != QEvent.Type.MetaCall:
                return bool(super().event(event))
            window = self._view.window()
            window.installEventFilter(hold)
            done = bool(super().event(event))
            window.removeEventFilter(hold)
            return done

    return Scene


def settle() -> None:
    """Have scenes look now which of their items changed, so that the next time a window is painted shows it."""
    for scene in list(on_screen):
        if shiboken6.isValid(scene):
            QCoreApplication.sendPostedEvents(scene, QEvent.Type.MetaCall.value)
