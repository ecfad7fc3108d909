"""Which place of the manual explains a widget: said by the widget itself or by the nearest one around it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from gui.widgets.key_hints import key_or

_PROPERTY = "manual place"


@runtime_checkable
class HasPlaces(Protocol):
    """A widget that shows several things, each with a place of its own."""

    def manual_place(self, spot: QPoint | None) -> str:
        """The address (`core.text.addresses`) of what is at a point in it; None: of what the keyboard has chosen."""
        ...


def more() -> str:
    """The last line of a tooltip whose widget has a place in the manual: its key."""
    return f"{key_or('open_more', 'More about this in the manual')}: more"


def set_place(widget: QWidget, address: str) -> None:
    """Say which place of the manual explains a widget."""
    widget.setProperty(_PROPERTY, address)


def place_of(widget: QWidget | None, at: QPoint | None) -> str:
    """The address for a widget, ``at`` a point on the screen; "" if neither it nor one around it has any."""
    while widget is not None:
        if isinstance(widget, HasPlaces):
            place = widget.manual_place(None if at is None else widget.mapFromGlobal(at))
        else:
            place = str(widget.property(_PROPERTY) or "")
        if place or widget.isWindow():
            return place
        widget = widget.parentWidget()
    return ""
