"""One image at a whole zoom, nearest neighbour, in the theme's colours."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import paint, pictures, theme
from gui.drawing.painting import painting
from gui.drawing.pictures import Pixels
from gui.widgets.offer import Offer
from gui.widgets.painted import PaintedWidget


class ImageView(PaintedWidget):
    """A square view of ``size`` px: the image at the largest whole zoom that fits, centred; smooth below 1×.

    Without an image it shows the plot colour, a dashed frame and the hint.
    """

    clicked = Signal()

    def __init__(self, size: int, hint: str = "", *, border: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size, self._hint, self._border = size, hint, border
        self._image: Pixels | None = None
        self._smooth = False
        self._dim = False
        self._cache: tuple[tuple[object, ...], QImage] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(size, size)

    def set_image(self, image: Pixels | None) -> None:
        """Show a copy of ``(H, W)`` or ``(H, W, 3)`` uint8, or None. `ValueError` for any other array."""
        self._image = None if image is None else pictures.checked(np.asarray(image)[None])[0].copy()
        self._cache = None
        self.update()

    def image(self) -> Pixels | None:
        """The image shown, or None."""
        return self._image

    def offer(self) -> Offer | None:
        """The image, if there is one."""
        if self._image is None:
            return None
        return Offer(self.accessibleName() or "Picture", is_drawn=False, array=self._image)

    def set_size(self, size: int) -> None:
        """Set the side length, px."""
        self._size = size
        self.setFixedSize(size, size)

    def set_smooth(self, smooth: bool) -> None:
        """Fill the square with the smoothed image, for thumbnails."""
        if smooth != self._smooth:
            self._smooth = smooth
            self.update()

    def set_hint(self, hint: str) -> None:
        """Set the words in the empty frame."""
        self._hint = hint
        self.update()

    def set_dim(self, dim: bool) -> None:
        """Whether the image is faded (`theme.DIM_SHARE`), because it is out of date."""
        if dim != self._dim:
            self._dim = dim
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._cache = None

    def zoom(self) -> float:
        """Device pixels per image pixel at the present size; 0 without an image."""
        if self._image is None:
            return 0.0
        room = round(min(self.width(), self.height()) * self.devicePixelRatioF())
        fit = room / max(self._image.shape[:2])
        return fit if self._smooth or fit < 1 else float(int(fit))

    def _picture(self) -> QImage:
        """The coloured image: at the shown size if the zoom is not whole, else at its own size. Qt then repeats its
        pixels, in a hundredth of the time of a table lookup for each of them."""
        assert self._image is not None
        colors, zoom = theme.current(), self.zoom()
        key = (colors.name, self._dim, zoom)
        if self._cache is None or self._cache[0] != key:
            table = colors.image_dim if self._dim else colors.image_table
            batch = self._image[None]
            if zoom != int(zoom):
                height, width = (max(1, round(side * zoom)) for side in self._image.shape[:2])
                batch = pictures.scaled(batch, height, width)
            image = pictures.qimage(pictures.colored(batch, table, theme.DIM_SHARE if self._dim else 1.0)[0])
            self._cache = (key, image)
        return self._cache[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            if self._image is None:
                paint.box(painter, area, theme.px(3), colors.plot)
                pen = QPen(QColor(colors.line_strong), paint.hairline(painter))
                pen.setDashPattern([3, 3])
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(3), theme.px(3))
                if self._hint:
                    painter.setFont(theme.font("caption"))
                    painter.setPen(QColor(colors.text_3))
                    flags = int(paint.CENTER | Qt.TextFlag.TextWordWrap)
                    painter.drawText(area.adjusted(4, 4, -4, -4), flags, self._hint)
                return
            paint.box(painter, area, theme.px(3), colors.plot)
            picture = self._picture()
            ratio, zoom = self.devicePixelRatioF(), self.zoom()
            width, height = (max(1, round(side * zoom)) for side in self._image.shape[1::-1])
            left, top = int((self.width() * ratio - width) / 2), int((self.height() * ratio - height) / 2)
            painter.drawImage(QRectF(left / ratio, top / ratio, width / ratio, height / ratio), picture)
            if self._border:
                paint.box(painter, area, theme.px(3), None, colors.line)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._cache = None
        return super().event(event)
