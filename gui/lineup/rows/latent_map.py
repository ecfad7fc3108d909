"""The latent map: codes of test images by class, decoded tiles, circles of the prior, pins and the point.

Tiles and codes, which change twice a second, are cached in a pixmap; a drag paints that pixmap and a ring.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.arrays import Floats
from core.probes.codes import LatentCodes, LatentCodesLook
from core.probes.pictures import TilesLook
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.desk.lane_panel import LanePanel, register
from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting, places, still
from gui.lineup.axis_chooser import AxisChooser
from gui.lineup.layer_controls import EllipseButton
from gui.lineup.map_layers import Badges, PlaneCodes, paint_badges, paint_codes, paint_ellipses, paint_tiles
from gui.lineup.map_marks import PIN_PX, POINT_PX, RING_PX, is_over, paint_pins, pin_spots, ring, stroke
from gui.widgets.grips import Grip, taken
from gui.widgets.offer import Offer, csv_of, numbered
from gui.widgets.segmented import Segmented
from gui.widgets.stamp import Stamp

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.theory.latent_space import Plane


HALF_HEIGHT = 2.5
"""Half the height of the map at zoom 1, σ."""
TILES_DOWN = 11
"""Number of rows of tiles."""
PATH_POINTS = 24
"""Points of the path as drawn."""


@register("map")
class LatentMap(LanePanel):
    """A press moves the point there, or grabs a pin. The middle button pans, Ctrl and the wheel zoom."""

    title = "Latent map"
    note = "drag the ring: all lanes follow"
    icon = "rows-map"
    order = 20
    hz = 1.5

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.setObjectName(f"map {run.slot + 1}")
        self.rename(desk.names.of(run).long)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._layer: QPixmap | None = None
        self._zoom = 1.0
        self._center = np.zeros(2, np.float32)
        self._dragged: Literal["point", "a", "b", "pan", ""] = ""
        self._pan_from = QPointF()
        self._hover: QPointF | None = None
        self._badges: Badges = []
        self._codes: tuple[LatentCodes, Plane, PlaneCodes] | None = None
        self._static: QPixmap | None = None
        self._rings: dict[bool, QPixmap] = {}  # the point's ring, by whether it is over a pin
        self._ring_area = QRect()
        self._drawn: tuple[object, object] = (None, None)  # codes and tiles of the layer
        self.stamp = Stamp(self)
        desk.point.moved.connect(self._follow_point)
        desk.point.pins_moved.connect(self._forget_static)
        changes = (desk.map_style_changed, desk.classes_changed, desk.point.plane_changed, desk.layers.ellipses_changed)
        for signal in (*changes, theme.changes.changed):
            signal.connect(self._forget_layer)

    # --- coordinates -----------------------------------------------------------------------------------------------

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"Latent map of {name}")

    def _scale(self) -> float:
        """Pixels per unit of the plane."""
        return self.height() / (2 * HALF_HEIGHT) * self._zoom

    def to_screen(self, points: Floats) -> Floats:
        """Plane coordinates (N, 2) to pixels (N, 2)."""
        scale = np.array([self._scale(), -self._scale()], np.float32)
        middle = np.array([self.width() / 2, self.height() / 2], np.float32)
        return places(points * scale + (middle - self._center * scale))

    def to_plane(self, point: QPointF) -> Floats:
        """A pixel to plane coordinates (2,)."""
        x = (point.x() - self.width() / 2) / self._scale() + self._center[0]
        y = -(point.y() - self.height() / 2) / self._scale() + self._center[1]
        return np.array([x, y], np.float32)

    def _spot(self, z: Floats) -> QPointF:
        x, y = self.to_screen(self.desk.point.plane.of(z[None]))[0]
        return QPointF(float(x), float(y))

    def _pins(self) -> tuple[QPointF, QPointF]:
        return self._spot(self.desk.point.pin("a")), self._spot(self.desk.point.pin("b"))

    def offer(self) -> Offer:
        """The map, and the codes on it as a table."""
        codes = self.lane.view.looks.value(LatentCodesLook)
        if codes is None:
            return super().offer()
        columns = {"label": codes.labels, **numbered("z", codes.codes)}
        return Offer(super().offer().title, table=lambda: csv_of(columns), array=codes.codes)

    # --- data --------------------------------------------------------------------------------------------------------

    def _tile_grid(self) -> tuple[int, int, float]:
        """Columns and rows of the tiles, and their side in px."""
        side = self.height() / TILES_DOWN
        return max(1, math.ceil(self.width() / side)), TILES_DOWN, side

    def _shows_tiles(self) -> bool:
        return self.desk.map_style != "codes" or not self.lane.model.has_encoder

    def ask(self) -> None:
        """Ask for codes, and for tiles of the visible part of the plane."""
        desk = self.desk
        if desk.map_style != "tiles":
            self.lane.ask(LatentCodesLook())
        if self._shows_tiles() and self.height() > 0:
            columns, rows, side = self._tile_grid()
            x = (np.arange(columns) - (columns - 1) / 2) * side / self._scale() + self._center[0]
            y = -(np.arange(rows) - (rows - 1) / 2) * side / self._scale() + self._center[1]
            points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2).astype(np.float32)
            self.lane.ask(TilesLook(desk.point.plane, desk.point.z, points, columns))

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.looks.of(LatentCodesLook), view.looks.of(TilesLook), view.status

    def refresh(self, view: View) -> None:
        """Repaint with the new codes or tiles, and say of which step the older of them are."""
        codes = view.looks.of(LatentCodesLook) if self.desk.map_style != "tiles" else None
        tiles = view.looks.of(TilesLook) if self._shows_tiles() else None
        answers = sorted((each for each in (codes, tiles) if each is not None), key=lambda each: each.step)
        self.stamp.set_words(origin_if_old(present(view), answers[0] if answers else None))
        if self._drawn[0] is not codes or self._drawn[1] is not tiles:
            self._drawn = codes, tiles
            self._forget_layer()

    def _forget_layer(self) -> None:
        self._layer = None
        self._forget_static()

    # --- painting ----------------------------------------------------------------------------------------------------

    def _make_layer(self) -> QPixmap:
        colors, ratio, view = theme.current(), self.devicePixelRatioF(), self.lane.view
        layer = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        layer.setDevicePixelRatio(ratio)
        layer.fill(QColor(colors.plot))
        with painting(layer, smooth=True) as painter:
            style = self.desk.map_style
            codes = view.looks.value(LatentCodesLook) if style != "tiles" else None
            tiles = view.looks.value(TilesLook)
            if self._shows_tiles() and tiles is not None and np.array_equal(tiles.axes, self.desk.point.plane.axes):
                table = colors.tiles_alone if codes is None else colors.tiles_behind_codes
                left, right, bottom, top = tiles.span
                corners = self.to_screen(np.array([[left, top], [right, bottom]], np.float32))
                area = QRectF(QPointF(*corners[0].tolist()), QPointF(*corners[1].tolist()))
                paint_tiles(painter, tiles.images, area, table)
            self._badges = []
            if codes is not None and codes.codes.shape[1] == self.desk.point.z.shape[0]:
                self._badges = paint_codes(
                    painter, self._projected(codes), self.to_screen, self.desk.isolated, self.rect(), self._words()
                )
                self._paint_ellipses(painter, codes)
        return layer

    def _paint_ellipses(self, painter: QPainter, latent_codes: LatentCodes) -> None:
        """Paint posterior ellipses, if they are switched on and the lane has a posterior."""
        if not self.desk.layers.ellipses or latent_codes.spread is None or latent_codes.spread_of is None:
            return
        shown, sigmas, axes = latent_codes.spread_of, latent_codes.spread, self.desk.point.plane.axes
        if self.desk.isolated:
            keep = np.isin(latent_codes.labels[shown], list(self.desk.isolated))
            shown, sigmas = shown[keep], sigmas[keep]
        means = self._projected(latent_codes).points[shown]
        paint_ellipses(painter, means, sigmas, axes, latent_codes.labels[shown], self.to_screen)

    def _projected(self, latent_codes: LatentCodes) -> PlaneCodes:
        """The codes projected on the plane, cached until either changes: panning does not project again."""
        plane = self.desk.point.plane
        if self._codes is None or self._codes[0] is not latent_codes or self._codes[1] is not plane:
            self._codes = latent_codes, plane, PlaneCodes(plane.of(latent_codes.codes), latent_codes.labels)
        return self._codes[2]

    def _make_static(self) -> QPixmap:
        """All but the ring and the hover note: what a drag need not paint again."""
        if self._layer is None:
            self._layer = self._make_layer()
        static = QPixmap(self._layer.size())
        static.setDevicePixelRatio(self._layer.devicePixelRatio())
        static.fill(QColor(theme.current().window))
        with painting(static, smooth=True) as painter:
            clip = QPainterPath()
            clip.addRoundedRect(QRectF(self.rect()), 4, 4)
            painter.setClipPath(clip)
            painter.drawPixmap(0, 0, self._layer)
            if self._fits():
                self._paint_path(painter)
                self._paint_rings(painter)
                paint_badges(painter, self._badges, self.lane.dataset.class_names)
                paint_pins(painter, *self._pins())
            self._paint_note(painter, self.unit_note(), theme.px(4))
            painter.setClipping(False)
            paint.box(painter, self.rect(), 4, None, theme.current().line)
        return static

    def _fits(self) -> bool:
        return self.desk.is_open and self.desk.point.z.shape[0] == self.lane.setup.latent

    def _around_point(self) -> QRect:
        """The area that the ring covers."""
        spot = self._spot(self.desk.point.z).toPoint()
        return QRect(spot.x() - RING_PX, spot.y() - RING_PX, 2 * RING_PX, 2 * RING_PX)

    def _follow_point(self) -> None:
        """Repaint the old and the new area of the ring."""
        self.update(self._ring_area)
        if self._fits() and self.desk.point.plane.axes.shape[1] == self.desk.point.z.shape[0]:
            self._ring_area = self._around_point()
            self.update(self._ring_area)

    def _forget_static(self) -> None:
        self._static = None
        self._rings.clear()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._layer is not None and self._layer.devicePixelRatio() != self.devicePixelRatioF():
            self._layer = self._static = None  # another screen, or a larger picture
            self._rings.clear()
        with painting(self) as painter:
            if self._static is None:
                self._static = self._make_static()
            still(painter, self._static)
            if self._fits():
                spot = self._around_point()
                self._ring_area = spot
                painter.drawPixmap(spot.topLeft(), self._ring())
            if self._hover is not None and not self._dragged:
                self._paint_hover(painter)
            if self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                paint.box(painter, self.rect(), 4, None, theme.current().accent)

    def _ring(self) -> QPixmap:
        over = is_over(self._spot(self.desk.point.z), self._pins())
        if over not in self._rings:
            self._rings[over] = ring(self._dragged == "point", self.devicePixelRatioF(), over)
        return self._rings[over]

    def _paint_path(self, painter: QPainter) -> None:
        points = self.to_screen(self.desk.point.plane.of(self.desk.point.path(PATH_POINTS)))
        line = QPainterPath()
        line.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in points]))
        stroke(painter, line, 1, theme.current().text)

    def _paint_rings(self, painter: QPainter) -> None:
        colors = theme.current()
        x, y = self.to_screen(np.zeros((1, 2), np.float32))[0]
        for sigma in (1, 2):
            radius = sigma * self._scale()
            circle = QPainterPath()
            circle.addEllipse(QPointF(float(x), float(y)), radius, radius)
            stroke(painter, circle, 1, colors.text_2)
            area = self._ring_words(sigma)
            painter.fillRect(area, QColor(colors.plot))
            paint.text(painter, area, f"{sigma}σ", "tick", colors.text_2, paint.CENTER)

    def _ring_words(self, sigma: int) -> QRectF:
        """The area of a ring's label, on the ring."""
        x, y = self.to_screen(np.zeros((1, 2), np.float32))[0].tolist()
        radius, angle = sigma * self._scale(), math.radians(12)
        area = QRectF(0, 0, paint.wide(f"{sigma}σ", "tick") + 4, theme.line_height("tick") - 2)
        area.moveCenter(QPointF(x + radius * math.cos(angle), y - radius * math.sin(angle)))
        return area

    def _note_area(self, words: str, left: int) -> QRectF:
        """The area of a note at the bottom; a negative ``left`` counts from the right edge."""
        wide = math.ceil(paint.wide(words, "tick")) + theme.px(8)
        left += self.width() - wide if left < 0 else 0
        return QRectF(left, self.height() - theme.px(20), wide, theme.px(16))

    def _words(self) -> tuple[QRectF, ...]:
        """The areas of the map that badges leave free: labels of the rings, and the note."""
        note = self._note_area(self.unit_note(), theme.px(4))
        return (self._ring_words(1), self._ring_words(2), note)

    def _paint_note(self, painter: QPainter, words: str, left: int, least: int | None = None) -> None:
        """Paint a note at the bottom, not left of ``least``. A negative ``left`` counts from the right edge."""
        colors, area = theme.current(), self._note_area(words, left)
        if least is not None and area.left() < least:
            return
        paint.box(painter, area, 3, colors.panel, colors.line)
        paint.text(painter, area, words, "tick", colors.text_2, paint.CENTER)

    def _paint_hover(self, painter: QPainter) -> None:
        assert self._hover is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.to_plane(self._hover).tolist()
        least = math.ceil(paint.wide(self.unit_note(), "tick")) + theme.px(16)
        self._paint_note(painter, f"({numbers.number(x, 2)}, {numbers.number(y, 2)})", -theme.px(4), least)

    def unit_note(self) -> str:
        """What one unit of the map means in this lane."""
        model = self.lane.model
        if not model.has_encoder:
            return "no encoder: decoded tiles only"
        return "prior N(0, 1)" if model.has_prior else "1 unit = 1 σ of its own codes"

    # --- input -------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_layer()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._dragged, self._pan_from = "pan", spot
            return
        if event.button() != Qt.MouseButton.LeftButton or not self.desk.is_open:
            return
        self.desk.point.stop()
        self._dragged = self._grabbed(spot)
        self._rings.clear()
        self.desk.pressed = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._drag(spot)

    def _grabbed(self, spot: QPointF) -> Literal["point", "a", "b"]:
        """What a press drags. The handles are in the order in which they are painted: the ring lies on top."""
        point, (a, b) = self.desk.point, pin_spots(*self._pins())
        grips: list[Grip[Literal["point", "a", "b"]]] = [
            Grip("a", a, PIN_PX),
            Grip("b", b, PIN_PX),
            Grip("point", self._spot(point.z), POINT_PX),
        ]
        grip = taken(spot, grips)
        return "point" if grip is None else grip.name

    def _drag(self, spot: QPointF) -> None:
        if self._dragged == "point":
            self.desk.point.move_on_map(self.to_plane(spot))
        elif self._dragged in ("a", "b"):
            self.desk.point.move_pin(self._dragged, self.to_plane(spot))
        elif self._dragged == "pan":
            gap, self._pan_from = spot - self._pan_from, spot
            self._center = self._center - np.array([gap.x(), -gap.y()], np.float32) / self._scale()
            self._forget_layer()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        if self._dragged:
            self._drag(event.position())
        else:
            self.update(QRect(0, self.height() - theme.px(24), self.width(), theme.px(24)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = ""
        self._rings.clear()
        self.desk.pressed = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._zoom, self._center = 1.0, np.zeros(2, np.float32)
            self._forget_layer()
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: object) -> None:
        self._hover = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # the page scrolls; Ctrl + wheel zooms
            return
        before = self.to_plane(event.position())
        self._zoom = float(np.clip(self._zoom * 1.0015 ** event.angleDelta().y(), 0.25, 32.0))
        self._center = self._center + before - self.to_plane(event.position())
        self._forget_layer()
        event.accept()

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """The axes of the map, posterior ellipses, and tiles, codes or both."""
        style = Segmented([("tiles", "Tiles"), ("codes", "Codes"), ("both", "Both")], small=True)
        style.setObjectName("map style")
        style.set_value(desk.map_style)
        style.chosen.connect(desk.set_map_style)
        desk.map_style_changed.connect(lambda: style.set_value(desk.map_style))
        return [AxisChooser(desk), EllipseButton(desk), style]
