"""A widget in window colour."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.drawing import paint


class Page(QWidget):
    """The background under cards and lanes."""

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "window")
