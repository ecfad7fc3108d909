"""A card over the pages of its window that leaves the keyboard and the rest of the window to the user."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.buttons import IconButton
from gui.widgets.label import Label
from gui.widgets.sections import Card

GAP = 8
"""Space between the card and what it stands beside, px."""


def free_place(size: QSize, room: QRect, anchor: QRect, keep: Sequence[QRect]) -> QPoint:
    """The corner of a card of this size inside ``room`` that covers the least area of ``keep``; of those the nearest to
    ``anchor``. All in the coordinates of one widget."""
    columns = {room.left(), room.right() + 1 - size.width()}
    rows = {room.top(), room.bottom() + 1 - size.height()}
    for rect in (anchor, *keep):
        columns |= {rect.left() - GAP - size.width(), rect.right() + 1 + GAP}
        rows |= {
            rect.top() - GAP - size.height(),
            rect.top(),
            rect.bottom() + 1 - size.height(),
            rect.bottom() + 1 + GAP,
        }
    places = [QRect(QPoint(x, y), size) for x, y in itertools.product(columns, rows)]
    places = [place for place in places if room.contains(place)] or [QRect(room.topLeft(), size)]

    def cost(place: QRect) -> tuple[int, int, int, int]:
        covered = [place.intersected(rect) for rect in keep]
        away = place.center() - anchor.center()
        area = sum(max(0, each.width()) * max(0, each.height()) for each in covered)
        return area, away.manhattanLength(), place.top(), place.left()

    return min(places, key=cost).topLeft()


class FloatingCard(Card):
    """A titled card with a close button; add content to ``body``.

    It is no popup: keys and clicks outside reach the window, so that its shortcuts work while the card is open. It
    closes with its button, with `close_card`, or when what it stands beside is hidden. ``displaced`` asks for another
    place after the room has another size.
    """

    displaced = Signal(object)  # what it stands beside

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__("card", "line_strong")
        self.setParent(parent)
        self._anchor: QWidget | None = None
        self._room: QWidget | None = None
        px = theme.px
        close = IconButton("close", "Close  (Esc)", 20)
        close.clicked.connect(self.close_card)
        self.body = QVBoxLayout()
        self.body.setSpacing(px(8))
        self._title = Label(title, "strong", "text")
        head = layouts.row(self._title, layouts.STRETCH, close)
        layouts.column(head, self.body, spacing=px(8), margins=(px(12), px(8), px(12), px(12)), on=self)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def set_title(self, title: str) -> None:
        """Set the title."""
        self._title.setText(title)

    def open_beside(self, anchor: QWidget, room: QWidget, keep: Sequence[QWidget], part: QRect | None = None) -> None:
        """Show the card beside ``anchor`` inside ``room``, where it covers the least of ``keep``. All in one window.

        ``part``: of the anchor, in its pixels, what the card stands beside and does not cover if there is room.
        """
        self._leave()
        window = anchor.window()
        self.setParent(window)
        self._anchor, self._room = anchor, room
        for watched in (anchor, room):
            watched.installEventFilter(self)

        def area(widget: QWidget) -> QRect:
            return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())

        kept = [area(widget) for widget in keep if widget.isVisible()]
        beside = area(anchor)
        if part is not None:
            beside = part.translated(beside.topLeft()) & area(room)
            kept.append(beside)
        size = self.sizeHint()
        self.setGeometry(QRect(free_place(size, area(room), beside, kept), size))
        self.show()
        self.raise_()

    def close_card(self) -> None:
        """Hide the card."""
        self._leave()
        self.hide()

    def _leave(self) -> None:
        for watched in (self._anchor, self._room):
            if watched is not None:
                watched.removeEventFilter(self)
        self._anchor = self._room = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._anchor and event.type() == QEvent.Type.Hide:
            self.close_card()
        elif watched is self._room and event.type() == QEvent.Type.Resize:
            self.displaced.emit(self._anchor)
        return False
