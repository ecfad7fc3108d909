"""Placeholder of a page or card that needs a VAE lane."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.add_lane import add_lane_button
from gui.widgets.label import Label


class NoVae(QWidget):
    """One sentence and a button that adds a VAE lane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.addStretch(1)
        why = Label("Add a VAE lane to use this", "body", "text_2", wrap=True)
        why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add = add_lane_button(desk, "vae", "Add a VAE lane", height=28)
        column.addWidget(why)
        column.addSpacing(theme.px(8))
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
