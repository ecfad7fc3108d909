"""The names of a control: for tests and lessons, for screen readers, and in its tooltip."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str = "", spoken: str = "", tip: str = "") -> W:
    """Set object name, accessible name and tooltip, except empty ones. Returns the widget."""
    if name:
        widget.setObjectName(name)
    if spoken:
        widget.setAccessibleName(spoken)
    if tip:
        widget.setToolTip(tip)
    return widget
