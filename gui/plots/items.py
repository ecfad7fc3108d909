"""Items of plots that pyqtgraph lacks. Those in units of the data are children of its view box."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from core.foundation.arrays import Doubles
from gui.drawing import paint, theme
from gui.drawing.chart import polygon
from gui.drawing.painting import FAR_PX, painting, picture_ratio, pixel
from gui.plots.ground import Ground

if TYPE_CHECKING:
    from gui.plots.view import View


Draw = Callable[[QPainter], None]
"""Paints in pixels of the plot."""


@functools.cache
def curve_kind() -> Any:
    """The class of curves: pyqtgraph's, which takes what is in sight for its bounds instead of searching its points.

    Their search took a sixth of the time to draw a chart. The class is made with the first plot, see `gui.plots.view`.
    """
    import pyqtgraph as pg

    class Curve(pg.PlotCurveItem):
        """A curve of a plot, cut to what is in sight."""

        def __init__(self, plot: View) -> None:
            super().__init__(antialias=True, skipFiniteCheck=True)
            self._plot = plot

        def boundingRect(self) -> QRectF:
            return self._plot.in_sight()

        def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
            if not picture_ratio():
                super().paint(painter, option, widget)
                return
            with in_pixels(self, painter) as to_pixels:  # 1 px of a picture, in drawings too
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(pixel_pen(self.opts["pen"].color()))
                painter.drawPath(to_pixels.map(self.getPath()))

    return Curve


@contextlib.contextmanager
def in_pixels(item: QGraphicsItem, painter: QPainter) -> Iterator[QTransform]:
    """Paint an item in pixels of its plot; gives the map to them from the item's own units.

    Many programs draw a line of an SVG that does not grow with its units as if it did.
    """
    to_pixels = item.sceneTransform()
    painter.save()
    painter.setTransform(to_pixels.inverted()[0] * painter.transform())
    yield to_pixels
    painter.restore()


class Dots(QGraphicsItem):
    """A few dots in units of the data, of a radius in pixels."""

    def __init__(self, plot: View, radius: float) -> None:
        super().__init__()
        self._plot, self._radius = plot, radius
        self._colors: Sequence[str] = ()
        self.points: Doubles = np.zeros((0, 2))

    def show_at(self, points: Doubles, colors: Sequence[str]) -> None:
        """Show dots at points (N, 2), each in its colour."""
        self.prepareGeometryChange()
        self.points, self._colors = points, colors
        self.setVisible(len(points) > 0)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._plot.in_sight()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        with in_pixels(self, painter) as to_pixels:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for (x, y), color in zip(self.points.tolist(), self._colors, strict=True):
                painter.setBrush(QColor(color))
                painter.drawEllipse(to_pixels.map(QPointF(x, y)), self._radius, self._radius)


class LevelLine(QGraphicsItem):
    """A dashed line across a plot, or ``upright`` a whole one, through the middle of a row or column of pixels."""

    def __init__(self, plot: View, upright: bool = False) -> None:
        super().__init__()
        self._plot, self._upright = plot, upright
        self._at, self._color = 0.0, ""

    def show_at(self, at: float, color: str) -> None:
        """Show it at y, or upright at x, in units of the data."""
        if (at, color) != (self._at, self._color):
            self._at, self._color = at, color
            self.update()

    def boundingRect(self) -> QRectF:
        return self._plot.in_sight()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        inner = self._plot.inner
        with in_pixels(self, painter) as to_pixels:
            if self._upright:
                column = pixel(to_pixels.map(QPointF(self._at, 0.0)).x()) + 0.5
                painter.setPen(pixel_pen(self._color))
                painter.drawLine(QPointF(column, inner.top()), QPointF(column, inner.bottom()))
                return
            row = pixel(to_pixels.map(QPointF(0.0, self._at)).y()) + 0.5
            painter.setPen(pixel_pen(self._color, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(inner.left(), row), QPointF(inner.right(), row))


class Area(QGraphicsItem):
    """A filled polygon in units of the data, as the band between two curves."""

    def __init__(self) -> None:
        super().__init__()
        self._polygon = QPolygonF()
        self._color = QColor()

    def show_between(self, x: Doubles, low: Doubles, high: Doubles, color: str) -> None:
        """Fill what lies between two curves over the same x (N,)."""
        points = np.stack([np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])], 1)  # (2 N, 2)
        self.prepareGeometryChange()
        self._polygon, self._color = polygon(points[np.isfinite(points).all(1)]), QColor(color)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._polygon.boundingRect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # its edges lie under lines, and it is large
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        painter.drawPolygon(self._polygon)


class Reading(QGraphicsItem):
    """A vertical line through a plot with a note at its foot, in pixels of the plot."""

    def __init__(self) -> None:
        super().__init__()
        self._inner, self._x, self._words = QRectF(), 0.0, ""
        self._labels: Sequence[QRectF] = ()
        self.hide()

    def show_at(self, x: float, inner: QRectF, words: str, labels: Sequence[QRectF] = ()) -> None:
        """Draw the line at x px within ``inner``, with words below it. Of the ``labels`` there, those that the words
        would cover in part are covered whole: half a number is another number."""
        self.prepareGeometryChange()
        self._x, self._inner, self._words, self._labels = pixel(x), inner, words, labels
        self.show()
        self.update()

    def _note(self) -> QRectF:
        wide = paint.wide(self._words, "tick") + theme.px(8)
        left = min(max(self._x - wide / 2, 1.0), self._inner.right() + theme.px(8) - wide - 1)
        return QRectF(left, self._inner.bottom() + 1, wide, theme.px(16))

    def _covered(self) -> list[QRectF]:
        note = self._note()
        return [each.adjusted(-1, 0, 1, 0) for each in self._labels if each.intersects(note)]

    def boundingRect(self) -> QRectF:
        line = QRectF(self._x - 1, self._inner.top(), 3, self._inner.height())
        if self._words:
            for each in (self._note(), *self._covered()):
                line = line.united(each)
        return line

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colors = theme.current()
        painter.fillRect(QRectF(self._x, self._inner.top(), 1, self._inner.height()), QColor(colors.text_3))
        if self._words:
            for each in self._covered():
                painter.fillRect(each, QColor(colors.plot))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint.box(painter, self._note(), 3, colors.panel, colors.line)
            paint.text(painter, self._note(), self._words, "tick", colors.text_2, paint.CENTER)


def line_pen(color: str) -> QPen:
    """The pen of a curve: 1 px at any zoom. Wider, dashed or translucent ones are four to ten times slower."""
    pen = pixel_pen(color)
    pen.setCosmetic(True)
    return pen


def pixel_pen(color: str | QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen for what is painted in pixels, 1 px wide."""
    pen = QPen(QColor(color), 1)
    if style != Qt.PenStyle.SolidLine:
        pen.setDashPattern([4, 3])
    return pen


