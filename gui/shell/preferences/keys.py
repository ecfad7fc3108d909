"""The page of keys: every command with its key, which another can take over."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QKeySequenceEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gui.desk.preferences import Preferences
from gui.drawing import theme
from gui.shell.commands import Command, Commands, portable, why_not
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.naming import named

COMMAND, KEY = 0, 1
"""Columns of the table."""
HINT = "Enter or a double click, then the new key. Delete takes the key away."
Index = QModelIndex | QPersistentModelIndex


class KeyEdit(QStyledItemDelegate):
    """The editor of a cell: the next key that is pressed is the new one. Esc leaves the old one."""

    pressed = Signal(int, str)  # row, key

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QKeySequenceEdit(parent)
        editor.setMaximumSequenceLength(1)
        editor.setAccessibleName("Press the new key")
        editor.editingFinished.connect(lambda: self._take(editor))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """It begins empty: the present key stands in the cell."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QKeySequenceEdit)
        keys = portable(editor.keySequence().toString())
        if keys:
            self.pressed.emit(index.row(), keys)

    def _take(self, editor: QKeySequenceEdit) -> None:
        editor.blockSignals(True)  # it says the same again as it loses the focus
        if not editor.keySequence().isEmpty():
            self.commitData.emit(editor)
        self.closeEditor.emit(editor)


