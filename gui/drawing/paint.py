"""Painting that widgets share: backgrounds, boxes, text, curves, icons, knobs."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
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
from gui.drawing.painting import painting

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter

Edge = Literal["left", "right", "top", "bottom"]

MARK_LETTERS = 10
"""Most letters of a class's name on a map."""
BADGE_PX = 14
"""Side of a class badge at text size 1, px."""
HALO_PX = 2.0
"""Width of the halo around the letter of a class, px."""

_recorded: list[tuple[QRectF, str]] | None = None
"""The words that `text` paints while `words_on` records them, with their place in pixels of the widget."""


def background(widget: QWidget, token: str, line: Edge | None = None) -> None:
    """Call from ``paintEvent``: fill a widget with a colour of the theme, with a 1-px line along one edge."""
    colors, area = theme.current(), widget.rect()
    with painting(widget) as painter:
        painter.fillRect(area, QColor(colors.token(token)))
        if line is not None:
            edges = {
                "left": QRect(0, 0, 1, area.height()),
                "right": QRect(area.width() - 1, 0, 1, area.height()),
                "top": QRect(0, 0, area.width(), 1),
                "bottom": QRect(0, area.height() - 1, area.width(), 1),
            }
            painter.fillRect(edges[line], QColor(colors.line))


def hairline(painter: QPainter) -> float:
    """One device pixel in logical pixels."""
    device = painter.device()
    return 1.0 / (device.devicePixelRatioF() if device is not None else 1.0)


def box(
    painter: QPainter, rect: QRect | QRectF, radius: float, fill: str | None = None, border: str | None = None
) -> None:
    """Paint a rounded box; the border is one device pixel and lies inside the rectangle."""
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
    """Paint one line of text in a type role, cut at the right with an ellipsis where it does not fit."""
    scale, area = theme.text_scale(), QRectF(rect)
    layout, wide, tall, face = _laid_out(words, role, scale)
    painter.setFont(face)
    painter.setPen(QColor(color))
    if _recorded is not None:
        extent = painter.boundingRect(area, int(align | Qt.TextFlag.TextSingleLine), words)
        _recorded.append((painter.combinedTransform().mapRect(extent.intersected(area)), words))
    if round(wide) > area.width() + 1:  # a fraction of a pixel is no reason to cut
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
        layout, wide, _, _ = _laid_out(words, role, scale)
    spare = 0.0 if align is LEFT else (area.width() - wide) * (1.0 if align is RIGHT else 0.5)
    painter.drawStaticText(QPointF(area.left() + spare, area.top() + (area.height() - tall) / 2), layout)


def fitting(forms: Sequence[str], role: str, room: float) -> str:
    """The first of several wordings, longest first, that fits into ``room`` px; else the last."""
    return next((words for words in forms if wide(words, role) <= room), forms[-1])


def cut_in_middle(words: str, role: str, room: float) -> str:
    """A text as it fits into ``room`` px: names of files differ at both ends, so an ellipsis takes their middle."""
    return QFontMetricsF(theme.font(role)).elidedText(words, Qt.TextElideMode.ElideMiddle, room + 1)


def wide(words: str, role: str) -> float:
    """The width of a line of text in a type role, px."""
    return _laid_out(words, role, theme.text_scale())[1]


def extent(words: str, role: str, width: float = 1e6) -> tuple[float, float]:
    """Width and height of words in a type role, broken into lines of at most ``width``, px."""
    return _extent(words, role, width, theme.text_scale())


@functools.lru_cache(maxsize=1024)  # a layout asks for it twenty times before it is done
def _extent(words: str, role: str, width: float, scale: float) -> tuple[float, float]:
    room, flags = QRectF(0, 0, width, 1e6), int(Qt.TextFlag.TextWordWrap)
    area = QFontMetricsF(theme.font(role)).boundingRect(room, flags, words)
    return area.width(), area.height()


@functools.lru_cache(maxsize=2048)
def _laid_out(words: str, role: str, scale: float) -> tuple[QStaticText, float, float, QFont]:
    """The text layout, its width and height in px, and the font.

    Cached, because the layout costs four times as much as painting it, and a drag repaints it sixty times a second.
    """
    layout, face = QStaticText(words.replace("\n", " ")), theme.font(role)
    layout.setTextFormat(Qt.TextFormat.PlainText)
    layout.setTextOption(QTextOption())
    layout.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    layout.prepare(QTransform(), face)
    metrics = QFontMetricsF(face)
    return layout, metrics.horizontalAdvance(words), metrics.height(), face


