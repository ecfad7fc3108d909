"""Plots on a card that are zoomed, panned, read and taken away: on the card's colour, with ticks of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from core.foundation.arrays import Doubles
from gui.drawing import paint, theme
from gui.drawing.chart import Frame, Picture
from gui.information import axes
from gui.information.axes import Ticks
from gui.plots.chart import nearest
from gui.plots.items import Reading
from gui.plots.link import Range
from gui.plots.plot import Plot
from gui.plots.values import Row, Values
from gui.plots.view import Axes, Margins
from gui.widgets.offer import Offer, csv_of

Columns = Mapping[str, Sequence[object] | np.ndarray[Any, Any]]
"""Data as columns of one length."""


class CardPlot(Plot):
    """A plot on a card (abstract). ``free``: the axes that are zoomed and panned; "x" where y has no unit.

    Subclasses call `redraw` when their data are others. It is read at `stops`, by mouse or by Shift and the arrows; the
    values stand ``values_px`` below the upper edge, px at text size 1.
    """

    least_px: ClassVar[tuple[int, int]] = (120, 80)
    values_px: ClassVar[int] = 4
    hint = ""

    def __init__(self, name: str, words: str, *, free: Axes = "xy") -> None:
        super().__init__(words)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._free: Axes = free
        self._is_drawn = False
        self._read_words = ""
        self._line, self._values = Reading(), Values()
        self.add_over(self._line, 110.0)
        self.add_over(self._values, 111.0)
        self.ranged.connect(self._follow_ranges)
        self.link.pointed.connect(self._show_reading)

    # --- for subclasses ----------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw but the hint."""
        return False

    def home_ranges(self) -> tuple[Range, Range]:
        """The ranges of x and y at home."""
        raise NotImplementedError

    def margins(self) -> Margins:
        """Room around the area of the data, px."""
        raise NotImplementedError

    def ticks_across(self) -> Ticks:
        """Ticks of x in sight."""
        raise NotImplementedError

    def ticks_up(self) -> Ticks:
        """Ticks of y in sight."""
        return ()

    def draw(self) -> None:
        """Draw the data that are in sight."""
        raise NotImplementedError

    def stops(self) -> Doubles:
        """Places on x at which it is read, ascending (N,)."""
        raise NotImplementedError

    def read_at(self, stop: int) -> tuple[str, Sequence[Row]]:
        """The place of a stop in words, and the values there."""
        raise NotImplementedError

    def description(self) -> str:
        """What it shows, in words for screen readers."""
        raise NotImplementedError

    def columns(self) -> Columns:
        """What is drawn, as columns."""
        raise NotImplementedError

    def all_columns(self) -> Columns:
        """All that it could draw, as columns."""
        raise NotImplementedError

    # --- drawing -----------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw other data, in the ranges that they have at home unless others are chosen."""
        self._is_drawn = False
        if not self.is_empty:
            self.set_home(*self.home_ranges())
        if not self._is_drawn:
            self._follow_ranges()
        self.describe()
        self.viewport().update()

    def _follow_ranges(self) -> None:
        margins = self.margins()
        if margins != self._margins:
            self.set_margins(margins)  # and then it is ranged anew
            return
        if not self.inner.isEmpty():
            self._is_drawn = True
            self.draw()
            self._show_reading()

    def restyle(self) -> None:
        self.updateGeometry()
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.set_margins(self.margins())
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        wide, tall = self.least_px
        return QSize(theme.px(wide), theme.px(tall))

    def frame_of_data(self) -> Frame:
        """From values to pixels, for what is painted."""
        return Frame(self.with_labels(), Picture(self.x_range, self.y_range))

    def ground_key(self) -> tuple[object, ...]:
        return self.is_empty, self.hint

    def paint_ground(self, painter: QPainter) -> None:
        colors = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colors.card))
        if self.is_empty:
            paint.text(painter, QRectF(self.rect()), self.hint, "body", colors.text_3, paint.CENTER)
        elif not self.inner.isEmpty():
            axes.paint_axes(painter, self.frame_of_data(), self.ticks_across(), self.ticks_up())

    # --- the hands on it ---------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, but not over what stands above the plot."""
        if self.is_empty or event.position().y() < self.inner.top() - theme.px(8):
            event.ignore()
        else:
            super().wheelEvent(event)

    def zoom(self, factor: float, about: QPointF | None = None, axes: Axes = "xy") -> None:
        if not self.is_empty:
            super().zoom(factor, about, axes if self._free == "xy" else self._free)

    def pan(self, right: float, down: float) -> None:
        if not self.is_empty:
            super().pan(right if "x" in self._free else 0.0, down if "y" in self._free else 0.0)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        """Read the values at the stop nearest to a pixel, or none."""
        is_over = spot is not None and not self.is_empty and self.inner.contains(spot)
        self.link.point(self.to_point(spot)[0] if is_over and spot is not None else None)

    def read_on(self, right: int, up: int) -> None:
        """Move the reading to the next stop in sight; the first is in the middle."""
        stops = np.empty(0) if self.is_empty else self._stops_in_sight()
        if not right or not len(stops):
            return
        at = self.link.pointer
        if at is None:
            self.link.point(float(stops[nearest(stops, sum(self.x_range) / 2)]))
        else:
            self.link.point(float(stops[min(max(nearest(stops, at) + right, 0), len(stops) - 1)]))

    def _stops_in_sight(self) -> Doubles:
        stops, (left, right) = self.stops(), self.x_range
        return stops[(stops >= left) & (stops <= right)]

    def _show_reading(self) -> None:
        """The line at the stop that is read, and the values there."""
        at = self.link.pointer
        in_sight = np.empty(0) if at is None or self.is_empty else self._stops_in_sight()
        if at is None or not len(in_sight):
            self._line.hide()
            self._values.hide()
            self._read_words = ""
        else:
            stop = float(in_sight[nearest(in_sight, at)])
            place, rows = self.read_at(nearest(self.stops(), stop))
            x = self.to_pixel(stop, 0.0).x()
            top = self.inner.top() + theme.px(self.values_px)
            if not self.is_home:
                top = max(top, self._fit_button.geometry().bottom() + 5.0)
            self._line.show_at(x, self.inner, place)
            self._values.show_beside(x, self.inner, top, rows)
            self._read_words = ", ".join((place, *(words for _, words in rows)))
        self.describe()

    def described(self) -> str:
        return self._read_words or ("" if self.is_empty else self.description())

    # --- what it gives away ------------------------------------------------------------------------------------------

    def offer(self) -> Offer:
        """Its picture, what is drawn as a table, and all that it could draw."""
        title = self.accessibleName()
        if self.is_empty:
            return Offer(title)
        drawn, whole = (lambda: csv_of(self.columns())), (lambda: csv_of(self.all_columns()))
        return Offer(title, table=drawn, whole=whole, acts=self.acts())
