"""Small labels: state chips, class chips, key caps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets.buttons import PressButton, paint_cap
from gui.widgets.painted import PaintedWidget

_TONES = {"normal": "text_2", "warn": "warn", "error": "error"}


class Chip(PressButton):
    """A state in a few words, 24 px high; a click shows more."""

    def __init__(self, icon: str | None, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tone = "normal"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def set_text(self, text: str) -> None:
        """Set the words."""
        if text != self.text():
            self.setText(text)

    def set_icon(self, icon: str | None) -> None:
        """Set the icon, or none."""
        if icon != self._icon:
            self._icon = icon
            self._restyle()

    def set_tone(self, tone: str) -> None:
        """Set the tone: "normal", "warn" or "error". `KeyError` for any other."""
        if tone not in _TONES:
            raise KeyError(f"there is no tone '{tone}'")
        if tone != self._tone:
            self._tone = tone
            self.update()

    def tone(self) -> str:
        """The present tone."""
        return self._tone

    def _lead(self) -> int:
        """The width of what precedes the words, with the gap after it, px."""
        return theme.px(14) + theme.px(6) if self._icon else 0

    def sizeHint(self) -> QSize:
        words = paint.wide(self.text(), "caption")
        gap = self._lead() if self.text() else max(0, self._lead() - theme.px(6))
        return QSize(round(theme.px(9) * 2 + gap + words) + 1, theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            fill = colors.control_hover if self.lit() else colors.card
            border = colors.line if self._tone == "normal" else colors.token(_TONES[self._tone])
            paint.box(painter, self.rect(), theme.px(4), fill if self.isEnabled() else colors.panel, border)
            ink = colors.token(_TONES[self._tone])
            ink = colors.text if self.lit() and self._tone == "normal" else ink
            ink = ink if self.isEnabled() else colors.disabled()
            left = theme.px(9)
            self._paint_lead(painter, left, ink)
            left += self._lead()
            words = QRectF(left, 0, self.width() - left - theme.px(6), self.height())
            paint.text(painter, words, self.text(), "caption", ink)

    def _paint_lead(self, painter: QPainter, left: float, ink: str) -> None:
        if self._icon:
            paint.icon(painter, self._icon, left + theme.px(14) / 2, self.height() / 2, theme.px(14), ink)


class SparkChip(Chip):
    """A chip with a spark line of 28 × 12 px before its words: the latest values of a measurement."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(None, text, parent)
        self._values: list[float] = []

    def set_values(self, values: Sequence[float]) -> None:
        """Set the latest values, oldest first; scaled from 0 to the largest. Non-finite values are left out."""
        self._values = [float(v) for v in values if math.isfinite(v)][-56:]
        self.update()

    def values(self) -> list[float]:
        """The values drawn."""
        return list(self._values)

    def _lead(self) -> int:
        return theme.px(28) + theme.px(7)

    def _paint_lead(self, painter: QPainter, left: float, ink: str) -> None:
        if len(self._values) < 2:
            return
        colors = theme.current()
        tallest = max(max(self._values), 1e-9)
        width, height = theme.px(28), theme.px(12)
        base = (self.height() + height) / 2 - 1.5
        pitch = width / (len(self._values) - 1)
        line = [
            QPointF(left + index * pitch, base - max(0.0, value) / tallest * (height - 3))
            for index, value in enumerate(self._values)
        ]
        color = colors.accent if self.tone() == "normal" else ink
        painter.setPen(QPen(QColor(color if self.isEnabled() else ink), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(line)


WORDS_PX = 22
"""Where the name of a class begins on its chip, px at text size 1."""


class ClassChip(PressButton):
    """A checkable class of the dataset: dot and name. From the eleventh class on the dot is hollow.

    ``picked`` carries the index, and whether Ctrl was held: add the class to the chosen ones instead of isolating it.
    """

    picked = Signal(int, bool)

    def __init__(self, index: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = index
        self._dimmed = False
        self._add = False
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(name)
        self.setAccessibleName(f"class {name}")
        self.clicked.connect(self._pick)

    def index(self) -> int:
        """The index of the class."""
        return self._index

    def set_dimmed(self, dimmed: bool) -> None:
        """Fade the name, because another class is isolated."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().keyPressEvent(event)

    def _pick(self) -> None:
        add, self._add = self._add, False
        self.picked.emit(self._index, add)

    def sizeHint(self) -> QSize:
        words = paint.wide(self.text(), "strong")
        return QSize(round(theme.px(WORDS_PX + 8) + words), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(36), theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            fill = colors.control
            if self.isChecked() or self.isDown():
                fill = colors.control_on
            elif self.lit():
                fill = colors.control_hover
            enabled = self.isEnabled()
            # in the light theme a checked chip is as white as its card: the outline marks it
            edge = colors.line_strong if self.isChecked() else None
            paint.box(painter, self.rect(), p(4), fill if enabled else colors.panel, edge if enabled else colors.line)
            dot, radius = colors.class_color(self._index), p(8) / 2
            dot = dot if enabled else colors.disabled()
            middle = self.height() / 2
            if self._index >= len(colors.classes):
                painter.setPen(QPen(QColor(dot), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(p(8) + radius, middle), radius - 0.75, radius - 0.75)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(dot))
                painter.drawEllipse(QPointF(p(8) + radius, middle), radius, radius)
            left = p(WORDS_PX)
            ink = (
                colors.disabled() if not enabled else colors.text_3 if self._dimmed and not self.lit() else colors.text
            )
            words = QRectF(left, 0, self.width() - left - p(4), self.height())
            paint.text(painter, words, self.text(), "strong", ink)


class KeyCap(PaintedWidget):
    """The name of a key in an outlined cap, 16 px high."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Set the name of the key; without one the cap is hidden."""
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = paint.wide(self._text, "keycap")
        return QSize(max(theme.px(16), round(words) + theme.px(9)), theme.px(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            paint_cap(painter, QRectF(self.rect()), self._text, colors.text_2, colors.line_strong)
