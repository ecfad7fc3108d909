"""Axes of charts, and curves of small ones, painted: ticks, grid, labels, the map from values to pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from core.foundation.arrays import Doubles
from core.foundation.number_words import significant
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
PLAIN_EXPONENT = 12
"""Between powers of ten from here on, and below its negative, nothing else has a label."""
Label = tuple[float, tuple[str, ...]]
"""Where a label of y stands, and its wordings, longest first."""


@dataclass(frozen=True)
class Line:
    """A curve through (x, y), each (N,). ``sampled``: measured now and then, so that a few of its points are dots.
    ``label`` names it where its points are a table. ``smooth``: it is a running mean, whose peaks count for nothing."""

    x: Doubles
    y: Doubles
    color: str
    sampled: bool = False
    label: str = ""
    smooth: bool = False


@dataclass(frozen=True)
class Picture:
    """The axes of a chart: its ranges, and what is written along them.

    ``note`` stands at the end of the x axis, where no curve crosses it. ``is_log``: y is the exponent of a power of
    ten. ``most_labels``: at most about so many labels of x and of y.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    note: str = ""
    is_log: bool = False
    most_labels: tuple[int, int] = (4, 5)


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


def decades(low: float, high: float, most: int = 6) -> Sequence[tuple[float, str]]:
    """Labels of powers of ten between two exponents, about ``most`` at most; their positions are the exponents."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [(float(e), numbers.power_of_ten(e)) for e in range(first, last + 1) if (e - first) % step == 0]


def polygon(points: Doubles) -> QPolygonF:
    """Points (N, 2) in pixels as a polyline."""
    line, points = QPolygonF(), np.ascontiguousarray(points, np.float64)
    line.resize(len(points))
    if len(points):  # a hundred times faster than a QPointF for each
        memory = cast(Any, shiboken6.VoidPtr)(line.data(), points.nbytes, True)
        np.frombuffer(memory, np.float64)[:] = points.ravel()
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


def paint(
    painter: QPainter, area: QRectF, picture: Picture, lines: Sequence[Line], level: tuple[float, str] | None = None
) -> None:
    """Paint curves into an area, the last on top, and under them a dashed line: the y and the colour of a level."""
    frame = Frame(area, picture)
    painter.setClipRect(frame.inner.adjusted(0, -1, 1, 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if level is not None and math.isfinite(level[0]):
        value, color = level
        pen = QPen(QColor(color), 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        at = pixel(float(frame.down(np.array([value]))[0])) + 0.5
        painter.drawLine(QPointF(frame.inner.left(), at), QPointF(frame.inner.right(), at))
    for line in lines:
        painter.setPen(QPen(QColor(line.color), 1))
        painter.drawPolyline(frame.polygon(line.x, line.y))
    painter.setClipping(False)


def paint_grid(painter: QPainter, area: QRectF, picture: Picture) -> None:
    """Paint grid lines, and tick labels at the left and the bottom of the area."""
    colors, frame = theme.current(), Frame(area, picture)
    inner = frame.inner
    labels = (_log_labels if picture.is_log else _labels)(
        *picture.y_range, picture.most_labels[1] if inner.height() > 60 else 3, inner.height()
    )
    for (_, forms), y in zip(labels, frame.down(np.array([value for value, _ in labels])).tolist(), strict=True):
        painter.fillRect(QRectF(inner.left(), pixel(y), inner.width(), 1), QColor(colors.grid))
        place = QRectF(area.left(), y - 7, LEFT - 6, 14)
        words = strokes.fitting(forms, "tick", place.width())
        strokes.text(painter, place, words, "tick", colors.text_3, strokes.RIGHT)
    for place, words in x_labels(area, picture):
        strokes.text(painter, place, words, "tick", colors.text_3, strokes.CENTER)


def _labels(low: float, high: float, most: int, height: float) -> list[Label]:
    """Labels of y at round numbers, as many as there is room for in a height, px."""
    values = ticks(low, high, most)
    spacing = values[1] - values[0] if len(values) > 1 else 1.0
    decimals = next((k for k in range(6) if math.isclose(round(spacing, k), spacing, rel_tol=1e-6)), 6)
    while len(values) > 2 and spacing * height < LABEL_PX * (high - low):
        values, spacing = values[::2], 2 * spacing
    return [(value, (numbers.number(value, decimals).replace(",", ""), numbers.short(value))) for value in values]


def _log_labels(low: float, high: float, most: int, height: float) -> list[Label]:
    """Labels of y at powers of ten between two exponents; of fewer than two decades those between them, too."""
    labels: list[Label] = [(exponent, (words,)) for exponent, words in decades(low, high, most)]
    if low > -PLAIN_EXPONENT and high < PLAIN_EXPONENT:
        if high - low < 1:
            found = _labels(10.0**low, 10.0**high, most, height)
            labels = [(math.log10(value), forms) for value, forms in found if value > 0]
        else:
            exponents = range(math.floor(low), math.ceil(high) + 1)
            values = [digit * 10.0**exponent for exponent in exponents for digit in (1, 2, 5)]
            values = [value for value in values if low - 1e-9 <= math.log10(value) <= high + 1e-9]
            if len(values) <= most or len(labels) < 2:
                labels = [(math.log10(value), (significant(value), numbers.short(value))) for value in values]
    kept: list[Label] = []
    for label in labels:
        if not kept or (label[0] - kept[-1][0]) * height >= LABEL_PX * (high - low):
            kept.append(label)
    return kept


def x_labels(area: QRectF, picture: Picture) -> list[tuple[QRectF, str]]:
    """What `paint_grid` writes below an area: the place of each label of x, as wide as its words, and of the note."""
    labels: list[tuple[QRectF, str]] = []
    right, top = area.right(), area.bottom() - BOTTOM + 2
    if picture.note:
        wide = strokes.wide(picture.note, "tick")
        labels.append((QRectF(right - EDGE_PX - wide, top, wide, 14), picture.note))
        right -= EDGE_PX + wide + NOTE_GAP
    x_ticks = ticks(*picture.x_range, picture.most_labels[0])
    for value, x in zip(x_ticks, Frame(area, picture).across(np.array(x_ticks)).tolist(), strict=True):
        words = numbers.short(value)
        wide = strokes.wide(words, "tick")
        if picture.note and x + wide / 2 > right:
            continue  # the note is there
        left = x - wide / 2 if picture.note else min(x - wide / 2, right - EDGE_PX - wide)
        labels.append((QRectF(left, top, wide, 14), words))
    return labels
