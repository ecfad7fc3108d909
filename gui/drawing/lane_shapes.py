"""The shapes that stand for lanes, so that no lane is told by colour alone."""

from __future__ import annotations

import functools
import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPainterPath, QPixmap

NAMES = ("circle", "square", "triangle", "diamond", "hexagon")


@functools.cache
def path(slot: int) -> QPainterPath:
    """The outline of a slot's shape around the origin, about one unit across; equal in weight to the eye."""
    made = QPainterPath()
    kind = NAMES[slot % len(NAMES)]
    if kind == "circle":
        made.addEllipse(QPointF(0, 0), 0.5, 0.5)
        return made
    if kind == "square":
        made.addRect(-0.45, -0.45, 0.9, 0.9)
        return made
    corners = {
        "triangle": [(0.0, -0.5), (0.54, 0.45), (-0.54, 0.45)],
        "diamond": [(0.0, -0.58), (0.58, 0.0), (0.0, 0.58), (-0.58, 0.0)],
        "hexagon": [(0.54 * math.cos(k * math.pi / 3), 0.54 * math.sin(k * math.pi / 3)) for k in range(6)],
    }[kind]
    made.moveTo(*corners[0])
    for corner in corners[1:]:
        made.lineTo(*corner)
    made.closeSubpath()
    return made


def paint(painter: QPainter, slot: int, center_x: float, center_y: float, size: float, color_hex: str) -> None:
    """Fill a slot's shape, ``size`` pixels across, around a centre."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color_hex))
    painter.translate(center_x, center_y)
    painter.scale(size, size)
    painter.drawPath(path(slot))
    painter.restore()


def shape_pixmap(slot: int, size: int, color_hex: str) -> QPixmap:
    """A slot's shape on a transparent square with a pixel of air around it."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    side = size + 2
    made = QPixmap(math.ceil(side * ratio), math.ceil(side * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint(painter, slot, side / 2, side / 2, size, color_hex)
    painter.end()
    return made
