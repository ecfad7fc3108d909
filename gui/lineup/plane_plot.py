"""The plane of 2-D data in a lane: layers, dots of data and samples, and a legend beside them.

Each layer rests as a picture until something in it or the ranges change; the mouse moves only its reading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QResizeEvent

from core.foundation.arrays import Floats
from core.foundation.pixels import FRAME
from gui.drawing import numbers, paint, point_plot, theme
from gui.lineup import plane_layers
from gui.lineup.map_marks import stroke
from gui.plots.items import Layer, Mark, Note
from gui.plots.link import Link
from gui.plots.plane import Plane
from gui.plots.view import Axes, Margins

if TYPE_CHECKING:
    from core.probes.data_plane import Arrows, Heat, PlaneLayers, Wanted


MOST_BACKGROUND_POINTS = 1_000
"""Data points drawn, at most: enough to show the shape, few enough to see the heat map behind them."""
LEGEND_PX = 100
"""Width of the legend, px at text size 1."""
NARROW_PX = 190
"""A narrower cell has no legend, px at text size 1."""
NOTE_PX = 18
"""Room that a note in the corner takes from the legend, px at text size 1."""
NEAR_PX = 12.0
"""Largest distance of a click, or a reading, from the sample that it takes, px."""
LEAST_SPAN = 0.05
"""Shortest side that can be shown, in units of the plane: about one cell of a heat map."""
STEP_SHARE = 1 / 64
"""Share of the side by which a key moves the reading: a cell of a heat map at first."""
MARK_PX = 7
"""Half the side of the area of a mark, px."""
COORDINATES = 2
"""Coordinates of a sample's z in the reading, at most."""
PICK_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
NO_POINTS: Floats = np.zeros((0, 2), np.float32)


