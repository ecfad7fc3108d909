"""Commands: everything that a key or an entry of the main menu does, each described once.

`gui.shell.command_table` lists them. Keys, menus, the list of all keys and tooltips of the bar read them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


def always() -> bool:
    """The condition of a command that can act at any time."""
    return True


@dataclass(frozen=True)
class Command:
    """One thing that a person can ask of the window.

    ``do`` is called by its key even while ``enabled`` is false: it then does nothing, or says why it cannot.
    """

    name: str
    words: str
    keys: str
    """One key combination as Qt writes it, or "" where only a menu leads to the command."""
    do: Callable[[], object]
    enabled: Callable[[], bool] = always
    """Whether it can do something now. A menu shows it grey otherwise."""
    checked: Callable[[], bool] | None = None
    """Whether its menu entry has a check mark; None for an entry that never has one."""
    repeats: bool = False
    """Whether it is done again and again while its key is held."""
    alias_of: str = ""
    """The command whose row in the list of keys covers this key too: it has no row of its own."""

    @property
    def hint(self) -> str:
        """Words and key, as tooltips of buttons give them."""
        return f"{self.words}  ({self.keys})"


class Commands:
    """The commands of one window, and a ``QAction`` for each, which lives as long as the window."""

    def __init__(self, window: QWidget, table: Sequence[Command]) -> None:
        self.table = tuple(table)
        self._commands = {command.name: command for command in self.table}
        assert len(self._commands) == len(self.table), "two commands have one name"
        self._actions = {command.name: _action(window, command) for command in self.table}

    def __getitem__(self, name: str) -> Command:
        return self._commands[name]

    def action(self, name: str) -> QAction:
        """The action of a command: trigger it, or put it into a menu."""
        return self._actions[name]

    def key_list(self) -> list[tuple[str, str]]:
        """Key and words of every command that has a key, in the order of the table."""
        return [(each.keys, each.words) for each in self.table if each.keys and not each.alias_of]

    def show_states(self) -> None:
        """Bring enabled states and check marks up to date, for a menu that is about to open.

        Call `free_keys` when it has closed.
        """
        for command in self.table:
            action = self._actions[command.name]
            action.setEnabled(command.enabled())
            action.setChecked(command.checked is not None and command.checked())

    def free_keys(self) -> None:
        """Enable every action again, so that every key is taken.

        Qt hands the key of a disabled action on to the focused widget: Space would press a button before there is
        anything to train, and a digit without a lane would be typed into a number field.
        """
        for action in self._actions.values():
            action.setEnabled(True)


def _action(window: QWidget, command: Command) -> QAction:
    # the text has the key after a tab, as menus print it: on every platform as it is written in the table
    action = QAction(f"{command.words}\t{command.keys}" if command.keys else command.words, window)
    action.setObjectName(command.name)
    action.setShortcut(QKeySequence(command.keys))
    action.setAutoRepeat(command.repeats)
    action.setCheckable(command.checked is not None)
    action.triggered.connect(lambda: command.do())
    window.addAction(action)
    return action
