"""Layers of the plane of 2-D data: heat map, lines, arrows, and the legend. Pure painting, no widgets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from core.foundation.arrays import Counts, Doubles, Floats
from core.foundation.pixels import FRAME
from gui.drawing import numbers, paint, pictures, theme
from gui.drawing.chart import polygon

if TYPE_CHECKING:
    from core.probes.data_plane import Arrows, Heat


ToPixels = Callable[[Floats], Doubles]
"""From points of the plane (…, 2) to pixels (…, 2)."""
PULL_SHARE = 1 / 12
"""Length of the longest gradient as drawn, in lengths of the side that is shown."""
CELL_PX = 9.0
"""Arrows of a field that would be closer than this are thinned out, px."""
HEAD_PX = 3.0
"""Length of an arrow head, px."""
BAR_PX = 10
"""Width of the colour bar in the legend, px at text size 1."""


def heat_range(heat: Heat) -> tuple[float, float]:
    """Values at the ends of the colour table: 0 and 1, or the range of a critic."""
    if heat.kind != "critic":
        return 0.0, 1.0
    finite = heat.values[np.isfinite(heat.values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)


def paint_heat(painter: QPainter, heat: Heat, frame: QRectF, seen: QRectF, table: theme.Table) -> None:
    """Paint the values in the colours of a table (256, 3), the middle one for NaN.

    ``frame`` is the place of the whole map, of which ``seen`` is painted, px.
    """
    ratio = painter.device().devicePixelRatioF()
    part = frame.intersected(seen)
    left, right = math.floor(part.left() * ratio), math.ceil(part.right() * ratio)
    top, bottom = math.floor(part.top() * ratio), math.ceil(part.bottom() * ratio)
    if part.isEmpty():
        return
    low, high = heat_range(heat)
    share = (heat.values - np.float32(low)) * np.float32(1 / max(high - low, 1e-9))
    share = np.clip(np.where(np.isfinite(share), share, np.float32(0.5)), 0.0, 1.0)
    before, after, way = _between(np.arange(top, bottom), ratio, frame.top(), frame.height(), len(share))
    share = share[before] * (1 - way)[:, None] + share[after] * way[:, None]  # (H, S)
    before, after, way = _between(np.arange(left, right), ratio, frame.left(), frame.width(), share.shape[1])
    share = np.ascontiguousarray(share[:, before] * (1 - way) + share[:, after] * way)  # (H, W)
    inks = np.full((256, 4), 255, np.uint8)  # blue, green, red, opaque
    inks[:, :3] = table[:, ::-1]
    pixels = inks.view(np.uint32)[:, 0][np.rint(255 * share).astype(np.uint8)]  # (H, W)
    image = QImage(pixels.data, right - left, bottom - top, 4 * (right - left), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter.drawImage(QPointF(left / ratio, top / ratio), image)


def _between(pixels: Counts, ratio: float, start: float, length: float, count: int) -> tuple[Counts, Counts, Floats]:
    """The cells before and after the middle of each device pixel (N,), and how far it lies between their middles.

    ``count`` cells begin at ``start`` and have this ``length`` together, px.
    """
    at = np.clip(((pixels + 0.5) / ratio - start) / length * count - 0.5, 0.0, count - 1.0)
    before = at.astype(np.int64)
    return before, np.minimum(before + 1, count - 1), (at - before).astype(np.float32)


def paint_edge(painter: QPainter, edge: Floats, to_pixels: ToPixels, color: str) -> None:
    """Paint segments (M, 2, 2) of a contour."""
    painter.setPen(QPen(QColor(color), 1))
    painter.drawLines([QLineF(*piece) for piece in to_pixels(edge).reshape(-1, 4).tolist()])


def paint_lines(painter: QPainter, lines: Floats, to_pixels: ToPixels, color: str) -> None:
    """Paint polylines (L, P, 2) of the plane; lines with a NaN or an infinity are left out."""
    painter.setPen(QPen(QColor(color), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line in to_pixels(lines[np.isfinite(lines).all((1, 2))]):
        painter.drawPolyline(polygon(line))


def arranged(arrows: Arrows, span: float, wide: float) -> tuple[Floats, Floats, float]:
    """Starts and steps (N, 2) as drawn, in units of the plane, and the factor by which the steps are scaled.

    ``span`` units of the plane are shown on ``wide`` px.
    """
    starts, steps, longest_drawn = arrows.starts, arrows.steps, PULL_SHARE * span
    if arrows.kind == "field":
        side = round(len(starts) ** 0.5)
        cell = 2 * FRAME / side * wide / span
        every = max(1, math.ceil(CELL_PX / cell - 1e-9))
        keep = np.arange(0, side, every)
        kept = (keep[:, None] * side + keep[None]).ravel()
        starts, steps = starts[kept], steps[kept]
        longest_drawn = 0.95 * every * 2 * FRAME / side
    lengths = np.hypot(*steps.T)
    finite = np.isfinite(lengths)
    longest = float(lengths[finite].max(initial=0.0))
    factor = longest_drawn / longest if longest > 1e-9 else 0.0
    return starts[finite], (steps[finite] * np.float32(factor)), factor


def paint_arrows(painter: QPainter, starts: Floats, steps: Floats, to_pixels: ToPixels, color: str) -> None:
    """Paint arrows with open heads; those up to 1.5 px long are dots."""
    tails, tips = to_pixels(starts), to_pixels(starts + steps)
    shifts = tips - tails
    lengths = np.hypot(*shifts.T)[:, None]
    along = shifts / np.maximum(lengths, 1e-6)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    head = np.minimum(HEAD_PX, 0.4 * lengths)
    left, right = tips - head * along + 0.6 * head * across, tips - head * along - 0.6 * head * across
    is_arrow = (lengths > 1.5)[:, 0]
    strokes = [np.concatenate(pair, 1)[is_arrow] for pair in ((tails, tips), (tips, left), (tips, right))]
    painter.setPen(QPen(QColor(color), 1))
    painter.drawLines([QLineF(*stroke) for stroke in np.concatenate(strokes).tolist()])
    painter.drawPoints([QPointF(*tail) for tail in tails[~is_arrow].tolist()])


class Legend:
    """Entries from the top down, as far as there is room."""

    def __init__(self, painter: QPainter, area: QRectF) -> None:
        self._painter, self._area = painter, QRectF(area)
        self._line = theme.px(14)

    def _take(self, height: float) -> QRectF | None:
        area = self._area
        if area.height() < height:
            return None
        taken = QRectF(area.left(), area.top(), area.width(), height)
        area.setTop(area.top() + height)
        return taken

    def gap(self) -> None:
        """Leave a small gap."""
        self._take(theme.px(4))

    def words(self, text: str, token: str = "text_3", indent: int = 0) -> None:
        """Add a line of text."""
        row = self._take(self._line)
        if row is not None:
            row.setLeft(row.left() + indent)
            paint.text(self._painter, row, text, "tick", theme.current().token(token))

    def dot(self, text: str, color: str) -> None:
        """Add the meaning of dots of a colour."""
        row = self._take(self._line)
        if row is not None:
            self._painter.fillRect(QRectF(row.left() + 3, round(row.center().y()) - 1.5, 3, 3), QColor(color))
            self._paint_text(row, text)

    def stroke(self, text: str, color: str, arrow: bool = False) -> None:
        """Add the meaning of lines, or arrows, of a colour."""
        row = self._take(self._line)
        if row is None:
            return
        y, x = round(row.center().y()) + 0.5, row.left()
        self._painter.setPen(QPen(QColor(color), 1))
        strokes = [QLineF(x, y, x + 9, y)]
        if arrow:
            strokes += [QLineF(x + 9, y, x + 6, y - 2), QLineF(x + 9, y, x + 6, y + 2)]
        self._painter.drawLines(strokes)
        self._paint_text(row, text)

    def _paint_text(self, row: QRectF, text: str) -> None:
        words = row.adjusted(theme.px(14), 0, 0, 0)
        paint.text(self._painter, words, text, "tick", theme.current().text_2)

    def bar(self, title: str, table: theme.Table, marks: tuple[str, str, str]) -> None:
        """Add the colour bar from 0 (bottom) to 1, with labels at the top, in the middle and at the bottom."""
        self.words(title, "text_2")
        row = self._take(3 * self._line)
        if row is None:
            return
        colors = theme.current()
        ramp = pictures.qimage(table[::-1][:, None, :].repeat(2, 1))
        bar = QRectF(row.left(), row.top() + 1, theme.px(BAR_PX), row.height() - 3)
        self._painter.drawImage(bar, ramp)
        paint.box(self._painter, bar, 0, None, colors.line_strong)
        for i, words in enumerate(marks):
            place = QRectF(bar.right() + 5, row.top() + i * self._line, row.right() - bar.right() - 5, self._line)
            paint.text(self._painter, place, words, "tick", colors.text_3)


def judged(copies: int) -> str:
    """The argument of a second network that judges so many copies of a point at once."""
    return ", ".join("x" * copies) if copies <= 2 else f"{copies} copies of x"


def heat_words(heat: Heat, copies: int = 1) -> tuple[str, tuple[str, str, str]]:
    """Title of a heat map, and its labels at 1, ½ and 0."""
    low, high = heat_range(heat)
    if heat.kind == "critic":
        decimals = 1 if high - low >= 1 else 2
        half = numbers.number((low + high) / 2, decimals)
        title = "critic, its range" if copies == 1 else f"critic of {judged(copies)}"
        return title, (f"{numbers.number(high, decimals)} data", half, numbers.number(low, decimals))
    if heat.kind == "D":
        return f"D({judged(copies)})", ("1 data", "½ line", "0 drawn")
    return "p/(p + q)", ("1 only data", "½ line", "0 only samples")
