"""The Information tab: the pages of `gui.information.pages`, one at a time. A page is built when it is first opened,
after a frame without it."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import MARGIN, PAGES, InformationPage
from gui.widgets import later
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
        self._wanted = ("", "")  # the page that is opened once it is built, and the card to scroll to
        self._note = Label("", "caption", "text_3", elided=True)
        self._stack = QStackedWidget()
        self._blank = Page()
        self._stack.addWidget(self._blank)
        px = theme.px
        self._row = row = QHBoxLayout()
        row.setContentsMargins(px(MARGIN), 0, px(MARGIN), 0)
        row.setSpacing(px(12))
        row.addWidget(self._note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(8), 0, 0)
        column.setSpacing(px(8))
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        desk.dataset_changed.connect(self._follow_dataset)

    @functools.cached_property
    def chooser(self) -> Segmented:
        """The row of pages. It is made when it is first needed: importing all pages takes a sixth of the start."""
        chooser = Segmented([(name, PAGES.get(name).title) for name in PAGES.names()], fitted=True)
        chooser.setObjectName("information page")
        chooser.setAccessibleName("Page of the Information tab")
        chooser.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        chooser.chosen.connect(self.open_page)
        self._row.insertWidget(0, chooser)
        chooser.show()
        return chooser

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

    def open_page(self, name: str, card: str = "") -> None:
        """Show a page, and scroll to one of its cards by object name. What is not built comes after the next frame."""
        self._desk.make_way()
        if name in self._made:
            self.show_page(name, card)
            return
        self.chooser.set_value(name)
        self._show_note()
        self._stack.setCurrentWidget(self._blank)
        self._wanted = (name, card)
        later.after_frame(self._blank, self._build_wanted)

    def _build_wanted(self) -> None:
        """Build the page that was opened, unless another one has been shown since."""
        name, _ = self._wanted
        if name:
            self._desk.make_way()
            self.page(name).resize(self._stack.size())
            later.after_frame(self._blank, lambda: later.in_slices(self, self._prepare(name)))

    def _prepare(self, name: str) -> Iterator[None]:
        """Paint the cards that will be in view one after another, then show them: the first time takes the longest."""
        page = self._made[name]
        for card in page.in_view():
            if name != self._wanted[0]:
                return
            card.grab()
            yield
        self._show_wanted()

    def _show_wanted(self) -> None:
        name, card = self._wanted
        if name:
            self.show_page(name, card)
            # cards take their places before the clock asks which of them are in view
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    def show_page(self, name: str, card: str = "") -> None:
        """Show a page at once, built or not, and scroll to one of its cards by object name."""
        self._wanted = ("", "")
        page = self.page(name)
        self.chooser.set_value(name)
        self._show_note()
        self._stack.setCurrentWidget(page)
        self.page_shown.emit(name)
        if card:
            page.reveal(card)

    def _show_note(self) -> None:
        """The note of the chosen page, in the words of the data."""
        self._note.setText(self._desk.worded(PAGES.get(self.shown).note))

    def _follow_dataset(self) -> None:
        if self._made:
            self._show_note()

    def showEvent(self, event: QShowEvent) -> None:
        if self.shown not in self._made and self._wanted[0] != self.shown:
            self.open_page(self.shown)
        super().showEvent(event)
