"""The main menu as it is opened by its key, and the end of all that has opened."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QMenu

from gui.shell.menu_tree import places
from tests.gui.conftest import Stage


def names_in_the_menu() -> list[str]:
    """The names of the commands in the menus, in their order."""
    return [name for name, _ in places()]


def open_menu(stage: Stage) -> QMenu:
    """The main menu, opened by its key."""
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def close_popups() -> None:
    """Close every menu and dialog."""
    while (opened := QApplication.activePopupWidget()) is not None:
        opened.close()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.close()
    QApplication.processEvents()
