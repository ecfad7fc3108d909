"""The field over a lane's head in which its name is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from core.engine.lane_names import MOST_LETTERS
from gui.desk.desk import Desk
from gui.widgets import focus

if TYPE_CHECKING:
    from core.engine.run import Run


class NameField(QLineEdit):
    """Hidden until `begin`. Enter and a click elsewhere give the lane the name, Esc does not; no name is the model's.

    A name that another lane has is refused: the border says so, the status line why.
    """

    def __init__(self, desk: Desk, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._run = desk, run
        self.setObjectName(f"name of lane {run.slot + 1}")
        self.setMaxLength(MOST_LETTERS)
        self.returnPressed.connect(self._end)
        self.textEdited.connect(lambda: self._mark(False))
        self.hide()

    def begin(self) -> None:
        """Show the present name, selected, to be typed over."""
        present = self._desk.names.of(self._run).full
        self.setAccessibleName(f"New name of {present}")
        self.setPlaceholderText(self._run.model.short)
        self.setText(present)
        self.selectAll()
        self._mark(False)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _end(self) -> None:
        """Give the lane the name, and close; stay open where it is refused."""
        if self.isHidden():
            return
        words = self.text()
        try:
            if words != self._desk.names.of(self._run).full:
                self._desk.names.rename(self._run, words)
        except ValueError as error:
            self._mark(True)
            self._desk.told.emit(str(error), "warn")
            return
        self.hide()

    def _mark(self, refused: bool) -> None:
        """Mark the border where a name was refused."""
        if bool(self.property("refused")) != refused:
            self.setProperty("refused", refused)
            self.style().unpolish(self)
            self.style().polish(self)

    def event(self, event: QEvent) -> bool:
        return (self.hasFocus() and focus.claims(event, {Qt.Key.Key_Escape})) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._end()
            self.hide()
