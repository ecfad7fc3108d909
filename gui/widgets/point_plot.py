"""Points of a plane in a square: those of the data as a quiet ground, those of a model in its colour, one as a ring."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from core.pixels import FRAME
from gui import theme
from gui.widgets import paint
from gui.widgets.chart import Backdrop

Points = npt.NDArray[np.float32]

DOT_PX = 2
MOST_GROUND = 2_000


def square(area: QRectF) -> QRectF:
    """The largest square in the middle of an area."""
    side = min(area.width(), area.height())
    return QRectF(area.center().x() - side / 2, area.center().y() - side / 2, side, side)


def spots(points: Points, area: QRectF) -> Points:
    """Pixels (N, 2) of points (N, 2): the frame of ±`FRAME` fills the area."""
    scale = np.array([area.width(), -area.height()], np.float32) / np.float32(2 * FRAME)
    middle = np.array([area.center().x(), area.center().y()], np.float32)
    return points * scale + middle


def dots(points: Points, area: QRectF, color: str, ratio: float) -> QImage:
    """All points as one transparent picture of the area's size; those outside are left out."""
    wide, tall, size = round(area.width() * ratio), round(area.height() * ratio), max(1, round(DOT_PX * ratio))
    sheet = np.zeros((tall, wide), np.uint32)
    at = (spots(points, QRectF(0, 0, area.width(), area.height())) * ratio - (size - 1) / 2).astype(int)
    at = at[(at >= 0).all(1) & (at[:, 0] <= wide - size) & (at[:, 1] <= tall - size)]
    for dy in range(size):
        for dx in range(size):
            sheet[at[:, 1] + dy, at[:, 0] + dx] = QColor(color).rgba()
    made = QImage(sheet.data, wide, tall, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied).copy()
    made.setDevicePixelRatio(ratio)
    return made


def paint_ring(painter: QPainter, spot: QPointF, ink: str, halo: str) -> None:
    """One point that is to be found at a glance."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((halo, 4.5), (ink, 2.0)):
        painter.setPen(QPen(QColor(color), width))
        painter.drawEllipse(spot, 5.0, 5.0)


class PointPlot(QWidget):
    """A cell of its own: data under samples."""

    def __init__(self) -> None:
        super().__init__()
        self._ground: Points = np.zeros((0, 2), np.float32)
        self._points: Points = np.zeros((0, 2), np.float32)
        self._slot = 0
        self._backdrop = Backdrop()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changes.changed.connect(self._restyle)

    def set_ground(self, points: Points) -> None:
        """The data (N, 2); `MOST_GROUND` of them at most are drawn."""
        self._ground = points[:MOST_GROUND]
        self._backdrop = Backdrop()
        self.update()

    def set_points(self, points: Points, slot: int) -> None:
        """What a model made, (N, 2), in the colour of its lane."""
        self._points, self._slot = points, slot
        self.update()

    def _restyle(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter, ratio = theme.current(), QPainter(self), self.devicePixelRatioF()
        area = square(QRectF(self.rect()).adjusted(1, 1, -1, -1))

        def rest(under: QPainter) -> None:
            under.fillRect(self.rect(), QColor(colors.window))
            paint.box(under, self.rect(), 4, colors.plot, colors.line)
            under.drawImage(area.topLeft(), dots(self._ground, area, colors.text_3, ratio))

        painter.drawPixmap(0, 0, self._backdrop.pixmap((), self.size(), ratio, rest))
        painter.drawImage(area.topLeft(), dots(self._points, area, colors.lanes[self._slot], ratio))
        painter.end()
