"""A chart: curves over x with a band, a level and dots, read where the pointer is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QResizeEvent

from core.foundation.arrays import Doubles
from core.foundation.number_words import significant
from gui.drawing import numbers, paint, theme
from gui.drawing.chart import Line, Picture, paint_grid, x_labels
from gui.drawing.smoothing import averaged, thinned
from gui.plots.curves import Curve
from gui.plots.items import Area, Dots, LevelLine, Reading
from gui.plots.legend import Entry, Legend
from gui.plots.link import Link
from gui.plots.plot import Plot
from gui.widgets import focus
from gui.widgets.offer import csv_of

NUMBER_KEYS = (
    *(Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5),
    *(Qt.Key.Key_6, Qt.Key.Key_7, Qt.Key.Key_8, Qt.Key.Key_9),
)
"""Keys of the first entries of a legend."""
PX_A_VERTEX = 2
"""At most one vertex of a curve in so many pixels."""
FEW_POINTS = 10
"""With fewer measurements in sight than this, the lines between them could be taken for measured: each is a dot."""
DOT_PX = 2.0
"""Radius of such a dot, px."""
MARK_PX = 2.5
"""Radius of the mark where a curve is read, px."""
READ_PX = 6.0
"""A curve is read so far beyond its ends, px."""
ELSEWHERE = "no value in this range"
"""What a chart says while its curves lie beside the range that was chosen, in another lane perhaps."""
REACH = 2.0
"""Curves go on for so many heights of the plot beyond its edges: what lies farther is drawn there."""


@dataclass(frozen=True)
class Band:
    """The area between two curves over the same ascending x (N,)."""

    x: Doubles
    low: Doubles
    high: Doubles
    color: str


@dataclass(frozen=True)
class Level:
    """A dashed horizontal line."""

    y: float
    color: str


class Chart(Plot):
    """Curves of one x. `show_lines` gives it everything; it draws what is in sight, at the resolution of the screen.

    ``place_words`` says where the pointer reads. With ``picks`` a click on an entry of the legend, or its number while
    the chart has the keyboard focus, emits ``picked``. ``most_labels``: about so many labels of x and of y at most.
    """

    picked = Signal(int)  # the index of an entry of the legend
    _picks = False  # Qt sends events while it is made

    def __init__(
        self,
        name: str,
        *,
        link: Link | None = None,
        place_words: Callable[[float], str] = numbers.short,
        picks: bool = False,
        most_labels: tuple[int, int] = (4, 5),
    ) -> None:
        super().__init__(name, link=link)
        self._curves: list[Curve] = []
        self._band = Area()
        self._level: Level | None = None
        self._level_line = LevelLine(self)
        self._moment, self._moment_line = math.nan, LevelLine(self, upright=True)
        self._dots, self._marks = Dots(self, DOT_PX), Dots(self, MARK_PX)
        self._reading = Reading()
        self._place_words, self._picks, self._most_labels = place_words, picks, most_labels
        self.lines: tuple[Line, ...] = ()
        self._drawable: tuple[Line, ...] = ()  # the same in the units of the y axis
        self._is_log = False
        self._area: Band | None = None
        self._note = ""
        self._empty = ""
        self._is_bare = False  # all its curves lie beside the range of x that is shown
        self._legend = Legend(self._margins.left)
        backs = (self._band, 0.0), (self._level_line, 1.0), (self._moment_line, 2.0)
        for item, z in (*backs, (self._dots, 50.0), (self._marks, 51.0)):
            self.add(item, z)
            item.hide()
        self.add_over(self._reading)
        self.ranged.connect(self._draw)
        self.ranged.connect(self._show_reading)
        self.link.pointed.connect(self._show_reading)

    def show_lines(
        self,
        lines: Sequence[Line],
        band: Band | None = None,
        level: Level | None = None,
        note: str = "",
        empty: str = "",
    ) -> None:
        """Draw curves with ascending x, the first on top. ``note`` stands at the end of the x axis, ``empty`` in the
        middle."""
        self.lines, self._area = tuple(lines), band
        if (note, empty) != (self._note, self._empty):
            self._note, self._empty = note, empty
            self.viewport().update()
        self._level = level
        self._draw_all()

    def mark(self, moment: float) -> None:
        """Mark a place on the x axis by a line; NaN marks none."""
        if moment != self._moment:
            self._moment = moment
            self._draw_moment()

    def set_log(self, is_log: bool) -> None:
        """Draw the logarithm of the values above 0, or the values. Call `set_home` after it: on a logarithmic axis the
        ends of y are exponents of ten. A range of y that was chosen is let go."""
        if is_log != self._is_log:
            self._is_log = is_log
            self.link.fit_y(self.family)
            self._draw_all()
            self.viewport().update()

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self._is_log

    def _draw_all(self) -> None:
        """Draw the curves and the reading in the units of the y axis."""
        self._drawable = tuple(self._on_axis(line) for line in self.lines) if self._is_log else self.lines
        self._draw()
        if self.link.pointer is not None:
            self._show_reading()

    def _up(self, y: Doubles) -> Doubles:
        """Values (N,) in the units of the y axis. On a logarithmic one those that are not above 0 are −∞."""
        if not self._is_log:
            return y
        with np.errstate(divide="ignore"):
            return np.log10(np.maximum(y, 0.0))

    def _on_axis(self, line: Line) -> Line:
        """A curve with its values above 0 in the units of a logarithmic axis."""
        drawn = line.y > 0
        return dataclasses.replace(line, x=line.x[drawn], y=self._up(line.y[drawn]))

    def set_legend(self, entries: Sequence[Entry], short: Mapping[str, str]) -> None:
        """Show these entries along the top; ``short`` holds names for where there is little room."""
        legend = self._legend
        if tuple(entries) != legend.entries or short != legend.short:
            legend.entries, legend.short = tuple(entries), short
            self._place_legend()
            self.describe()

    @property
    def legend(self) -> Legend:
        """Its legend."""
        return self._legend

    def _place_legend(self) -> None:
        tall = self._legend.height(self._legend.layout(self.width())) if self._legend.entries else 0
        self.set_margins(dataclasses.replace(self._margins, top=tall + 2.0))
        self.viewport().update(0, 0, self.width(), tall)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_legend()
        super().resizeEvent(event)

    def paint_front(self, painter: QPainter) -> None:
        if self._legend.entries:
            self._legend.paint(painter, self.width(), self.devicePixelRatioF())

    def table(self, x_name: str, separator: str = ",") -> str:
        """The points of all curves within the range of x that is shown, as CSV: curve, x, y."""
        left, right = self.x_range
        parts = [(line, (line.x >= left) & (line.x <= right)) for line in self.lines]
        if self._is_log:
            parts = [(line, seen & (line.y > 0)) for line, seen in parts]
        return csv_of(
            {
                "curve": [line.label for line, seen in parts for _ in range(int(seen.sum()))],
                x_name: [x for line, seen in parts for x in line.x[seen].tolist()],
                "y": [y for line, seen in parts for y in line.y[seen].tolist()],
            },
            separator,
        )

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draw what is in sight of each curve."""
        lines = self._drawable
        while len(self._curves) < len(lines):
            self._curves.append(Curve(self, 10.0 + 1.0 / (1 + len(self._curves))))  # the first lies on top
        for curve in self._curves[len(lines) :]:
            curve.hide()
        dots: list[tuple[Doubles, str]] = []
        for curve, line in zip(self._curves, lines, strict=False):
            x, y = self._in_sight(line)
            curve.draw(x, y, line.color)  # of one point there is a dot
            if len(x) == 1 or (line.sampled and 0 < self._seen(x) < FEW_POINTS):
                dots.append((np.stack([x, y], 1), line.color))
        self._draw_dots(dots)
        self._draw_level()
        self._draw_band()
        self._draw_moment()
        is_bare = self.link.x is not None and any(len(line.x) for line in lines)
        is_bare = is_bare and not any(self._is_in_range(line.x) for line in lines)
        if is_bare != self._is_bare:
            self._is_bare = is_bare
            self.viewport().update()

    def _in_sight(self, line: Line) -> tuple[Doubles, Doubles]:
        """The part of a curve between the edges, and one point beyond each, as many as there is room for."""
        rows, reduced = self._rows_in_sight(line.x), averaged if line.smooth else thinned
        x, y = reduced(line.x[rows], line.y[rows], max(40, int(self.inner.width() / PX_A_VERTEX)))
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.all():
            x, y = x[finite], y[finite]
        return x, self._near(y)

    def _rows_in_sight(self, x: Doubles) -> slice:
        """Where the ascending x (N,) lies between the edges, and one place beyond each."""
        left, right = self.x_range
        return slice(max(0, int(np.searchsorted(x, left)) - 1), int(np.searchsorted(x, right, "right")) + 1)

    def _near(self, y: Doubles) -> Doubles:
        """Values (N,), those far beyond the edges a little beyond them."""
        low, high = self.y_range
        return np.clip(y, low - REACH * (high - low), high + REACH * (high - low))

    def _is_in_range(self, x: Doubles) -> bool:
        """Whether a curve over the ascending x (N,) passes through the range of x that is shown."""
        left, right = self.x_range
        return bool(len(x)) and bool(x[0] <= right and x[-1] >= left)

    def _seen(self, x: Doubles) -> int:
        left, right = self.x_range
        return int(((x >= left) & (x <= right)).sum())

    def _draw_dots(self, dots: Sequence[tuple[Doubles, str]]) -> None:
        points = np.concatenate([spots for spots, _ in dots]) if dots else np.zeros((0, 2))
        self._dots.show_at(points, [color for spots, color in dots for _ in range(len(spots))])

    def _draw_level(self) -> None:
        level = self._level
        y = math.nan if level is None else float(self._up(np.array([level.y]))[0])
        seen = math.isfinite(y) and self.y_range[0] <= y <= self.y_range[1]
        self._level_line.setVisible(seen)
        if level is not None and seen:
            self._level_line.show_at(y, level.color)

    def _draw_moment(self) -> None:
        seen = self.x_range[0] <= self._moment <= self.x_range[1]
        self._moment_line.setVisible(seen)
        if seen:
            self._moment_line.show_at(self._moment, theme.current().warn)

    def _draw_band(self) -> None:
        band = self._area
        self._band.setVisible(band is not None and len(band.x) > 1)
        if band is None or len(band.x) < 2:
            return
        seen = self._rows_in_sight(band.x)
        last = min(seen.stop, len(band.x)) - 1
        every = max(1, (seen.stop - seen.start) * PX_A_VERTEX // max(40, int(self.inner.width())))
        keep = np.append(np.arange(seen.start, last, every), last)
        low, high = (self._near(self._up(y[keep])) for y in (band.low, band.high))
        self._band.show_between(band.x[keep], low, high, band.color)

    def ground_key(self) -> tuple[object, ...]:
        return self._note, self._empty, self._is_log, self._is_bare, self.link.x is None

    def picture(self) -> Picture:
        """Ranges and note, as the grid is painted. Of a chosen range the note would be wrong."""
        ranges, note = (self.x_range, self.y_range), "" if self.link.x else self._note
        return Picture(*ranges, note=note, is_log=self._is_log, most_labels=self._most_labels)

    def paint_ground(self, painter: QPainter) -> None:
        colors = theme.current()
        painter.fillRect(self.rect(), QColor(colors.window))
        paint.box(painter, self.rect(), 4, colors.plot, colors.line)
        paint_grid(painter, self.with_labels(), self.picture())
        if words := self._empty or (ELSEWHERE if self._is_bare else ""):
            paint.text(painter, self.inner, words, "caption", colors.text_3, paint.CENTER)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        """Read the values at a pixel in every linked chart, or at none."""
        is_over = spot is not None and self.inner.contains(spot) and any(len(line.x) for line in self.lines)
        self.link.point(self.to_point(spot)[0] if is_over and spot is not None else None)

    def read_on(self, right: int, up: int) -> None:
        """Move the reading by a pixel or more, to the next point there is."""
        if right and self.lines:
            at = self.link.pointer
            left, end = self.x_range
            step = (end - left) / max(1.0, self.inner.width())
            ends = [float(x) for line in self.lines if len(line.x) for x in line.x[[0, -1]]]
            if ends:
                left, end = max(left, min(ends)), min(end, max(ends))
                self.link.point(min(max((left + end) / 2 if at is None else at + right * step, left), end))

    def reaches(self, x: Doubles, at: float) -> bool:
        """Whether a curve over x (N,) has a value at a place, within a few pixels of its ends."""
        near = (self.x_range[1] - self.x_range[0]) * READ_PX / max(1.0, self.inner.width())
        return bool(len(x)) and bool(x[0] - near <= at <= x[-1] + near)

    def _show_reading(self) -> None:
        """The line through the pointer's place, and a mark on every curve there."""
        at, rows = self.link.pointer, self._rows_read()
        left, right = self.x_range
        if at is None or not rows or not left <= at <= right:
            self._reading.hide()
            self._marks.hide()
            self.describe()
            return
        labels = [place for place, _ in x_labels(self.with_labels(), self.picture())]
        self._reading.show_at(self.to_pixel(at, self.y_range[0]).x(), self.inner, self._place_read(rows), labels)
        points = np.array([(line.x[row], line.y[row]) for line, row in rows])  # (N, 2)
        points[:, 1] = self._up(points[:, 1])
        finite = np.isfinite(points).all(1)
        colors = [line.color for (line, _), good in zip(rows, finite, strict=True) if good]
        self._marks.show_at(points[finite], colors)
        self.describe()

    def _rows_read(self) -> list[tuple[Line, int]]:
        """Each curve that has a value there, with the index of its point; none without a pointer."""
        at = self.link.pointer
        return [] if at is None else [(line, nearest(line.x, at)) for line in self.lines if self.reaches(line.x, at)]

    def _place_read(self, rows: Sequence[tuple[Line, int]]) -> str:
        line, row = rows[0]
        return self._place_words(float(line.x[row]))

    def described(self) -> str:
        """The reading where there is one, the ranges, and the entries of a legend that can be picked."""
        (left, right), (low, high) = self.x_range, self.y_range
        if self._is_log:
            low, high = (10.0 ** min(max(end, -300.0), 300.0) for end in (low, high))
        parts = [f"x from {left:.4g} to {right:.4g}, y from {low:.4g} to {high:.4g}"]
        if rows := self._rows_read():
            read = ", ".join(f"{line.label} {significant(float(line.y[row]), 4)}".lstrip() for line, row in rows)
            parts.insert(0, f"{self._place_read(rows)}: {read}")
        if self._picks:
            parts += [
                f"{number} {entry.name}{', hidden' if entry.is_hidden else ''}"
                for number, entry in enumerate(self._legend.entries, 1)
            ]
        return "; ".join(parts)

    # --- picking an entry of the legend ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._entry_at(event)
        if at is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        else:
            self.picked.emit(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._entry_at(event)
        if at is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseDoubleClickEvent(event)
        else:
            self.picked.emit(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._picks and not self._dragged:
            hand = Qt.CursorShape.ArrowCursor if self._entry_at(event) is None else Qt.CursorShape.PointingHandCursor
            if self.viewport().cursor().shape() != hand:
                self.viewport().setCursor(hand)

    def _entry_at(self, event: QMouseEvent) -> int | None:
        return self._legend.entry_at(event.position(), self.width()) if self._picks else None

    def event(self, event: QEvent) -> bool:
        return (self._picks and self.hasFocus() and focus.claims(event, NUMBER_KEYS)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self._picks or key not in NUMBER_KEYS:
            super().keyPressEvent(event)
        elif (at := NUMBER_KEYS.index(key)) < len(self._legend.entries):
            self.picked.emit(at)


def nearest(x: Doubles, value: float) -> int:
    """The index of the ascending x (N,), N ≥ 1, nearest to a value."""
    right = int(np.clip(np.searchsorted(x, value), 0, len(x) - 1))
    left = max(0, right - 1)
    return left if abs(x[left] - value) <= abs(x[right] - value) else right
