"""The commands of the window as the manual lists them. No window is opened: nothing is done, only read."""

from __future__ import annotations

from typing import Any, cast

from core.manual.window_commands import Listed
from gui.plots.plot import HANDS
from gui.shell.command_table import Receivers, command_table
from gui.shell.menu_tree import places as places_in_menus

__all__ = ["HANDS", "listed"]


class _Nobody:
    """Stands for every part of a window while the table of commands is read, and cannot be asked to do anything."""

    def __getattr__(self, name: str) -> _Nobody:
        return self

    def __call__(self, *_: Any) -> Any:
        raise TypeError("commands that are listed cannot be run")


def listed() -> tuple[Listed, ...]:
    """Every command with a row of its own, in the order in which F2 lists the keys."""
    places = {name: " → ".join(words) for name, words in places_in_menus()}
    table = command_table(cast(Receivers, _Nobody()))
    return tuple(
        Listed(each.name, each.words, each.keys, places.get(each.name, "")) for each in table if not each.alias_of
    )
