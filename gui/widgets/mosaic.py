"""A grid of small images, painted as one."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import pictures, theme
from gui.drawing.painting import painting
from gui.drawing.pictures import Pixels
from gui.widgets import accessible, focus
from gui.widgets.painted import KeyboardWidget

_EDGE = 1  # space for the outline of the outermost tiles, px


class Mosaic(KeyboardWidget):
    """Images of ``tile`` px with ``gap`` between them, row by row; images beyond the grid are not shown.

    The widget is one pixel larger than the grid on each side and centres it. ``hovered`` carries the tile under the
    mouse or the keyboard cursor (−1: none); ``clicked`` is emitted by a click, Space or Enter.
    """

    hovered = Signal(int)
    clicked = Signal(int)
    keys = focus.MOVE_KEYS | focus.PRESS_KEYS
    spoken_role = QAccessible.Role.Graphic

    def __init__(
        self, tile: int = 28, gap: int = 2, *, background: str = "plot", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        if tile < 1 or gap < 0:
            raise ValueError(f"a mosaic cannot have tiles of {tile} with gaps of {gap}")
        self._tile, self._gap, self._background = tile, gap, background
        self._columns, self._rows = 10, 3
        self._images: Pixels = np.zeros((0, 1, 1), np.uint8)
        self._highlight = self._selected = self._hover = -1
        self._cache: tuple[tuple[object, ...], QImage] | None = None
        self._is_dim = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def set_images(self, images: Pixels) -> None:
        """Show ``(N, H, W)`` or ``(N, H, W, 3)`` uint8. The array is not copied: do not write into it."""
        self._images = pictures.checked(images)
        self._cache = None
        self.update()

    def clear(self) -> None:
        """Show no images."""
        if len(self._images):
            self.set_images(self._images[:0])

    def set_dim(self, dim: bool) -> None:
        """Whether the images are greyed: they are not what was asked for, and wait to be replaced."""
        if dim != self._is_dim:
            self._is_dim, self._cache = dim, None
            self.update()

    def is_dim(self) -> bool:
        """Whether the images are greyed."""
        return self._is_dim

    def set_grid(self, columns: int, rows: int) -> None:
        """Set the number of tiles across and down."""
        if columns < 1 or rows < 1:
            raise ValueError(f"a mosaic cannot have {columns} columns and {rows} rows")
        if (columns, rows) != (self._columns, self._rows):
            self._columns, self._rows = columns, rows
            self._cache = None
            self.updateGeometry()
            self.update()

    def set_tile(self, tile: int) -> None:
        """Set the side of a tile, px."""
        if tile != self._tile and tile >= 1:
            self._tile, self._cache = tile, None
            self.updateGeometry()
            self.update()

    def images(self) -> Pixels:
        """The images on the grid (N, H, W[, 3]) uint8."""
        return self._images[: self.shown()]

    def columns(self) -> int:
        """The number of tiles across."""
        return self._columns

    def rows(self) -> int:
        """The number of tiles down."""
        return self._rows

    def shown(self) -> int:
        """The number of images on the grid."""
        return min(len(self._images), self._columns * self._rows)

    def set_highlight(self, index: int) -> None:
        """Set the tile with the accent outline; −1 for none."""
        if index != self._highlight:
            self._highlight = index
            self.update()

    def set_selected(self, index: int) -> None:
        """Set the tile with the text-coloured outline; −1 for none."""
        if index != self._selected:
            self._selected = index
            self.update()

    def highlight(self) -> int:
        """The tile with the accent outline, or −1."""
        return self._highlight

    def selected(self) -> int:
        """The tile with the text-coloured outline, or −1."""
        return self._selected

    # -- geometry and paint

    def _grid_size(self) -> QSize:
        pitch = self._tile + self._gap
        return QSize(self._columns * pitch - self._gap, self._rows * pitch - self._gap)

    def sizeHint(self) -> QSize:
        return self._grid_size() + QSize(2 * _EDGE, 2 * _EDGE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _origin(self) -> tuple[int, int]:
        size = self._grid_size()
        return (self.width() - size.width()) // 2, (self.height() - size.height()) // 2

    def tile_rect(self, index: int) -> QRect:
        """The rectangle of a tile in the widget."""
        left, top = self._origin()
        pitch = self._tile + self._gap
        return QRect(left + index % self._columns * pitch, top + index // self._columns * pitch, self._tile, self._tile)

    def index_at(self, point: QPointF) -> int:
        """The image at a point, gaps included; −1 outside."""
        left, top = self._origin()
        pitch = self._tile + self._gap
        column, row = (int((point.x() - left + _EDGE) // pitch), int((point.y() - top + _EDGE) // pitch))
        index = row * self._columns + column
        inside = 0 <= column < self._columns and 0 <= row < self._rows
        return index if inside and index < self.shown() else -1

    def _picture(self) -> QImage:
        colors, ratio = theme.current(), self.devicePixelRatioF()
        key = (colors.name, ratio)
        if self._cache is None or self._cache[0] != key:
            image = pictures.qimage(self._pixels(ratio))
            image.setDevicePixelRatio(ratio)
            self._cache = (key, image)
        return self._cache[1]

    def _pixels(self, ratio: float) -> Pixels:
        """The grid in device pixels (H, W, 3): tiles written into an array of the background colour."""
        colors, size, count = theme.current(), self._grid_size(), self.shown()
        background = np.array(theme.rgb(colors.token(self._background)), np.uint8)
        grid = np.empty((round(size.height() * ratio), round(size.width() * ratio), 3), np.uint8)
        grid[:] = background
        side = round(self._tile * ratio)
        table, share = (colors.image_dim, theme.DIM_SHARE) if self._is_dim else (colors.image_table, 1.0)
        tiles = pictures.colored(pictures.scaled(self._images[:count], side, side), table, share)
        pitch = (self._tile + self._gap) * ratio
        for index in range(count):
            top, left = round(index // self._columns * pitch), round(index % self._columns * pitch)
            cell = grid[top : top + side, left : left + side]
            cell[:] = tiles[index, : cell.shape[0], : cell.shape[1]]
        return grid

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            left, top = self._origin()
            if self.shown():
                painter.drawImage(QPointF(left, top), self._picture())
            for index, color in ((self._selected, colors.text), (self._highlight, colors.accent)):
                if 0 <= index < self.shown():
                    self._outline(painter, index, color)

    def _outline(self, painter: QPainter, index: int, color: str) -> None:
        painter.setPen(QPen(QColor(color), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        around = QRectF(self.tile_rect(index)).adjusted(-0.25, -0.25, 0.25, 0.25)
        painter.drawRoundedRect(around, 2, 2)

    # -- mouse and keyboard

    def _point_at(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.set_highlight(index)
            self.hovered.emit(index)
            accessible.value_changed(self)

    def spoken_value(self) -> str:
        """How many tiles there are, or which of them the keyboard is on: for screen readers."""
        here = self._hover if self._hover >= 0 else self._selected
        return f"{here + 1} of {self.shown()}" if 0 <= here < self.shown() else f"{self.shown()} shown"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
        self._point_at(index)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.clicked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        key, last = Qt.Key(event.key()), self.shown() - 1
        here = self._hover if self._hover >= 0 else self._selected
        if key in moves and last >= 0:
            to = here + moves[key] if here >= 0 else 0
            self._point_at(to if 0 <= to <= last else here)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self._point_at(0 if key == Qt.Key.Key_Home else last)
        elif key in focus.PRESS_KEYS and 0 <= here <= last:
            self.clicked.emit(here)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point_at(-1)
