"""A page of the Information tab. One file in ``pages/`` with ``@register("name")`` adds one."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from core.foundation.registry import Registry
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.window_ground import Page

MARGIN = GAP = 12
"""Around the cards, and between them."""


class InformationPage(QScrollArea):
    """Made when it is first shown; put cards into ``column``. A page that is not shown is not visible: no beat is its.

    ``title`` stands in the row of pages, ``note`` in grey at its end while the page is open. Give the cards that draw
    views to the clock (``clock.add``), as any panel.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    note: ClassVar[str] = ""
    order: ClassVar[int] = 100

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self.desk, self.clock = desk, clock
        self.setObjectName(f"information {type(self).name}")
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

    def reveal(self, card: str) -> None:
        """Scroll to a card by its name, once everything has its place."""
        found = self._sheet.findChild(QWidget, card)
        if found is not None:
            self._revealed = found
            QTimer.singleShot(0, self, self._show_revealed)

    def _show_revealed(self) -> None:
        if self._revealed is not None:
            QApplication.sendPostedEvents(self._sheet, QEvent.Type.LayoutRequest)  # cards take their height by it
            self.ensureWidgetVisible(self._revealed, 0, theme.px(GAP))
            self._revealed = None

    def refit(self) -> None:
        """The room or the size of text is another: let `fit` place the cards."""
        room = self.viewport().size()
        inside = QSize(room.width() - 2 * theme.px(MARGIN), room.height() - theme.px(MARGIN))
        if inside.width() > 0:
            self.fit(inside)

    def fit(self, room: QSize) -> None:
        """Place the cards; ``room`` is what the window shows of the page at once, without its margins."""


PAGES: Registry[InformationPage] = Registry("gui.information.pages", "page", inside="page")
register = PAGES.register
