"""Rows of the preferences: words at the left, a control at the right, and a button that puts the default back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QVBoxLayout, QWidget

from gui.desk.preferences import Preferences
from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.combo import Combo
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.segmented import Segmented

Option = tuple[Any, str]
"""A value and its words."""
SWITCH: tuple[Option, ...] = ((False, "Off"), (True, "On"))
SEGMENTS = 3
"""Most options side by side; more are a list that opens."""
CONTROL_PX = 264
"""Room for the controls of all rows, px."""


class Row(QWidget):
    """Title and note at the left, ``control`` at the right. `words` is what a search looks through."""

    def __init__(self, title: str, note: str, control: QWidget | None = None) -> None:
        super().__init__()
        px = theme.px
        self.title = title
        self._note = Label(note, "caption", "text_2", wrap=True)
        self._note.setVisible(bool(note))
        self.extra = Label("", "caption", "warn", wrap=True)
        self.extra.hide()
        text = layouts.column(Label(title, "medium"), self._note, self.extra, spacing=px(2), margins=layouts.NO_MARGINS)
        self.line = layouts.row((text, 1), spacing=px(8), margins=(0, px(8), 0, px(8)), on=self)
        if control is not None:
            control.setFixedWidth(px(CONTROL_PX))
            self.line.addWidget(control, 0, Qt.AlignmentFlag.AlignTop)
        self._default = named(IconButton("undo", f"Back to the default: {title}", 24), f"default {title}")
        policy = self._default.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._default.setSizePolicy(policy)
        self._default.hide()  # its room stays, so that all controls end at one line
        self.line.addWidget(self._default, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def words(self) -> str:
        """Title and note, in lower case."""
        return f"{self.title} {self._note.text()} {self.extra.text()}".lower()

    def set_note(self, note: str) -> None:
        """Set the sentence under the title."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def warn(self, sentence: str) -> None:
        """Say what is in the way of the preference; "" says nothing."""
        self.extra.setText(sentence)
        self.extra.setVisible(bool(sentence))


class PreferenceRow(Row):
    """The row of one preference. ``show`` puts the present value into the control."""

    def __init__(self, preferences: Preferences, name: str, title: str, note: str, control: QWidget) -> None:
        super().__init__(title, note, named(control, f"preference {name}", title))
        self._preferences, self._name, self._control = preferences, name, control
        self._default.setObjectName(f"default {name}")
        self._default.clicked.connect(self._reset)
        preferences.changed.connect(self._follow)

    @property
    def name(self) -> str:
        """The name of the preference in the settings file."""
        return self._name

    def show_value(self, value: Any) -> None:
        """Put a value into the control, without a signal."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the present value, and whether it is the default."""
        self.show_value(self._preferences.value(self._name))
        self._default.setVisible(self._preferences.differs(self._name))

    def set(self, value: Any) -> None:
        """Change the preference."""
        self._preferences.set(self._name, value)

    def _reset(self) -> None:
        if self._default.hasFocus():  # it is about to go
            self._control.setFocus(Qt.FocusReason.TabFocusReason)
        self._preferences.reset(self._name)

    def _follow(self, name: str) -> None:
        if name == self._name:
            self.refresh()


class ChoiceRow(PreferenceRow):
    """A preference with a few values: segments, or a list that opens."""

    def __init__(
        self, preferences: Preferences, name: str, title: str, note: str, options: Sequence[Option] = SWITCH
    ) -> None:
        self._options = list(options)
        labels = [(str(index), words) for index, (_, words) in enumerate(options)]
        self.control = Segmented(labels) if len(options) <= SEGMENTS else Combo(labels)
        super().__init__(preferences, name, title, note, self.control)
        self.control.chosen.connect(lambda key: self.set(self._options[int(key)][0]))
        self.refresh()

    @property
    def words(self) -> str:
        """Title, note and the words of all options, in lower case."""
        return " ".join([super().words, *(words for _, words in self._options)]).lower()

    def show_value(self, value: Any) -> None:
        self.control.set_value(str([each for each, _ in self._options].index(value)))


class FolderRow(PreferenceRow):
    """A preference that names a folder: its path, and a button that asks for another."""

    def __init__(self, preferences: Preferences, name: str, title: str, note: str) -> None:
        holder = QWidget()
        self._field = QLineEdit()
        self._field.setPlaceholderText("where the last one was")
        self._field.editingFinished.connect(self._take)
        holder.setFocusProxy(self._field)
        choose = named(Button("Choose …", height=24), f"choose {name}", f"Choose a folder: {title}")
        choose.clicked.connect(self._ask)
        layouts.row((self._field, 1), choose, spacing=theme.px(6), margins=layouts.NO_MARGINS, on=holder)
        super().__init__(preferences, name, title, note, holder)
        named(self._field, f"path {name}", title)
        self.refresh()

    def show_value(self, value: Any) -> None:
        self._field.setText(value)
        self.warn("" if not value or Path(value).is_dir() else "This folder is not there now; dialogs begin elsewhere.")

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.window(), self.title, self._field.text())
        if folder:
            self.set(folder)

    def _take(self) -> None:
        text = self._field.text().strip()
        try:
            path = str(Path(text).expanduser()) if text else ""
            self.set(path)
            self.refresh()
        except (ValueError, RuntimeError):
            self.warn("Write the whole path of a folder, as /home/you/pictures.")


class PathButtons(QWidget):
    """Copies a path, or opens its folder in the system's own program for folders."""

    def __init__(self, name: str, path: Callable[[], Path]) -> None:
        super().__init__()
        copy = named(Button("Copy path", height=20), f"copy path of {name}", f"Copy the path of {name}")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(str(path())))
        folder = named(
            Button("Open folder", "folder", height=20), f"open folder of {name}", f"Open the folder of {name}"
        )
        folder.clicked.connect(lambda: open_folder(path()))
        layouts.row(layouts.STRETCH, copy, folder, spacing=theme.px(6), margins=layouts.NO_MARGINS, on=self)


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 core", "2 cores"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def open_folder(path: Path) -> None:
    """Open the folder of a path, or the nearest above it that is there."""
    folder = next(each for each in (path, *path.parents) if each.is_dir())
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class Page(QWidget):
    """Rows under one name. ``name`` stands in the list of pages."""

    def __init__(self, name: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self.name, self.rows = name, list(rows)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.px(12), 0)
        column.setSpacing(0)
        for row in rows:
            column.addWidget(row)
        column.addStretch(1)
        layouts.column((layouts.scrolled(inside, f"{name} rows"), 1), margins=layouts.NO_MARGINS, on=self)

    def filter(self, words: Sequence[str]) -> int:
        """Show the rows that have all words, which are in lower case. Returns their number."""
        title_has = all(word in self.name.lower() for word in words)
        count = 0
        for row in self.rows:
            is_found = title_has or all(word in row.words for word in words)
            row.setVisible(is_found)
            count += is_found
        return count
