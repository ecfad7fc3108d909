"""Alt pressed and let go alone, which opens the menu of a window without a menu bar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_ENDS = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.FocusOut,
    QEvent.Type.WindowDeactivate,
)
_KEYS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


class AltKey(QObject):
    """Listens from a press of Alt until it is let go. ``tapped`` if nothing else was pressed in between."""

    tapped = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def begin(self) -> None:
        """Call when Alt is pressed. Only from then on every event of the window comes by here."""
        handle = self._window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt calls it for every event of the window's handle."""
        kind = event.type()
        is_alt = kind in _KEYS and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Alt
        if kind in _ENDS or (kind in _KEYS and not is_alt):
            watched.removeEventFilter(self)
        elif kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            watched.removeEventFilter(self)
            self.tapped.emit()
        return False
