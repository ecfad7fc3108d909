"""The plane of 2-D data in a lane: layers, dots of data and samples, and a legend beside them.

All of it is cached in one pixmap until something in it changes; the mouse repaints only the line of its reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.foundation.arrays import Floats
from core.foundation.pixels import FRAME
from gui.drawing import numbers, paint, point_plot, theme
from gui.drawing.chart import Backdrop
from gui.drawing.painting import painting, still
from gui.lineup import plane_layers

if TYPE_CHECKING:
    from core.probes.data_plane import Heat, PlaneLayers, Wanted


MOST_BACKGROUND_POINTS = 1_000
"""Data points drawn, at most: enough to show the shape, few enough to see the heat map behind them."""
LEGEND_PX = 100
"""Width of the legend, px at text size 1."""
NARROW_PX = 190
"""A narrower cell has no legend, px at text size 1."""
NOTE_PX = 18
"""Room that a note in the corner takes from the legend, px at text size 1."""
NEAR_PX = 12.0
"""Largest distance of a click from the sample that it picks, px."""


class PlanePlot(QWidget):
    """Samples over data, and the chosen layers. ``picked`` carries the index of the clicked sample."""

    picked = Signal(int)

    def __init__(self, slot: int, judge: str) -> None:
        super().__init__()
        self._slot, self._judge = slot, judge
        self._background: Floats = np.zeros((0, 2), np.float32)
        self._points: Floats = np.zeros((0, 2), np.float32)
        self._look: PlaneLayers | None = None
        self._shown: Wanted | None = None
        self._version = 0
        self._is_noted = False
        self._cache = Backdrop()
        self._mouse: QPointF | None = None
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changes.changed.connect(self._renew)

    def set_background(self, points: Floats) -> None:
        """Set the data points (N, 2); at most `MOST_BACKGROUND_POINTS` are drawn."""
        self._background = points[:MOST_BACKGROUND_POINTS]
        self._points, self._look = np.zeros((0, 2), np.float32), None
        self._renew()

    def set_points(self, points: Floats | None, look: PlaneLayers | None) -> None:
        """Set the samples (N, 2) and the layers of the plane."""
        self._points = np.zeros((0, 2), np.float32) if points is None else points
        self._look = look
        self._renew()

    def set_shown_layers(self, shown: Wanted) -> None:
        """Choose the layers to show, as far as they are available."""
        self._shown = shown
        self._renew()

    def set_noted(self, noted: bool) -> None:
        """Whether a note lies over the lower right corner: the legend ends above it."""
        if noted != self._is_noted:
            self._is_noted = noted
            self._renew()

    def _renew(self) -> None:
        self._version += 1
        self.update()

    def heat(self) -> Heat | None:
        """The heat map, if it is chosen and available."""
        look, shown = self._look, self._shown
        return look.heat if look is not None and shown is not None and look.wanted.heat == shown.heat else None

    def area(self) -> QRectF:
        """The square area of the plane, px."""
        inner = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        wide = inner.width() - (theme.px(LEGEND_PX) if self.width() >= theme.px(NARROW_PX) else 0)
        side = float(int(min(wide, inner.height())))
        if self.width() < theme.px(NARROW_PX):
            return QRectF(inner.center().x() - side / 2, inner.center().y() - side / 2, side, side)
        left = inner.left() + max(0.0, (wide - side) / 2)
        return QRectF(round(left), round(inner.center().y() - side / 2), side, side)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        with painting(self) as painter:
            still(painter, self._cache.pixmap((self._version,), self.size(), ratio, self._paint_all))
            if self._mouse is not None:
                self._paint_reading(painter)

    def _paint_all(self, painter: QPainter) -> None:
        colors, ratio, area = theme.current(), self.devicePixelRatioF(), self.area()
        lane = colors.lanes[self._slot]
        painter.fillRect(self.rect(), QColor(colors.window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, self.rect(), 4, colors.plot, None)
        look, shown, heat = self._look, self._shown, self.heat()
        painter.setClipRect(area)
        if heat is not None:
            plane_layers.paint_heat(painter, heat, area, colors.heat(self._slot), colors.text_2)
        painter.drawImage(area.topLeft(), point_plot.dots(self._background, area, self._data_color(), ratio))
        if look is not None and look.lines is not None and shown is not None and shown.grid:
            plane_layers.paint_lines(painter, look.lines, area, theme.mix(lane, colors.plot, 0.6))
        painter.drawImage(area.topLeft(), point_plot.dots(self._points, area, lane, ratio))
        factor = 0.0
        arrows = look.arrows if look is not None and shown is not None and shown.arrows else None
        if arrows is not None:
            starts, steps, factor = plane_layers.arranged(arrows, area)
            plane_layers.paint_arrows(painter, starts, steps, area, colors.text_2)
        painter.setClipping(False)
        if self.width() >= theme.px(NARROW_PX):
            self._paint_legend(painter, area, factor)
        paint.box(painter, self.rect(), 4, None, colors.line)

    def _data_color(self) -> str:
        """The colour of the data points."""
        colors = theme.current()
        return theme.mix(colors.text_3, colors.plot, 0.8)

    def _paint_legend(self, painter: QPainter, area: QRectF, factor: float) -> None:
        colors, px = theme.current(), theme.px
        left = area.right() + px(8)
        beside = QRectF(left, px(4), self.width() - left - px(4), self.height() - px(8))
        beside.setBottom(beside.bottom() - (px(NOTE_PX) if self._is_noted else 0))
        legend = plane_layers.Legend(painter, beside)
        legend.dot("data", self._data_color())
        legend.dot("samples", colors.lanes[self._slot])
        look, shown, heat = self._look, self._shown, self.heat()
        if shown is None:
            return
        if heat is not None:
            legend.gap()
            title, marks = plane_layers.heat_words(heat, 1 if look is None else look.copies)
            legend.bar(title, theme.current().heat(self._slot), marks)
        elif shown.heat == "judge" and not self._judge:
            legend.gap()
            legend.words("no D: it has no", "text_3")
            legend.words("second network", "text_3")
        arrows = look.arrows if look is not None and shown.arrows else None
        if arrows is not None:
            legend.gap()
            words = "r(x) − x" if arrows.kind == "field" else "∇ log D" if self._judge == "probability" else "∇ critic"
            legend.stroke(f"{words} × {numbers.knob(factor, 2)}", colors.text_2, arrow=True)
            if look is not None and look.copies > 1 and arrows.kind == "pull":
                legend.words(f"at {look.copies} copies of x", indent=px(14))
            legend.words(f"longest {numbers.knob(arrows.longest, 2)}", indent=px(14))
        if shown.grid and look is not None and look.lines is not None:
            legend.gap()
            legend.stroke("grid of z", theme.mix(colors.lanes[self._slot], colors.plot, 0.6))

    # --- the mouse ---------------------------------------------------------------------------------------------------

    def _to_plane(self, spot: QPointF) -> tuple[float, float] | None:
        """The point of the plane under the mouse."""
        area = self.area()
        if not area.contains(spot):
            return None
        x = (spot.x() - area.center().x()) / area.width() * 2 * FRAME
        return x, -(spot.y() - area.center().y()) / area.height() * 2 * FRAME

    def reading(self, spot: QPointF) -> str:
        """Coordinates and heat value under the mouse, as text; empty outside the square."""
        place = self._to_plane(spot)
        if place is None:
            return ""
        x, y = place
        words = f"({numbers.number(x, 2)}, {numbers.number(y, 2)})"
        heat = self.heat()
        if heat is None:
            return words
        side = len(heat.values)
        row, column = (min(side - 1, int((0.5 + offset / (2 * FRAME)) * side)) for offset in (-y, x))
        value = float(heat.values[row, column])
        copies = 1 if self._look is None else self._look.copies
        judge = "D" if copies == 1 else f"D({plane_layers.judged(copies)})"
        name = {"D": judge, "critic": "critic", "share": "p/(p + q)"}[heat.kind]
        return f"{words}  {name} {numbers.number(value, 2)}"

    def _reading_strip(self) -> QRect:
        """Area of the reading."""
        tall = theme.px(18)
        return QRect(0, self.height() - tall - 2, self.width(), tall)

    def _paint_reading(self, painter: QPainter) -> None:
        words = self.reading(self._mouse) if self._mouse is not None else ""
        if not words:
            return
        colors, px = theme.current(), theme.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = paint.wide(words, "tick") + px(8)
        place = QRectF(self.area().left() + 3, self._reading_strip().top(), wide, px(16))
        paint.box(painter, place, 3, colors.panel, colors.line)
        paint.text(painter, place, words, "tick", colors.text_2, paint.CENTER)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position()
        self.update(self._reading_strip())

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self.update(self._reading_strip())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not len(self._points):
            event.ignore()
            return
        spot = np.array([event.position().x(), event.position().y()], np.float32)
        distances = np.hypot(*(point_plot.spots(self._points, self.area()) - spot).T)
        if float(np.nanmin(distances)) <= NEAR_PX:
            self.picked.emit(int(np.nanargmin(distances)))
