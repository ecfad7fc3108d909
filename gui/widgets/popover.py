"""A card that opens over the window and closes with Esc or a click outside."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets.painted import PaintedWidget


class Popover(PaintedWidget):
    """A card with a 1-px border; add content to ``body``. Corners are square, because it is a window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(13, 13, 13, 13)
        self.body.setSpacing(8)

    def open_below(self, widget: QWidget) -> None:
        """Show below a widget, aligned at its left; above it or further left where the screen ends."""
        self.adjustSize()
        size = self.size()
        below = widget.mapToGlobal(QPoint(0, widget.height() + 4))
        screen = widget.screen().availableGeometry()
        if below.y() + size.height() > screen.bottom():
            above = widget.mapToGlobal(QPoint(0, -4 - size.height()))
            below.setY(max(screen.top(), above.y()))
        below.setX(max(screen.left(), min(below.x(), screen.right() - size.width())))
        self.move(below)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            paint.box(painter, self.rect(), 0, colors.card, colors.line_strong)
