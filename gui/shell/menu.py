"""The window's menu: everything that has no place of its own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from gui.drawing import theme
from gui.shell.keys import KEYS

if TYPE_CHECKING:
    from gui.shell.window import MainWindow

FILES = ("ask_dataset", "ask_model", "open_run", "save", "export_picture")
PANELS = ("toggle_panels", "toggle_table", "toggle_help")


def main_menu(window: MainWindow) -> QMenu:
    """A fresh menu; the caller shows it and lets it go."""
    menu = QMenu(window)
    menu.setObjectName("main menu")
    words = {name: (text, keys) for keys, text, name in KEYS}

    def add(name: str) -> None:
        text, keys = words[name]
        menu.addAction(f"{text}\t{keys}", lambda: window.actions_.run(name))

    for name in FILES:
        add(name)
    menu.addSeparator()
    add("toggle_lessons")
    menu.addSeparator()
    add("undo")
    add("redo")
    menu.addSeparator()
    look = menu.addMenu("Theme")
    for name in theme.THEMES:
        action = look.addAction(name.capitalize(), functools.partial(window.set_theme, name))
        action.setCheckable(True)
        action.setChecked(theme.current().name == name)
    size = menu.addMenu("Text size")
    for scale in theme.TEXT_SCALES:
        words_of_scale = f"{scale:.0%}".replace("%", " %")
        action = size.addAction(words_of_scale, functools.partial(window.set_text_scale, scale))
        action.setCheckable(True)
        action.setChecked(theme.text_scale() == scale)
    motion = menu.addAction("Reduce motion", window.toggle_motion)
    motion.setCheckable(True)
    motion.setChecked(window.desk.point.reduce_motion)
    for name in PANELS:
        add(name)
    menu.addSeparator()
    menu.addAction("All events", window.show_events)
    add("show_keys")
    add("quit")
    return menu
