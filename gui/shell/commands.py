"""Commands: what keys and entries of the main menu do, each described once.

`gui.shell.command_table` lists them. Shortcuts, menus, the list of keys and the tooltips of the bar read them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

_ROLES = {
    "about": QAction.MenuRole.AboutRole,
    "preferences": QAction.MenuRole.PreferencesRole,
    "quit": QAction.MenuRole.QuitRole,
}
"""Commands that macOS shows in the menu named after the program."""


def always() -> bool:
    """The condition of a command that is always enabled."""
    return True


@dataclass(frozen=True)
class Command:
    """One command of the window.

    Its key calls ``do`` even while ``enabled`` is false: ``do`` then does nothing, or says why it cannot.
    """

    name: str
    words: str
    keys: str
    """One key combination as Qt writes it, or "" where only a menu leads to the command."""
    do: Callable[[], object]
    enabled: Callable[[], bool] = always
    """Whether it can act now; otherwise its menu entry is grey."""
    checked: Callable[[], bool] | None = None
    """Whether its menu entry has a check mark; None for an entry that never has one."""
    detail: Callable[[], str] | None = None
    """What it would act on now, after a colon in its menu entry; None for an entry that always says the same."""
    repeats: bool = False
    """Whether it repeats while its key is held."""
    alias_of: str = ""
    """The command whose row in the list of keys covers this one; "" if it has its own row."""
    tip: str = ""
    """What it does, in a sentence without a full stop."""
    why_not: str = ""
    """Why it cannot act while ``enabled`` is false, in words that follow "not now:"."""

    @property
    def hint(self) -> str:
        """Words and key, for the tooltip of a button."""
        return f"{self.words}  ({self.keys})"


class Commands:
    """The commands of one window, with one ``QAction`` each that lives as long as the window."""

    def __init__(self, window: QWidget, table: Sequence[Command]) -> None:
        self.table = tuple(table)
        self._commands = {command.name: command for command in self.table}
        assert len(self._commands) == len(self.table), "two commands have one name"
        self._actions = {command.name: _action(window, command) for command in self.table}

    def __getitem__(self, name: str) -> Command:
        return self._commands[name]

    def action(self, name: str) -> QAction:
        """The action of a command, to trigger or to put into a menu."""
        return self._actions[name]

    def key_list(self) -> list[tuple[str, str]]:
        """Key and words of every command with a key of its own, in the order of the table."""
        return [(each.keys, each.words) for each in self.table if each.keys and not each.alias_of]

    def show_states(self) -> None:
        """Update enabled states and check marks for a menu about to open. Call `enable_all` when it has closed."""
        for command in self.table:
            action = self._actions[command.name]
            can_act = command.enabled()
            action.setEnabled(can_act)
            action.setToolTip("" if can_act else f"Not now: {command.why_not}")  # no style says more of a grey entry
            if command.detail is not None:
                action.setText(_text(command))
            action.setChecked(command.checked is not None and command.checked())

    def enable_all(self) -> None:
        """Enable every action, so that its shortcut consumes its key.

        Qt passes the key of a disabled action to the focused widget: Space would press a button before an experiment is
        open, and a digit without a lane would be typed into a number field.
        """
        for action in self._actions.values():
            action.setEnabled(True)


def _action(window: QWidget, command: Command) -> QAction:
    action = QAction(_text(command), window)
    action.setObjectName(command.name)
    action.setShortcut(QKeySequence(command.keys))
    action.setAutoRepeat(command.repeats)
    action.setCheckable(command.checked is not None)
    action.setStatusTip(f"{command.tip}.")
    action.setMenuRole(_ROLES.get(command.name, QAction.MenuRole.NoRole))  # Qt would guess it from the words
    action.triggered.connect(lambda: command.do())
    window.addAction(action)
    return action


def _text(command: Command) -> str:
    detail = "" if command.detail is None else command.detail().replace("&", "&&")
    words = f"{command.words}: {detail}" if detail else command.words
    # after a tab stands the key as written in the table: menus then print it alike on every platform
    return f"{words}\t{command.keys}" if command.keys else words
