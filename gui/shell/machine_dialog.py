"""The dialog of machines to train on: commands that start an engine, tried before they are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from core.foundation.user_error import UserError, as_sentence
from gui.desk.loading import Loading
from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named

if TYPE_CHECKING:
    from core.foundation.reading import Report
    from core.remote.trial import Found

HERE = "This computer"
EXAMPLE = "ssh gpu01 latent-playground engine"
ABOUT = (
    f"Lanes can be computed wherever a command starts an engine, for instance “{EXAMPLE}”. The command signs in by"
    " itself, as ssh does with a key; no port is opened. Lanes take their weights with them."
)
UNTRIED = "“Test” starts it, says what answers, and ends it."


class MachineDialog(Dialog):
    """``commands`` start an engine; "" is that of this computer, ``present`` that in use.

    What the user makes of the list is `commands`. ``chosen`` carries the engine to go on with and its command.
    """

    chosen = Signal(object, str)  # a `Found`

    def __init__(self, parent: QWidget | None, commands: Sequence[str], present: str) -> None:
        super().__init__(parent, "Train on another machine")
        self.setObjectName("machines")
        self._present = present
        self._loading: Loading | None = None
        self._details = ""
        self._make_controls()
        self._lay_out()
        for command in ("", *commands):
            self._add(command)
        rows = [self._command_of(row) for row in range(self._list.count())]
        self._list.setCurrentRow(rows.index(present) if present in rows else 0)
        self._list.setFocus()

    @property
    def commands(self) -> list[str]:
        """The commands of the list, each once."""
        rows = (self._command_of(row).strip() for row in range(1, self._list.count()))
        return list(dict.fromkeys(command for command in rows if command))

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        px = theme.px
        self._list = named(QListWidget(), "machine list", "Machines")
        self._list.setMinimumSize(px(520), px(120))
        self._list.currentRowChanged.connect(lambda row: self._show_row())
        self._list.itemActivated.connect(lambda item: self._test())
        self._field = named(QLineEdit(), "machine command", "Command")
        self._field.setPlaceholderText(EXAMPLE)
        self._field.textEdited.connect(self._edit)
        self._field.returnPressed.connect(self._test)
        self._new = named(Button("Add", "plus"), "add machine", "Add a machine")
        self._new.clicked.connect(self._add_new)
        self._drop = named(Button("Remove", "close"), "remove machine", "Remove this machine")
        self._drop.clicked.connect(self._remove)
        self._trial = named(Button("Test"), "test machine", "Test this machine")
        self._trial.clicked.connect(self._test)
        self._stop = named(Button("Cancel"), "cancel test", "Cancel the test")
        self._stop.clicked.connect(self._cancel)
        self._stop.hide()
        self._result = named(Label(UNTRIED, "caption", "text_2", wrap=True), "machine result")
        self._result.setMinimumHeight(2 * theme.line_height("caption"))
        self._result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = named(Button("Copy details", height=20), "copy machine details")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        self._copy.hide()
        self._go = named(PrimaryButton("Train here", "cpu"), "train here")
        self._go.clicked.connect(self._use)

    def _lay_out(self) -> None:
        px = theme.px
        self.inside.addWidget(Label(ABOUT, "body", "text_2", wrap=True))
        self.inside.addWidget(self._list)
        self.inside.addLayout(layouts.row(self._new, self._drop, layouts.STRETCH, spacing=px(8)))
        name = Label("Command", "body", "text_2")
        self.inside.addLayout(layouts.row(name, (self._field, 1), self._trial, self._stop, spacing=px(8)))
        self.inside.addWidget(self._result)
        self.inside.addLayout(layouts.row(self._copy, layouts.STRETCH))
        self.inside.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        close = Button("Close", key="Esc", height=32)
        close.clicked.connect(self.reject)
        return layouts.row(layouts.STRETCH, close, self._go, spacing=theme.px(8))

    # --- the list ----------------------------------------------------------------------------------------------------

    def _add(self, command: str) -> QListWidgetItem:
        item = QListWidgetItem()
        item.setData(Qt.ItemDataRole.UserRole, command)
        self._list.addItem(item)
        self._name(item)
        return item

    def _name(self, item: QListWidgetItem) -> None:
        command = str(item.data(Qt.ItemDataRole.UserRole))
        is_first = self._list.row(item) == 0
        words = HERE if is_first else command or "New machine"
        is_present = command == self._present and (is_first or bool(command))
        item.setText(f"{words}   (the lanes are here)" if is_present else words)

    def _command_of(self, row: int) -> str:
        return str(self._list.item(row).data(Qt.ItemDataRole.UserRole))

    def _show_row(self) -> None:
        """Show the chosen machine, of which nothing is known yet."""
        self._cancel()
        row = max(0, self._list.currentRow())
        self._field.setText(self._command_of(row))
        self._field.setPlaceholderText(EXAMPLE if row else "an engine beside this window")
        self._field.setEnabled(row > 0)
        self._drop.setEnabled(row > 0)
        self._say(UNTRIED)

    def _edit(self, command: str) -> None:
        item = self._list.currentItem()
        item.setData(Qt.ItemDataRole.UserRole, command)
        self._name(item)
        self._cancel()
        self._say(UNTRIED)

    def _add_new(self) -> None:
        self._list.setCurrentItem(self._add(""))
        self._field.setFocus(Qt.FocusReason.TabFocusReason)

    def _remove(self) -> None:
        row = self._list.currentRow()
        if row > 0:
            self._list.takeItem(row)
            self._list.setFocus()

    # --- trying it ---------------------------------------------------------------------------------------------------

    def _test(self) -> None:
        def tried(command: str, report: Report) -> Found:
            from core.remote.trial import ENDING_S, find

            found = find(command, report)
            found.engine.close(ENDING_S)
            return found

        self._try(tried, lambda found: self._say(f"It answers: {found.words}.", "ok"))

    def _use(self) -> None:
        def opened(command: str, report: Report) -> Found:
            from core.remote.trial import find

            return find(command, report)

        self._try(opened, self._hand_on)

    def _hand_on(self, found: Found) -> None:
        self.chosen.emit(found, self._command_of(self._list.currentRow()).strip())
        self.accept()

    def _try(self, work: Callable[[str, Report], Found], done: Callable[[Found], object]) -> None:
        self._cancel()
        row = self._list.currentRow()
        command = self._command_of(row)
        if row > 0 and not command.strip():
            self._say("Write the command that starts the engine there.", "error")
            self._field.setFocus(Qt.FocusReason.TabFocusReason)
            return
        loading = Loading(lambda report: work(command, report))
        self._loading = loading
        loading.done.connect(lambda found: self._end(loading, found, done))
        loading.failed.connect(lambda sentence, details: self._fail(loading, sentence, details))
        self._say("Waiting for an answer …" if row else "Starting it …")
        self._wait(True)
        loading.start()

    def _end(self, loading: Loading, found: Found, done: Callable[[Found], object]) -> None:
        if loading is self._loading:
            self._loading = None
            self._wait(False)
            done(found)
        else:  # it answered while the test was cancelled
            found.engine.close(0.0)

    def _fail(self, loading: Loading, sentence: str, details: str) -> None:
        from core.remote.trial import NoEngine

        if loading is self._loading:
            self._loading = None
            self._wait(False)
            error = loading.error
            known = error.details if isinstance(error, NoEngine) else "" if isinstance(error, UserError) else details
            self._say(as_sentence(sentence), "error", known)

    def _cancel(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()
            self._wait(False)
            self._say("Cancelled.")

    def _wait(self, waiting: bool) -> None:
        had_focus = self._trial.hasFocus() or self._stop.hasFocus()
        self._trial.setVisible(not waiting)
        self._stop.setVisible(waiting)
        self._go.setEnabled(not waiting)
        if had_focus:
            (self._stop if waiting else self._trial).setFocus(Qt.FocusReason.TabFocusReason)

    def _say(self, sentence: str, token: str = "text_2", details: str = "") -> None:
        self._details = f"{sentence}\n\n{details}"
        self._result.setText(sentence)
        self._result.set_token(token)
        self._copy.setVisible(bool(details))

    def done(self, result: int) -> None:
        """Close, and end what is being tried."""
        self._cancel()
        super().done(result)
