"""A note in a corner of a panel that says where an old picture comes from."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting

EDGE_PX = 4
"""Space to the edges of the panel, px at text size 1."""


class Stamp(QWidget):
    """Lies over the upper right corner of its parent, or the lower right one, above its other children.

    Hidden while it has no words.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = parent
        self._words = ""
        self._is_low = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()
        parent.installEventFilter(self)
        theme.changes.changed.connect(self._place)

    def words(self) -> str:
        """What it says."""
        return self._words

    def set_words(self, words: str) -> None:
        """Say this; "" hides it."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(words)
            self._place()
            self.setVisible(bool(words))
            self.raise_()
            self.update()

    def set_low(self, low: bool) -> None:
        """Whether it lies in the lower corner: where a legend begins in the upper one."""
        self._is_low = low
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(math.ceil(paint.wide(self._words, "tick")) + theme.px(8), theme.px(16))

    def _place(self) -> None:
        within, edge, size = self._panel.width(), theme.px(EDGE_PX), self.sizeHint()
        wide = max(0, min(size.width(), within - 2 * edge))
        top = self._panel.height() - edge - size.height() if self._is_low else edge
        self.setGeometry(within - edge - wide, top, wide, size.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._words:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self) as painter:
            paint.box(painter, self.rect(), 0, colors.panel, colors.line)
            area = QRectF(self.rect()).adjusted(theme.px(4), 0, -theme.px(3), 0)
            paint.text(painter, area, self._words, "tick", colors.text_2)
