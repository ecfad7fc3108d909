"""A heat map of one number per pixel, with its scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QMouseEvent, QPaintEvent

from core.foundation.arrays import Doubles
from gui.drawing import numbers, paint, pictures, theme
from gui.information.card import Plot


def heat_table() -> npt.NDArray[np.uint8]:
    """Colour table (256, 3) from the plot's colour over the colour of KL to that of text."""
    colors = theme.current()
    stops = np.array([theme.rgb(c) for c in (colors.plot, colors.info_kl, colors.text)], float)
    at = np.linspace(0.0, 1.0, 256)
    mixed = np.stack([np.interp(at, [0.0, 0.72, 1.0], stops[:, k]) for k in range(3)], 1)
    table: npt.NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return table


class HeatMap(Plot):
    """A number for each pixel (H, W) from 0 to ``top``; ``units``: singular and plural."""

    least_px = (120, 120)

    def __init__(
        self,
        name: str = "pixel entropy",
        words: str = "Entropy of each pixel",
        units: tuple[str, str] = ("bit", "bits"),
    ) -> None:
        super().__init__(name, words)
        self._units = units
        self.hint = "Points have no pixels"
        self._map: Doubles | None = None
        self._top = 1.0
        self._hover: tuple[int, int] | None = None
        self._picture: tuple[tuple[object, ...], Any] | None = None

    def show_map(self, values: Doubles | None, top: float) -> None:
        """Show values (H, W), or the hint where there are none; ``top`` is the end of the scale."""
        self._map, self._top, self._picture, self._hover = values, top, None, None
        if values is not None:
            mean = numbers.number(float(values.mean()), 2)
            self.setAccessibleDescription(f"{mean} {self._units[1]} per pixel on average, at most {values.max():.2f}.")
        self.update()

    def _area(self) -> QRectF:
        """Rectangle of the picture; an integer zoom where it is enlarged."""
        assert self._map is not None
        height, width = self._map.shape
        room = min(self.width() / width, (self.height() - theme.px(34)) / height)
        zoom = max(1.0, math.floor(room)) if room >= 1 else room
        return QRectF(0, 0, width * zoom, height * zoom)

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            colors, px = theme.current(), theme.px
            if self._map is None:
                paint.text(painter, QRectF(self.rect()), self.hint, "body", colors.text_3, paint.CENTER)
                return
            area = self._area()
            key = (colors.name, area.width())
            if self._picture is None or self._picture[0] != key:
                steps = np.clip(np.rint(self._map / self._top * 255), 0, 255).astype(int)
                self._picture = (key, pictures.qimage(np.ascontiguousarray(heat_table()[steps])))
            painter.drawImage(area, self._picture[1])
            if self._hover is not None:
                zoom = area.width() / self._map.shape[1]
                row, column = self._hover
                paint.box(painter, QRectF(column * zoom - 1, row * zoom - 1, zoom + 2, zoom + 2), 1, None, colors.text)
            bar = QRectF(0, area.bottom() + px(6), area.width(), px(6))
            table = heat_table()[None].repeat(2, 0)
            painter.drawImage(bar, pictures.qimage(np.ascontiguousarray(table)))
            line = QRectF(0, bar.bottom() + px(2), area.width(), px(14))
            paint.text(painter, line, "0", "tick", colors.text_3)
            end = f"{numbers.short(self._top)} {self._units[self._top != 1]}"
            paint.text(painter, line, end, "tick", colors.text_3, paint.RIGHT)
            if self._hover is not None:
                row, column = self._hover
                words = f"row {row + 1}, column {column + 1}: {numbers.number(float(self._map[row, column]), 3)}"
                paint.text(painter, line, words, "tick", colors.text, paint.CENTER)

    def _cell(self, spot: QPointF) -> tuple[int, int] | None:
        if self._map is None or not self._area().contains(spot):
            return None
        zoom = self._area().width() / self._map.shape[1]
        height, width = self._map.shape
        return min(height - 1, int(spot.y() / zoom)), min(width - 1, int(spot.x() / zoom))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._cell(event.position())
        if hover != self._hover:
            self._hover = hover
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()