class KeyTable(QTableWidget):
    """The commands and their keys. Enter and F2 begin to edit, Delete and Backspace take a key away."""

    cleared = Signal(int)  # row

    def __init__(self) -> None:
        super().__init__(0, 2)
        self.setHorizontalHeaderLabels(["Command", "Key"])
        self.verticalHeader().hide()
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSectionResizeMode(COMMAND, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(KEY, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(KEY, theme.px(160))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentRow()
        if row >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_row(row)
        elif row >= 0 and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cleared.emit(row)
        else:
            super().keyPressEvent(event)

    def edit_row(self, row: int) -> None:
        """Wait for the new key of a row."""
        self.setCurrentCell(row, KEY)
        self.editItem(self.cell(row, KEY))

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """The item of a cell that is there."""
        item = self.item(row, column)
        assert item is not None, (row, column)
        return item


class KeysPage(QWidget):
    """All commands with their keys. A key that another command has is offered, not taken."""

    name = "Keys"

    def __init__(self, preferences: Preferences, commands: Commands) -> None:
        super().__init__()
        self._preferences, self._commands = preferences, commands
        self._offered: tuple[str, str] | None = None  # command, and the key of another that it may take over
        self.table = named(KeyTable(), "keys table", "Commands and their keys")
        self._edit = KeyEdit(self.table)
        self._edit.pressed.connect(lambda row, keys: self.choose(self._shown[row].name, keys))
        self.table.setItemDelegateForColumn(KEY, self._edit)
        self.table.cleared.connect(lambda row: self.choose(self._shown[row].name, ""))
        self.table.itemDoubleClicked.connect(lambda item: self.table.edit_row(item.row()))
        self.table.currentCellChanged.connect(lambda *_: self._show_row())
        self.sentence = named(Label(HINT, "caption", "text_2", wrap=True), "key sentence")
        self.sentence.setMinimumHeight(2 * theme.line_height("caption"))
        self.take_over = named(Button("Take it over", height=24), "take key over")
        self.take_over.clicked.connect(self._take_over)
        self.take_over.hide()
        self._change = named(Button("Change …", height=24), "change key", "Change the key of this command")
        self._change.clicked.connect(lambda: self.table.edit_row(self.table.currentRow()))
        self._default = named(Button("Default", "undo", height=24), "default key", "Default key of this command")
        self._default.clicked.connect(self._put_back)
        foot = layouts.row((self.sentence, 1), self.take_over, self._change, self._default, spacing=theme.px(8))
        layouts.column((self.table, 1), foot, spacing=theme.px(8), margins=layouts.NO_MARGINS, on=self)
        commands.rebound.connect(self._refresh)
        self._shown: list[Command] = []
        self.filter(())
        if commands.trouble:
            self._say(commands.trouble, "warn")

    def filter(self, words: Sequence[str]) -> int:
        """Show the commands that have all words, which are in lower case, in words or key. Returns their number."""
        found = [each for each in self._commands.table if self._has(each, words)]
        self._shown = found if found or words else list(self._commands.table)
        self._fill()
        return len(self._shown)

    def choose(self, name: str, keys: str) -> None:
        """Give a command a key, "" for none; where another has it, offer to take it over."""
        self._offer(None)
        owner = self._commands.owner(keys) if keys else None
        is_default = portable(keys) == portable(self._commands.default_keys(name))
        if keys and not is_default and (why := why_not(keys)):
            self._say(why, "error")
        elif owner is not None and owner.name != name:
            self._say(f"{keys} is the key of “{owner.words}”, which would be left without one.", "warn")
            self._offer((name, keys))
        else:
            self._store({name: keys})

    def _has(self, command: Command, words: Sequence[str]) -> bool:
        text = f"keys {command.words} {command.keys}".lower()
        return all(word in text for word in words)

    def _fill(self) -> None:
        self.table.setRowCount(len(self._shown))
        for row, command in enumerate(self._shown):
            for column in (COMMAND, KEY):
                item = QTableWidgetItem()
                flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
                item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if column == KEY else flags)
                self.table.setItem(row, column, item)
            self._show(row, command)
        if self._shown and self.table.currentRow() < 0:
            self.table.setCurrentCell(0, COMMAND)
        self._show_row()

    def _show(self, row: int, command: Command) -> None:
        self.table.cell(row, COMMAND).setText(command.words)
        item, default = self.table.cell(row, KEY), self._commands.default_keys(command.name)
        is_other = portable(default) != portable(command.keys)
        item.setText(f"{command.keys} •" if is_other else command.keys)
        item.setToolTip(f"The default is {default or 'no key'}" if is_other else "")
        words = QKeySequence(command.keys).toString(QKeySequence.SequenceFormat.NativeText) or "no key"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{words}, changed" if is_other else words)

    def _refresh(self) -> None:
        self._shown = [self._commands[each.name] for each in self._shown]
        for row, command in enumerate(self._shown):
            self._show(row, command)
        self._show_row()

    def _current(self) -> Command | None:
        row = self.table.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _show_row(self) -> None:
        command = self._current()
        self._change.setEnabled(command is not None)
        is_default = command is None or portable(command.keys) == portable(self._commands.default_keys(command.name))
        self._default.setEnabled(not is_default)
        if self._offered is not None and (command is None or command.name != self._offered[0]):
            self._offer(None)
            self._say(HINT)

    def _put_back(self) -> None:
        command = self._current()
        if command is not None:
            self.choose(command.name, self._commands.default_keys(command.name))

    def _offer(self, offered: tuple[str, str] | None) -> None:
        had_focus = self.take_over.hasFocus()
        self._offered = offered
        self.take_over.setVisible(offered is not None)
        if had_focus:
            self.table.setFocus(Qt.FocusReason.TabFocusReason)

    def _take_over(self) -> None:
        if self._offered is None:
            return
        name, keys = self._offered
        self._offer(None)
        owner = self._commands.owner(keys)
        self._store({name: keys} if owner is None else {owner.name: "", name: keys})

    def _store(self, chosen: dict[str, str]) -> None:
        """Keep what differs from the defaults."""
        kept = {**self._preferences.value("keys"), **chosen}
        defaults = {name: self._commands.default_keys(name) for name in chosen}
        for name, default in defaults.items():
            if portable(kept[name]) == portable(default):
                del kept[name]
        self._preferences.set("keys", kept)
        *_, name = chosen
        command = self._commands[name]
        self._say(f"“{command.words}” has {command.keys or 'no key'} now.", "ok")

    def _say(self, sentence: str, token: str = "text_2") -> None:
        self.sentence.setText(sentence)
        self.sentence.set_token(token)
