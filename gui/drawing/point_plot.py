"""Points of the plane in a square: many as dots, one as a ring."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from core.foundation.arrays import Floats
from core.foundation.pixels import FRAME
from gui.drawing import theme
from gui.drawing.painting import places

DOT_PX = 2
"""Side of a dot at text size 1, px."""
MOST_BACKGROUND_POINTS = 2_000
"""Number of data points drawn behind a point of the model, at most."""


def square(area: QRectF) -> QRectF:
    """The largest square in the middle of an area."""
    side = min(area.width(), area.height())
    return QRectF(area.center().x() - side / 2, area.center().y() - side / 2, side, side)


def spots(points: Floats, area: QRectF, reach: float = FRAME) -> Floats:
    """Pixels (…, 2) of points (…, 2), where the square from −``reach`` to ``reach`` fills the area."""
    scale = np.array([area.width(), -area.height()], np.float32) / np.float32(2 * reach)
    middle = np.array([area.center().x(), area.center().y()], np.float32)
    return places(points * scale + middle)


def dots(points: Floats, area: QRectF, color: str, ratio: float, reach: float = FRAME) -> QImage:
    """Points (N, 2) as dots in one transparent image of the area's size; points outside are left out."""
    wide, tall, size = (
        round(area.width() * ratio),
        round(area.height() * ratio),
        max(1, round(DOT_PX * theme.text_scale() * ratio)),
    )
    canvas = np.zeros((tall, wide), np.uint32)
    inside = QRectF(0, 0, area.width(), area.height())
    at = (spots(points, inside, reach) * ratio - (size - 1) / 2).astype(int)
    at = at[(at >= 0).all(1) & (at[:, 0] <= wide - size) & (at[:, 1] <= tall - size)]
    for dy in range(size):
        for dx in range(size):
            canvas[at[:, 1] + dy, at[:, 0] + dx] = QColor(color).rgba()
    image = QImage(canvas.data, wide, tall, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied).copy()
    image.setDevicePixelRatio(ratio)
    return image


def paint_ring(painter: QPainter, spot: QPointF, ink: str, halo: str) -> None:
    """Paint one point as a ring with a halo."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = theme.px(5)
    for color, width in ((halo, 4.5), (ink, 2.0)):
        painter.setPen(QPen(QColor(color), width))
        painter.drawEllipse(spot, radius, radius)
