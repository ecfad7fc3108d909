"""A plot of tracks in the plane of rate and distortion: unlike curves over x they go anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.foundation.arrays import Doubles
from gui.drawing import chart, lane_shapes, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.plots.curves import Curve
from gui.plots.items import Layer, pixel_pen
from gui.plots.link import Range
from gui.plots.plot import Plot
from gui.plots.view import Margins

if TYPE_CHECKING:
    from core.engine.run import Run

TOP_PX = 38
"""Height of title and reading above the data, px at text size 1."""
FOOT_PX = 14
"""Height of the name of the x axis below its labels, px at text size 1."""
EDGE_PX = 4.0
"""Space between the frame and what lies in it, px."""
NEAR_PX = 14.0
"""Largest distance of the mouse from the point that it reads, px."""
RING_PX = 6.0
"""Radius of the ring around the point that is read, px."""
DIAGONALS = 4
"""Number of diagonals, about."""
LABEL_ENDS = (1.0, 0.8, 0.6, 0.4)
"""Where on a diagonal its label may end, as a share of the diagonal; the first that is free is taken."""
REACH = 2.0
"""Tracks are drawn for so many lengths of a range beyond its ends."""


@dataclass(frozen=True)
class Track:
    """A lane over training: step, rate (NaN where it has none) and distortion, each (N,), N >= 1.

    ``is_old``: the lane has trained on since the last point.
    """

    run: Run
    step: Doubles
    rate: Doubles
    distortion: Doubles
    is_old: bool = False

    @property
    def has_rate(self) -> bool:
        """Whether the lane has a rate. Without one it is a horizontal line."""
        return bool(np.isfinite(self.rate[-1]))

    @property
    def points(self) -> Doubles:
        """Rate and distortion (N, 2)."""
        return np.stack([self.rate, self.distortion], 1)

    def row_of(self, step: float) -> int:
        """The row whose step is nearest."""
        return int(np.abs(self.step - step).argmin())


Near = tuple[Track, int]
"""A track, and the row of it that is read."""


class TrackPlot(Plot):
    """Tracks over diagonals of constant sum, a mark at the end of each. The mouse reads the nearest point.

    With Shift, left and right read along a track, up and down another one. ``forms`` says what is read, in
    wordings from the longest to the shortest.
    """

    def __init__(self, title: str, forms: Callable[[Track, int], Sequence[str]]) -> None:
        super().__init__(title, margins=_margins())
        self._curves: list[Curve] = []
        self._title, self._forms = title, forms
        self.tracks: tuple[Track, ...] = ()
        self._shown_tracks: tuple[object, ...] = ()
        self._spot: QPointF | None = None
        self.near: Near | None = None
        self._under, self._marks = Layer(self, self._paint_under), Layer(self, self._paint_marks)
        self.add_over(self._under, -1.0)
        self.add_over(self._marks)
        self.ranged.connect(self._draw)
        self.ranged.connect(self._read_again)

    def show_tracks(self, tracks: Sequence[Track], x_home: Range, y_home: Range) -> None:
        """Draw these tracks, the last on top."""
        self.set_home(x_home, y_home)
        self.setAccessibleDescription(self.described())
        shown = tuple((each.run, each.is_old, each.step.tobytes(), each.points.tobytes()) for each in tracks)
        if shown == self._shown_tracks:
            return
        self.tracks, self._shown_tracks = tuple(tracks), shown
        self._draw()
        self._under.renew()
        self._marks.renew()
        self._read_again()
        self.viewport().update()

    def described(self) -> str:
        """The latest point of every lane, and the ranges."""
        return "; ".join([*(self._forms(track, -1)[0] for track in self.tracks), super().described()])

    def restyle(self) -> None:
        self.set_margins(_margins())
        self._draw()

    def spot_of(self, run: Run) -> QPointF | None:
        """The lane's latest point, px; for a lane without a rate the right end of its line."""
        track = next((each for each in self.tracks if each.run is run), None)
        if track is None:
            return None
        x, y = self.to_pixels(track.points[-1:])[0].tolist()
        return QPointF(x if track.has_rate else self.inner.right(), y)

    # --- tracks ------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draw what is in sight of each track, and a little beyond."""
        while len(self._curves) < len(self.tracks):
            self._curves.append(Curve(self, 10.0 + len(self._curves)))
        ranges = np.array([self.x_range, self.y_range])  # (2, 2)
        first, length = ranges[:, 0], ranges[:, 1] - ranges[:, 0]
        for i, curve in enumerate(self._curves):
            track = self.tracks[i] if i < len(self.tracks) else None
            if track is None or not track.has_rate or len(track.step) < 2:
                curve.hide()
                continue
            shares = (track.points - first) / length
            shares = shares[np.isfinite(shares).all(1)]
            shares, is_joined = clipped(self._apart(shares), -REACH, 1 + REACH)
            points = first + shares * length
            curve.draw(points[:, 0], points[:, 1], theme.current().lanes[track.run.slot], is_joined)

    def _apart(self, shares: Doubles) -> Doubles:
        """Points (N, 2), without those that lie in the same pixel as the one before them."""
        cells: Doubles = np.floor(shares * [self.inner.width(), self.inner.height()])
        is_apart = np.ones(len(shares), bool)
        is_apart[1:] = (cells[1:] != cells[:-1]).any(1)
        return shares[is_apart]

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        """Read the point nearest to a pixel."""
        self._spot = spot
        self._show_near(None if spot is None else self.nearest(spot))

    def read_on(self, right: int, up: int) -> None:
        """Read the next point in sight of this track, or another track at about this step."""
        stops = [(track, rows) for track in self.tracks if len(rows := self._in_sight(track))]
        if not stops:
            return
        self._spot = None
        at = next((i for i, (track, _) in enumerate(stops) if self.near is not None and track is self.near[0]), None)
        if at is None or self.near is None:
            track, rows = stops[0]
            self._show_near((track, int(rows[-1])))
        elif up:
            track, rows = stops[min(max(at - up, 0), len(stops) - 1)]
            near = np.abs(track.step[rows] - self.near[0].step[self.near[1]]).argmin()
            self._show_near((track, int(rows[near])))
        else:
            track, rows = stops[at]
            place = int(np.searchsorted(rows, self.near[1])) + right
            self._show_near((track, int(rows[min(max(place, 0), len(rows) - 1)])))
        if self.near is not None:
            self.setAccessibleDescription(self._forms(*self.near)[0])

    def _in_sight(self, track: Track) -> npt.NDArray[np.intp]:
        """The rows of a track that are drawn within the plot."""
        spots, inner = self.to_pixels(track.points), self.inner.adjusted(-1, -1, 1, 1)
        is_seen = (spots[:, 1] >= inner.top()) & (spots[:, 1] <= inner.bottom())
        if track.has_rate:
            is_seen &= (spots[:, 0] >= inner.left()) & (spots[:, 0] <= inner.right())
        else:
            is_seen[:-1] = False
        return np.flatnonzero(is_seen)

    def _read_again(self) -> None:
        """Read where the mouse is, or the point that was read by keyboard, in the present tracks and ranges."""
        if self._spot is not None:
            self.read(self._spot)
        elif self.near is not None:
            before, row = self.near
            track = next((each for each in self.tracks if each.run is before.run), None)
            row = -1 if track is None else track.row_of(before.step[row])
            self._show_near(None if track is None or row not in self._in_sight(track) else (track, row))

    def nearest(self, spot: QPointF) -> Near | None:
        """The track and row nearest to a pixel, within `NEAR_PX`."""
        nearest, best = None, NEAR_PX
        for track in self.tracks:
            away = self.to_pixels(track.points) - spot.toTuple()
            if track.has_rate:
                far = np.hypot(*away.T)
                row = int(far.argmin())
            else:
                far, row = np.abs(away[:, 1]), len(away) - 1
            if far[row] <= best:  # of two that coincide the later one is painted on top
                nearest, best = (track, row), float(far[row])
        return nearest

    def _show_near(self, near: Near | None) -> None:
        if near is None and self.near is None:
            return
        old, self.near = self._ring(), near
        for area in (old, self._ring(), self._words_area()):
            if not area.isEmpty():
                self.viewport().update(area.toAlignedRect())

    def _ring(self) -> QRectF:
        """Where the ring is painted; empty where there is none."""
        if self.near is None or not self.near[0].has_rate:
            return QRectF()
        track, row = self.near
        x, y = self.to_pixels(track.points[[row]])[0].tolist()
        half = RING_PX + 2
        return QRectF(x - half, y - half, 2 * half, 2 * half)

    # --- painting ----------------------------------------------------------------------------------------------------

    def _words_area(self) -> QRectF:
        px = theme.px
        return QRectF(px(8), px(19), self.width() - px(16), px(15))

    def ground_key(self) -> tuple[object, ...]:
        return (bool(self.tracks),)

    def paint_ground(self, painter: QPainter) -> None:
        colors, px, inner = theme.current(), theme.px, self.inner
        painter.fillRect(self.rect(), QColor(colors.window))
        paint.box(painter, self.rect(), 4, colors.plot, colors.line)
        title = QRectF(px(8), px(3), self.width() - px(16), px(16))
        paint.text(painter, title, self._title, "strong", colors.text)
        foot = QRectF(0, self.height() - px(16), self.width() - px(10), px(14))
        paint.text(painter, foot, "rate, nats", "tick", colors.text_3, paint.RIGHT)
        chart.paint_grid(painter, self.with_labels(), chart.Picture(self.x_range, self.y_range))
        if not self.tracks:
            words = "No lane has a distortion yet"
            paint.text(painter, inner, words, "caption", colors.text_3, paint.CENTER)

    def paint_front(self, painter: QPainter) -> None:
        """The reading, and the ring around its point."""
        colors, near = theme.current(), self.near
        area = self._words_area()
        words = "distortion, nats" if near is None else paint.fitting(self._forms(*near), "tick", area.width())
        paint.text(painter, area, words, "tick", colors.text_3 if near is None else colors.text_2)
        ring = self._ring()
        if not ring.isEmpty():
            painter.setClipRect(self.inner.adjusted(-6, -6, 6, 6), Qt.ClipOperation.IntersectClip)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colors.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(ring.center(), RING_PX, RING_PX)

    def _paint_under(self, painter: QPainter) -> None:
        """Diagonals, and the lines of lanes without a rate."""
        if not self.tracks:
            return
        self._paint_diagonals(painter)
        for track in self.tracks:
            y = pixel(float(self.to_pixels(track.points[-1:])[0, 1])) + 0.5
            if not track.has_rate and self.inner.top() <= y <= self.inner.bottom():
                painter.setPen(pixel_pen(theme.current().lanes[track.run.slot], Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(self.inner.left(), y), QPointF(self.inner.right(), y))

    def _paint_diagonals(self, painter: QPainter) -> None:
        """Lines of constant D + R. Labels lie under their line, clear of lanes and other labels."""
        colors, (left, right), (low, high) = theme.current(), self.x_range, self.y_range
        labels: list[QRectF] = []
        for total in chart.ticks(low + left, high + right, DIAGONALS + 1):
            if not low + left < total < high + right:
                continue
            rates = np.array([max(left, total - high), min(right, total - low)])
            (x1, y1), (x2, y2) = self.to_pixels(np.stack([rates, total - rates], 1)).tolist()
            painter.setPen(pixel_pen(colors.track))
            painter.drawLine(QPointF(x1, y1), QPointF(x2, y2))
            words = f"−ELBO {numbers.short(total)}" if not labels else numbers.short(total)
            wide = paint.wide(words, "tick") + 4
            for part in LABEL_ENDS:
                spot = QRectF(x1 + part * (x2 - x1) - wide - 2, y1 + part * (y2 - y1) + 1, wide, 13)
                is_free = not any(spot.intersects(label) for label in labels) and not self._is_covered(spot)
                if self.inner.contains(spot) and is_free:
                    paint.text(painter, spot, words, "tick", colors.text_3, paint.RIGHT)
                    labels.append(spot)
                    break

    def _is_covered(self, label: QRectF) -> bool:
        """Whether the mark or the track of a lane crosses the area of a label."""
        around = label.adjusted(-8, -8, 8, 8)
        for track in self.tracks:
            x, y = self.to_pixels(track.points if track.has_rate else track.points[-1:]).T
            is_across = (around.left() < x) & (x < around.right()) if track.has_rate else True
            if (is_across & (around.top() < y) & (y < around.bottom())).any():
                return True
        return False

    def _paint_marks(self, painter: QPainter) -> None:
        """The shape of each lane at its latest point."""
        colors = theme.current()
        painter.setClipRect(self.inner.adjusted(-6, -6, 6, 6))
        for track in self.tracks:
            spot = self.spot_of(track.run)
            if spot is not None and self.inner.adjusted(-1, -1, 1, 1).contains(spot):
                slot, x = track.run.slot, spot.x() if track.has_rate else spot.x() - 8
                ink = colors.text_3 if track.is_old else colors.lanes[slot]
                lane_shapes.paint(painter, slot, x, spot.y(), theme.px(9), ink)


def _margins() -> Margins:
    foot = chart.BOTTOM + theme.px(FOOT_PX)
    return Margins(EDGE_PX + chart.LEFT, theme.px(TOP_PX), EDGE_PX + chart.RIGHT, foot)


def clipped(points: Doubles, low: float, high: float) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """What of the line through points (N, 2) lies in the square from ``low`` to ``high``.

    Returns its vertices (M, 2), and whether each is joined to the next (M,).
    """
    start, end = points[:-1], points[1:]
    way = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(low - start) / way, (high - start) / way])  # (2, N - 1, 2): as shares of the way
    is_within = (start >= low) & (start <= high)
    enters = np.where(way == 0, np.where(is_within, -np.inf, np.inf), ends.min(0)).max(1, initial=0.0)
    leaves = np.where(way == 0, np.inf, ends.max(0)).min(1, initial=1.0)
    keep = enters < leaves
    start, end, way, enters, leaves = start[keep], end[keep], way[keep], enters[keep, None], leaves[keep, None]
    first, last = np.where(enters > 0, start + enters * way, start), np.where(leaves < 1, start + leaves * way, end)
    is_new = np.ones(len(first), bool)
    is_new[1:] = (first[1:] != last[:-1]).any(1)
    is_drawn = np.stack([is_new, np.ones_like(is_new)], 1).reshape(-1)
    begins = np.stack([is_new, np.zeros_like(is_new)], 1).reshape(-1)[is_drawn]
    vertices = np.stack([first, last], 1).reshape(-1, 2)[is_drawn]
    is_joined = np.ones(len(vertices), bool)
    is_joined[:-1] = ~begins[1:]
    is_joined[-1:] = False
    return vertices, is_joined
