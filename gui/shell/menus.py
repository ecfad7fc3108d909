"""The menus of a window: one tree, shown as a menu bar and as the menu behind ☰."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

from gui.desk.settings import Settings
from gui.files.documents import Documents
from gui.shell.commands import Commands
from gui.shell.menu_tree import MENUS, RECENT, Submenu

_KEY = "menu bar"


class Menus(QObject):
    """Builds the menus at their first use, and shows them.

    Where the desktop has a bar of its own, as macOS, they are there. Elsewhere the bar takes the height of a row of
    text from the lanes, so that it is shown to those who ask for it; `open` shows the same menus below ☰.
    """

    hinted = Signal(str)  # what the entry under the mouse does; "" when the menu has closed

    def __init__(self, window: QMainWindow, documents: Documents, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._documents, self._settings = window, documents, settings
        self._commands: Commands | None = None
        self._menus: list[QMenu] = []
        self._recent: QMenu | None = None
        self._root: QMenu | None = None
        self._bar: QMenuBar | None = None
        self._open: set[QMenu] = set()

    @property
    def is_native(self) -> bool:
        """Whether the desktop shows the menus in a bar of its own."""
        return sys.platform == "darwin" or (self._bar is not None and self._bar.isNativeMenuBar())

    @property
    def is_bar_shown(self) -> bool:
        """Whether the window has a menu bar of its own."""
        return self._bar is not None and not self.is_native and not self._bar.isHidden()

    def bar_px(self) -> int:
        """Height of the bar in the window, px."""
        return self._bar.sizeHint().height() if self.is_bar_shown and self._bar is not None else 0

    def offer(self, commands: Commands) -> None:
        """Take the commands, and show the bar where there is one."""
        self._commands = commands
        if self.is_native or self._settings.read(_KEY, False):
            self.show_bar(True)

    def toggle_bar(self) -> None:
        """Show the bar in the window, or hide it, now and at the next starts."""
        self.show_bar(not self.is_bar_shown)
        self._settings.write(_KEY, self.is_bar_shown)

    def show_bar(self, shown: bool) -> None:
        """Show the bar, or hide it."""
        if self._bar is None and shown:
            self._bar = QMenuBar(self._window)
            for menu in self.all():
                self._bar.addMenu(menu)
            self._bar.hovered.connect(self._hint)
            self._window.setMenuBar(self._bar)
        if self._bar is not None:
            self._bar.setVisible(shown)

    def all(self) -> list[QMenu]:
        """The menus from left to right."""
        if not self._menus:
            self._build()
        return self._menus

    def open(self, at: QPoint) -> None:
        """Show all menus as submenus of one, at a place of the screen."""
        if self._root is None:  # it stays: with it PySide would end the menus inside
            self._root = QMenu(self._window)
            self._root.setObjectName("main menu")
            for menu in self.all():
                self._root.addMenu(menu)
            self._watch(self._root)
            self._root.hovered.connect(self._hint)
        self._root.popup(at)

    def enter_bar(self) -> bool:
        """Give the keyboard to the bar in the window, and open its first menu. False where there is none."""
        if not self.is_bar_shown or self._bar is None:
            return False
        self._bar.setActiveAction(self._bar.actions()[0])
        return True

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        commands = self._commands
        assert commands is not None, "the menus have no commands yet"
        for each in MENUS:
            menu = QMenu(each.words, self._window)
            for group in each.groups:
                if not menu.isEmpty():
                    menu.addSeparator()
                for entry in group:
                    if isinstance(entry, Submenu):
                        inside = menu.addMenu(entry.words)
                        inside.setToolTipsVisible(True)
                        inside.addActions([commands.action(name) for name in entry.names])
                    elif entry == RECENT:
                        self._recent = menu.addMenu("Open a recent experiment")
                        self._recent.setToolTipsVisible(True)
                        menu.aboutToShow.connect(self.list_recent)
                    else:
                        menu.addAction(commands.action(entry))
            self._watch(menu)
            self._menus.append(menu)

    def list_recent(self) -> None:
        """List the experiments that were open lately, as their files are now."""
        self.all()
        if self._recent is not None:
            self._recent.clear()
            self._documents.recent.fill(self._recent, self._documents.open)

    def _watch(self, menu: QMenu) -> None:
        """Grey what cannot act while a menu is open; see `Commands.enable_all` for why only then."""
        menu.setToolTipsVisible(True)  # why an entry is grey
        menu.aboutToShow.connect(lambda: self._note(menu, True))
        menu.aboutToHide.connect(lambda: self._note(menu, False))

    def _note(self, menu: QMenu, is_open: bool) -> None:
        commands = self._commands
        assert commands is not None
        if is_open:
            self._open.add(menu)
            commands.show_states()
            return
        self._open.discard(menu)  # of two neighbours on the bar one may open before the other has closed
        if not self._open:
            commands.enable_all()
            self.hinted.emit("")

    def _hint(self, action: QAction) -> None:
        self.hinted.emit(action.statusTip())
