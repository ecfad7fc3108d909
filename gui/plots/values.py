"""Values that are read at a place: a box of words beside the line of a `Reading`."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.drawing import paint, theme

Row = tuple[str, str]
"""A colour, "" for none, and words with their unit."""
ROW_PX = 15
"""Height of a row, px at text size 1."""
SWATCH_PX = 12
"""Width of a swatch with the space after it, px at text size 1."""
PAD_PX = 6
"""Space at either end of a row, and between the box and the line, px at text size 1."""


class Values(QGraphicsItem):
    """Rows of words in a box, in pixels of a plot."""

    def __init__(self) -> None:
        super().__init__()
        self._area, self._rows = QRectF(), tuple[Row, ...]()
        self.hide()

    def show_beside(self, x: float, inner: QRectF, top: float, rows: Sequence[Row]) -> None:
        """Show rows at the right of x px, or at the left where ``inner`` has no room; the box begins at ``top``."""
        gap = theme.px(PAD_PX)
        swatch = theme.px(SWATCH_PX) if any(color for color, _ in rows) else 0
        wide = max((paint.wide(words, "tick") for _, words in rows), default=0.0) + swatch + 2 * gap
        left = x + gap if x + gap + wide <= inner.right() else max(inner.left(), x - gap - wide)
        area = QRectF(round(left), round(top), round(wide), len(rows) * theme.px(ROW_PX) + 4)
        if (area, tuple(rows)) != (self._area, self._rows):
            self.prepareGeometryChange()
            self._area, self._rows = area, tuple(rows)
            self.update()
        self.setVisible(bool(rows))

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colors, tall, gap = theme.current(), theme.px(ROW_PX), theme.px(PAD_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, self._area, 3, colors.panel, colors.line)
        swatch = theme.px(SWATCH_PX) if any(color for color, _ in self._rows) else 0
        for index, (color, words) in enumerate(self._rows):
            left, top = self._area.left() + gap, self._area.top() + 2 + index * tall
            if color:
                painter.fillRect(QRectF(left, round(top + tall / 2) - 1, swatch - 4, 2), QColor(color))
            place = QRectF(left + swatch, top, self._area.right() - gap - left - swatch, tall)
            paint.text(painter, place, words, "tick", colors.text)
