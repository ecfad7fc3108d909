"""What stands in place of a page that needs a VAE, and which lane is that VAE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.buttons import Button
from gui.widgets.label import Label

if TYPE_CHECKING:
    pass


class NoVae(QWidget):
    """One sentence and one button."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.addStretch(1)
        why = Label("Add a VAE lane to use this", "body", "text_2", wrap=True)
        why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add = Button("Add a VAE lane", "plus", height=28)
        self.add.setObjectName("add vae")
        self.add.clicked.connect(lambda: desk.add_lane("vae") if desk.is_open else None)
        column.addWidget(why)
        column.addSpacing(theme.px(8))
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
