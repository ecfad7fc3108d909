"""The commands of the window as the manual lists them. No window is opened: nothing is done, only read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from core.manual.window_commands import Listed
from gui.plots.plot import HANDS
from gui.shell.command_table import Receivers, command_table
from gui.shell.menu import MAIN_MENU, Submenu

__all__ = ["HANDS", "listed"]


class _Nobody:
    """Stands for every part of a window while the table of commands is read, and cannot be asked to do anything."""

    def __getattr__(self, name: str) -> _Nobody:
        return self

    def __call__(self, *_: Any) -> Any:
        raise TypeError("commands that are listed cannot be run")


def listed() -> tuple[Listed, ...]:
    """Every command with a row of its own, in the order in which F2 lists the keys."""
    places = dict(_places())
    table = command_table(cast(Receivers, _Nobody()))
    return tuple(
        Listed(each.name, each.words, each.keys, places.get(each.name, "")) for each in table if not each.alias_of
    )


def _places() -> Iterator[tuple[str, str]]:
    """(name of a command, the menu that has it)."""
    for group in MAIN_MENU:
        for entry in group:
            if isinstance(entry, Submenu):
                yield from ((name, f"Menu → {entry.words}") for name in entry.names)
            else:
                yield entry, "Menu"
