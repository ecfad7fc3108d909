"""The latent map: codes of test images by class, decoded tiles, circles of the prior, pins and the point.

Tiles with codes, and all that lies over them, rest as pictures: a drag moves one ring.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPainterPath, QPolygonF
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.arrays import Floats
from core.probes.codes import LatentCodes, LatentCodesLook
from core.probes.pictures import TilesLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.desk.lane_panel import LanePanel, register
from gui.drawing import numbers, paint, theme
from gui.lineup import map_marks
from gui.lineup.axis_chooser import AxisChooser
from gui.lineup.layer_controls import EllipseButton
from gui.lineup.map_acts import place_acts
from gui.lineup.map_layers import (
    PlaneCodes,
    have_room,
    marks_of,
    paint_badges,
    paint_codes,
    paint_ellipses,
    paint_tiles,
    placed_badges,
)
from gui.lineup.map_reading import NEAR_PX, SIDE_PX, nearest_code, paint_code, reading_words
from gui.plots.items import Layer, Mark, Note
from gui.plots.link import Range
from gui.plots.plane import Plane
from gui.widgets import accessible, layouts
from gui.widgets.grips import Grip, taken
from gui.widgets.naming import named
from gui.widgets.offer import Act, Offer, csv_of, numbered
from gui.widgets.segmented import Segmented
from gui.widgets.stamp import Stamp

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.theory import latent_space


HOME = ((-2.5, 2.5), (-2.5, 2.5))
"""The part of the plane that a map shows at first, σ. Of x, the middle counts: a unit is as long as one of y."""
TILES_DOWN = 11
"""Number of rows of tiles."""
COORDINATES = 4
"""Coordinates of the point that a screen reader says, at most."""
PATH_POINTS = 24
"""Points of the path as drawn."""


@register("map")
class LatentMap(LanePanel):
    """A press moves the point there, or grabs a pin. All maps show the same part of the plane."""

    title = "Latent map"
    note = "drag the ring: all lanes follow"
    icon = "rows-map"
    order = 20
    place = addresses.of_term("latent-space")
    hz = 1.5

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.setObjectName(f"map {run.slot + 1}")
        self.plot = Plane("", link=desk.map_link)
        self.plot.hand = self
        self.plot.arrows_pan = self.plot.arrows_read = False  # they move the point, which is read
        self.plot.setCursor(Qt.CursorShape.CrossCursor)
        self.plot.spoken_role = QAccessible.Role.Canvas
        self.plot.value_words, self.plot.summary = self._point_words, self._summary
        self.plot.set_home(*HOME)
        layouts.column((self.plot, 1), margins=layouts.NO_MARGINS, on=self)
        self.setFocusProxy(self.plot)
        self.rename(desk.names.of(run).long)
        self._dragged: Literal["point", "a", "b", ""] = ""
        self._codes: tuple[LatentCodes, latent_space.Plane, PlaneCodes] | None = None
        self._before: tuple[Literal["point", "a", "b"], Floats] | None = None  # what is dragged, and where it was
        self._drawn: tuple[object, object] = (None, None)  # codes and tiles of the layers
        self._asked: tuple[TilesLook, tuple[Range, Range]] | None = None  # the tiles of these ranges
        self._is_over = False  # the ring lies over a pin
        self._layer = Layer(self.plot, self._paint_lines, self._paint_dots)
        self._ring = Mark(self._paint_ring, map_marks.RING_PX)
        self._hover = Note()
        self._near = Mark(self._paint_near, SIDE_PX // 2)
        self._near_row: int | None = None
        self.plot.add_over(self._layer)
        self.plot.add_over(self._ring, 101.0)
        self.plot.add_over(self._hover, 102.0)
        self.plot.add_over(self._near, 103.0)
        self._near.hide()
        self.stamp = Stamp(self)
        self.plot.ranged.connect(self._place_ring)
        self.plot.pointed.connect(self._show_hover)
        desk.point.moved.connect(self._place_ring)
        desk.point.shown.connect(self._say_point)
        desk.point.pins_moved.connect(self._renew)
        changes = (desk.map_style_changed, desk.classes_changed, desk.point.plane_changed, desk.layers.ellipses_changed)
        for signal in (*changes, theme.changes.changed):
            signal.connect(self._forget_layers)

    # --- coordinates -----------------------------------------------------------------------------------------------

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"Latent map of {name}")
        self.plot.setAccessibleName(f"Latent map of {name}")

    def _point_words(self) -> str:
        return f"z = ({numbers.coordinates(self.desk.point.z, 2, COORDINATES)})"

    def _summary(self) -> str:
        codes = self._shown_codes()
        shown = [] if codes is None else [f"codes of {len(codes.points):,} {self.desk.noun}s"]
        return " and ".join([*shown, *(["decoded tiles"] if self._shows_tiles() else [])])

    def _say_point(self) -> None:
        accessible.value_changed(self.plot)

    def to_screen(self, points: Floats) -> Floats:
        """Plane coordinates (…, 2) to pixels (…, 2)."""
        return self.plot.to_pixels(points).astype(np.float32, copy=False)

    def to_plane(self, spot: QPointF) -> Floats:
        """A pixel to plane coordinates (2,)."""
        return np.array(self.plot.to_point(spot), np.float32)

    def _spots(self) -> tuple[QPointF, QPointF, QPointF]:
        """The pixels of the point and of the pins a and b."""
        point = self.desk.point
        seen = self.plot.to_pixels(point.plane.of(np.stack([point.z, point.pin("a"), point.pin("b")])))
        z, a, b = (QPointF(*each) for each in seen.tolist())
        return z, a, b

    def offer(self) -> Offer:
        """The map, the codes in sight as a table, and all codes."""
        codes = self.lane.view.looks.value(LatentCodesLook)
        if codes is None:
            return super().offer()
        columns = {"label": codes.labels, **numbered("z", codes.codes)}
        whole = functools.partial(csv_of, columns)
        return Offer(super().offer().title, table=self._table, array=codes.codes, whole=whole)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """Bring the point, or an end of its path, there."""
        return place_acts(self.desk, None if at is None else self.to_plane(QPointF(self.plot.mapFromGlobal(at))))

    def _table(self) -> str:
        """The codes that are drawn and lie in sight: label, place on the plane, z."""
        codes, drawn = self.lane.view.looks.value(LatentCodesLook), self._shown_codes()
        if codes is None or drawn is None:
            return ""
        ends = np.array([self.plot.x_range, self.plot.y_range])
        seen = ((drawn.points >= ends[:, 0]) & (drawn.points <= ends[:, 1])).all(1)
        z = numbered("z", codes.codes[drawn.rows[seen]])
        x, y = drawn.points[seen].T
        return csv_of({"label": drawn.labels[seen], "x": x, "y": y, **z})

    # --- data --------------------------------------------------------------------------------------------------------

    def _shows_tiles(self) -> bool:
        return self.desk.map_style != "codes" or not self.lane.model.has_encoder

    def ask(self) -> None:
        """Ask for codes, and for tiles of the visible part of the plane."""
        desk = self.desk
        if desk.map_style != "tiles":
            self.lane.ask(LatentCodesLook())
        if self._shows_tiles() and not self.plot.inner.isEmpty():
            self.lane.ask(self._tiles_look())

    def _tiles_look(self) -> TilesLook:
        """The tiles of what is seen: the same request until that changes."""
        point, ranges, asked = self.desk.point, (self.plot.x_range, self.plot.y_range), self._asked
        if asked is None or asked[1] != ranges or asked[0].plane is not point.plane or asked[0].through is not point.z:
            (left, right), (low, high) = ranges
            side = (high - low) / TILES_DOWN
            columns = max(1, math.ceil((right - left) / side))
            x = (np.arange(columns) - (columns - 1) / 2) * side + (left + right) / 2
            y = -(np.arange(TILES_DOWN) - (TILES_DOWN - 1) / 2) * side + (low + high) / 2
            points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2).astype(np.float32)
            self._asked = asked = TilesLook(point.plane, point.z, points, columns), ranges
        return asked[0]

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
            self._forget_layers()

    def _renew(self) -> None:
        self._layer.renew()

    def _forget_layers(self) -> None:
        self._layer.renew()
        self._ring.renew()
        self._place_ring()

    # --- painting ----------------------------------------------------------------------------------------------------

    def _shown_codes(self) -> PlaneCodes | None:
        """The codes to draw: those of the chosen classes, where there are codes of this latent space."""
        codes = self.lane.view.looks.value(LatentCodesLook) if self.desk.map_style != "tiles" else None
        if codes is None or not self._fits() or codes.codes.shape[1] != self.desk.point.z.shape[0]:
            return None
        return self._projected(codes).of(self.desk.isolated)

    def _paint_dots(self, painter: QPainter) -> None:
        """Tiles and codes."""
        tiles, codes = self.lane.view.looks.value(TilesLook), self._shown_codes()
        if self._shows_tiles() and tiles is not None and np.array_equal(tiles.axes, self.desk.point.plane.axes):
            colors = theme.current()
            table = colors.tiles_alone if codes is None else colors.tiles_behind_codes
            left, right, bottom, top = tiles.span
            corners = self.to_screen(np.array([[left, top], [right, bottom]], np.float32))
            area = QRectF(QPointF(*corners[0].tolist()), QPointF(*corners[1].tolist()))
            paint_tiles(painter, tiles.images, area, table)
        if codes is not None:
            paint_codes(painter, codes, self.to_screen, self.plot.rect(), self.plot.devicePixelRatioF())

    def _paint_lines(self, painter: QPainter) -> None:
        """Ellipses, path, rings, badges, pins and the note: what lies over the codes."""
        codes = self._shown_codes()
        whole = self.lane.view.looks.value(LatentCodesLook)
        if codes is not None and whole is not None:
            self._paint_ellipses(painter, whole)
        if self._fits():
            self._paint_path(painter)
            self._paint_rings(painter)
            marks = [] if codes is None else marks_of(codes, self.lane.dataset.class_names)
            if codes is not None and self._has_room_for_badges(marks):
                seen, is_part = self.plot.rect(), not self.plot.is_home
                paint_badges(painter, placed_badges(codes, marks, self.to_screen, seen, self._words(), is_part=is_part))
            map_marks.paint_pins(painter, *self._spots()[1:])
        area = self._note_area(self.unit_note(), theme.px(4))
        paint.box(painter, area, 3, theme.current().panel, theme.current().line)
        paint.text(painter, area, self.unit_note(), "tick", theme.current().text_2, paint.CENTER)

    def _has_room_for_badges(self, marks: list[str]) -> bool:
        (low, high), (bottom, top) = self.plot.y_range, self.plot.home[1]
        return have_room(marks, self.plot.inner, (high - low) / (top - bottom))

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

    def _fits(self) -> bool:
        return self.desk.is_open and self.desk.point.z.shape[0] == self.lane.setup.latent

    def _place_ring(self) -> None:
        """Put the ring where the point is."""
        fits = self._fits() and self.desk.point.plane.axes.shape[1] == self.desk.point.z.shape[0]
        self._ring.setVisible(fits)
        if not fits:
            return
        spot, *pins = self._spots()
        over = map_marks.is_over(spot, (pins[0], pins[1]))
        if over != self._is_over:
            self._is_over = over
            self._ring.renew()
        self._ring.setPos(round(spot.x()), round(spot.y()))
        if self.plot.hasFocus() and not self._dragged:
            self._show_hover(spot)

    def _paint_ring(self, painter: QPainter) -> None:
        map_marks.paint_ring(painter, self._dragged == "point", self._is_over)

    def _paint_path(self, painter: QPainter) -> None:
        points = self.to_screen(self.desk.point.plane.of(self.desk.point.path(PATH_POINTS)))
        line = QPainterPath()
        line.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in points]))
        map_marks.stroke(painter, line, 1, theme.current().text)

    def _paint_rings(self, painter: QPainter) -> None:
        colors = theme.current()
        x, y = self.to_screen(np.zeros((1, 2), np.float32))[0]
        for sigma in (1, 2):
            radius = sigma * self.plot.unit_px()[1]
            circle = QPainterPath()
            circle.addEllipse(QPointF(float(x), float(y)), radius, radius)
            map_marks.stroke(painter, circle, 1, colors.text_2)
            area = self._ring_words(sigma)
            painter.fillRect(area, QColor(colors.plot))
            paint.text(painter, area, f"{sigma}σ", "tick", colors.text_2, paint.CENTER)

    def _ring_words(self, sigma: int) -> QRectF:
        """The area of a ring's label, on the ring."""
        x, y = self.to_screen(np.zeros((1, 2), np.float32))[0].tolist()
        radius, angle = sigma * self.plot.unit_px()[1], math.radians(12)
        area = QRectF(0, 0, paint.wide(f"{sigma}σ", "tick") + 4, theme.line_height("tick") - 2)
        area.moveCenter(QPointF(x + radius * math.cos(angle), y - radius * math.sin(angle)))
        return area

    def _note_area(self, words: str, left: int) -> QRectF:
        """The area of a note at the bottom; a negative ``left`` counts from the right edge."""
        wide = math.ceil(paint.wide(words, "tick")) + theme.px(8)
        left += self.width() - wide if left < 0 else 0
        return QRectF(left, self.height() - theme.px(20), wide, theme.px(16))

    def _words(self) -> tuple[QRectF, ...]:
        """The areas of the map that badges leave free: words of the rings, the note, the pins, the point at rest."""
        note = self._note_area(self.unit_note(), theme.px(4))
        return (self._ring_words(1), self._ring_words(2), note, *map_marks.handle_areas(*self._spots()))

    def _show_hover(self, spot: QPointF | None) -> None:
        """Read what is under the mouse, as far as there is room beside the note."""
        if spot is None or self._dragged or not self._fits():
            self._hover.hide()
            self._near.hide()
            return
        place = self.plot.to_point(spot)
        z = self.desk.point.plane.at(np.array([place], np.float32), self.desk.point.z)[0]
        room = self.plot.width() - math.ceil(paint.wide(self.unit_note(), "tick")) - theme.px(28)
        words = paint.fitting(reading_words(self.lane, z, place), "tick", room)
        self._hover.setVisible(paint.wide(words, "tick") <= room)
        self._hover.show_at(self._note_area(words, -theme.px(4)), words)
        self._show_near(spot)

    def _show_near(self, spot: QPointF) -> None:
        """Show the image of the code under the mouse beside it, where there is room."""
        codes = self._shown_codes()
        at = None if codes is None else nearest_code(codes, self.to_screen, spot)
        row = None if codes is None or at is None else int(codes.rows[at])
        if row != self._near_row:
            self._near_row = row
            self._near.renew()
        self._near.setVisible(row is not None)
        if codes is not None and at is not None:
            x, y = self.to_screen(codes.points[[at]])[0].tolist()
            half = theme.px(SIDE_PX // 2)
            away = NEAR_PX + half
            across = away if x + 2 * away < self.plot.width() else -away
            lowest = self._note_area("", 0).top() - half  # above what is read
            self._near.setPos(round(x + across), round(max(min(y, lowest), half)))

    def _paint_near(self, painter: QPainter) -> None:
        codes, ratio = self.lane.view.looks.value(LatentCodesLook), self.plot.devicePixelRatioF()
        index = self.desk.experiment.reference.subsets.mapped_index
        if codes is None or self._near_row is None or self._near_row >= len(index):
            return
        label = int(codes.labels[self._near_row])
        paint_code(painter, self.desk.experiment.dataset, int(index[self._near_row]), label, ratio)

    def unit_note(self) -> str:
        """What one unit of the map means in this lane."""
        model = self.lane.model
        if not model.has_encoder:
            return "no encoder: decoded tiles only"
        return "prior N(0, 1)" if model.has_prior else "1 unit = 1 σ of its own codes"

    # --- the hand on it ----------------------------------------------------------------------------------------------

    def press(self, spot: QPointF) -> bool:
        """Grab what lies at a pixel, or bring the point there."""
        if not self.desk.is_open:
            return False
        self.desk.point.stop()
        self._dragged = self._grabbed(spot)
        self._before = self._dragged, self._place_of(self._dragged)
        self._ring.renew()
        self.desk.pressed = True
        self.plot.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.drag(spot)
        return True

    def _grabbed(self, spot: QPointF) -> Literal["point", "a", "b"]:
        """What a press drags. The handles are in the order in which they are painted: the ring lies on top."""
        point, *pins = self._spots()
        a, b = map_marks.pin_spots(pins[0], pins[1])
        grips: list[Grip[Literal["point", "a", "b"]]] = [
            Grip("a", a, theme.px(map_marks.PIN_PX)),
            Grip("b", b, theme.px(map_marks.PIN_PX)),
            Grip("point", point, theme.px(map_marks.POINT_PX)),
        ]
        grip = taken(spot, grips)
        return "point" if grip is None else grip.name

    def drag(self, spot: QPointF) -> None:
        """Drag what was grabbed to a pixel."""
        if self._dragged == "point":
            self.desk.point.move_on_map(self.to_plane(spot))
        elif self._dragged in ("a", "b"):
            self.desk.point.move_pin(self._dragged, self.to_plane(spot))

    def release(self) -> None:
        """Let go of it."""
        self._dragged = ""
        self._ring.renew()
        self.desk.pressed = False

    def _place_of(self, grip: Literal["point", "a", "b"]) -> Floats:
        point = self.desk.point
        return point.z if grip == "point" else point.pin(grip)

    def take_back(self) -> None:
        """Put what was dragged last where it was."""
        if self._before is None or self._before[1].shape != self.desk.point.z.shape:
            return
        grip, place = self._before
        if grip == "point":
            self.desk.point.move(place)
        else:
            self.desk.point.put_pin(grip, place)

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """The axes of the map, posterior ellipses, and tiles, codes or both."""
        style = Segmented([("tiles", "Tiles"), ("codes", "Codes"), ("both", "Both")], small=True)
        named(style, "map style", "What the maps show")
        style.set_value(desk.map_style)
        style.chosen.connect(desk.set_map_style)
        desk.map_style_changed.connect(lambda: style.set_value(desk.map_style))
        return [AxisChooser(desk), EllipseButton(desk), style]
