"""What widgets that paint themselves share: they follow the theme, say how large they want to be, take the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ClassVar

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.drawing import theme
from gui.widgets import focus


class PaintedWidget(QWidget):
    """A widget that paints itself in the colours of the theme (abstract).

    ``preferred_px`` and ``least_px`` are its size hints, width and height at text size 1; None leaves them to Qt.
    """

    preferred_px: ClassVar[tuple[int, int] | None] = None
    least_px: ClassVar[tuple[int, int] | None] = None

    def __init__(self, parent: QWidget | None = None, flags: Qt.WindowType = Qt.WindowType.Widget) -> None:
        super().__init__(parent, flags)
        theme.changes.changed.connect(self._restyle)

    def _restyle(self) -> None:
        """Another theme or text size is in force."""
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return super().sizeHint() if self.preferred_px is None else _scaled(*self.preferred_px)

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint() if self.least_px is None else _scaled(*self.least_px)


class KeyboardWidget(PaintedWidget):
    """A painted widget that takes the keyboard (abstract): the focus ring is around it when the focus came by keyboard.

    While it has the focus, its ``keys`` are kept from the window's shortcuts.
    """

    keys: Collection[Qt.Key] = ()

    def _claims(self, event: QEvent) -> bool:
        """Whether an event asks for a key that is the widget's own now."""
        return self.hasFocus() and focus.claims(event, self.keys)

    def event(self, event: QEvent) -> bool:
        return self._claims(event) or super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        focus.entered(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        focus.left(self)


def show_tip(widget: QWidget, event: QEvent, words_at: Callable[[QPointF], str]) -> bool:
    """Call from ``event``: if a tooltip is asked for, shows what there is to say of that place, and is True."""
    if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
        return False
    QToolTip.showText(event.globalPos(), words_at(QPointF(event.pos())), widget)
    return True


def _scaled(width: int, height: int) -> QSize:
    return QSize(theme.px(width), theme.px(height))