class PlanePlot(Plane):
    """Samples over data, and the chosen layers. Planes with one ``link`` show the same part of the plane.

    ``picked`` carries the index of the sample that a click or Enter takes, ``hovered`` that of the sample at the
    reading, −1 for none.
    """

    picked = Signal(int)
    hovered = Signal(int)

    def __init__(self, slot: int, judge: str, link: Link | None = None) -> None:
        super().__init__("", link=link)
        self._slot, self._judge = slot, judge
        self._background = self._points = NO_POINTS
        self._codes: Floats | None = None
        self._look: PlaneLayers | None = None
        self._wanted: Wanted | None = None
        self._version = 0
        self._is_noted = False
        self._spot: QPointF | None = None  # where it reads, px
        self._is_by_key = False  # the reading was moved by a key
        self._near = -1  # the sample at the reading
        self._highlight = -1  # the sample with the ring
        self._drawn: dict[Layer, tuple[object, ...]] = {}  # content of the layers
        self._heat_and_data = Layer(self, dots=self._clipped(self._paint_heat_and_data))
        self._grid = Layer(self, self._clipped(self._paint_grid))
        self._samples = Layer(self, dots=self._clipped(self._paint_samples))
        self._arrows = Layer(self, self._clipped(self._paint_arrows))
        self._ring, self._cross = Mark(self._draw_ring, MARK_PX), Mark(self._draw_cross, MARK_PX)
        self._reading, self._sample_reading = Note(), Note()
        for z, layer in enumerate((self._heat_and_data, self._grid, self._samples, self._arrows)):
            self.add_over(layer, float(z))
        for z, item in enumerate((self._ring, self._cross, self._reading, self._sample_reading), 100):
            self.add_over(item, float(z))
            item.hide()
        self.set_home((-FRAME, FRAME), (-FRAME, FRAME))
        self.ranged.connect(self._place_marks)
        self._renew()

    # --- content -----------------------------------------------------------------------------------------------------

    @property
    def background(self) -> Floats:
        """The data points that are drawn (N, 2)."""
        return self._background

    def set_background(self, points: Floats) -> None:
        """Set the data points (N, 2); at most `MOST_BACKGROUND_POINTS` are drawn."""
        self._background = points[:MOST_BACKGROUND_POINTS]
        self._points, self._codes, self._look = NO_POINTS, None, None
        self._renew()

    def set_points(self, points: Floats | None, look: PlaneLayers | None, codes: Floats | None = None) -> None:
        """Set the samples (N, 2), decoded from ``codes`` (N, D), and the layers of the plane."""
        self._points = NO_POINTS if points is None else points
        self._look, self._codes = look, codes
        self._renew()

    def set_shown_layers(self, shown: Wanted) -> None:
        """Choose the layers to show, as far as they are available."""
        self._wanted = shown
        self._renew()

    def set_noted(self, noted: bool) -> None:
        """Whether a note lies over the lower right corner: the legend ends above it."""
        if noted != self._is_noted:
            self._is_noted = noted
            self._renew()

    def set_highlight(self, index: int) -> None:
        """Set the sample with a ring around it; −1 for none."""
        if index != self._highlight:
            self._highlight = index
            self._place_ring()

    def _renew(self) -> None:
        """Paint anew the layers whose content has changed, and the legend."""
        self._version += 1
        data = self._background if len(self._background) else None
        samples = self._points if len(self._points) else None
        for layer, content in (
            (self._heat_and_data, (self.heat(), data)),
            (self._grid, (self._lines(),)),
            (self._samples, (samples,)),
            (self._arrows, (self._pulls(),)),
        ):
            before = self._drawn.get(layer, ())
            if len(before) != len(content) or any(old is not new for old, new in zip(before, content, strict=True)):
                self._drawn[layer] = content
                layer.setVisible(any(each is not None for each in content))
                layer.renew()
        self._place_marks()
        self.forget_ground()

    def heat(self) -> Heat | None:
        """The heat map, if it is chosen and available."""
        look, wanted = self._look, self._wanted
        return look.heat if look is not None and wanted is not None and look.wanted.heat == wanted.heat else None

    def _lines(self) -> Floats | None:
        """The grid of z, if it is chosen and available."""
        look, wanted = self._look, self._wanted
        return look.lines if look is not None and wanted is not None and wanted.grid else None

    def _pulls(self) -> Arrows | None:
        """The arrows, if they are chosen and available."""
        return (
            self._look.arrows if self._look is not None and self._wanted is not None and self._wanted.arrows else None
        )

    def _arranged(self, arrows: Arrows) -> tuple[Floats, Floats, float]:
        low, high = self.y_range
        return plane_layers.arranged(arrows, high - low, max(1.0, self.inner.height()))

    # --- place -------------------------------------------------------------------------------------------------------

    def area(self) -> QRectF:
        """The square area of the plane, px."""
        inner = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        wide = inner.width() - (theme.px(LEGEND_PX) if self._has_legend() else 0)
        side = float(int(min(wide, inner.height())))
        if not self._has_legend():
            return QRectF(inner.center().x() - side / 2, inner.center().y() - side / 2, side, side)
        left = inner.left() + max(0.0, (wide - side) / 2)
        return QRectF(round(left), round(inner.center().y() - side / 2), side, side)

    def _has_legend(self) -> bool:
        return self.width() >= theme.px(NARROW_PX)

    def _fit_area(self) -> None:
        area = self.area()
        self.set_margins(Margins(area.left(), area.top(), self.width() - area.right(), self.height() - area.bottom()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_area()
        super().resizeEvent(event)

    def restyle(self) -> None:
        self._fit_area()
        self._ring.renew()
        self._cross.renew()

    def zoom(self, factor: float, about: QPointF | None = None, axes: Axes = "xy") -> None:
        """Zoom as every plot does, until `LEAST_SPAN` is shown."""
        low, high = self.y_range
        super().zoom(min(factor, (high - low) / LEAST_SPAN), about, axes)

    # --- painting ----------------------------------------------------------------------------------------------------

    def _clipped(self, draw: Callable[[QPainter], None]) -> Callable[[QPainter], None]:
        """A drawing that ends at the edges of the square."""

        def clipped(painter: QPainter) -> None:
            painter.setClipRect(self.inner)
            draw(painter)

        return clipped

    def _paint_heat_and_data(self, painter: QPainter) -> None:
        heat, colors = self.heat(), theme.current()
        if heat is not None:
            frame = QRectF(self.to_pixel(-FRAME, FRAME), self.to_pixel(FRAME, -FRAME))
            plane_layers.paint_heat(painter, heat, frame, self.inner, colors.heat(self._slot))
            plane_layers.paint_edge(painter, heat.edge, self.to_pixels, colors.text_2)
        self._paint_dots(painter, self._background, self._data_color())

    def _paint_grid(self, painter: QPainter) -> None:
        lines = self._lines()
        if lines is not None:
            plane_layers.paint_lines(painter, lines, self.to_pixels, self._grid_color())

    def _paint_samples(self, painter: QPainter) -> None:
        self._paint_dots(painter, self._points, theme.current().lanes[self._slot])

    def _paint_dots(self, painter: QPainter, points: Floats, color: str) -> None:
        (left, right), (low, high) = self.x_range, self.y_range
        middle = np.array([(left + right) / 2, (low + high) / 2], np.float32)
        ratio, reach = self.devicePixelRatioF(), (high - low) / 2
        painter.drawImage(self.inner.topLeft(), point_plot.dots(points - middle, self.inner, color, ratio, reach))

    def _paint_arrows(self, painter: QPainter) -> None:
        arrows = self._pulls()
        if arrows is not None:
            starts, steps, _ = self._arranged(arrows)
            plane_layers.paint_arrows(painter, starts, steps, self.to_pixels, theme.current().text_2)

    def _data_color(self) -> str:
        """The colour of the data points."""
        colors = theme.current()
        return theme.mix(colors.text_3, colors.plot, 0.8)

    def _grid_color(self) -> str:
        """The colour of the grid of z."""
        colors = theme.current()
        return theme.mix(colors.lanes[self._slot], colors.plot, 0.6)

    def ground_key(self) -> tuple[object, ...]:
        return (self._version,)

    def paint_ground(self, painter: QPainter) -> None:
        super().paint_ground(painter)
        if not self.is_home:  # what is shown ends there, without a reason in the data
            paint.box(painter, self.inner, 0, None, theme.current().line)
        if self._has_legend():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_legend(painter)

    def _paint_legend(self, painter: QPainter) -> None:
        colors, px = theme.current(), theme.px
        left = self.area().right() + px(8)
        beside = QRectF(left, px(4), self.width() - left - px(4), self.height() - px(8))
        beside.setBottom(beside.bottom() - (px(NOTE_PX) if self._is_noted else 0))
        legend = plane_layers.Legend(painter, beside)
        legend.dot("data", self._data_color())
        legend.dot("samples", colors.lanes[self._slot])
        look, wanted, heat, arrows = self._look, self._wanted, self.heat(), self._pulls()
        if heat is not None:
            legend.gap()
            title, marks = plane_layers.heat_words(heat, self._copies())
            legend.bar(title, colors.heat(self._slot), marks)
        elif wanted is not None and wanted.heat == "judge" and not self._judge:
            legend.gap()
            legend.words("no D: it has no", "text_3")
            legend.words("second network", "text_3")
        if arrows is not None:
            legend.gap()
            words = "r(x) − x" if arrows.kind == "field" else "∇ log D" if self._judge == "probability" else "∇ critic"
            legend.stroke(f"{words} × {numbers.knob(self._arranged(arrows)[2], 2)}", colors.text_2, arrow=True)
            if look is not None and look.copies > 1 and arrows.kind == "pull":
                legend.words(f"at {look.copies} copies of x", indent=px(14))
            legend.words(f"longest {numbers.knob(arrows.longest, 2)}", indent=px(14))
        if self._lines() is not None:
            legend.gap()
            legend.stroke("grid of z", self._grid_color())

    def _copies(self) -> int:
        """How many copies of a point the second network judges at once."""
        return 1 if self._look is None else self._look.copies

    # --- reading -----------------------------------------------------------------------------------------------------

    def reading(self, spot: QPointF) -> str:
        """Coordinates and heat value at a pixel, as text; empty outside the square."""
        if not self.inner.contains(spot):
            return ""
        x, y = self.to_point(spot)
        words = f"({numbers.number(x, 2)}, {numbers.number(y, 2)})"
        heat = self.heat()
        if heat is None or max(abs(x), abs(y)) > FRAME:
            return words
        side = len(heat.values)
        row, column = (min(side - 1, int((0.5 + offset / (2 * FRAME)) * side)) for offset in (-y, x))
        value, copies = float(heat.values[row, column]), self._copies()
        judge = "D" if copies == 1 else f"D({plane_layers.judged(copies)})"
        name = {"D": judge, "critic": "critic", "share": "p/(p + q)"}[heat.kind]
        return f"{words}  {name} {numbers.number(value, 2)}"

    def sample_near(self, spot: QPointF) -> int:
        """The index of the drawn sample nearest to a pixel, at most `NEAR_PX` away; −1 if there is none."""
        if not len(self._points) or not self.inner.contains(spot):
            return -1
        gaps = self.to_pixels(self._points) - [spot.x(), spot.y()]  # (N, 2)
        distances = np.where(self._is_seen(), np.hypot(*gaps.T), np.inf)
        nearest = int(distances.argmin())
        return nearest if distances[nearest] <= NEAR_PX else -1

    def _is_seen(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which samples lie in the part of the plane that is shown, (N,)."""
        lows, highs = np.array([self.x_range, self.y_range]).T
        seen: np.ndarray[tuple[int], np.dtype[np.bool_]] = ((self._points >= lows) & (self._points <= highs)).all(1)
        return seen

    def described(self) -> str:
        """Ranges, and what was read by keyboard."""
        said = self._words() if self._is_by_key else []
        return "; ".join([*said, super().described()])

    def _words(self) -> list[str]:
        """What is read: of the place, and of the sample there."""
        if self._spot is None:
            return []
        words, near = self.reading(self._spot), self._near
        if near < 0:
            return [words] if words else []
        z = self._points[near] if self._codes is None else self._codes[near]
        name = "at" if self._codes is None else "z ="
        return [words, f"sample {name} ({numbers.coordinates(z, 2, COORDINATES)})"]

    def read(self, spot: QPointF | None) -> None:
        """Read the values at a pixel, or none."""
        self._spot, self._is_by_key = spot, False
        self._show_reading()
        super().read(spot)

    def read_on(self, right: int, up: int) -> None:
        """Move the reading by a cell of a heat map, from the middle at first."""
        inner, step = self.inner, STEP_SHARE * self.inner.width()
        at = inner.center() if self._spot is None or not inner.contains(self._spot) else self._spot
        x = min(max(at.x() + right * step, inner.left()), inner.right())
        y = min(max(at.y() - up * step, inner.top()), inner.bottom())
        self._spot, self._is_by_key = QPointF(x, y), True
        self._show_reading()
        self.setAccessibleDescription(self.described())

    def _show_reading(self) -> None:
        near = -1 if self._spot is None else self.sample_near(self._spot)
        if near != self._near:
            self._near = near
            self.set_highlight(near)
            self.hovered.emit(near)
        for note, words, line in zip(
            (self._reading, self._sample_reading), [*self._words(), "", ""], (0, 1), strict=False
        ):
            note.setVisible(bool(words))
            if words:
                tall, top = theme.px(18), self.height() - theme.px(18) * (line + 1) - 2
                wide = paint.wide(words, "tick") + theme.px(8)
                note.show_at(QRectF(self.area().left() + 3, top, wide, tall - theme.px(2)), words)
        self._cross.setVisible(self._is_by_key and self._spot is not None)
        if self._spot is not None:
            self._cross.setPos(round(self._spot.x()), round(self._spot.y()))

    def _place_marks(self) -> None:
        """Read anew at the same pixel, and put the ring around its sample."""
        self._show_reading()
        self._place_ring()

    def _place_ring(self) -> None:
        index = self._highlight
        is_seen = 0 <= index < len(self._points) and bool(self._is_seen()[index])
        self._ring.setVisible(is_seen)
        if is_seen:
            ((x, y),) = self.to_pixels(self._points[index : index + 1]).tolist()
            self._ring.setPos(round(x), round(y))

    def _draw_ring(self, painter: QPainter) -> None:
        circle, radius = QPainterPath(), theme.px(MARK_PX) - 2.0
        circle.addEllipse(QPointF(), radius, radius)
        stroke(painter, circle, 1, theme.current().text)

    def _draw_cross(self, painter: QPainter) -> None:
        cross, near, far = QPainterPath(), theme.px(MARK_PX - 5), theme.px(MARK_PX) - 2
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            cross.moveTo(near * dx, near * dy)
            cross.lineTo(far * dx, far * dy)
        stroke(painter, cross, 1, theme.current().text)

    # --- picking -----------------------------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_click = self._dragged == "press" and event.button() == Qt.MouseButton.LeftButton
        super().mouseReleaseEvent(event)
        if is_click:
            self._pick(self.sample_near(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in PICK_KEYS and self._near >= 0:
            self._pick(self._near)
        else:
            super().keyPressEvent(event)

    def _pick(self, index: int) -> None:
        if index >= 0:
            self.picked.emit(index)
