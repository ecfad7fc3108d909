"""One shape per lane, so that no lane is marked by colour alone."""

from __future__ import annotations

import functools
import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPainterPath, QPixmap

from gui.drawing.painting import painting

NAMES = ("circle", "square", "triangle", "diamond", "hexagon")


@functools.cache
def path(slot: int) -> QPainterPath:
    """The outline of a slot's shape around the origin, about one unit across; all look equally large."""
    outline = QPainterPath()
    kind = NAMES[slot % len(NAMES)]
    if kind == "circle":
        outline.addEllipse(QPointF(0, 0), 0.5, 0.5)
        return outline
    if kind == "square":
        outline.addRect(-0.45, -0.45, 0.9, 0.9)
        return outline
    corners = {
        "triangle": [(0.0, -0.5), (0.54, 0.45), (-0.54, 0.45)],
        "diamond": [(0.0, -0.58), (0.58, 0.0), (0.0, 0.58), (-0.58, 0.0)],
        "hexagon": [(0.54 * math.cos(k * math.pi / 3), 0.54 * math.sin(k * math.pi / 3)) for k in range(6)],
    }[kind]
    outline.moveTo(*corners[0])
    for corner in corners[1:]:
        outline.lineTo(*corner)
    outline.closeSubpath()
    return outline


def paint(painter: QPainter, slot: int, center_x: float, center_y: float, size: float, color_hex: str) -> None:
    """Fill a slot's shape, ``size`` px across, around a centre."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color_hex))
    painter.translate(center_x, center_y)
    painter.scale(size, size)
    painter.drawPath(path(slot))
    painter.restore()


def shape_pixmap(slot: int, size: int, color_hex: str) -> QPixmap:
    """A slot's shape on a transparent square, with a margin of one pixel."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    side = size + 2
    image = QPixmap(math.ceil(side * ratio), math.ceil(side * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    with painting(image) as painter:
        paint(painter, slot, side / 2, side / 2, size, color_hex)
    return image
