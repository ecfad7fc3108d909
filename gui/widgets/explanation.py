"""A card that says what something is: opened by "What is this", where the help box may be out of sight."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from gui.drawing import theme
from gui.widgets.formula import Formula
from gui.widgets.help_text import Help
from gui.widgets.label import Label
from gui.widgets.popover import Popover

WIDE = 320
"""Width of the words, px at text size 1."""


class Explanation(Popover):
    """Name, sentences, formula and footer. Esc or a click closes it."""

    def __init__(self, parent: QWidget, text: Help) -> None:
        super().__init__(parent)
        self.setObjectName("explanation")
        self.setAccessibleName(text.title)
        self.setAccessibleDescription(f"{text.text} {text.footer}".strip())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.body.addWidget(Label(text.title, "strong", "text"))
        words = Label(text.text, "body", "text_2", wrap=True)
        words.setFixedWidth(theme.px(WIDE))
        words.setMinimumHeight(words.heightForWidth(theme.px(WIDE)))
        self.body.addWidget(words)
        if text.formula:
            formula = Formula("", "body", "text")
            formula.set_formula(text.formula, own="frac" in text.formula)
            self.body.addWidget(formula)
        if text.footer:
            footer = Label(text.footer, "caption", "text_3", wrap=True)
            footer.setFixedWidth(theme.px(WIDE))
            self.body.addWidget(footer)

    def open_at(self, place: QPoint) -> None:
        """Open at a place of the screen, or as near as there is room."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        left = max(room.left(), min(place.x(), room.right() - self.width()))
        top = max(room.top(), min(place.y(), room.bottom() - self.height()))
        self.move(left, top)
        self.show()
