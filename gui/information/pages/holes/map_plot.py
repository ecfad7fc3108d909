"""The plot of a hole map: grid of values, edge of the holes, the prior's rings, codes and the point; and its legend."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from core.foundation.arrays import Floats
from core.probes.hole_maps import REACH, HoleMap, Kind
from gui.drawing import numbers, paint, pictures, point_plot, theme
from gui.drawing.chart import Backdrop
from gui.drawing.painting import painting
from gui.information.card import Plot
from gui.widgets.painted import PaintedWidget

Line = tuple[float, float, float, float]

MOST_DOTS = 700
"""Most codes that are drawn as dots."""


@functools.lru_cache(maxsize=8)
def ramp(kind: Kind, name: str) -> theme.Table:
    """Colour table (256, 3) from low to high: to the accent for density, to the warning colour for all other maps."""
    colors = theme.current()
    assert colors.name == name
    far = colors.accent if kind == "density" else colors.warn
    stops = [theme.rgb(colors.plot), theme.rgb(theme.mix(far, colors.plot, 0.45)), theme.rgb(far)]
    at = np.linspace(0, 2, 256)
    table: theme.Table = np.stack([np.interp(at, [0, 1, 2], [stop[i] for stop in stops]) for i in range(3)], 1).astype(
        np.uint8
    )
    table.flags.writeable = False
    return table


def span(maps: list[HoleMap]) -> tuple[float, float]:
    """The range of colours for some maps of a kind: from nothing to the 99th percentile of all; density in log₁₀."""
    if not maps:
        return 0.0, 1.0
    values = np.concatenate([hole_map.values[np.isfinite(hole_map.values)] for hole_map in maps])
    if not len(values):
        return 0.0, 1.0
    high = float(np.quantile(values, 0.99))
    if maps[0].kind == "density":
        return math.floor(min(0.0, high - 1)), math.ceil(high)
    return 0.0, _nice(max(high, 1e-3))


def _nice(value: float) -> float:
    """The next number upward that begins with 1, 1.5, 2, 3, 4, 5 or 8."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 8, 10) if step * power >= value * 0.999)


def reading(hole_map: HoleMap, point: Floats) -> tuple[float, float | None]:
    """The value of the cell at plane coordinates (2,), and r there; NaN outside of the map."""
    cells = len(hole_map.values)
    column, row = (int(np.floor((c + REACH) / (2 * REACH) * cells)) for c in (point[0], -point[1]))
    if not (0 <= column < cells and 0 <= row < cells):
        return math.nan, None
    return float(hole_map.values[row, column]), None if hole_map.ratio is None else float(hole_map.ratio[row, column])


def edge(ratio: Floats) -> list[Line]:
    """Contour of a grid (R, C) at 1: line pieces (x, y, x, y) in cells, from the middle of the top left one."""
    above = ratio > 1
    kinds = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    pieces: list[Line] = []
    for row, column in np.argwhere((kinds > 0) & (kinds < 15)).tolist():
        corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
        spots = []
        for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
            a, b = float(ratio[one]), float(ratio[other])
            if (a > 1) != (b > 1):
                t = (1 - a) / (b - a)
                spots.append((one[1] + t * (other[1] - one[1]), one[0] + t * (other[0] - one[0])))
        pieces += [(*spots[i], *spots[i + 1]) for i in range(0, len(spots) - 1, 2)]
    return pieces