def curve(painter: QPainter, line: QPolygonF, color: str) -> None:
    """Paint an open line a little over 1 px wide, as two 1-px lines: Qt strokes wider pens ten times slower."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(color), 1))
    painter.drawPolyline(line)
    painter.drawPolyline(line.translated(0.25, 0.4))


def words_on(widget: QWidget) -> list[tuple[QRectF, str]]:
    """The words that a widget paints with `text`, each with its place. Renders the widget once more, off screen."""
    global _recorded
    if widget.size().isEmpty():
        return []
    _recorded = []
    try:
        canvas = QPixmap(widget.size())
        QWidget.render(widget, canvas, QPoint(), QRegion(), QWidget.RenderFlag(0))  # not that of a view's scene
        return _recorded
    finally:
        _recorded = None


def is_recording() -> bool:
    """Whether `words_on` records: a cached picture must then paint its words again."""
    return _recorded is not None


def class_badge(painter: QPainter, rect: QRectF, label: int, name: str) -> None:
    """Paint a box in the colour of a class, with what `class_mark` says."""
    colors = theme.current()
    box(painter, rect, 3, colors.class_color(label))
    text(painter, rect, class_mark(label, name), "keycap", colors.class_ink(label), CENTER)


def class_letters(painter: QPainter, rect: QRectF, label: int, mark: str) -> None:
    """Paint the mark of a class as letters over a line in its colour: they hide little."""
    colors = theme.current()
    if _recorded is not None:
        text(painter, rect, mark, "best", colors.text, CENTER)
    stamp = _letters(
        mark, colors.text, colors.class_color(label), colors.plot, theme.text_scale(), 1.0 / hairline(painter)
    )
    size = stamp.deviceIndependentSize()
    painter.drawPixmap(QPointF(rect.center().x() - size.width() / 2, rect.center().y() - size.height() / 2), stamp)


@functools.lru_cache(maxsize=256)  # to stroke the halos of ten letters takes longer than all else of a map
def _letters(mark: str, ink: str, below: str, halo: str, scale: float, ratio: float) -> QPixmap:
    letter, bar = QPainterPath(), QPainterPath()
    letter.addText(0, 0, theme.font("best"), mark)
    wide = letter.boundingRect()
    bar.addRect(QRectF(wide.left(), wide.bottom() + 2, wide.width(), 2))
    bounds = wide.united(bar.boundingRect()).adjusted(-HALO_PX, -HALO_PX, HALO_PX, HALO_PX)
    stamp = QPixmap(math.ceil(bounds.width() * ratio), math.ceil(bounds.height() * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    with painting(stamp, smooth=True) as painter:
        painter.translate(-bounds.topLeft())
        pen = QPen(QColor(halo), 2 * HALO_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        for path in (letter, bar):
            painter.strokePath(path, pen)
        painter.fillPath(letter, QColor(ink))
        painter.fillPath(bar, QColor(below))
    return stamp


def class_mark(label: int, name: str) -> str:
    """What a map calls a class: its name, cut where it is long; its number where it has none."""
    return name if 0 < len(name) <= MARK_LETTERS else f"{name[: MARK_LETTERS - 1]}…" if name else str(label)


def icon(painter: QPainter, name: str, center_x: float, center_y: float, size: int, color: str) -> None:
    """Paint an icon around a centre, snapped to device pixels."""
    ratio = 1.0 / hairline(painter)
    left, top = round((center_x - size / 2) * ratio) / ratio, round((center_y - size / 2) * ratio) / ratio
    painter.drawPixmap(QPointF(left, top), icons.pixmap(name, size, color, ratio))


def knob(painter: QPainter, center_x: float, center_y: float, size: float, fill: str, ring: str) -> None:
    """Paint a slider's knob, ``size`` px across including its 2-px ring."""
    painter.setPen(QPen(QColor(ring), 2))
    painter.setBrush(QColor(fill))
    painter.drawEllipse(QPointF(center_x, center_y), size / 2 - 1, size / 2 - 1)
