"""The preferences: a list of pages at the left, rows at the right, and a search over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QStackedWidget, QWidget

from gui.drawing import theme
from gui.shell.preferences import pages
from gui.shell.preferences.keys import KeysPage
from gui.shell.preferences.row import Page, PathButtons, PreferenceRow
from gui.shell.preferred import Parts
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.sections import Divider

SIZE = (780, 520)
"""Size of the dialog, px, where the window leaves room for it."""
MARGIN_PX = 48
"""Room around it in a small window, px."""
ABOUT = "A change is in force at once."


class PreferencesDialog(Dialog):
    """Every preference of a window. What is changed holds at once; there is nothing to confirm."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window, "Preferences")
        self.setObjectName("preferences")
        self._preferences = parts.preferences
        self.keys = KeysPage(parts.preferences, parts.commands)
        self.pages = (
            pages.appearance(parts.preferences),
            self.keys,
            pages.folders(parts.preferences),
            pages.saving(parts.preferences, parts),
            pages.training(parts.preferences, parts),
            pages.lessons(parts.preferences, parts),
        )
        self.search = named(QLineEdit(), "preferences search", "Search the preferences")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = named(QListWidget(), "preferences pages", "Pages")
        self.list.addItems([page.name for page in self.pages])
        for each in (self.search, self.list):
            each.setFixedWidth(theme.px(140))
        self.list.currentRowChanged.connect(self._turn)
        self._stack = QStackedWidget()
        for page in self.pages:
            self._stack.addWidget(page)
        self._nothing = named(Label("", "body", "text_2", wrap=True), "nothing found")
        self._stack.addWidget(self._nothing)
        self._lay_out()
        self._fit(parts.window)
        self._preferences.changed.connect(self._show_all)
        self._show_all()
        self.list.setCurrentRow(0)
        self.search.setFocus()

    def _lay_out(self) -> None:
        px = theme.px
        self._trouble = named(Label("", "caption", "warn", wrap=True), "preferences trouble")
        self.inside.addWidget(self._trouble)
        self._side, self._foot = QWidget(), QWidget()
        layouts.column(self.search, (self.list, 1), spacing=px(8), margins=layouts.NO_MARGINS, on=self._side)
        self.inside.addLayout(layouts.row(self._side, (self._stack, 1), spacing=px(16)), 1)
        self.inside.addWidget(Divider())
        self._place = Label(f"{ABOUT} They stand in {self._preferences.path}", "caption", "text_2", elided=True)
        self._place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = PathButtons("preferences", lambda: Path(self._preferences.path))
        place = layouts.row((self._place, 1), buttons, spacing=px(8))
        self._all = named(Button("Restore all defaults", "undo", height=32), "restore defaults")
        self._all.clicked.connect(self._restore)
        close = named(Button("Close", key="Esc", height=32), "close preferences")
        close.clicked.connect(self.accept)
        ends = layouts.row(self._all, layouts.STRETCH, close, spacing=px(8))
        layouts.column(place, ends, spacing=px(12), margins=layouts.NO_MARGINS, on=self._foot)
        self.inside.addWidget(self._foot)

    def regions(self) -> Sequence[QWidget]:
        """See `Dialog`: search and list, then the page, then the foot."""
        return (self._side, self._stack, self._foot)

    def _fit(self, window: QWidget) -> None:
        margin = theme.px(MARGIN_PX)
        width, height = (theme.px(length) for length in SIZE)
        self.resize(min(width, window.width() - margin), min(height, window.height() - 2 * margin))

    def _turn(self, row: int) -> None:
        if row >= 0:
            self._stack.setCurrentIndex(row)

    def _filter(self, text: str) -> None:
        """Show the rows that have all words of the search, and the first page that has one."""
        words = text.lower().split()
        counts = [page.filter(words) for page in self.pages]
        for row, count in enumerate(counts):
            self.list.item(row).setHidden(count == 0)
        found = [row for row, count in enumerate(counts) if count]
        if not found:
            self._nothing.setText(f"No preference has the words “{text.strip()}”. Clear the search to see all.")
            self._stack.setCurrentWidget(self._nothing)
        elif self.list.currentRow() not in found:
            self.list.setCurrentRow(found[0])
        else:
            self._stack.setCurrentIndex(self.list.currentRow())

    def _show_all(self, name: str = "") -> None:
        """Show what is wrong with the file, and whether there is anything to restore."""
        troubles = self._preferences.troubles()
        self._trouble.setText("\n".join(troubles))
        self._trouble.setVisible(bool(troubles))
        self._all.setEnabled(bool(troubles) or self._preferences.differ())

    def _restore(self) -> None:
        rows = [row for page in self.pages if isinstance(page, Page) for row in page.rows]
        titles = {row.name: row.title.lower() for row in rows if isinstance(row, PreferenceRow)}
        names = [titles.get(name, name) for name in self._preferences.changed_names()]
        text = f"Put {', '.join(names) or 'what cannot be read'} back to the default?"
        more = "Experiments, runs, finished lessons and recent files stay as they are."
        pages.ask(self, "restore all", text, more, "Restore", self._preferences.reset)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list.doItemsLayout()  # with the heights of the style sheet, which is known from now on

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # nothing to confirm
            return
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return
        super().keyPressEvent(event)
