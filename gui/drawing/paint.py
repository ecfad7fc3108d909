"""Brush strokes that the painted widgets share."""

from __future__ import annotations

import functools
from typing import Literal

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QRegion,
    QStaticText,
    QTextOption,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from gui.drawing import icons, theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter

Edge = Literal["left", "right", "top"]

_heard: list[tuple[QRectF, str]] | None = None
"""What `text` writes while somebody listens: where, in pixels of the widget, and what."""


def begin(widget: QWidget) -> QPainter:
    """An antialiasing painter on the widget; the caller ends it."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def ground(widget: QWidget, token: str, line: Edge | None = None) -> None:
    """Call from ``paintEvent``: fill a widget with a colour of the theme, with a line of a pixel along one edge."""
    painter, colors, area = QPainter(widget), theme.current(), widget.rect()
    painter.fillRect(area, QColor(colors.token(token)))
    if line is not None:
        edges = {
            "left": QRect(0, 0, 1, area.height()),
            "right": QRect(area.width() - 1, 0, 1, area.height()),
            "top": QRect(0, 0, area.width(), 1),
        }
        painter.fillRect(edges[line], QColor(colors.line))
    painter.end()


def hairline(painter: QPainter) -> float:
    """One device pixel in logical pixels."""
    device = painter.device()
    return 1.0 / (device.devicePixelRatioF() if device is not None else 1.0)


def box(
    painter: QPainter, rect: QRect | QRectF, radius: float, fill: str | None = None, border: str | None = None
) -> None:
    """A rounded box; the border is one device pixel and lies inside the rectangle."""
    # Fills alone: stroking an antialiased outline takes four to ten times as long as filling it.
    painter.setPen(Qt.PenStyle.NoPen)
    shape = QRectF(rect)
    if border:
        hair = hairline(painter)
        inner = shape.adjusted(hair, hair, -hair, -hair)
        if fill:
            _fill(painter, shape, radius, border)
            _fill(painter, inner, max(0.0, radius - hair), fill)
            return
        ring = QPainterPath()
        ring.addRoundedRect(shape, radius, radius)
        ring.addRoundedRect(inner, max(0.0, radius - hair), max(0.0, radius - hair))
        painter.fillPath(ring, QColor(border))
    elif fill:
        _fill(painter, shape, radius, fill)


def _fill(painter: QPainter, shape: QRectF, radius: float, color: str) -> None:
    if radius > 0:
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(shape, radius, radius)
    else:
        painter.fillRect(shape, QColor(color))


def text(
    painter: QPainter, rect: QRect | QRectF, words: str, role: str, color: str, align: Qt.AlignmentFlag = LEFT
) -> None:
    """One line of text in a type role; what does not fit is cut at the right with an ellipsis."""
    scale, area = theme.text_scale(), QRectF(rect)
    made, wide, tall, face = _laid_out(words, role, scale)
    painter.setFont(face)
    painter.setPen(QColor(color))
    if _heard is not None:
        whole = painter.boundingRect(area, int(align | Qt.TextFlag.TextSingleLine), words)
        _heard.append((painter.combinedTransform().mapRect(whole.intersected(area)), words))
    if round(wide) > area.width() + 1:  # less than a pixel of air at its end is no reason to cut
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
        made, wide, _, _ = _laid_out(words, role, scale)
    spare = 0.0 if align is LEFT else (area.width() - wide) * (1.0 if align is RIGHT else 0.5)
    painter.drawStaticText(QPointF(area.left() + spare, area.top() + (area.height() - tall) / 2), made)


def wide(words: str, role: str) -> float:
    """How wide a line of text is in a type role, in pixels."""
    return _laid_out(words, role, theme.text_scale())[1]


@functools.lru_cache(maxsize=2048)
def _laid_out(words: str, role: str, scale: float) -> tuple[QStaticText, float, float, QFont]:
    """Words as Qt lays them out, how wide and high they are: doing it anew costs four times what painting them does.

    Numbers and labels come again and again, in a drag sixty times a second.
    """
    made, face = QStaticText(words.replace("\n", " ")), theme.font(role)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextOption(QTextOption())
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), face)
    metrics = QFontMetricsF(face)
    return made, metrics.horizontalAdvance(words), metrics.height(), face


def curve(painter: QPainter, line: QPolygonF, color: str) -> None:
    """An open line, a little more than a pixel wide: two of one pixel, as Qt strokes wider pens ten times slower."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(color), 1))
    painter.drawPolyline(line)
    painter.drawPolyline(line.translated(0.25, 0.4))


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
