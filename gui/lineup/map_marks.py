"""Marks on top of a latent map: the ring of the point, the pins, and the line they are drawn with. No widgets."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from gui.drawing import paint, theme
from gui.drawing.painting import painting

POINT_PX = 11.0
"""Radius of the ring around the point with its halo, px."""
PIN_PX = 8.0
"""Radius of a pin, px."""
SHARED_PX = 2.0
"""Distance up to which two pins count as at one place, px."""
RING_PX = 15
"""Half the side of the area that the ring and its halo cover, px."""


def stroke(painter: QPainter, path: QPainterPath, width: float, color: str) -> None:
    """Draw a line with a halo in plot colour, so that it is visible on any background."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.current().plot), width + 3))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(color), width))
    painter.drawPath(path)


def ring(is_dragged: bool, ratio: float, is_over_pin: bool = False) -> QPixmap:
    """The point: a ring around a dot, larger while it is dragged; ``ratio`` device pixels to a pixel.

    Over a pin it has no dot, which would hide the pin's letter.
    """
    colors = theme.current()
    pixmap = QPixmap(round(2 * RING_PX * ratio), round(2 * RING_PX * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with painting(pixmap, smooth=True) as painter:
        middle, radius = QPointF(RING_PX, RING_PX), 11.0 if is_dragged else 9.0
        circle = QPainterPath()
        circle.addEllipse(middle, radius, radius)
        stroke(painter, circle, 2, colors.text)
        if is_over_pin:
            return pixmap
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.plot))
        painter.drawEllipse(middle, 3.0, 3.0)
        painter.setBrush(QColor(colors.text))
        painter.drawEllipse(middle, 1.5, 1.5)
    return pixmap


def pin_spots(a: QPointF, b: QPointF) -> tuple[QPointF, QPointF]:
    """Where pins at ``a`` and ``b`` are drawn and grabbed: there, or at both sides of a place that they share.

    They share one where they differ only in dimensions that the map does not show; the ring may lie there too.
    """
    if math.hypot(a.x() - b.x(), a.y() - b.y()) > SHARED_PX:
        return a, b
    aside = QPointF(POINT_PX + PIN_PX, 0.0)
    return a - aside, b + aside


def handle_areas(point: QPointF, a: QPointF, b: QPointF) -> list[QRectF]:
    """What the ring at ``point`` and the pins cover."""
    handles = ((point, POINT_PX), *((spot, PIN_PX) for spot in pin_spots(a, b)))
    return [QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half) for at, half in handles]


def is_over(point: QPointF, pins: tuple[QPointF, QPointF]) -> bool:
    """Whether the dot of the ring at ``point`` would lie on a pin."""
    return any(math.hypot(point.x() - pin.x(), point.y() - pin.y()) < PIN_PX for pin in pin_spots(*pins))


def paint_pins(painter: QPainter, a: QPointF, b: QPointF) -> None:
    """Paint pins at their spots; where they share a place, with a line through it."""
    colors, spots = theme.current(), pin_spots(a, b)
    if spots != (a, b):
        line = QPainterPath(spots[0])
        line.lineTo(spots[1])
        stroke(painter, line, 1, colors.text)
    for name, spot in zip("AB", spots, strict=True):
        painter.setPen(QPen(QColor(colors.plot), 4))
        painter.setBrush(QColor(colors.plot))
        painter.drawEllipse(spot, PIN_PX, PIN_PX)
        painter.setPen(QPen(QColor(colors.text), 1.25))
        painter.drawEllipse(spot, 7.5, 7.5)
        area = QRectF(spot.x() - 8, spot.y() - 8, 16, 16)
        paint.text(painter, area, name, "keycap", colors.text, paint.CENTER)
