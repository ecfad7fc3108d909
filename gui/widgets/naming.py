"""What a control is called by tests and lessons, by screen readers, and by the tooltip."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str = "", spoken: str = "", tip: str = "") -> W:
    """The widget with an object name, an accessible name and a tooltip, as far as they are given."""
    if name:
        widget.setObjectName(name)
    if spoken:
        widget.setAccessibleName(spoken)
    if tip:
        widget.setToolTip(tip)
    return widget
