"""Menus: their lines of a registry, a grey one for each file that cannot be used, and how they open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.foundation.registry import Entry


def fill(
    menu: QMenu, entries: Iterable[Entry], choose: Callable[[str], object], present: str | None = None
) -> dict[str, QAction]:
    """Add the entries; ``choose`` gets the name of the one that is taken. Returns the actions of the usable ones.

    Where ``present`` is given the actions are checkable, and that one is checked. The tooltip of a grey line is why.
    """
    actions: dict[str, QAction] = {}
    for entry in entries:
        action = menu.addAction(entry.title)
        if entry.why_broken:
            action.setEnabled(False)
            action.setToolTip(entry.why_broken)
            menu.setToolTipsVisible(True)
            continue
        action.triggered.connect(lambda _=False, name=entry.name: choose(name))
        if present is not None:
            action.setCheckable(True)
            action.setChecked(entry.name == present)
        actions[entry.name] = action
    return actions


def popup(menu: QMenu, at: QPoint) -> None:
    """Open a menu, and delete it when it closes."""
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)


def below(widget: QWidget) -> QPoint:
    """The position on the screen for the menu of a button."""
    return widget.mapToGlobal(widget.rect().bottomLeft()) + QPoint(0, 2)


def open_menu_of(widget: QWidget) -> None:
    """Open the menu of a widget as the menu key does: that of the first around it which has one."""
    middle = widget.rect().center()
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(widget, QContextMenuEvent(reason, middle, widget.mapToGlobal(middle)))
