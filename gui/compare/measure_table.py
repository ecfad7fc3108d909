"""The table of measures: a row per measure, a column per lane, and a chart of each row over training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent

from core.engine import measure_table
from core.metrics.base import METRICS, Measured, applicable
from gui.compare.columns import Columns, columns
from gui.compare.measure_acts import row_acts
from gui.compare.measure_curves import curves, end_of, reading
from gui.compare.measure_words import about, cell_words, lanes_of, state_words, unit_note
from gui.desk.desk import Desk
from gui.drawing import numbers, paint, theme, trail
from gui.drawing.chart import Line
from gui.drawing.painting import painting
from gui.lineup.lane_widths import GAP
from gui.widgets import accessible
from gui.widgets.help_text import Help
from gui.widgets.manual_places import more
from gui.widgets.offer import Act, Offer
from gui.widgets.painted import KeyboardWidget, show_tip

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

HEAD_PX = 24
ROW_PX = 36
"""Height of a row whose title is in its own column, px at text size 1."""
TITLE_PX = 24
VALUE_PX = 24
"""Height of a row whose title is above, in two lines, px at text size 1."""
NUMBER_PX = 92
BAR_PX = 64
"""Length of the bar of the largest value in a row, px at text size 1."""
CURVE_PX = 200
"""Width of a chart where the title is above, px at text size 1."""
ROWS_AT_ONCE = 3
"""Most rows repainted at once while something trains: frames stay short, and the trainers get the GIL."""
MOST_ROUNDS = 3
"""Rounds after which "measure all" ends, so that a measure that fails is not asked for again and again."""

OPEN_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MeasureTable(KeyboardWidget):
    """One painted widget. Mouse or arrow keys choose a row; the help box explains it, tooltips give details.

    A click on the small chart of a row, or Enter, asks for the whole one.
    """

    rows_changed = Signal()  # the height changed
    row_chosen = Signal(QRect)  # by keyboard: the row to scroll to
    state_changed = Signal(str)  # what `state` returns
    trail_wanted = Signal(str)  # the name of the measure whose chart is to be shown in full
    keys = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, *OPEN_KEYS})

    spoken_role = QAccessible.Role.List

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.hz = 4.0
        self._columns: Columns = columns(800, 1, theme.px)
        self._seen = (0, 800)
        self._lanes: tuple[measure_table.Lane, ...] = ()
        self._rows: tuple[measure_table.Row, ...] = ()
        self._broken: tuple[tuple[str, str], ...] = ()  # the user's own measures that failed to load, and why
        self._runs: list[Run] = []
        self._curves: dict[str, list[Line]] = {}  # of each measure, by its name: a line per lane
        self._row = -1
        self._pressed = -1  # the row on whose chart the left button went down
        self._all: dict[Run, tuple[int, dict[str, Measured], int]] = {}  # step, values and trail at "measure all"
        self._state = ""
        self._row_states: list[object] = []  # of each row, as painted or to be painted
        self._outdated: list[int] = []  # indices of rows to repaint
        self.setObjectName("measures")
        self.setAccessibleName("Measures of every lane")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        changes = (desk.lanes_changed, desk.dataset_changed, desk.chart_changed, desk.sampler_changed)
        for signal in (*changes, desk.names.changed):
            signal.connect(self.read_all)

    def set_columns(self, spans: Columns, seen_from: int, seen_width: int) -> None:
        """Set the columns, and which part is visible when lanes scroll sideways: titles and curves stay in it."""
        self._columns, self._seen = spans, (seen_from, seen_width)
        self.update()

    # --- requests ----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for all measures, and for the classifier and the data's side that some of them need."""
        self._desk.experiment.want_classifier()
        self._desk.experiment.want_real_side()
        for run in self._desk.runs:
            if run in self._all and self._is_done(run):
                del self._all[run]
            run.ask_measures(METRICS.names(), self._desk.sampler, "at once" if run in self._all else "in focus")

    def measure_all(self) -> None:
        """Measure everything in full once, even while lanes train."""
        for run in self._desk.runs:
            measures = run.view.measures
            values, rows = ({}, 0) if measures is None else (dict(measures.values), len(measures.trail))
            self._all[run] = (run.view.status.step, values, rows)

    def _is_done(self, run: Run) -> bool:
        step, before, rows = self._all[run]
        measures = run.view.measures
        if measures is None or measures.waiting:
            return False
        names = applicable(run.model, run.dataset)
        values = [(measures.values.get(name), before.get(name)) for name in names]
        fresh = all(now is not None and (now is not then or now.step >= step) for now, then in values)
        return (fresh and not measures.cut) or len(measures.trail) >= rows + MOST_ROUNDS

    def state(self) -> str:
        """What is being measured, or how long it took, in words."""
        return state_words(self._lanes)

    def read(self) -> None:
        """Read the lanes, and mark the rows that changed as outdated."""
        if not self._desk.is_open:
            return
        before = self._count(), self._runs
        self._runs = list(self._desk.runs)
        self._all = {run: start for run, start in self._all.items() if run in self._runs}
        names = [self._desk.names.of(run).full for run in self._runs]
        self._lanes = lanes_of(self._runs, names, self._desk.sampler)
        self._rows = measure_table.rows(self._lanes)
        axis = self._desk.x_axis
        self._curves = {row.metric.name: curves(row.metric.name, self._runs, self._lanes, axis) for row in self._rows}
        self._broken = tuple(METRICS.broken.items())
        self._row = min(self._row, self._count() - 1)
        if self._count() != before[0]:
            self.rows_changed.emit()
        if (state := self.state()) != self._state:
            self._state = state
            self.state_changed.emit(state)
        states = [self._row_state(row) for row in self._rows]
        if (self._count(), self._runs) != before:
            self.update()
        else:
            changed = {i for i, (new, old) in enumerate(zip(states, self._row_states, strict=False)) if new != old}
            self._outdated += sorted(changed - set(self._outdated))
        self._row_states = states

    def _count(self) -> int:
        """Number of rows: those of measures, and below them those of files that failed to load."""
        return len(self._rows) + len(self._broken)

    def _row_state(self, row: measure_table.Row) -> object:
        """All that the painting of a row depends on."""
        cells = tuple((cell.measured, cell.mark, cell.old) for cell in row.cells)
        lengths = tuple(len(line.x) for line in self._curves[row.metric.name])
        return row.metric, cells, lengths, end_of(self._lanes, self._desk.x_axis)

    def read_all(self) -> None:
        """Read the lanes and repaint everything."""
        self.read()
        self.update()

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.measures, view.status

    def refresh(self, view: View) -> None:
        """Repaint the rows that changed, a few at a time while something trains."""
        self.read()
        most = ROWS_AT_ONCE if self._desk.experiment.any_training else len(self._rows)
        for i in self._outdated[:most]:
            self.update(self.row_rect(i).toRect())
        del self._outdated[:most]

    def lanes(self) -> tuple[measure_table.Lane, ...]:
        """The lanes as shown, for a report."""
        self.read()
        return self._lanes

    def offer(self) -> Offer:
        """The table; people mean its numbers when they copy it."""
        return Offer("Measures", table=lambda: measure_table.csv_text(self.lanes()), is_table=True)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What is done with the row or cell at a place, or with the row of the keyboard."""
        spot = QPointF(-1, -1) if at is None else QPointF(self.mapFromGlobal(at))
        row = self._row if at is None else self._row_at(spot.y())
        if not 0 <= row < len(self._rows):
            return ()
        lane = next((i for i in range(len(self._lanes)) if self.cell_rect(row, i).contains(spot)), None)
        return row_acts(self, self._desk, self._rows[row], self._lanes, lane)

    # --- geometry ----------------------------------------------------------------------------------------------------

    def _restyle(self) -> None:
        self.read()  # the curves wear the colours of the theme
        self.rows_changed.emit()
        super()._restyle()

    def _row_px(self) -> int:
        beside = self._columns.left is not None
        return theme.px(ROW_PX) if beside else theme.px(TITLE_PX) + theme.px(VALUE_PX)

    def tall(self) -> int:
        """Height of head and rows, px."""
        return theme.px(HEAD_PX) + self._count() * self._row_px() + 1

    def row_of(self, name: str) -> QRect:
        """Area of the row of a measure; an invalid one where no lane has it."""
        row = next((i for i, row in enumerate(self._rows) if row.metric.name == name), -1)
        return QRect() if row < 0 else self.row_rect(row).toRect()

    def row_rect(self, row: int) -> QRectF:
        """Area of a row."""
        return QRectF(0, theme.px(HEAD_PX) + row * self._row_px(), self.width(), self._row_px())

    def title_rect(self, row: int) -> QRectF:
        """Area of the title and unit of a row."""
        area, left = self.row_rect(row), self._columns.left
        if left is not None:
            return QRectF(left.x, area.top(), left.width, area.height())
        x, wide = self._seen
        return QRectF(x + theme.px(8), area.top(), wide - theme.px(CURVE_PX) - theme.px(24), theme.px(TITLE_PX))

    def cell_rect(self, row: int, lane: int) -> QRectF:
        """Area of the value of one lane."""
        area, span = self.row_rect(row), self._columns.lanes[lane]
        top = area.top() + (0 if self._columns.left is not None else theme.px(TITLE_PX))
        return QRectF(span.x, top, span.width, area.bottom() - top)

    def curve_rect(self, row: int) -> QRectF:
        """Area of the chart of a row."""
        area, right = self.row_rect(row), self._columns.right
        if right is not None:
            return QRectF(right.x, area.top() + 4, right.width - theme.px(8), area.height() - 7)
        left = sum(self._seen) - theme.px(CURVE_PX) - theme.px(8)
        return QRectF(left, area.top() + 3, theme.px(CURVE_PX), theme.px(TITLE_PX) - 4)

    def _row_at(self, y: float) -> int:
        row = math.floor((y - theme.px(HEAD_PX)) / self._row_px())
        return row if 0 <= row < self._count() else -1

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.panel))
            head = QRectF(px(8) + (0 if self._columns.left is not None else self._seen[0]), 0, px(200), px(HEAD_PX))
            paint.text(painter, head, "Measures", "strong", colors.text)
            axis = "steps" if self._desk.x_axis == "step" else "seconds of training"
            over = QRectF(self.curve_rect(0).left(), 0, self.curve_rect(0).width(), px(HEAD_PX))
            paint.text(painter, over, f"over {axis}", "caption", colors.text_3)
            end = end_of(self._lanes, self._desk.x_axis)
            for i, row in enumerate(self._rows):
                area = self.row_rect(i)
                if not event.region().intersects(area.toRect()):
                    continue
                if i == self._row:
                    painter.fillRect(area, QColor(colors.card))
                painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), QColor(colors.line))
                self._paint_title(painter, i, row)
                self._paint_cells(painter, i, row)
                trail.draw(painter, self.curve_rect(i), self._curves[row.metric.name], end)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            for i, (label, why) in enumerate(self._broken, len(self._rows)):
                self._paint_broken(painter, self.row_rect(i), self.title_rect(i), label, why)

    def _paint_broken(self, painter: QPainter, area: QRectF, title: QRectF, label: str, why: str) -> None:
        colors = theme.current()
        painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), QColor(colors.line))
        paint.text(painter, title, label, "medium", colors.text_3)
        rest = area.adjusted(title.right(), 0, -theme.px(8), 0)
        if self._columns.left is None:
            rest = QRectF(title.left(), title.bottom(), self._seen[1] - theme.px(16), area.bottom() - title.bottom())
        paint.text(painter, rest, why, "caption", colors.text_3)

    def _paint_title(self, painter: QPainter, i: int, row: measure_table.Row) -> None:
        colors, metric, area = theme.current(), row.metric, self.title_rect(i)
        note = unit_note(metric)
        if self._columns.left is None:
            paint.text(painter, area, metric.title, "medium", colors.text)
            end = paint.wide(metric.title, "medium") + theme.px(9)
            rest = area.adjusted(end, 0, 0, 0)
            paint.text(painter, rest, note, "tick", colors.text_3)
            return
        line = theme.px(16) if note else area.height()
        top = area.top() + (theme.px(3) if note else 0)
        paint.text(painter, QRectF(area.left(), top, area.width(), line), metric.title, "medium", colors.text)
        if note:
            under = QRectF(area.left(), top + line - 1, area.width(), theme.px(14))
            paint.text(painter, under, note, "tick", colors.text_3)

    def _paint_cells(self, painter: QPainter, i: int, row: measure_table.Row) -> None:
        values = [abs(cell.measured.value) for cell in row.cells if cell.measured is not None]
        largest = max(values, default=0.0)
        for lane, cell in enumerate(row.cells):
            area = self.cell_rect(i, lane)
            if lane:
                line = QRectF(area.left() - GAP / 2, area.top() + 6, 1, area.height() - 12)
                painter.fillRect(line, QColor(theme.current().line))
            self._paint_cell(painter, area, row, lane, cell, largest)

    def _paint_cell(
        self,
        painter: QPainter,
        area: QRectF,
        row: measure_table.Row,
        lane: int,
        cell: measure_table.Cell,
        largest: float,
    ) -> None:
        colors, px, metric = theme.current(), theme.px, row.metric
        measured, right = cell.measured, area.left() + px(NUMBER_PX)
        number = QRectF(area.left() + px(18), area.top(), px(NUMBER_PX) - px(18), area.height() - 2)
        if measured is None:
            paint.text(painter, number, "—", "body", colors.text_3, paint.RIGHT)
            return
        best = cell.mark == "best"
        ink = colors.text_3 if cell.old else colors.text if best else colors.text_2
        words = numbers.telling(measured.value, metric.decimals)
        paint.text(painter, number, words, "best" if best else "body", ink, paint.RIGHT)
        if best:
            paint.icon(painter, "check", area.left() + px(10), number.center().y(), px(12), colors.ok)
        elif cell.mark == "level":
            sign = QRectF(area.left() + px(4), number.top(), px(12), number.height())
            paint.text(painter, sign, "≈", "body", colors.text_2, paint.CENTER)
        if metric.better and largest > 0:
            wide = max(2.0, px(BAR_PX) * abs(measured.value) / largest)
            bar = QRectF(right - wide, area.bottom() - 4, wide, 2)
            painter.fillRect(bar, QColor(colors.line_strong if cell.old else colors.lanes[self._runs[lane].slot]))
        rest = QRectF(right + px(6), area.top(), area.right() - right - px(8), area.height() - 2)
        if text := measured.interval(lambda number: numbers.telling(number, metric.decimals)):
            paint.text(painter, rest, text, "tick", colors.text_3)
            rest.setLeft(rest.left() + paint.wide(text, "tick") + px(8))
        if cell.old:
            words = paint.fitting(measure_table.origins(measured), "tick", rest.width())
            paint.text(painter, rest, words, "tick", colors.text_3, paint.RIGHT)
        elif measured.floor is not None:
            text = f"perfect {numbers.telling(measured.floor, metric.decimals)}"
            paint.text(painter, rest, text, "tick", colors.text_3, paint.RIGHT)

    # --- words -------------------------------------------------------------------------------------------------------

    def words_at(self, spot: QPointF) -> str:
        """The tooltip at a point."""
        row = self._row_at(spot.y())
        if row < 0:
            return ""
        if row >= len(self._rows):
            return ": ".join(self._broken[row - len(self._rows)])
        if self.curve_rect(row).contains(spot):
            return self._reading(row, spot.x())
        for lane in range(len(self._lanes)):
            if self.cell_rect(row, lane).contains(spot):
                return cell_words(self._rows[row], lane, self._lanes[lane])
        text = about(self._rows[row])
        return f"{text.title}: {self._desk.worded(text.text)}\n{text.footer}\n{more()}"

    def manual_place(self, spot: QPoint | None) -> str:
        """The place in the manual of the measure in a row; the arrow keys choose one."""
        text = self._help(self._row if spot is None else self._row_at(spot.y()))
        return "" if text is None else text.address

    def _reading(self, row: int, pixel_x: float) -> str:
        """Values of the lanes at a place of the chart, in words."""
        metric, axis = self._rows[row].metric, self._desk.x_axis
        x = trail.x_at(self.curve_rect(row), pixel_x, end_of(self._lanes, axis))
        words = reading(metric, self._lanes, self._curves[metric.name], x, axis)
        return f"{words}\nClick, or Enter: the whole chart."

    # --- input -------------------------------------------------------------------------------------------------------

    def _choose(self, row: int) -> None:
        if row != self._row:
            self._row = row
            self._desk.help(self._help(row))
            self.update()

    def _help(self, row: int) -> Help | None:
        if row < 0:
            return None
        if row < len(self._rows):
            return about(self._rows[row])
        label, why = self._broken[row - len(self._rows)]
        return Help(label, why, "Mend the file, then start the program again.")

    def _trail_at(self, spot: QPointF) -> int:
        """The row whose chart is there; -1 for none."""
        row = self._row_at(spot.y())
        return row if 0 <= row < len(self._rows) and self.curve_rect(row).contains(spot) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._row_at(event.position().y()))
        over = Qt.CursorShape.ArrowCursor if self._trail_at(event.position()) < 0 else Qt.CursorShape.PointingHandCursor
        if self.cursor().shape() != over:
            self.setCursor(over)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = self._trail_at(event.position()) if is_left else -1
        if self._pressed < 0:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, -1
        if 0 <= pressed < len(self._rows) and self._trail_at(event.position()) == pressed:
            self.trail_wanted.emit(self._rows[pressed].metric.name)

    def leaveEvent(self, event: QEvent) -> None:
        self._choose(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last, key = self._count() - 1, Qt.Key(event.key())
        if key in OPEN_KEYS and 0 <= self._row < len(self._rows):
            self.trail_wanted.emit(self._rows[self._row].metric.name)
            return
        target = {
            Qt.Key.Key_Up: max(0, self._row - 1),
            Qt.Key.Key_Down: min(last, self._row + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(key)
        if target is None or last < 0:
            super().keyPressEvent(event)
            return
        self._choose(target)
        self.setAccessibleDescription(self.spoken_value())
        accessible.value_changed(self)
        self.row_chosen.emit(self.row_rect(target).toRect())

    def spoken_value(self) -> str:
        """The row that the keyboard is on, for screen readers."""
        if not 0 <= self._row < len(self._rows):
            return "" if self._row < 0 else ": ".join(self._broken[self._row - len(self._rows)])
        return "; ".join(cell_words(self._rows[self._row], i, lane) for i, lane in enumerate(self._lanes))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        return show_tip(self, event, self.words_at) or super().event(event)
