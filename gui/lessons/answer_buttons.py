"""Buttons of the Lessons sheet with words over several lines."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets.buttons import PressButton

Mark = Literal["", "chosen", "right", "wrong"]
_ICONS = {"right": ("check", "ok"), "wrong": ("close", "warn")}


class TextButton(PressButton):
    """A letter or number, words over several lines, and an optional caption below. A mark colours it."""

    def __init__(self, lead: str, text: str, note: str = "") -> None:
        super().__init__()
        self._lead, self._note = lead, note
        self._mark: Mark = ""
        self.setText(text)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(f"{lead} {text}".strip())

    def set_mark(self, mark: Mark) -> None:
        """Mark the button as the chosen, right or wrong answer. The accessible name says it too."""
        if mark != self._mark:
            self._mark = mark
            words = {"": "", "chosen": ", your answer", "right": ", right", "wrong": ", not so"}[mark]
            self.setAccessibleName(f"{self._lead} {self.text()}{words}")
            self.update()

    def mark(self) -> Mark:
        """The mark."""
        return self._mark

    def _words_width(self, width: float) -> float:
        return max(20.0, width - theme.px(34) - theme.px(10))

    def _height_of(self, role: str, words: str, width: float) -> int:
        return math.ceil(paint.extent(words, role, self._words_width(width))[1]) if words else 0

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        words, note = self._height_of("medium", self.text(), width), self._height_of("caption", self._note, width)
        return max(theme.px(32), words + note + theme.px(15))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()  # other line breaks, another height

    def sizeHint(self) -> QSize:
        width = max(self.width(), theme.px(200))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            ink, border = colors.text, colors.line
            fill = colors.control_hover if self.lit() else colors.control
            if self._mark:
                fill = colors.card
                border = {"chosen": colors.accent, "right": colors.ok, "wrong": colors.warn}[self._mark]
            elif not self.isEnabled():
                fill, ink = colors.panel, colors.text_3
            if self.isDown():
                fill = colors.control_on
            paint.box(painter, area, p(4), fill, border)
            self._paint_lead(painter, ink)
            height = self._height_of("medium", self.text(), area.width())
            note = self._height_of("caption", self._note, area.width())
            top = (area.height() - height - note) / 2
            words = QRectF(p(34), top, self._words_width(area.width()), height)
            painter.setFont(theme.font("medium"))
            painter.setPen(ink)
            painter.drawText(words, int(Qt.TextFlag.TextWordWrap), self.text())
            if self._note:
                painter.setFont(theme.font("caption"))
                painter.setPen(colors.text_3)
                below = QRectF(words.left(), words.bottom() + p(1), words.width(), note)
                painter.drawText(below, int(Qt.TextFlag.TextWordWrap), self._note)

    def _paint_lead(self, painter: QPainter, ink: str) -> None:
        colors, p = theme.current(), theme.px
        middle = self.height() / 2
        if self._mark in _ICONS:
            name, token = _ICONS[self._mark]
            paint.icon(painter, name, p(17), middle, p(16), colors.token(token))
            return
        area = QRectF(p(8), middle - p(10), p(18), p(20))
        shade = colors.accent if self._mark == "chosen" else colors.text_3 if self.isEnabled() else ink
        paint.text(painter, area, self._lead, "strong", shade, paint.CENTER)
