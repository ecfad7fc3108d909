"""A line chart for 15 repaints per second: grid, labels, a band, curves, a level. QPainter alone.

Three charts of pyqtgraph took half of the GUI thread (axes and scene, not curves) and slowed training down. This one
paints in a fraction of a millisecond: a cached picture of the static parts, then the curves. pyqtgraph still draws the
curves that are explored in full size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from core.foundation.arrays import Doubles
from gui.drawing import numbers, theme
from gui.drawing import paint as strokes
from gui.drawing.painting import painting, pixel, places

LEFT = 36.0
"""Margin for the labels of y, px."""
RIGHT = 8.0
"""Margin at the right, px."""
BOTTOM = 18.0
"""Margin for the labels of x, px."""
LABEL_PX = 12.0
"""Least distance between the middles of two labels of y, px."""
EDGE_PX = 2.0
"""Least space between the last label and the edge of the area, px."""
NOTE_GAP = 8.0
"""Space between the labels of x and a note after them, px."""


FEW_POINTS = 10
"""With fewer measurements in sight than this, the lines between them could be taken for measured: each is a dot."""
DOT_PX = 2.0
"""Radius of such a dot, px."""


@dataclass(frozen=True)
class Line:
    """A curve through (x, y), each (N,). ``sampled``: measured now and then, so that a few of its points are dots."""

    x: Doubles
    y: Doubles
    color: str
    sampled: bool = False


@dataclass(frozen=True)
class Band:
    """The area between two curves over the same x (N,)."""

    x: Doubles
    low: Doubles
    high: Doubles
    color: str


@dataclass(frozen=True)
class Picture:
    """The content of one chart.

    ``level`` is the y and the colour of a dashed horizontal line; ``note`` stands at the end of the x axis, where no
    curve crosses it.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    lines: tuple[Line, ...] = ()
    band: Band | None = None
    level: tuple[float, str] | None = None
    note: str = ""


