"""A row of new pictures, under each the training image nearest to it and how near that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from gui.drawing import numbers, paint, pictures, theme
from gui.drawing.chart import Backdrop
from gui.information.card import Plot

if TYPE_CHECKING:
    from core.probes.new_pictures import NewPictures

GAP, LABEL_PX = 4, 15
FAR = 1.0
"""Of the distance that 95 % of test images keep within: above it a picture is marked as farther from the data than
real pictures are; below what 99 % of them keep, as near a copy."""


class NovelStrip(Plot):
    """``chosen`` tells which picture was clicked, ``pointed`` which one the mouse or the keys are on (-1: none)."""

    chosen = Signal(int)
    pointed = Signal(int)

    def __init__(self, name: str, words: str) -> None:
        keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        super().__init__(name, words, keys)
        self.found: NewPictures | None = None
        self._at, self._tile, self._count = -1, 56, 12
        self._words = "On its way …"
        self._still = Backdrop()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_tile(self, tile: int, count: int) -> None:
        """Pixels of a picture, and how many there are."""
        self._tile, self._count = tile, count
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def show_novel(self, found: NewPictures | None, words: str = "On its way …") -> None:
        """Other pictures; without any, words."""
        self.found, self._words = found, words
        if found is not None:
            middle = numbers.number(float(np.median(found.ratio)), 2)
            self.setAccessibleDescription(f"{len(found.images)} pictures, median distance to the nearest {middle}×")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._count * (self._tile + GAP) - GAP, 2 * self._tile + 2 + theme.px(LABEL_PX))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), self.sizeHint().height())

    def column(self, index: int) -> QRectF:
        """Where a picture and its nearest are."""
        return QRectF(index * (self._tile + GAP), 0, self._tile, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.begin()
        key = (id(self.found), self._tile, self._count, self._words)
        painter.drawPixmap(0, 0, self._still.pixmap(key, self.size(), self.devicePixelRatioF(), self._paint_still))
        if self.found is not None and 0 <= self._at < len(self.found.images):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.current().accent), 1.5))
            box = self.column(self._at)
            box.setHeight(2 * self._tile + 2)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.end()

    def _paint_still(self, painter: QPainter) -> None:
        colors, found, side = theme.current(), self.found, self._tile
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found is None:
            area = QRectF(0, 0, self.width(), 2 * side + 2)
            paint.box(painter, area, 4, colors.plot, colors.line)
            paint.text(painter, area, self._words, "caption", colors.text_3, paint.CENTER)
            return
        if not len(found.nearest):
            area = QRectF(0, side + 2, self.column(min(self._count, len(found.images)) - 1).right(), side)
            paint.box(painter, area, 4, colors.plot, colors.line)
            words = "Looking for the nearest training images …"
            paint.text(painter, area, words, "caption", colors.text_3, paint.CENTER)
        device = round(side * self.devicePixelRatioF())
        for top, images in ((0, found.images), (side + 2, found.nearest)):
            batch = pictures.colored(pictures.scaled(images, device, device), colors.image_table)
            for index, image in enumerate(batch[: self._count]):
                place = QRectF(self.column(index).left(), top, side, side)
                painter.drawImage(place, pictures.qimage(image))
        for index, ratio in enumerate(found.ratio.tolist()[: self._count]):
            place = QRectF(self.column(index).left() - 2, 2 * side + 2, side + 4, theme.px(LABEL_PX))
            if ratio != ratio:  # not known yet
                continue
            ink = colors.error if ratio < found.usual[0] else colors.warn if not ratio <= FAR else colors.text_2
            paint.text(painter, place, f"{numbers.number(ratio, 2)}×", "tick", ink, paint.CENTER)

    # --- hands -------------------------------------------------------------------------------------------------------

    def index_at(self, spot: QPointF) -> int:
        """The picture at a point, or -1."""
        index = int(spot.x() // (self._tile + GAP))
        most = 0 if self.found is None else min(self._count, len(self.found.images))
        return index if 0 <= index < most else -1

    def _point_at(self, index: int) -> None:
        if index != self._at:
            self._at = index
            self.pointed.emit(index)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self.index_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
        self._point_at(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self._point_at(at)
            self.chosen.emit(at)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        most = -1 if self.found is None else min(self._count, len(self.found.images)) - 1
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._point_at(min(most, max(0, self._at + (1 if key == Qt.Key.Key_Right else -1))))
        elif key in self._keys and self._at >= 0:
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)