class HolePlot(Plot):
    """A map of ±3 σ in both axes. A press or a drag moves the point; hovering requests a reading."""

    moved = Signal(object)  # plane coordinates (2,)
    pressed = Signal(bool)
    hovered = Signal(object)  # plane coordinates, or None
    preferred_px = (300, 300)

    def __init__(self, words: str) -> None:
        super().__init__("hole map", words)
        self.hole_map: HoleMap | None = None
        self._range = (0.0, 1.0)
        self._codes = True
        self._point = np.zeros(2, np.float32)
        self._words = ""
        self._edge: list[Line] = []
        self._still = Backdrop()
        self._held = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_map(self, hole_map: HoleMap | None, colors: tuple[float, float], codes: bool, waiting: str) -> None:
        """Show a map, or the text ``waiting`` before there is one; ``colors``: range of the colour table."""
        if hole_map is not self.hole_map:
            self._edge = [] if hole_map is None or hole_map.ratio is None else edge(hole_map.ratio)
        self.hole_map, self._range, self._codes, self._words = hole_map, colors, codes, waiting
        self.update()

    def show_point(self, point: Floats) -> None:
        """Move the point to plane coordinates (2,)."""
        self._point = point
        self.update()

    def area(self) -> QRectF:
        """The square of the map."""
        return point_plot.square(QRectF(self.rect()))

    def spot(self, point: Floats) -> QPointF:
        """The pixel of plane coordinates (2,)."""
        x, y = point_plot.spots(point, self.area(), REACH)
        return QPointF(float(x), float(y))

    def plane_at(self, spot: QPointF) -> Floats:
        """Plane coordinates (2,) of a pixel."""
        area = self.area()
        scale = 2 * REACH / max(1.0, area.width())
        x, y = (spot.x() - area.center().x()) * scale, (area.center().y() - spot.y()) * scale
        return np.array([x, y], np.float32)

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            key = (id(self.hole_map), self._range, self._codes, self._words)
            painter.drawPixmap(0, 0, self._still.pixmap(key, self.size(), self.devicePixelRatioF(), self._paint_still))
            if self.hole_map is not None:
                painter.setClipRect(self.area())
                point_plot.paint_ring(painter, self.spot(self._point), theme.current().text, theme.current().plot)

    def _paint_still(self, painter: QPainter) -> None:
        colors, area, hole_map = theme.current(), self.area(), self.hole_map
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, area, theme.px(4), colors.plot, colors.line)
        if hole_map is None:
            paint.text(painter, area, self._words, "caption", colors.text_3, paint.CENTER)
            return
        painter.setClipRect(area.adjusted(1, 1, -1, -1))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, pictures.qimage(self._pixels(hole_map)))
        if self._codes and len(hole_map.codes):
            shown = hole_map.codes[:: max(1, len(hole_map.codes) // MOST_DOTS)]
            shown = shown[np.isfinite(shown).all(1)]
            dots = point_plot.dots(shown, area, colors.text_2, self.devicePixelRatioF(), REACH)
            painter.drawImage(area.topLeft(), dots)
        self._paint_edge(painter, area, len(hole_map.values))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        unit = area.width() / (2 * REACH)
        for ring in (1, 2):
            for ink, width in ((colors.plot, 2.5), (colors.info_p, 1.0)):
                painter.setPen(QPen(QColor(ink), width))
                painter.drawEllipse(area.center(), ring * unit, ring * unit)
            place = QRectF(
                area.center().x() + ring * unit * 0.978 - 9, area.center().y() - ring * unit * 0.208 - 7, 18, 14
            )
            painter.fillRect(place, QColor(colors.plot))
            paint.text(painter, place, f"{ring}σ", "tick", colors.text_2, paint.CENTER)

    def _pixels(self, hole_map: HoleMap) -> npt.NDArray[np.uint8]:
        """Colours (R, C, 3); cells that are not finite are grey."""
        colors, (low, high) = theme.current(), self._range
        with np.errstate(invalid="ignore"):
            share = np.nan_to_num((hole_map.values - low) / max(high - low, 1e-9), nan=0.0, posinf=1.0, neginf=0.0)
        pixels: npt.NDArray[np.uint8] = ramp(hole_map.kind, colors.name)[(np.clip(share, 0, 1) * 255).astype(np.uint8)]
        pixels[~np.isfinite(hole_map.values)] = theme.rgb(colors.track)
        return pixels

    def _paint_edge(self, painter: QPainter, area: QRectF, cells: int) -> None:
        pitch, colors = area.width() / cells, theme.current()
        left, top = area.left() + pitch / 2, area.top() + pitch / 2
        for ink, width in ((colors.plot, 3.0), (colors.error, 1.0)):
            painter.setPen(QPen(QColor(ink), width))
            for x0, y0, x1, y1 in self._edge:
                start = QPointF(left + x0 * pitch, top + y0 * pitch)
                painter.drawLine(start, QPointF(left + x1 * pitch, top + y1 * pitch))

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.area().contains(event.position()):
            self._held = True
            self.pressed.emit(True)
            self.hovered.emit(None)
            self.moved.emit(self.plane_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self.moved.emit(self.plane_at(event.position()))
        else:
            inside = self.area().contains(event.position())
            self.hovered.emit(self.plane_at(event.position()) if inside else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.pressed.emit(False)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)


def written(kind: Kind, value: float) -> str:
    """A value of a map as text, without its unit; density is log₁₀ in the map and plain in the text."""
    if kind == "density":
        plain = 10.0**value if value == value else value
        if plain < 0.1:  # in many dimensions codes are thinly spread
            return f"{plain:.1g}".replace("e-0", "e-").replace("-", numbers.MINUS)
        return numbers.number(plain, 0 if plain >= 10 else 1)
    return numbers.number(value, 1 if kind == "stretch" else 2)


class RampBar(PaintedWidget):
    """Legend of the maps' colours, with both ends of the range and the unit."""

    preferred_px = (280, 20)

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind = "density"
        self._range, self._unit = (0.0, 1.0), ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colours of the map")

    def show_range(self, kind: Kind, low: float, high: float, unit: str) -> None:
        """Show the range of another map."""
        if (kind, (low, high), unit) != (self._kind, self._range, self._unit):
            self._kind, self._range, self._unit = kind, (low, high), unit
            self.setAccessibleDescription(f"{self.low()} to {self.high()} {unit}")
            self.update()

    def low(self) -> str:
        """Label of the left end."""
        return written(self._kind, self._range[0])

    def high(self) -> str:
        """Label of the right end."""
        return written(self._kind, self._range[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        middle = self.height() / 2
        with painting(self, smooth=True) as painter:
            left = QRectF(0, 0, px(32), self.height())
            paint.text(painter, left, self.low(), "caption", colors.text_2, paint.RIGHT)
            bar = QRectF(px(38), middle - px(5), px(110), px(10))
            painter.drawImage(bar, pictures.qimage(ramp(self._kind, colors.name)[None]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors.line_strong), 1))
            painter.drawRect(bar)
            rest = QRectF(px(154), 0, self.width() - px(154), self.height())
            paint.text(painter, rest, f"{self.high()} {self._unit}", "caption", colors.text_2)
