"""The plot of a hole map: grid of values, edge of the holes, the prior's rings, codes and the point; and its legend."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from core.foundation.arrays import Floats
from core.probes.hole_maps import REACH, HoleMap, Kind
from gui.drawing import numbers, paint, pictures, point_plot, theme
from gui.drawing.painting import painting
from gui.plots.items import Layer, Mark, circle
from gui.plots.link import Link
from gui.plots.plane import Plane
from gui.widgets.offer import Offer, csv_of
from gui.widgets.painted import PaintedWidget

Line = tuple[float, float, float, float]

MOST_DOTS = 700
"""Number of codes that are drawn as dots while the whole map is shown."""
RING_PX = 8
"""Half the side of the area that the ring of the point and its halo cover, px."""


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


class HolePlot(Plane):
    """A map that begins at ±3 σ in both axes. A press or a drag moves the point; hovering requests a reading."""

    arrows_pan = False
    moved = Signal(object)  # plane coordinates (2,)
    pressed = Signal(bool)
    hovered = Signal(object, bool)  # plane coordinates or None, and whether the keyboard reads there

    def __init__(self, words: str, link: Link | None = None) -> None:
        super().__init__(words, link=link, around="card")
        self.setObjectName("hole map")
        self.hole_map: HoleMap | None = None
        self._range = (0.0, 1.0)
        self._codes = True
        self._point = self._before = np.zeros(2, np.float32)
        self._words = ""
        self._edge: list[Line] = []
        self._held = self._reads_by_keys = False
        self.hand = self
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.set_home((-REACH, REACH), (-REACH, REACH))
        self._under = Layer(self, dots=self._paint_under)
        self._over = Layer(self, self._paint_over)
        self._ring = Mark(self._paint_ring, RING_PX)
        self.add_over(self._under, -200.0)
        self.add_over(self._over)
        self.add_over(self._ring, 101.0)
        self._ring.hide()
        self.ranged.connect(self._place_ring)
        self.pointed.connect(self._hover)

    def show_map(self, hole_map: HoleMap | None, colors: tuple[float, float], codes: bool, waiting: str) -> None:
        """Show a map, or the text ``waiting`` before there is one; ``colors``: range of the colour table."""
        before = self.hole_map, self._range, self._codes, self._words
        if hole_map is not self.hole_map:
            self._edge = [] if hole_map is None or hole_map.ratio is None else edge(hole_map.ratio)
        self.hole_map, self._range, self._codes, self._words = hole_map, colors, codes, waiting
        if hole_map is not before[0] or (colors, codes, waiting) != before[1:]:
            self._under.renew()
            self._over.renew()
            self._place_ring()

    def show_point(self, point: Floats) -> None:
        """Move the point to plane coordinates (2,)."""
        self._point = point
        self._place_ring()

    def show_reading(self, point: Floats | None) -> None:
        """Mark the plane coordinates (2,) that are read on this map or another, unless the mouse is there."""
        is_under_mouse = self._pointer is not None and not self._reads_by_keys
        self.show_cross(None if point is None or is_under_mouse else (float(point[0]), float(point[1])))

    def offer(self) -> Offer:
        """The map, and its cells as a table: the middle of each, the value that gives its colour, and r there."""
        hole_map = self.hole_map
        if hole_map is None:
            return Offer(self.accessibleName())
        return Offer(self.accessibleName(), table=lambda: csv_of(columns(hole_map)), array=hole_map.values)

    def spot(self, point: Floats) -> QPointF:
        """The pixel of plane coordinates (2,)."""
        return self.to_pixel(float(point[0]), float(point[1]))

    def plane_at(self, spot: QPointF) -> Floats:
        """Plane coordinates (2,) of a pixel."""
        return np.array(self.to_point(spot), np.float32)

    # --- painting ----------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        super().restyle()
        self._ring.renew()

    def _paint_ring(self, painter: QPainter) -> None:
        colors = theme.current()
        point_plot.paint_ring(painter, QPointF(), colors.text, colors.plot)

    def _place_ring(self) -> None:
        self._ring.setVisible(self.hole_map is not None)
        self._ring.setPos(self.spot(self._point))

    def _paint_under(self, painter: QPainter) -> None:
        """The grid of values and the codes."""
        hole_map = self.hole_map
        if hole_map is None:
            return
        source, area = self._in_sight(len(hole_map.values))
        if not area.isEmpty():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, pictures.qimage(self._pixels(hole_map)), source)
        if self._codes and len(hole_map.codes):
            self._paint_codes(painter, hole_map.codes)

    def _in_sight(self, cells: int) -> tuple[QRectF, QRectF]:
        """The part of the grid that is shown: in cells from the top left corner, and in pixels."""
        (left, right), (low, high) = self.x_range, self.y_range
        left, right, low, high = (min(max(end, -REACH), REACH) for end in (left, right, low, high))
        pitch = 2 * REACH / cells
        source = QRectF((left + REACH) / pitch, (REACH - high) / pitch, (right - left) / pitch, (high - low) / pitch)
        return source, QRectF(self.to_pixel(left, high), self.to_pixel(right, low))

    def _paint_codes(self, painter: QPainter, codes: Floats) -> None:
        """Paint `MOST_DOTS` codes at home, more of those in sight the nearer the map is."""
        (low, high), home, area = self.y_range, 2 * REACH, self.inner
        every = max(1, int(max(1, len(codes) // MOST_DOTS) * min(1.0, (high - low) / home) ** 2))
        shown = codes[::every]
        shown = shown[np.isfinite(shown).all(1)]
        middle, half = (area.center().x(), area.center().y()), (area.width() / 2, -area.height() / 2)
        spots = ((self.to_pixels(shown) - middle) / half).astype(np.float32)  # from −1 to 1 over the area
        ink, ratio = theme.current().text_2, self.devicePixelRatioF()
        painter.drawImage(area.topLeft(), point_plot.dots(spots, area, ink, ratio, 1.0))

    def _paint_over(self, painter: QPainter) -> None:
        """The edge of the holes and the prior's rings, or what is waited for."""
        colors = theme.current()
        if self.hole_map is None:
            paint.text(painter, self.inner, self._words, "caption", colors.text_3, paint.CENTER)
            return
        self._paint_edge(painter, len(self.hole_map.values))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ring in (1, 2):
            line = circle(self, ring)
            for ink, width in ((colors.plot, 2.5), (colors.info_p, 1.0)):
                painter.setPen(QPen(QColor(ink), width))
                painter.drawPath(line)
            at = self.to_pixel(ring * 0.978, ring * 0.208)
            place = QRectF(at.x() - 9, at.y() - 7, 18, 14)
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

    def _paint_edge(self, painter: QPainter, cells: int) -> None:
        if not self._edge:
            return
        pitch, colors = 2 * REACH / cells, theme.current()
        ends = (np.array(self._edge).reshape(-1, 2) + 0.5) * pitch - REACH  # (2 N, 2), y downward
        ends = self.to_pixels(ends * [1, -1])
        near = (np.abs(ends - [self.inner.center().x(), self.inner.center().y()]) < self.inner.width()).all(1)
        pieces = ends.reshape(-1, 2, 2)[near.reshape(-1, 2).any(1)]
        lines = [QLineF(*each) for each in pieces.reshape(-1, 4).tolist()]
        for ink, width in ((colors.plot, 3.0), (colors.error, 1.0)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawLines(lines)

    # --- the hand on it ----------------------------------------------------------------------------------------------

    def press(self, spot: QPointF) -> bool:
        """Bring the point to a pixel, and drag it."""
        self._held, self._before = True, self._point
        self.pressed.emit(True)
        self.hovered.emit(None, False)
        self.moved.emit(self.plane_at(spot))
        return True

    def drag(self, spot: QPointF) -> None:
        """Drag the point to a pixel."""
        self.moved.emit(self.plane_at(spot))

    def release(self) -> None:
        """Let go of the point."""
        self._held = False
        self.pressed.emit(False)

    def take_back(self) -> None:
        """Put the point where it was before the last press."""
        self.moved.emit(self._before)

    def read(self, spot: QPointF | None) -> None:
        self._reads_by_keys = False
        super().read(spot)

    def read_on(self, right: int, up: int) -> None:
        self._reads_by_keys = True
        super().read_on(right, up)

    def _hover(self, spot: QPointF | None) -> None:
        self.hovered.emit(None if spot is None or self._held else self.plane_at(spot), self._reads_by_keys)


def columns(hole_map: HoleMap) -> dict[str, Floats]:
    """The cells of a map, from the top left one on: plane coordinates of their middles, value, and r if it has it."""
    cells = len(hole_map.values)
    middles = ((np.arange(cells) + 0.5) * (2 * REACH / cells) - REACH).astype(np.float32)
    x, y = np.meshgrid(middles, -middles)
    name = "log10 density" if hole_map.kind == "density" else hole_map.kind
    ratio = {} if hole_map.ratio is None else {"r": hole_map.ratio.ravel()}
    return {"x": x.ravel(), "y": y.ravel(), name: hole_map.values.ravel(), **ratio}


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
