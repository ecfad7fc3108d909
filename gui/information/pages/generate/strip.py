"""A row of new pictures, below each its nearest training image and their distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter

from gui.drawing import numbers, paint, pictures, theme
from gui.information.picture_strip import PictureStrip

if TYPE_CHECKING:
    from core.probes.new_pictures import NewPictures

GAP = 4
"""Gap between pictures, px."""
LABEL_PX = 15
"""Height of the ratios, px at text size 1."""
FAR = 1.0
"""Relative to the distance within which 95 % of test images have their nearest: above it a picture is marked as farther
from the data than real ones; below that of all but 1 % of test images, as nearly a copy."""


class NewPicturesStrip(PictureStrip):
    """New pictures; below each its nearest training image and their distance relative to that of test images."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words)
        self.new_pictures: NewPictures | None = None
        self._tile, self._count = 56, 12
        self._words = "On its way …"

    def set_tile(self, tile: int, count: int) -> None:
        """Set side (px) and number of the pictures."""
        self._tile, self._count = tile, count
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def show_pictures(self, new_pictures: NewPictures | None, words: str = "On its way …") -> None:
        """Show pictures, or ``words`` while there are none."""
        self.new_pictures, self._words = new_pictures, words
        if new_pictures is not None:
            middle = numbers.capped(float(np.median(new_pictures.ratio)), 2)
            self.setAccessibleDescription(
                f"{len(new_pictures.images)} pictures, median distance to the nearest {middle}×"
            )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._count * (self._tile + GAP) - GAP, 2 * self._tile + 2 + theme.px(LABEL_PX))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), self.sizeHint().height())

    def column(self, index: int) -> QRectF:
        """Column of a picture and its nearest."""
        return QRectF(index * (self._tile + GAP), 0, self._tile, self.height())

    def count(self) -> int:
        """Pictures that are shown."""
        return 0 if self.new_pictures is None else min(self._count, len(self.new_pictures.images))

    def index_at(self, spot: QPointF) -> int:
        """The picture at a point, or -1."""
        index = int(spot.x() // (self._tile + GAP))
        return index if 0 <= index < self.count() else -1

    def outline(self, index: int) -> QRectF:
        """Around a picture and its nearest."""
        box = self.column(index)
        box.setHeight(2 * self._tile + 2)
        return box.adjusted(0.5, 0.5, -0.5, -0.5)

    def _still_key(self) -> tuple[object, ...]:
        return id(self.new_pictures), self._tile, self._count, self._words

    def _paint_still(self, painter: QPainter) -> None:
        colors, new, side = theme.current(), self.new_pictures, self._tile
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if new is None:
            area = QRectF(0, 0, self.width(), 2 * side + 2)
            paint.box(painter, area, 4, colors.plot, colors.line)
            paint.text(painter, area, self._words, "caption", colors.text_3, paint.CENTER)
            return
        if not len(new.nearest):
            area = QRectF(0, side + 2, self.column(self.count() - 1).right(), side)
            paint.box(painter, area, 4, colors.plot, colors.line)
            words = "Looking for the nearest training images …"
            paint.text(painter, area, words, "caption", colors.text_3, paint.CENTER)
        device = round(side * self.devicePixelRatioF())
        for top, images in ((0, new.images), (side + 2, new.nearest)):
            batch = pictures.colored(pictures.scaled(images, device, device), colors.image_table)
            for index, image in enumerate(batch[: self._count]):
                place = QRectF(self.column(index).left(), top, side, side)
                painter.drawImage(place, pictures.qimage(image))
        for index, ratio in enumerate(new.ratio.tolist()[: self._count]):
            place = QRectF(self.column(index).left() - 2, 2 * side + 2, side + 4, theme.px(LABEL_PX))
            if ratio != ratio:  # not known yet
                continue
            ink = colors.error if ratio < new.test_ratios[0] else colors.warn if not ratio <= FAR else colors.text_2
            paint.text(painter, place, f"{numbers.capped(ratio, 2)}×", "tick", ink, paint.CENTER)
