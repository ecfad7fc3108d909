"""Commands: what keys and entries of the main menu do, each described once.

`gui.shell.command_table` lists them. Shortcuts, menus, the list of keys and the tooltips of the bar read them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from core.foundation.quoted import brief
from gui.widgets import key_hints


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
        return f"{self.words}  ({self.keys})" if self.keys else self.words


ROLES = {
    "show_about": QAction.MenuRole.AboutRole,
    "show_preferences": QAction.MenuRole.PreferencesRole,
    "quit": QAction.MenuRole.QuitRole,
}
"""Commands that macOS puts into the menu of the program; it would guess others by their words."""
RESERVED = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
"""Keys that lead through the window and its dialogs: no command takes them over."""
MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)


def why_not(keys: str) -> str:
    """Why a command cannot have this key, as one sentence; "" where it can."""
    sequence = QKeySequence(keys)
    stroke: QKeyCombination | None = sequence[0] if sequence.count() == 1 else None  # type: ignore[index]
    if stroke is None or stroke.key() in (Qt.Key.Key_unknown, *MODIFIERS):
        return f"“{brief(keys, 40)}” is no key; press a letter or another key, with Ctrl, Shift or Alt where you like."
    plain = stroke.keyboardModifiers() & ~Qt.KeyboardModifier.ShiftModifier == Qt.KeyboardModifier.NoModifier
    if plain and stroke.key() in RESERVED:
        return f"{keys} leads through the window; press another key."
    return ""


def portable(keys: str) -> str:
    """A key combination as Qt writes it in files, to compare two; "" where Qt cannot read it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


class Commands(QObject):
    """The commands of one window, with one ``QAction`` each that lives as long as the window.

    ``rebound`` says that some have other keys; `trouble` what was wrong with those that `bind` was given.
    """

    rebound = Signal()

    def __init__(self, window: QWidget, table: Sequence[Command]) -> None:
        super().__init__(window)
        self._defaults = {command.name: command.keys for command in table}
        self.table = tuple(table)
        self._commands = {command.name: command for command in self.table}
        assert len(self._commands) == len(self.table), "two commands have one name"
        self._actions = {command.name: _action(window, command) for command in self.table}
        self.trouble = ""
        key_hints.set_keys(self._defaults)

    def bind(self, chosen: Mapping[str, str]) -> None:
        """Give commands the keys a user has chosen by name, "" for none; all others have their default.

        A default that was chosen for another command is nobody's. Names of commands that there are not do nothing.
        """
        self.trouble = ""
        keys: dict[str, str] = {}
        taken: dict[str, str] = {}  # command by key
        for name in self._defaults:
            if name in chosen:
                keys[name] = self._checked(name, chosen[name], taken)
                taken.setdefault(portable(keys[name]), name)
        for name, default in self._defaults.items():
            if default and name not in chosen:
                keys[name] = "" if taken.get(portable(default), name) != name else default
        self.table = tuple(dataclasses.replace(each, keys=keys.get(each.name, "")) for each in self.table)
        for command in self.table:
            if command.keys != self._commands[command.name].keys:
                self._actions[command.name].setShortcut(QKeySequence(command.keys))
                self._actions[command.name].setText(_text(command))
        self._commands = {command.name: command for command in self.table}
        key_hints.set_keys(keys)
        self.rebound.emit()

    def _checked(self, name: str, keys: str, taken: Mapping[str, str]) -> str:
        if not keys:
            return ""
        why = "" if portable(keys) == portable(self._defaults[name]) else why_not(keys)
        if not why and portable(keys) in taken:
            why = f"{keys} is the key of “{self._commands[taken[portable(keys)]].words}” already."
        if why:
            self.trouble = f"“{self._commands[name].words}” has its default key: {why}"
        return self._defaults[name] if why else keys

    def default_keys(self, name: str) -> str:
        """The key that a command has where nobody has chosen another."""
        return self._defaults[name]

    def owner(self, keys: str) -> Command | None:
        """The command that has this key."""
        wanted = portable(keys)
        return next((each for each in self.table if each.keys and portable(each.keys) == wanted), None)

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
    action.setMenuRole(ROLES.get(command.name, QAction.MenuRole.NoRole))  # Qt would guess it from the words
    action.setCheckable(command.checked is not None)
    action.setStatusTip(f"{command.tip}.")
    action.triggered.connect(lambda: command.do())
    window.addAction(action)
    return action


def _text(command: Command) -> str:
    detail = "" if command.detail is None else command.detail().replace("&", "&&")
    words = f"{command.words}: {detail}" if detail else command.words
    # after a tab stands the key as written in the table: menus then print it alike on every platform
    return f"{words}\t{command.keys}" if command.keys else words
