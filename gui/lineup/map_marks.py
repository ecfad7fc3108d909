"""Marks on top of a latent map: the ring of the point, the pins, and the line they are drawn with. No widgets."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gui.drawing import paint, theme

POINT_PX = 11
"""Radius of the ring around the point with its halo at text size 1, px."""
PIN_PX = 8
"""Radius of a pin at text size 1, px."""
SHARED_PX = 2.0
"""Distance up to which two pins count as at one place, px."""
RING_PX = 15
"""Half the side of the area that the ring and its halo cover at text size 1, px."""


def stroke(painter: QPainter, path: QPainterPath, width: float, color: str) -> None:
    """Draw a line with a halo in plot colour, so that it is visible on any background."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.current().plot), width + 3))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(color), width))
    painter.drawPath(path)


def paint_ring(painter: QPainter, is_dragged: bool, is_over_pin: bool = False) -> None:
    """Paint the point at the origin: a ring around a dot, larger while it is dragged.

    Over a pin it has no dot, which would hide the pin's letter.
    """
    colors, middle, radius = theme.current(), QPointF(), theme.px(11 if is_dragged else 9)
    circle = QPainterPath()
    circle.addEllipse(middle, radius, radius)
    stroke(painter, circle, 2, colors.text)
    if is_over_pin:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    for color, dot in ((colors.plot, 3.0), (colors.text, 1.5)):
        painter.setBrush(QColor(color))
        painter.drawEllipse(middle, dot * theme.text_scale(), dot * theme.text_scale())


def pin_spots(a: QPointF, b: QPointF) -> tuple[QPointF, QPointF]:
    """Where pins at ``a`` and ``b`` are drawn and grabbed: there, or at both sides of a place that they share.

    They share one where they differ only in dimensions that the map does not show; the ring may lie there too.
    """
    if math.hypot(a.x() - b.x(), a.y() - b.y()) > SHARED_PX:
        return a, b
    aside = QPointF(theme.px(POINT_PX) + theme.px(PIN_PX), 0.0)
    return a - aside, b + aside


def handle_areas(point: QPointF, a: QPointF, b: QPointF) -> list[QRectF]:
    """What the ring at ``point`` and the pins cover."""
    handles = ((point, theme.px(POINT_PX)), *((spot, theme.px(PIN_PX)) for spot in pin_spots(a, b)))
    return [QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half) for at, half in handles]


def is_over(point: QPointF, pins: tuple[QPointF, QPointF]) -> bool:
    """Whether the dot of the ring at ``point`` would lie on a pin."""
    return any(math.hypot(point.x() - pin.x(), point.y() - pin.y()) < theme.px(PIN_PX) for pin in pin_spots(*pins))


def paint_pins(painter: QPainter, a: QPointF, b: QPointF) -> None:
    """Paint pins at their spots; where they share a place, with a line through it."""
    colors, spots, radius = theme.current(), pin_spots(a, b), theme.px(PIN_PX)
    if spots != (a, b):
        line = QPainterPath(spots[0])
        line.lineTo(spots[1])
        stroke(painter, line, 1, colors.text)
    for name, spot in zip("AB", spots, strict=True):
        painter.setPen(QPen(QColor(colors.plot), 4))
        painter.setBrush(QColor(colors.plot))
        painter.drawEllipse(spot, radius, radius)
        painter.setPen(QPen(QColor(colors.text), 1.25))
        painter.drawEllipse(spot, radius - 0.5, radius - 0.5)
        area = QRectF(spot.x() - radius, spot.y() - radius, 2 * radius, 2 * radius)
        paint.text(painter, area, name, "keycap", colors.text, paint.CENTER)
