"""A row of pictures to choose from by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from gui.drawing import theme
from gui.drawing.chart import Backdrop
from gui.information.card import Plot
from gui.widgets import focus

_WAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class PictureStrip(Plot):
    """Pictures from left to right over a backdrop (abstract): the one under the mouse or the keys has an outline.

    ``chosen``: the picture that was clicked. ``pointed``: the one that the mouse or the keys are on (-1: none).
    """

    chosen = Signal(int)
    pointed = Signal(int)

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words, focus.PRESS_KEYS | set(_WAYS))
        self._at = -1
        self._still = Backdrop()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def count(self) -> int:
        """Pictures that the keys can reach."""
        raise NotImplementedError

    def index_at(self, spot: QPointF) -> int:
        """The picture at a point, or -1."""
        raise NotImplementedError

    def outline(self, index: int) -> QRectF | None:
        """Where the outline of a picture is drawn; None while there are no pictures."""
        raise NotImplementedError

    def _still_key(self) -> tuple[object, ...]:
        """Everything that the backdrop depends on."""
        raise NotImplementedError

    def _paint_still(self, painter: QPainter) -> None:
        """Paint the backdrop: pictures and words."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            key, ratio = self._still_key(), self.devicePixelRatioF()
            painter.drawPixmap(0, 0, self._still.pixmap(key, self.size(), ratio, self._paint_still))
            around = self.outline(self._at) if 0 <= self._at < self.count() else None
            if around is not None:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.current().accent), 1.5))
                painter.drawRoundedRect(around, 2, 2)

    # --- mouse and keys ----------------------------------------------------------------------------------------------

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
        if key in _WAYS:
            self._point_at(min(self.count() - 1, max(0, self._at + _WAYS[key])))
        elif key in focus.PRESS_KEYS and self._at >= 0:
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)
