"""Controls that stay together in one row of a card."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.drawing import theme


class Group(QWidget):
    """Controls in a row."""

    def __init__(self, *controls: QWidget) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(6))
        for each in controls:
            row.addWidget(each, 0, Qt.AlignmentFlag.AlignVCenter)
