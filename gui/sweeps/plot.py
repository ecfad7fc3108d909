"""The plot of a sweep: a point a run, a larger mark with intervals a setting; runs are read, chosen and opened."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen

from core.foundation.arrays import Doubles
from core.foundation.number_words import significant
from gui.drawing import chart, lane_shapes, paint, theme
from gui.drawing.painting import pixel
from gui.plots.items import Layer, pixel_pen
from gui.plots.plot import Plot
from gui.plots.view import Margins
from gui.sweeps.points import Mark, Scene

TOP_PX = 42
"""Height of title, legend and reading above the data, px at text size 1."""
FOOT_PX = 14
"""Height of the name of the x axis below its labels, px at text size 1."""
EDGE_PX = 4.0
"""Space between the frame and what lies in it, px."""
NEAR_PX = 14.0
"""Largest distance of the mouse from the point that it reads, px."""
DOT_PX = 5
"""Size of the mark of a run, px at text size 1."""
MARK_PX = 9
"""Size of the mark of a setting, px at text size 1."""
RING_PX = 7.0
"""Radius of the ring around the run that is read, px."""
DIAGONALS = 4
"""Number of diagonals, about."""
LABEL_GAP = 8.0
"""Least space between two labels of the x axis, px."""
MOST_SHAPES = 2_000
"""With more runs each is a square of `TINY_PX`: shapes would take too long to paint."""
TINY_PX = 3
MOST_LABELLED = 200
"""With more settings none has a label."""

Neighbour = Callable[[int, int, int], int | None]
"""The run to the right and above of one in the plan, by steps; None where there is none."""


class SweepPlot(Plot):
    """Runs of a sweep. ``pointed_at`` carries the number of the run that mouse or keyboard reads, ``opened_run`` of one
    that was clicked, or is read when Enter is pressed.

    With Shift, left and right read along the knob, up and down the next run there (``neighbour``). ``forms`` says what
    is read, in wordings from the longest to the shortest.
    """

    pointed_at = Signal(int)
    opened_run = Signal(int)

    def __init__(self, forms: Callable[[int], Sequence[str]], neighbour: Neighbour) -> None:
        super().__init__("Runs of the sweep", margins=_margins())
        self._forms, self._neighbour = forms, neighbour
        self.scene_shown: Scene | None = None
        self.near: int | None = None
        self._words = ""
        self._under, self._marks = Layer(self, self._paint_under), Layer(self, self._paint_marks)
        self.add_over(self._under, -1.0)
        self.add_over(self._marks)
        self.setObjectName("sweep plot")

    def show_scene(self, scene: Scene) -> None:
        """Show these points; ranges that were chosen are let go where the axes are others."""
        before, self.scene_shown = self.scene_shown, scene
        if before is not None and (before.title, before.x_name) != (scene.title, scene.x_name):
            self.fit()
        self.set_home(*scene.home)
        self.setAccessibleName(scene.title)
        self._under.renew()
        self._marks.renew()
        self.describe()
        self.viewport().update()

    def show_words(self, words: str) -> None:
        """What stands in the plot before there is anything else."""
        if words != self._words:
            self._words = words
            self.viewport().update()

    def described(self) -> str:
        """What is read, how many runs there are, and the ranges."""
        scene = self.scene_shown
        count = f"{len(scene.numbers):,} runs" if scene is not None else ""
        read = self._forms(self.near)[0] if self.near is not None else ""
        return "; ".join(each for each in (read, count, super().described()) if each)

    def show_near(self, number: int | None) -> None:
        """Mark a run as the one that is read."""
        if number != self.near:
            self.near = number
            self.describe()
        self.viewport().update()

    def restyle(self) -> None:
        self.set_margins(_margins())

    def spot_of(self, number: int) -> QPointF | None:
        """The point of a run, px; None where it has none."""
        scene = self.scene_shown
        row = None if scene is None else scene.row_of(number)
        if scene is None or row is None:
            return None
        x, y = self.to_pixels(scene.points[[row]])[0].tolist()
        return QPointF(x, y)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        """Read the run nearest to a pixel; where there is none, the last one stays."""
        near = None if spot is None else self.nearest(spot)
        if near is not None and near != self.near:
            self.show_near(near)
            self.pointed_at.emit(near)

    def nearest(self, spot: QPointF) -> int | None:
        """The run whose point, or the mark of whose setting, is nearest to a pixel within `NEAR_PX`."""
        scene = self.scene_shown
        if scene is None or not len(scene.numbers):
            return None
        away = self.to_pixels(scene.points) - spot.toTuple()
        far = np.hypot(*away.T)
        row = int(far.argmin())
        if far[row] <= NEAR_PX:
            if self.near is not None and (own := scene.row_of(self.near)) is not None and far[own] <= far[row]:
                return self.near  # of two that coincide the one that is read stays
            return int(scene.numbers[row])
        for mark in scene.marks:
            place = self.to_pixel(mark.x, mark.y) - spot
            if math.hypot(place.x(), place.y()) <= NEAR_PX:
                return self.near if self.near in mark.numbers else mark.numbers[0]
        return None

    def read_on(self, right: int, up: int) -> None:
        """Read the next run along the knob, or the next one at its value."""
        scene = self.scene_shown
        if scene is None or not len(scene.numbers):
            return
        is_first = self.near is None or scene.row_of(self.near) is None
        found = int(scene.numbers[0]) if is_first else self._neighbour(self.near or 0, right, up)
        if found is not None and found != self.near:
            self.show_near(found)
            self.pointed_at.emit(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pace.flush()
        is_click = self._dragged == "press" and event.button() == Qt.MouseButton.LeftButton
        super().mouseReleaseEvent(event)
        if is_click and (found := self.nearest(event.position())) is not None:
            self.opened_run.emit(found)

    def _keys(self, event: QEvent) -> tuple[Qt.Key, ...]:
        return (*super()._keys(event), Qt.Key.Key_Return, Qt.Key.Key_Enter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.near is not None:
                self.opened_run.emit(self.near)
        else:
            super().keyPressEvent(event)

    # --- painting ----------------------------------------------------------------------------------------------------

    def ground_key(self) -> tuple[object, ...]:
        scene = self.scene_shown
        return (
            (None,) if scene is None else (scene.title, scene.x_name, scene.ticks, scene.legend, len(scene.numbers) > 0)
        )

    def paint_ground(self, painter: QPainter) -> None:
        colors, px, inner, scene = theme.current(), theme.px, self.inner, self.scene_shown
        painter.fillRect(self.rect(), QColor(colors.panel))
        paint.box(painter, self.rect(), 4, colors.plot, colors.line)
        if scene is None:
            paint.text(painter, self.rect(), self._words, "caption", colors.text_3, paint.CENTER)
            return
        title = QRectF(px(8), px(3), self.width() - px(16), px(16))
        paint.text(painter, title, scene.title, "strong", colors.text)
        rest = title.adjusted(paint.wide(scene.title, "strong") + px(8), 0, 0, 0)
        paint.text(painter, rest, scene.y_name, "tick", colors.text_3)
        self._paint_legend(painter, rest.adjusted(paint.wide(scene.y_name, "tick") + px(16), 0, 0, 0), scene)
        foot = QRectF(0, self.height() - px(16), self.width() - px(10), px(14))
        paint.text(painter, foot, scene.x_name, "tick", colors.text_3, paint.RIGHT)
        x_range = self.x_range if scene.is_plane else (math.nan, math.nan)  # a knob has labels at its values alone
        chart.paint_grid(painter, self.with_labels(), chart.Picture(x_range, self.y_range))
        self._paint_ticks(painter, scene)
        if not len(scene.numbers):
            paint.text(painter, inner, scene.empty, "caption", colors.text_3, paint.CENTER)

    def _paint_ticks(self, painter: QPainter, scene: Scene) -> None:
        """The values of a knob below the plot, those that have room."""
        last = -math.inf
        for spot, words in scene.ticks or ():
            x, wide = self.to_pixel(spot, 0.0).x(), paint.wide(words, "tick")
            left = x - wide / 2
            if self.inner.left() - 1 <= x <= self.inner.right() + 1 and left >= last + LABEL_GAP:
                painter.fillRect(QRectF(pixel(x), self.inner.bottom(), 1, 3), QColor(theme.current().track))
                area = QRectF(left, self.inner.bottom() + 2, wide, 14)
                paint.text(painter, area, words, "tick", theme.current().text_3, paint.CENTER)
                last = left + wide

    def _paint_legend(self, painter: QPainter, room: QRectF, scene: Scene) -> None:
        """Shape and value of each colour from the right, as many as there is room for."""
        px, right = theme.px, room.right()
        entries = [(kind, words, paint.wide(words, "tick")) for kind, words in scene.legend]
        total = sum(wide + px(22) for _, _, wide in entries)
        left = max(room.left(), right - total)
        for at, (kind, words, wide) in enumerate(entries):
            rest = len(entries) - at
            if left + px(12) + wide + (px(28) if rest > 1 else 0) > right + 1:
                place = QRectF(left, room.top(), right - left, room.height())
                paint.text(painter, place, f"+{rest}", "tick", theme.current().text_3)
                return
            self._paint_shape(painter, kind, QPointF(left + px(5), room.center().y()), px(8))
            place = QRectF(left + px(12), room.top(), wide + 1, room.height())
            paint.text(painter, place, words, "tick", theme.current().text_2)
            left += wide + px(22)

    @staticmethod
    def _paint_shape(painter: QPainter, kind: int, spot: QPointF, size: float) -> None:
        lane_shapes.paint(painter, kind, spot.x(), spot.y(), size, theme.current().class_color(kind))

    def paint_front(self, painter: QPainter) -> None:
        """The reading, and the ring around its point."""
        colors, px, scene = theme.current(), theme.px, self.scene_shown
        if scene is None:
            return
        area = QRectF(px(8), px(19), self.width() - px(16), px(15))
        spot = None if self.near is None else self.spot_of(self.near)
        if self.near is None or spot is None:
            return
        paint.text(painter, area, paint.fitting(self._forms(self.near), "tick", area.width()), "tick", colors.text_2)
        painter.setClipRect(self.inner.adjusted(-6, -6, 6, 6), Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(spot, RING_PX, RING_PX)

    def _paint_under(self, painter: QPainter) -> None:
        """Diagonals, and the lines through the means of settings."""
        scene = self.scene_shown
        if scene is None or not len(scene.numbers):
            return
        painter.setClipRect(self.inner)
        if scene.is_plane:
            self._paint_diagonals(painter, scene)
        for kind, points in scene.lines:
            color = theme.mix(theme.current().class_color(kind), theme.current().plot, 0.6)
            painter.setPen(pixel_pen(color))
            painter.drawPolyline(chart.polygon(self.to_pixels(points)))

    def _paint_diagonals(self, painter: QPainter, scene: Scene) -> None:
        """Lines of constant D + R. Labels stand at their lower end, where no point covers them."""
        colors, (left, right), (low, high) = theme.current(), self.x_range, self.y_range
        taken = self.to_pixels(scene.points)
        lines = [_around(first, last) for mark in scene.marks[:MOST_LABELLED] for first, last in self._interval(mark)]
        labels: list[QRectF] = []
        for total in chart.ticks(low + left, high + right, DIAGONALS + 1):
            if not low + left < total < high + right:
                continue
            rates = np.array([max(left, total - high), min(right, total - low)])
            (x1, y1), (x2, y2) = self.to_pixels(np.stack([rates, total - rates], 1)).tolist()
            painter.setPen(pixel_pen(colors.track))
            painter.drawLine(QPointF(x1, y1), QPointF(x2, y2))
            text = significant(total, 6)
            words = text if labels else f"−ELBO {text}"
            wide = paint.wide(words, "tick") + 4
            for part in (1.0, 0.8, 0.6, 0.4):
                place = QRectF(x1 + part * (x2 - x1) - wide - 2, y1 + part * (y2 - y1) + 1, wide, 13)
                if self.inner.contains(place) and not _covers(place, taken) and not _meets(place, labels + lines):
                    paint.text(painter, place, words, "tick", colors.text_3, paint.RIGHT)
                    labels.append(place)
                    break

    def _paint_marks(self, painter: QPainter) -> None:
        """A small shape a run; a large one with its intervals a setting of several runs."""
        scene, colors = self.scene_shown, theme.current()
        if scene is None:
            return
        sight = self.inner.adjusted(-6, -6, 6, 6)
        painter.setClipRect(self.inner)
        for mark in scene.marks:
            self._paint_interval(painter, mark)
        painter.setClipRect(sight)
        spots = self.to_pixels(scene.points)
        for (x, y), kind in zip(spots.tolist(), scene.kinds.tolist(), strict=True):
            if not sight.contains(x, y):
                continue
            if len(spots) > MOST_SHAPES:
                painter.fillRect(QRectF(round(x) - 1, round(y) - 1, TINY_PX, TINY_PX), QColor(colors.class_color(kind)))
            else:
                self._paint_shape(painter, kind, QPointF(x, y), theme.px(DOT_PX))
        labels: list[QRectF] = []
        for mark in scene.marks:
            spot = self.to_pixel(mark.x, mark.y)
            if len(mark.numbers) > 1 and sight.contains(spot):
                lane_shapes.paint(painter, mark.kind, spot.x(), spot.y(), theme.px(MARK_PX) + 3, colors.plot)
                self._paint_shape(painter, mark.kind, spot, theme.px(MARK_PX))
            if len(scene.marks) <= MOST_LABELLED:
                self._paint_label(painter, mark, spots, labels)

    def _paint_interval(self, painter: QPainter, mark: Mark) -> None:
        painter.setPen(pixel_pen(theme.current().class_color(mark.kind)))
        for first, last in self._interval(mark):
            painter.drawLine(first, last)

    def _interval(self, mark: Mark) -> Iterator[tuple[QPointF, QPointF]]:
        """Ends of the lines across and up, px, of a setting that has intervals."""
        for ends, is_across in ((mark.x_ends, True), (mark.y_ends, False)):
            if all(map(math.isfinite, ends)):
                first, last = (self.to_pixel(e, mark.y) if is_across else self.to_pixel(mark.x, e) for e in ends)
                yield first, last

    def _paint_label(self, painter: QPainter, mark: Mark, spots: Doubles, labels: list[QRectF]) -> None:
        """The value of the knob beside its mark, where it covers no other mark or label."""
        spot, wide = self.to_pixel(mark.x, mark.y), paint.wide(mark.label, "tick")
        for dx, dy in ((8.0, -13.0), (-8.0 - wide, 1.0), (8.0, 1.0), (-8.0 - wide, -13.0)):
            place = QRectF(spot.x() + dx, spot.y() + dy, wide + 1, 12)
            if mark.label and self.inner.contains(place) and not _covers(place, spots) and not _meets(place, labels):
                paint.text(painter, place, mark.label, "tick", theme.current().text_2)
                labels.append(place)
                return


def _meets(place: QRectF, others: Sequence[QRectF]) -> bool:
    return any(place.intersects(other) for other in others)


def _around(first: QPointF, last: QPointF) -> QRectF:
    """A rectangle around a line, px."""
    return QRectF(first, last).normalized().adjusted(-2, -2, 2, 2)


def _covers(place: QRectF, spots: npt.NDArray[np.floating]) -> bool:
    """Whether a point (N, 2) lies in or beside a place, px."""
    x, y = spots.T
    is_in = (place.left() - 3 < x) & (x < place.right() + 3) & (place.top() - 3 < y) & (y < place.bottom() + 3)
    return bool(is_in.any())


def _margins() -> Margins:
    foot = chart.BOTTOM + theme.px(FOOT_PX)
    return Margins(EDGE_PX + chart.LEFT, theme.px(TOP_PX), EDGE_PX + chart.RIGHT, foot)
