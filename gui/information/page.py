"""Base class of the Information tab's pages. ``@register("name")`` in a ``page.py`` under ``pages/`` adds one."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from core.foundation.registry import Registry
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.manual_places import set_place
from gui.widgets.window_ground import Page

MARGIN = 12
"""Margin around the cards, px at text size 1."""
GAP = 12
"""Gap between cards, px at text size 1."""


class InformationPage(QScrollArea):
    """A scrolling page of cards, built when it is first shown (abstract). Cards go into ``column``.

    ``title`` stands in the row of pages, ``note`` in grey at its end while the page is open. Cards that draw views are
    added to the clock (``clock.add``), which skips them while the page is not visible.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    note: ClassVar[str] = ""
    order: ClassVar[int] = 100
    spoken_role = QAccessible.Role.Pane

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part(type(self).title))
        self.desk, self.clock = desk, clock
        self.setObjectName(f"information {type(self).name}")
        self.setAccessibleName(type(self).title)
        self._sheet = Page()
        self._revealed: QWidget | None = None
        self.column = QVBoxLayout(self._sheet)
        px = theme.px
        self.column.setContentsMargins(px(MARGIN), 0, px(MARGIN), px(MARGIN))
        self.column.setSpacing(px(GAP))
        self.setWidget(self._sheet)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click between the cards leaves the keyboard where it is
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        theme.changes.changed.connect(self.refit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()

    def in_view(self) -> list[QWidget]:
        """The cards that are in view, also before the page is shown, at the size that it has."""
        layout = self._sheet.layout()
        assert layout is not None
        self._sheet.resize(self.viewport().size())
        layout.activate()
        seen = self.viewport().rect().translated(-self._sheet.pos())
        children = self._sheet.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [each for each in children if each.geometry().intersects(seen)]

    def reveal(self, card: str) -> None:
        """Scroll to a card by its object name, once the layout is done."""
        widget = self._sheet.findChild(QWidget, card)
        if widget is not None:
            self._revealed = widget
            QTimer.singleShot(0, self, self._show_revealed)

    def _show_revealed(self) -> None:
        if self._revealed is not None:
            QApplication.sendPostedEvents(self._sheet, QEvent.Type.LayoutRequest)  # cards take their height by it
            self.ensureWidgetVisible(self._revealed, 0, theme.px(GAP))
            self._revealed = None

    def refit(self) -> None:
        """Place the cards anew after a change of the page's or the text's size."""
        room = self.viewport().size()
        inside = QSize(room.width() - 2 * theme.px(MARGIN), room.height() - theme.px(MARGIN))
        if inside.width() > 0:
            self.fit(inside)

    def fit(self, room: QSize) -> None:
        """Place the cards; ``room`` is the visible part of the page without its margins, px."""


PAGES: Registry[InformationPage] = Registry("gui.information.pages", "page", inside="page")
register = PAGES.register
