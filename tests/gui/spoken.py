"""What a screen reader is told of widgets: names, roles, values."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QApplication, QWidget

from gui.widgets import accessible

Role = QAccessible.Role
WITH_VALUE = (Role.Slider, Role.SpinBox, Role.ComboBox, Role.Canvas, Role.Graphic)
"""Roles of what always has a value to tell."""
OF_A_GROUP = (Role.RadioButton,)
"""Roles of what says little without the name of its group."""


def told(widget: QWidget) -> QAccessibleInterface:
    """What a screen reader asks of a widget."""
    accessible.install()
    return QAccessible.queryAccessibleInterface(widget)


@dataclass(frozen=True)
class Spoken:
    """What is said of a widget that has the focus."""

    name: str
    role: QAccessible.Role
    value: str
    description: str

    @classmethod
    def of(cls, widget: QWidget) -> Spoken:
        """Ask as a screen reader does."""
        asked, text = told(widget), QAccessible.Text
        return cls(asked.text(text.Name), asked.role(), asked.text(text.Value), asked.text(text.Description))

    def lacks(self) -> list[str]:
        """What is missing: "name", "role", "value"."""
        missing = [] if self.name.strip() else ["name"]
        if self.role in (Role.Client, Role.NoRole):
            missing.append("role")
        return [*missing, "value"] if self.role in WITH_VALUE and not self.value.strip() else missing


def focusable(root: QWidget) -> list[QWidget]:
    """What Tab or a click can focus in a window, as far as it is shown."""
    stops = (Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.ClickFocus)
    return [
        each
        for each in (root, *root.findChildren(QWidget))
        if each.isVisible() and each.focusProxy() is None and any(each.focusPolicy() & stop for stop in stops)
    ]


def silent(root: QWidget) -> list[str]:
    """A line for each focusable widget of a window that does not say what it is."""
    QApplication.processEvents()
    lines = []
    for each in focusable(root):
        spoken, above = Spoken.of(each), each.parentWidget()
        missing = spoken.lacks()
        if spoken.role in OF_A_GROUP and above is not None and (Spoken.of(above).lacks() or not above.accessibleName()):
            missing.append("group")
        if missing:
            kinds = " in ".join(type(up).__name__ for up in (each, above) if up is not None)
            lines.append(f"{kinds} '{each.objectName()}': {spoken} lacks {', '.join(missing)}")
    return lines
