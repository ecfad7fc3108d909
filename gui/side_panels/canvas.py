"""A sheet to draw on, and what a drawing becomes for a model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from core.foundation.arrays import Floats
from gui.drawing import paint, pictures, theme
from gui.drawing.painting import painting
from gui.widgets import focus

CANVAS_PX = 280
"""Side of the drawing sheet, px."""
BRUSH_PX = 22
"""Width of the brush, px."""


class Canvas(QWidget):
    """A sheet to draw on with a round brush. The right button or Shift erases."""

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sheet = QImage(CANVAS_PX, CANVAS_PX, QImage.Format.Format_Grayscale8)
        self._last = QPointF()
        self.setFixedSize(CANVAS_PX, CANVAS_PX)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Draw here")
        self.clear()

    def clear(self) -> None:
        """Clear the sheet."""
        self._sheet.fill(0)
        self.empty = True
        self.update()
        self.drawn.emit()

    def put(self, image: Floats) -> None:
        """Show a drawing (C, H, W) in [0, 1] of another day, to go on with; ``drawn`` is not emitted."""
        pixels = np.rint(255 * image[0]).astype(np.uint8)
        large = pictures.qimage(np.repeat(pixels[..., None], 3, -1))
        ratio, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        grey = large.scaled(CANVAS_PX, CANVAS_PX, ratio, smooth).convertToFormat(QImage.Format.Format_Grayscale8)
        self._sheet = grey
        self.empty = False
        self.update()

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The sheet, (280, 280), ink 255."""
        sheet = self._sheet
        raw = np.frombuffer(sheet.constBits(), np.uint8).reshape(sheet.height(), sheet.bytesPerLine())
        return raw[:, : sheet.width()].copy()

    def _stroke(self, event: QMouseEvent) -> None:
        erases = bool(event.buttons() & Qt.MouseButton.RightButton) or focus.with_shift(event)
        with painting(self._sheet, smooth=True) as painter:
            pen = QPen(QColor(0, 0, 0) if erases else QColor(255, 255, 255), BRUSH_PX)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(self._last, event.position() + QPointF(0.01, 0))
        self._last = event.position()
        self.empty = False
        self.update()
        self.drawn.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        self._stroke(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._stroke(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self) as painter:
            painter.drawImage(0, 0, pictures.qimage(colors.image_table[self.pixels()]))
            if self.empty:
                paint.text(painter, self.rect(), "Draw here", "body", colors.text_3, paint.CENTER)


def framed(sheet: npt.NDArray[np.uint8], shape: tuple[int, int, int]) -> Floats:
    """A drawing (S, S) as an image (C, H, W) in [0, 1], preprocessed as MNIST: the ink scaled to 20 of 28 pixels, its
    centre of mass in the middle. An empty sheet is an empty image."""
    channels, height, width = shape
    out = np.zeros((height, width), np.float32)
    rows, columns = np.flatnonzero(sheet.max(1)), np.flatnonzero(sheet.max(0))
    if len(rows):
        ink = sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = min(height, width) * 20 / 28 / max(ink.shape)
        tall, wide = max(1, round(ink.shape[0] * scale)), max(1, round(ink.shape[1] * scale))
        rgb = np.repeat(ink[None, ..., None], 3, -1)
        small = pictures.scaled(rgb, tall, wide)[0, ..., 0].astype(np.float32) / 255.0
        y, x = np.mgrid[:tall, :wide]
        mass = small.sum() or 1.0
        top = round(height / 2 - float((y * small).sum() / mass) - 0.5)
        left = round(width / 2 - float((x * small).sum() / mass) - 0.5)
        top, left = min(max(top, 0), height - tall), min(max(left, 0), width - wide)
        out[top : top + tall, left : left + wide] = small
    return np.broadcast_to(out, (channels, height, width)).astype(np.float32)
