"""The names of a control: for tests and lessons, for screen readers, and in its tooltip."""

from __future__ import annotations

import html
from typing import TypeVar

from PySide6.QtGui import Qt
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


def plain_tip(text: str) -> str:
    """A tooltip that shows a text as it is: Qt would take the name of a file like "<b>" for HTML."""
    return html.escape(text).replace("\n", "<br>") if Qt.mightBeRichText(text) else text