def circle(plot: View, radius: float) -> QPainterPath:
    """A circle around the origin, in pixels of a plot: of one that is far larger than the plot, the part in sight."""
    (left, right), (low, high) = plot.x_range, plot.y_range
    x, y = plot.unit_px()
    line, center = QPainterPath(), plot.to_pixel(0.0, 0.0)
    if max(x, y) * radius < FAR_PX / 10:
        line.addEllipse(center, x * radius, y * radius)
        return line
    corners = np.array([left, left, right, right]) + 1j * np.array([low, high, low, high])
    middle = (left + right) / 2 + 1j * (low + high) / 2
    if abs(middle) < abs(right - left + 1j * (high - low)):
        return line  # the origin is near, and the circle far
    away = np.angle(corners / middle)
    angles = np.angle(middle) + np.linspace(away.min(), away.max(), 64)
    line.addPolygon(polygon(plot.to_pixels(radius * np.stack([np.cos(angles), np.sin(angles)], 1))))
    return line


class Layer(QGraphicsItem):
    """What rests on a plot: one picture in its pixels until the ranges change, or `renew`.

    ``dots`` are painted first: pictures, and dots by the thousand, which are pixels in drawings (SVG, PDF) too.
    ``lines`` lie on them, and stay lines and words there. One that ``is_live`` changes whenever the plot is painted: it
    rests as no picture, which would take longer to make.
    """

    def __init__(
        self, plot: View, lines: Draw | None = None, dots: Draw | None = None, *, is_live: bool = False
    ) -> None:
        super().__init__()
        self._plot, self._lines, self._dots, self._is_live = plot, lines, dots, is_live
        self._version = 0
        self._whole, self._under = Ground(), Ground()
        plot.ranged.connect(self.renew)

    def renew(self) -> None:
        """Paint it anew."""
        self._version += 1
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._plot.rect())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._is_live:
            self._draw_all(painter)
            return
        key, size, ratio = (self._version,), self._plot.size(), self._plot.devicePixelRatioF()
        if picture_ratio() and self._dots is not None:
            self._under.paint(painter, key, size, ratio, self._dots, is_pixels=True)
            self._draw_smooth(painter, self._lines)
        else:
            self._whole.paint(painter, key, size, ratio, self._draw_all)

    def _draw_all(self, painter: QPainter) -> None:
        self._draw_smooth(painter, self._dots)
        self._draw_smooth(painter, self._lines)

    @staticmethod
    def _draw_smooth(painter: QPainter, draw: Draw | None) -> None:
        if draw is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw(painter)


class Mark(QGraphicsItem):
    """A picture around a pixel of a plot: what is dragged, and moves without anything else being painted anew.

    ``draw`` paints it around the origin, within ``half_px`` to each side; both grow with the text size (`theme.px`).
    """

    def __init__(self, draw: Draw, half_px: float) -> None:
        super().__init__()
        self._draw, self._half = draw, half_px
        self._picture: QPixmap | None = None

    def renew(self) -> None:
        """Paint it anew."""
        self.prepareGeometryChange()
        self._picture = None
        self.update()

    def boundingRect(self) -> QRectF:
        half = theme.px(self._half)
        return QRectF(-half, -half, 2 * half, 2 * half)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if picture_ratio():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(painter)
            return
        if self._picture is None:
            self._picture = self._drawn(painter.device().devicePixelRatioF())
        painter.drawPixmap(self.boundingRect().topLeft(), self._picture)

    def _drawn(self, ratio: float) -> QPixmap:
        area = self.boundingRect()
        picture = QPixmap(round(ratio * area.width()), round(ratio * area.height()))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with painting(picture, smooth=True) as painter:
            painter.translate(-area.topLeft())
            self._draw(painter)
        return picture


class Note(QGraphicsItem):
    """A few words in a box, in pixels of a plot."""

    def __init__(self) -> None:
        super().__init__()
        self._area, self._words = QRectF(), ""
        self.hide()

    def show_at(self, area: QRectF, words: str) -> None:
        """Show these words there."""
        if (area, words) != (self._area, self._words):
            self.prepareGeometryChange()
            self._area, self._words = area, words

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colors = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, self._area, 3, colors.panel, colors.line)
        paint.text(painter, self._area, self._words, "tick", colors.text_2, paint.CENTER)
