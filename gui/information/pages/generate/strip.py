"""A row of new pictures, under each the training image nearest to it and how near that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter

from gui.drawing import numbers, paint, pictures, theme
from gui.information.picture_strip import PictureStrip

if TYPE_CHECKING:
    from core.probes.new_pictures import NewPictures

GAP, LABEL_PX = 4, 15
FAR = 1.0
"""Of the distance that 95 % of test images keep within: above it a picture is marked as farther from the data than
real pictures are; below what 99 % of them keep, as near a copy."""


class NovelStrip(PictureStrip):
    """New pictures; under each its nearest training image and the ratio of their distance."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words)
        self.found: NewPictures | None = None
        self._tile, self._count = 56, 12
        self._words = "On its way …"

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

    def count(self) -> int:
        """Pictures that are shown."""
        return 0 if self.found is None else min(self._count, len(self.found.images))

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
        return id(self.found), self._tile, self._count, self._words

    def _paint_still(self, painter: QPainter) -> None:
        colors, found, side = theme.current(), self.found, self._tile
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found is None:
            area = QRectF(0, 0, self.width(), 2 * side + 2)
            paint.box(painter, area, 4, colors.plot, colors.line)
            paint.text(painter, area, self._words, "caption", colors.text_3, paint.CENTER)
            return
        if not len(found.nearest):
            area = QRectF(0, side + 2, self.column(self.count() - 1).right(), side)
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
            ink = colors.error if ratio < found.test_ratios[0] else colors.warn if not ratio <= FAR else colors.text_2
            paint.text(painter, place, f"{numbers.number(ratio, 2)}×", "tick", ink, paint.CENTER)
