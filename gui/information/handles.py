"""Plots with handles that are dragged sideways, and those of a Gaussian: a circle for its mean, a diamond for its σ."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF

from gui.drawing import paint, theme
from gui.information.card import Plot
from gui.widgets.grips import Grip, taken

Handle = TypeVar("Handle")

HANDLE_PX = 7
"""Radius of a Gaussian's circle, and half the diagonal of its diamond with the border, px at text size 1."""
_DIAMOND = ((0, -1), (1, 0), (0, 1), (-1, 0))


class HandlePlot(Plot, Generic[Handle]):
    """A plot with handles (abstract): knows which one is under the mouse and which is dragged."""

    def __init__(self, name: str, words: str, keys: Collection[Qt.Key]) -> None:
        super().__init__(name, words, keys)
        self._drag: tuple[Handle, float] | None = (
            None  # the handle, and the offset from its middle at which it was taken, px
        )
        self._hover: Handle | None = None

    def handles(self) -> list[tuple[Handle, QPointF]]:
        """Every handle and where it is, in the order in which they are painted."""
        raise NotImplementedError

    def radius(self, handle: Handle) -> float:
        """Radius of a handle's shape, px."""
        return theme.px(HANDLE_PX)

    def take(self, handle: Handle) -> None:
        """Called when a handle is pressed."""
        raise NotImplementedError

    def pull(self, handle: Handle, x: float) -> None:
        """Called when a handle is dragged to ``x``, px from the left."""
        raise NotImplementedError

    def is_enlarged(self, handle: Handle) -> bool:
        """Whether a handle is drawn larger: dragged, or under the mouse."""
        return handle == self._hover or (self._drag is not None and self._drag[0] == handle)

    def _at(self, spot: QPointF) -> Grip[Handle] | None:
        return taken(spot, [Grip(handle, middle, self.radius(handle)) for handle, middle in self.handles()])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit = self._at(event.position())
        if hit is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._drag = (hit.name, event.position().x() - hit.middle.x())
        self.take(hit.name)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            handle, offset = self._drag
            self.pull(handle, event.position().x() - offset)
            return
        hit = self._at(event.position())
        hover = None if hit is None else hit.name
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.ArrowCursor if hover is None else Qt.CursorShape.OpenHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._drag is not None:
            self._drag = None
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()


def paint_gaussian(
    painter: QPainter,
    mean: QPointF,
    spread: QPointF,
    foot: float,
    color: str,
    *,
    letter: str,
    active: bool,
    large: tuple[bool, bool],
) -> None:
    """Paint a Gaussian's circle and diamond, and a line from the mean to ``foot``; ``large``: which are enlarged."""
    colors, px = theme.current(), theme.px
    painter.setPen(QPen(QColor(theme.mix(color, colors.card, 0.6)), 1))
    painter.drawLine(mean, QPointF(mean.x(), foot))
    painter.setPen(QPen(QColor(color), 1))
    painter.drawLine(QPointF(mean.x(), spread.y()), spread)
    painter.setPen(QPen(QColor(colors.accent if active else colors.card), 2))
    painter.setBrush(QColor(color))
    size = px(8 if large[1] else 6)
    painter.drawPolygon(QPolygonF([QPointF(spread.x() + a * size, spread.y() + b * size) for a, b in _DIAMOND]))
    size = px(9 if large[0] else HANDLE_PX)
    painter.drawEllipse(mean, size, size)
    if letter:
        box = QRectF(mean.x() - 8, mean.y() - 8.5, 16, 16)
        paint.text(painter, box, letter, "keycap", theme.mix(colors.card, color, 0.9), paint.CENTER)
