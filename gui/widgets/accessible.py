"""What a screen reader is told of controls that paint themselves. Qt asks only while somebody listens.

A widget says it by attributes of its own: ``spoken_role`` makes it heard, the others are optional (`Speaking`).
"""

from __future__ import annotations

from typing import Protocol, cast

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleValueChangeEvent,
    QAccessibleValueInterface,
)
from PySide6.QtWidgets import QAbstractButton, QAccessibleWidget, QWidget

_Kind = QAccessible.InterfaceType


class Speaking(Protocol):
    """What a widget may say of itself."""

    spoken_role: QAccessible.Role

    def spoken_value(self) -> str:
        """The value in words."""

    def spoken_description(self) -> str:
        """What it shows, in a sentence."""

    def spoken_range(self) -> tuple[float, float, float]:
        """The value, the lowest and the highest: for numbers."""

    def take_spoken(self, value: float) -> None:
        """Set the value, as a user does: for numbers."""

    def is_open(self) -> bool:
        """Whether it is unfolded: for what folds."""


class _Number(QAccessibleValueInterface):
    """The value of a widget as a number. A QAccessible of Qt lives no longer than its widget."""

    def __init__(self, told: _Told) -> None:
        super().__init__()
        self._told = told

    def currentValue(self) -> float:  # noqa: N802
        return self._told.speaking().spoken_range()[0]

    def minimumValue(self) -> float:  # noqa: N802
        return self._told.speaking().spoken_range()[1]

    def maximumValue(self) -> float:  # noqa: N802
        return self._told.speaking().spoken_range()[2]

    def minimumStepSize(self) -> float:  # noqa: N802
        return 0.0  # it differs from place to place on a logarithmic groove

    def setCurrentValue(self, value: object) -> None:  # noqa: N802
        self._told.speaking().take_spoken(float(cast(float, value)))


class _Press(QAccessibleActionInterface):
    """A screen reader presses what is pressed."""

    def __init__(self, told: _Told) -> None:
        super().__init__()
        self._told = told

    def actionNames(self) -> list[str]:  # noqa: N802
        return [QAccessibleActionInterface.pressAction()]

    def doAction(self, name: str) -> None:  # noqa: N802
        button = self._told.object()
        if name == QAccessibleActionInterface.pressAction() and isinstance(button, QAbstractButton):
            button.click()

    def keyBindingsForAction(self, name: str) -> list[str]:  # noqa: N802
        return []


class _Told(QAccessibleWidget):
    """The accessible interface of a widget that says what it is."""

    def __init__(self, widget: QWidget, role: QAccessible.Role) -> None:
        super().__init__(widget, role)
        self._parts: dict[_Kind, QAccessibleValueInterface | QAccessibleActionInterface] = {}
        if hasattr(widget, "spoken_range"):
            self._parts[_Kind.ValueInterface] = _Number(self)
        if isinstance(widget, QAbstractButton):
            self._parts[_Kind.ActionInterface] = _Press(self)

    def speaking(self) -> Speaking:
        """The widget."""
        return cast(Speaking, self.object())

    def interface_cast(self, kind: _Kind) -> int:
        """The part of that kind. PySide 6.11 makes a pointer of whatever is returned, and of None one that crashes."""
        part = self._parts.get(kind)
        address = 0 if part is None else shiboken6.getCppPointer(part)[0]
        if not address and kind == _Kind.ActionInterface:
            return super().interface_cast(kind)
        return cast(int, shiboken6.VoidPtr(address))

    def text(self, kind: QAccessible.Text) -> str:
        if kind == QAccessible.Text.Value and hasattr(self.object(), "spoken_value"):
            return self.speaking().spoken_value()
        if kind == QAccessible.Text.Description and hasattr(self.object(), "spoken_description"):
            return self.speaking().spoken_description()
        return super().text(kind)

    def state(self) -> QAccessible.State:
        state = super().state()
        if hasattr(self.object(), "is_open"):
            is_open = self.speaking().is_open()
            state.expandable, state.expanded, state.collapsed = True, is_open, not is_open
        return state


def _tell(kind: str, about: QObject) -> QAccessibleInterface | None:
    role = getattr(about, "spoken_role", None) if isinstance(about, QWidget) else None
    return _Told(about, role) if isinstance(about, QWidget) and role is not None else None


_is_installed = False


def install() -> None:
    """Answer for widgets that say what they are, from now on."""
    global _is_installed
    if not _is_installed:
        QAccessible.installFactory(_tell)
        _is_installed = True


def send(event: QAccessibleEvent) -> None:
    """Tell a screen reader of an event."""
    QAccessible.updateAccessibility(event)


def value_changed(widget: QWidget) -> None:
    """Tell a screen reader, if one listens, that a widget with the focus has another `spoken_value`."""
    if QAccessible.isActive() and widget.hasFocus():
        send(QAccessibleValueChangeEvent(widget, cast(Speaking, widget).spoken_value()))


def announce(widget: QWidget, words: str, is_urgent: bool = False) -> None:
    """Have a screen reader, if one listens, say something that no control with the focus shows."""
    if QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, words)
        if is_urgent:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        send(event)
