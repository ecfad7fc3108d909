"""The menus of the window: the main menu, built from its commands, and the menu of models for a new lane."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QMenu, QWidget

from core.foundation.registry import Entry
from gui.desk.desk import Desk
from gui.desk.export import KINDS
from gui.files.documents import Documents
from gui.shell.command_table import TEXT_SIZE_COMMANDS, THEME_COMMANDS
from gui.shell.commands import Commands
from gui.widgets.menus import fill


@dataclass(frozen=True)
class Submenu:
    """A submenu: its words, and the names of its commands."""

    words: str
    names: tuple[str, ...]


RECENT = "recent experiments"
"""Stands for the submenu of recent experiments, which changes."""
WINDOW_PICTURES = ("copy_window", "export_picture", *(f"export_{kind}_{ratio}" for _, kind, ratio in KINDS[1:]))
MAIN_MENU: tuple[tuple[str | Submenu, ...], ...] = (
    (*("open_experiment", RECENT, "save_experiment", "save_experiment_as"),),
    (
        *("ask_dataset", "add_lane", "open_run", "open_sweep", "save_runs", "make_film", "write_report"),
        Submenu("Picture of the window", WINDOW_PICTURES),
        Submenu("Copy", ("copy_command", "copy_python", "copy_experiment")),
        "paste_experiment",
    ),
    ("choose_machine", "start_engine"),
    ("toggle_lessons", "open_manual", "open_more"),
    ("undo", "redo"),
    ("look_back", "look_on", "fork"),
    (
        Submenu("Theme", tuple(THEME_COMMANDS)),
        Submenu("Text size", tuple(TEXT_SIZE_COMMANDS)),
        *("reduce_motion", "toggle_panels", "toggle_table", "toggle_help"),
    ),
    ("show_events", "show_keys", "show_about"),
    ("show_preferences", "quit"),
)
"""Names of commands in groups; the menu has separators between groups."""


def main_menu(parent: QWidget, commands: Commands, documents: Documents) -> QMenu:
    """The main menu. It holds the window's own actions; show it with `popup`."""
    menu = QMenu(parent)
    menu.setObjectName("main menu")
    for group in MAIN_MENU:
        if not menu.isEmpty():
            menu.addSeparator()
        for entry in group:
            if isinstance(entry, Submenu):
                submenu = menu.addMenu(entry.words)
                submenu.addActions([commands.action(name) for name in entry.names])
            elif entry == RECENT:
                submenu = menu.addMenu("Open a recent experiment")
                submenu.setToolTipsVisible(True)
                documents.recent.fill(submenu, documents.open)
            else:
                menu.addAction(commands.action(entry))
    menu.aboutToShow.connect(commands.show_states)
    menu.aboutToHide.connect(commands.enable_all)
    return menu


def model_menu(parent: QWidget, desk: Desk) -> QMenu:
    """A menu of all models; choosing one adds a lane."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    fill(menu, models(), desk.add_lane)
    return menu


def models() -> tuple[Entry, ...]:
    """Every model, and every file of one that cannot be used."""
    from core.models.base import MODELS

    return MODELS.entries()
