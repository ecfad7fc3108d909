"""Space held over a plot makes the left button pan it; Space that pans nothing trains or pauses as it is let go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QCursor, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from gui.desk.desk import Desk
from gui.plots.plot import Plot
from gui.widgets import focus, key_hints

TYPED = (QLineEdit, QTextEdit, QPlainTextEdit)
"""Widgets in which Space is a letter."""
SPACE = "Space"


class SpacePan(QObject):
    """Listens to the keys of a window before its shortcuts do, and takes Space where the mouse is over a plot."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._desk = desk
        self._plot: Plot | None = None
        handle = window.windowHandle()
        assert handle is not None, "the window has not been shown"
        handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt calls it for every event of the window's handle."""
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate or kind == QEvent.Type.FocusOut:
            self._let_go()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space and self._take(event)
        return False

    def _take(self, event: QKeyEvent) -> bool:
        """Whether an event of Space is the plot's."""
        if event.type() == QEvent.Type.ShortcutOverride and self._plot is None:
            if event.modifiers() or event.isAutoRepeat():
                return False
            self._plot = _plot_under_mouse()
            if self._plot is not None:
                self._plot.hold(True)
        elif event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat() and self._plot is not None:
            if not self._let_go() and key_hints.key("toggle_training") == SPACE:
                self._desk.toggle_training()
            return True
        if self._plot is not None:
            event.accept()
        return self._plot is not None

    def _let_go(self) -> bool:
        """End it; whether something was panned."""
        plot, self._plot = self._plot, None
        return plot is not None and plot.hold(False)


def _plot_under_mouse() -> Plot | None:
    """The plot under the mouse, unless Space belongs to what has the focus."""
    focused = QApplication.focusWidget()
    if isinstance(focused, TYPED) or (focused is not None and focus.reached_by_tab(focused)):
        return None
    under = QApplication.widgetAt(QCursor.pos())
    plot = None if under is None else under.parent()
    return plot if isinstance(plot, Plot) else None
