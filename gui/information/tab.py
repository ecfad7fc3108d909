"""The Information tab: the pages of `gui.information.pages`, one at a time. A page is built when it is first shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import MARGIN, PAGES, InformationPage
from gui.widgets.label import Label
from gui.widgets.segmented import Segmented
from gui.widgets.window_ground import Page


class InformationTab(Page):
    """A row that chooses the page, and the page below it."""

    page_shown = Signal(str)

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk, self._clock = desk, clock
        self._made: dict[str, InformationPage] = {}
        self.chooser = Segmented([(name, PAGES.get(name).title) for name in PAGES.names()], fitted=True)
        self.chooser.setObjectName("information page")
        self.chooser.setAccessibleName("Page of the Information tab")
        self.chooser.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.chooser.chosen.connect(self.show_page)
        self._note = Label("", "caption", "text_3", elided=True)
        self._stack = QStackedWidget()
        px = theme.px
        row = QHBoxLayout()
        row.setContentsMargins(px(MARGIN), 0, px(MARGIN), 0)
        row.setSpacing(px(12))
        row.addWidget(self.chooser)
        row.addWidget(self._note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(8), 0, 0)
        column.setSpacing(px(8))
        column.addLayout(row)
        column.addWidget(self._stack, 1)

    @property
    def shown(self) -> str:
        """Name of the chosen page."""
        return self.chooser.value()

    def page(self, name: str) -> InformationPage:
        """The page of that name, built if need be; raises `core.foundation.registry.UnknownName`."""
        if name not in self._made:
            self._made[name] = PAGES.get(name)(self._desk, self._clock)
            self._stack.addWidget(self._made[name])
        return self._made[name]

    def show_page(self, name: str, card: str = "") -> None:
        """Show a page, and scroll to one of its cards by object name."""
        page = self.page(name)
        self.chooser.set_value(name)
        self._note.setText(page.note)
        self._stack.setCurrentWidget(page)
        self.page_shown.emit(name)
        if card:
            page.reveal(card)

    def showEvent(self, event: QShowEvent) -> None:
        if self.shown not in self._made:
            self.show_page(self.shown)
        super().showEvent(event)
