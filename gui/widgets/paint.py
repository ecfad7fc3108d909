"""Brush strokes that the painted widgets share."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from gui import icons

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter

_heard: list[tuple[QRectF, str]] | None = None
"""What `text` writes while somebody listens: where, in pixels of the widget, and what."""


def begin(widget: QWidget) -> QPainter:
    """An antialiasing painter on the widget; the caller ends it."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def hairline(painter: QPainter) -> float:
    """One device pixel in logical pixels."""
    device = painter.device()
    return 1.0 / (device.devicePixelRatioF() if device is not None else 1.0)


def box(
    painter: QPainter, rect: QRect | QRectF, radius: float, fill: str | None = None, border: str | None = None
) -> None:
    """A rounded box; the border is one device pixel and lies inside the rectangle."""
    shape = QRectF(rect)
    painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
    if border:
        hair = hairline(painter)
        painter.setPen(QPen(QColor(border), hair))
        shape.adjust(hair / 2, hair / 2, -hair / 2, -hair / 2)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
    if radius > 0:
        painter.drawRoundedRect(shape, radius, radius)
    elif border:
        painter.drawRect(shape)
    else:
        painter.fillRect(shape, painter.brush())


def text(
    painter: QPainter, rect: QRect | QRectF, words: str, font: QFont, color: str, align: Qt.AlignmentFlag = LEFT
) -> None:
    """One line of text; what does not fit is cut at the right with an ellipsis."""
    painter.setFont(font)
    painter.setPen(QColor(color))
    area = QRectF(rect)
    if _heard is not None:
        whole = painter.boundingRect(area, int(align | Qt.TextFlag.TextSingleLine), words)
        _heard.append((painter.combinedTransform().mapRect(whole.intersected(area)), words))
    if painter.fontMetrics().horizontalAdvance(words) > area.width() + 1:
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
    painter.drawText(area, int(align | Qt.TextFlag.TextSingleLine), words)


def words_on(widget: QWidget) -> list[tuple[QRectF, str]]:
    """The words that a widget paints with `text`, and where: it paints itself once more, out of sight."""
    global _heard
    if widget.size().isEmpty():
        return []
    _heard = []
    try:
        sheet = QPixmap(widget.size())
        widget.render(sheet, QPoint(), QRegion(), QWidget.RenderFlag(0))
        return _heard
    finally:
        _heard = None


def is_heard() -> bool:
    """Whether somebody listens: then what rests as a picture must say its words again."""
    return _heard is not None


def icon(painter: QPainter, name: str, center_x: float, center_y: float, size: int, color: str) -> None:
    """An icon around a centre, snapped to whole pixels."""
    ratio = 1.0 / hairline(painter)
    left, top = round((center_x - size / 2) * ratio) / ratio, round((center_y - size / 2) * ratio) / ratio
    painter.drawPixmap(QPointF(left, top), icons.pixmap(name, size, color, ratio))


def knob(painter: QPainter, center_x: float, center_y: float, size: float, fill: str, ring: str) -> None:
    """A slider's knob, ``size`` across its 2-px ring."""
    painter.setPen(QPen(QColor(ring), 2))
    painter.setBrush(QColor(fill))
    painter.drawEllipse(QPointF(center_x, center_y), size / 2 - 1, size / 2 - 1)