def ticks(low: float, high: float, most: int) -> list[float]:
    """About ``most`` round numbers in a range at most, spaced by 1, 2, 2.5 or 5 times a power of ten."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return []
    raw = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    spacings = [m * power for m in (0.5, 1.0, 2.0, 2.5, 5.0, 10.0)]
    at = next(i for i, spacing in enumerate(spacings) if i and spacing >= raw * 0.999)
    coarse, fine = (_multiples(low, high, spacings[i]) for i in (at, at - 1))
    return coarse if len(coarse) > 1 else fine  # one label alone is no axis


def _multiples(low: float, high: float, spacing: float) -> list[float]:
    first = math.ceil(low / spacing - 1e-9)
    last = math.floor(high / spacing + 1e-9)
    return [k * spacing for k in range(first, last + 1)]


def polygon(points: Doubles) -> QPolygonF:
    """Points (N, 2) in pixels as a polyline."""
    line = QPolygonF()
    line.resize(len(points))
    if len(points):  # a hundred times faster than a QPointF for each
        memory = cast(Any, shiboken6.VoidPtr)(line.data(), points.nbytes, True)
        np.frombuffer(memory, np.float64)[:] = np.ascontiguousarray(points).ravel()
    return line


class Frame:
    """The mapping from values to pixels."""

    def __init__(self, area: QRectF, picture: Picture) -> None:
        self.inner = area.adjusted(LEFT, 0.0, -RIGHT, -BOTTOM)
        self._x, self._y = picture.x_range, picture.y_range

    def across(self, x: Doubles) -> Doubles:
        """Pixels from the left for values (N,)."""
        low, high = self._x
        return places(self.inner.left() + (x - low) / max(high - low, 1e-12) * self.inner.width())

    def down(self, y: Doubles) -> Doubles:
        """Pixels from the top for values (N,), clipped to −2 to 3 heights of the frame."""
        low, high = self._y
        share = (y - low) / max(high - low, 1e-12)
        return places(self.inner.bottom() - np.clip(share, -2.0, 3.0) * self.inner.height())

    def polygon(self, x: Doubles, y: Doubles) -> QPolygonF:
        """A polyline through the points that are numbers."""
        points = np.stack([self.across(x), self.down(y)], 1)  # (N, 2)
        return polygon(points[~np.isnan(x + y)])


def axis_end(end: float, by: float = 1.04) -> float:
    """``end`` rounded up to a power of ``by``: the end of a growing axis moves seldom, and its labels with it."""
    end = min(max(1e-9, end), 1e300)  # NaN gives the first
    return float(by ** math.ceil(math.log(end) / math.log(by) - 1e-9))


class Backdrop:
    """A cached picture of the static parts of a chart."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._pixmap = QPixmap()

    def pixmap(self, key: tuple[object, ...], size: QSize, ratio: float, paint: Callable[[QPainter], None]) -> QPixmap:
        """The picture for this key. If it is not cached, ``paint`` paints it on a transparent background."""
        if strokes.is_recording():
            discarded = QPixmap(size)
            with painting(discarded) as painter:
                painter.setClipRect(0, 0, 1, 1)  # only the recorded words matter
                paint(painter)
        key = (*key, theme.current().name, theme.text_scale(), size.width(), size.height(), ratio)
        if key != self._key:
            self._key = key
            self._pixmap = QPixmap(size * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(Qt.GlobalColor.transparent)
            with painting(self._pixmap) as painter:
                paint(painter)
        return self._pixmap


def paint(painter: QPainter, area: QRectF, picture: Picture) -> None:
    """Paint band, level and curves of a chart into an area, over `paint_grid`."""
    frame = Frame(area, picture)
    painter.setClipRect(frame.inner.adjusted(0, -1, 1, 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if picture.band is not None and len(picture.band.x) > 1:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # its edges lie under lines, and it is large
        band = picture.band
        x, y = np.concatenate([band.x, band.x[::-1]]), np.concatenate([band.high, band.low[::-1]])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(band.color))
        painter.drawPolygon(frame.polygon(x, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if picture.level is not None and math.isfinite(picture.level[0]):
        value, color = picture.level
        pen = QPen(QColor(color), 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        at = pixel(float(frame.down(np.array([value]))[0])) + 0.5
        painter.drawLine(QPointF(frame.inner.left(), at), QPointF(frame.inner.right(), at))
    for line in picture.lines:
        painter.setPen(QPen(QColor(line.color), 1))
        points = frame.polygon(line.x, line.y)
        if points.size() == 1:
            painter.drawEllipse(points.first(), 1.0, 1.0)
        else:
            painter.drawPolyline(points)
        if line.sampled:
            _paint_dots(painter, frame, points, line.color)
    painter.setClipping(False)


def _paint_dots(painter: QPainter, frame: Frame, points: QPolygonF, color: str) -> None:
    """Paint the points of a line as dots where only few lie within the frame."""
    seen = [point for point in points.toList() if frame.inner.adjusted(-1, -1, 1, 1).contains(point)]
    if len(seen) >= FEW_POINTS:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    for point in seen:
        painter.drawEllipse(point, DOT_PX, DOT_PX)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_grid(painter: QPainter, area: QRectF, picture: Picture) -> None:
    """Paint grid lines, and tick labels at the left and the bottom of the area."""
    colors, frame = theme.current(), Frame(area, picture)
    inner = frame.inner
    low, high = picture.y_range
    y_ticks = ticks(low, high, 5 if inner.height() > 60 else 3)
    spacing = y_ticks[1] - y_ticks[0] if len(y_ticks) > 1 else 1.0
    decimals = next((k for k in range(6) if math.isclose(round(spacing, k), spacing, rel_tol=1e-6)), 6)
    while len(y_ticks) > 2 and spacing * inner.height() < LABEL_PX * (high - low):
        y_ticks, spacing = y_ticks[::2], 2 * spacing
    for value, y in zip(y_ticks, frame.down(np.array(y_ticks)).tolist(), strict=True):
        painter.fillRect(QRectF(inner.left(), pixel(y), inner.width(), 1), QColor(colors.grid))
        place = QRectF(area.left(), y - 7, LEFT - 6, 14)
        plain = numbers.number(value, decimals).replace(",", "")
        words = strokes.fitting((plain, numbers.short(value)), "tick", place.width())
        strokes.text(painter, place, words, "tick", colors.text_3, strokes.RIGHT)
    _paint_x_labels(painter, area, frame, picture)


def _paint_x_labels(painter: QPainter, area: QRectF, frame: Frame, picture: Picture) -> None:
    ink, row = theme.current().text_3, QRectF(area.left(), area.bottom() - BOTTOM + 2, area.width(), 14)
    if picture.note:
        strokes.text(painter, row, picture.note, "tick", ink, strokes.RIGHT)
        row.setRight(row.right() - strokes.wide(picture.note, "tick") - NOTE_GAP)
    x_ticks = ticks(*picture.x_range, 4)
    for value, x in zip(x_ticks, frame.across(np.array(x_ticks)).tolist(), strict=True):
        words = numbers.short(value)
        half = strokes.wide(words, "tick") / 2
        if x + half > row.right() and picture.note:
            continue  # the note is there
        place = QRectF(x - 30, row.top(), 60, row.height())
        if x + half > row.right() - EDGE_PX and not picture.note:
            place.moveRight(row.right() - EDGE_PX)
            strokes.text(painter, place, words, "tick", ink, strokes.RIGHT)
        else:
            strokes.text(painter, place, words, "tick", ink, strokes.CENTER)
