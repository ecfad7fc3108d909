"""The keys of commands, for the tooltips of widgets that know no command: a tooltip names the key in force."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.widgets.buttons import IconButton


class _Changes(QObject):
    changed = Signal()


changes = _Changes()
"""Emits ``changed`` when commands have other keys."""

_keys: dict[str, str] = {}


def set_keys(keys: Mapping[str, str]) -> None:
    """Set the key of every command by its name, "" for those without one."""
    if keys != _keys:
        _keys.clear()
        _keys.update(keys)
        changes.changed.emit()


def key(command: str) -> str:
    """The key of a command; "" where it has none."""
    return _keys.get(command, "")


def key_or(command: str, words: str) -> str:
    """The key of a command for a sentence; where it has none, the words of its menu entry."""
    return key(command) or f"“{words}” in the menu"


def hint(words: str, *commands: str) -> str:
    """Words with the keys of commands behind them, as far as they have keys."""
    keys = " and ".join(filter(None, map(key, commands)))
    return f"{words}  ({keys})" if keys else words


class Hint(QObject):
    """The tooltip of a button: words and the keys of commands, also when those keys change."""

    def __init__(self, button: QWidget, words: str, *commands: str) -> None:
        super().__init__(button)
        self._words, self._commands = words, commands
        changes.changed.connect(self._renew)
        self._renew()

    def set_words(self, words: str) -> None:
        """Set the words in front of the keys."""
        if words != self._words:
            self._words = words
            self._renew()

    def _renew(self) -> None:
        button, tip = self.parent(), hint(self._words, *self._commands)
        if isinstance(button, IconButton):
            button.set_tip(tip)
        elif isinstance(button, QWidget):
            button.setToolTip(tip)
