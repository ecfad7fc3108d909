"""The table below the lineup: a row per lane, a column per measure.

The best value is bold; an old one is grey, with its step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from core.metrics.base import METRICS
from core.probes.codes import TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.freshness import origin, present_of, step_forms
from gui.drawing import icons, lane_shapes, numbers, paint, theme
from gui.drawing.painting import painting
from gui.widgets.manual_places import more, set_place
from gui.widgets.offer import Act, Offer, csv_of
from gui.widgets.painted import PaintedWidget, show_tip

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


@dataclass(frozen=True)
class Value:
    """A number of a lane, and the step and sampler ("" if none) it was measured with."""

    number: float
    step: int
    sampler: str = ""


Read = Callable[["Run", "View"], Value | None]

HEAD_PX = 28
ROW_PX = 24
BAR_PX = 64
"""Length of the bar of the largest value in a column, px at text size 1."""
NOT_YET = "Not measured yet: train first."


@dataclass(frozen=True)
class Column:
    """A measure: how it is read from a view and printed, and which values are better (−1 low, +1 high, 0 neither)."""

    title: str
    unit: str
    read: Read
    decimals: int
    better: int
    why_not: Callable[[Run], str]
    about: str = "On 1,000 held-out test images."
    measure: str = ""  # its name among the measures


def _test_value(name: str) -> Read:
    def read(run: Run, view: View) -> Value | None:
        number, step = view.tests.last(name), view.tests.last("step")
        return None if number is None or step is None else Value(number, int(step))

    return read


def _hole_percent(run: Run, view: View) -> Value | None:
    """Of the codes or as Compare measured it, whichever is newer: both are one number, on the same draws.

    A model without codes has the measured one alone, counted among images.
    """
    measured = None if view.measures is None else view.measures.values.get("hole_share")
    answer = view.looks.of(TrainingCodesLook) if run.model.has_encoder else None
    if answer is not None and (measured is None or measured.step <= answer.step):
        return Value(100.0 * answer.value.hole_share, answer.step)
    return None if measured is None else Value(measured.value, measured.step)


def _why_no_rate(run: Run) -> str:
    return run.model.no_rate


FIRST = (
    Column("Distortion", "nats", _test_value("distortion"), 1, -1, _why_no_rate, measure="distortion"),
    Column("Rate", "nats", _test_value("rate"), 1, 0, _why_no_rate, measure="rate"),
    Column("−ELBO", "nats", _test_value("negative_elbo"), 1, -1, _why_no_rate, measure="negative_elbo"),
)
MEASURED = ("proxy_fd", "coverage")
"""Names of the measures in the table, where they exist."""
HOLES = Column(
    "Hole share",
    "%",
    _hole_percent,
    1,
    -1,
    lambda run: "" if run.model.has_encoder else "Without an encoder holes are counted by image: open Compare.",
    "Share of 2,500 draws of the prior that lie where no training image has its code; without an encoder, where no"
    " training image is near.",
    "hole_share",
)


def _speed_column(desk: Desk) -> Column:
    def read(run: Run, view: View) -> Value | None:
        speed = desk.speeds.of(run)
        return Value(speed, view.status.step) if speed else None

    return Column("Speed", "steps/s", read, 1, 1, lambda run: "Paused.", "Steps of training in a second.")


def _measure_column(name: str) -> Column:
    metric = METRICS.get(name)

    def read(run: Run, view: View) -> Value | None:
        measured = None if view.measures is None else view.measures.values.get(name)
        return None if measured is None else Value(measured.value, measured.step, measured.sampler)

    def why_not(run: Run) -> str:
        return metric.why_not(run.model, run.dataset)

    return Column(metric.title, metric.unit, read, metric.decimals, metric.better, why_not, metric.help, name)


class SummaryTable(PaintedWidget):
    """A painted table. A click on a column head sorts the lanes; a click on the title folds the table."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Summary table"))
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._open = True
        self._sorted: str = ""
        self._measured: tuple[str, ...] = ()
        self._last = (HOLES, _speed_column(desk))
        self.columns: tuple[Column, ...] = (*FIRST, *self._last)
        self.setObjectName("compare")
        self.setAccessibleName("Compare")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        desk.opened.connect(self._find_measures)
        desk.lanes_changed.connect(self._restyle)
        desk.sampler_changed.connect(self.update)
        desk.names.changed.connect(self.update)
        desk.speeds.changed.connect(self.update)

    def set_open(self, opened: bool) -> None:
        """Show the rows, or only the head."""
        self._open = opened
        self._restyle()

    def is_open(self) -> bool:
        """Whether the rows are shown."""
        return self._open

    def _restyle(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        super()._restyle()

    def _find_measures(self) -> None:
        self._measured = tuple(name for name in MEASURED if name in METRICS.names())
        self.columns = (*FIRST, *(_measure_column(name) for name in self._measured), *self._last)

    def sizeHint(self) -> QSize:
        rows = len(self._desk.runs) if self._open else 0
        return QSize(theme.px(640), theme.px(HEAD_PX + ROW_PX * rows))

    def ask(self) -> None:
        """Ask every lane for held-out losses, training codes and measures, and for the classifier that these need."""
        if self._open and self._desk.runs:
            self._desk.experiment.want_classifier()
        for run in self._desk.runs if self._open else ():
            run.ask(HeldOutLook())
            run.ask(TrainingCodesLook())
            run.ask_measures(self._measured, self._desk.sampler, "in passing")

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.status, view.tests, view.looks.of(TrainingCodesLook), view.measures

    def refresh(self, view: View) -> None:
        """Repaint the values."""
        self.update()

    def offer(self) -> Offer:
        """The table; people mean its numbers when they copy it."""
        return Offer("Compare", table=self._table, is_table=True)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What is done with the measure and the value at a place."""
        column, row = (-1, -1) if at is None else self._at(QPointF(self.mapFromGlobal(at)))
        if not self._open or column < 0:
            return ()
        shown, runs = self.columns[column], self._desk.runs
        value = self._value(shown, runs[row]) if 0 <= row < len(runs) else None

        def copy() -> None:
            if value is not None:
                QGuiApplication.clipboard().setText(f"{value.number:.9g}")
                self._desk.told.emit(f"{shown.title}: the value is copied.", "note")

        place = addresses.of_measure(shown.measure) if shown.measure else addresses.of_part("Summary table")
        what = Act(f"What is {shown.title}?", lambda: self._desk.manual_wanted.emit(place))
        if row < 0:
            return (what,)
        return what, Act(
            "Copy this value", copy, is_enabled=value is not None, why_not="" if value is not None else NOT_YET
        )

    def _table(self) -> str:
        """A row per lane: its name, its step, and every measure, empty where there is none."""
        runs = self._desk.runs
        steps = [run.view.status.step for run in runs]
        columns: dict[str, list[object]] = {"lane": [self._desk.names.of(run).full for run in runs], "step": [*steps]}
        for column in self.columns:
            values = [self._value(column, run) for run in runs]
            columns[f"{column.title} ({column.unit})" if column.unit else column.title] = [
                None if value is None else value.number for value in values
            ]
        return csv_of(columns)

    # --- geometry ----------------------------------------------------------------------------------------------------

    def _column_rect(self, column: int, row: int) -> QRectF:
        """Area of a cell. Column −1 is the lane's name, row −1 the head."""
        px = theme.px
        first = min(px(136), self.width() * 0.16)
        wide = (self.width() - first - px(12)) / len(self.columns)
        top = 0.0 if row < 0 else px(HEAD_PX) + row * px(ROW_PX)
        tall = px(HEAD_PX) if row < 0 else px(ROW_PX)
        if column < 0:
            return QRectF(0, top, first, tall)
        return QRectF(first + column * wide, top, wide, tall)

    def _at(self, point: QPointF) -> tuple[int, int]:
        row = -1 if point.y() < theme.px(HEAD_PX) else int((point.y() - theme.px(HEAD_PX)) // theme.px(ROW_PX))
        for column in range(-1, len(self.columns)):
            if self._column_rect(column, row).contains(point):
                return column, row
        return -2, row

    def _value(self, column: Column, run: Run) -> Value | None:
        value = column.read(run, run.view)
        return value if value is not None and math.isfinite(value.number) else None

    def _is_old(self, run: Run, value: Value) -> bool:
        return present_of(self._desk, run, run.view).is_old(value.step, value.sampler)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.panel))
            painter.fillRect(0, 0, self.width(), 1, QColor(colors.line))
            icon = "chevron-down" if self._open else "chevron-right"
            painter.drawPixmap(px(8), px(8), icons.pixmap(icon, 12, colors.text_2, self.devicePixelRatioF()))
            title = self._column_rect(-1, -1).adjusted(px(26), 0, 0, 0)
            paint.text(painter, title, "Compare", "strong", colors.text)
            if self._open or self.width() > px(700):
                for i, column in enumerate(self.columns):
                    self._paint_head(painter, i, column)
            if self._open:
                for row, run in enumerate(self._desk.runs):
                    self._paint_row(painter, row, run)
                for i, column in enumerate(self.columns):
                    self._paint_column(painter, i, column)

    def _paint_head(self, painter: QPainter, i: int, column: Column) -> None:
        colors, px = theme.current(), theme.px
        area = self._column_rect(i, -1).adjusted(0, 0, -px(8), 0)
        unit = math.ceil(paint.wide(f" {column.unit}", "caption")) if column.unit else 0
        if unit + paint.wide(column.title, "segment") > area.width():
            unit = 0
        if unit:
            paint.text(painter, area, column.unit, "caption", colors.text_3, paint.RIGHT)
        ink = colors.accent if self._sorted == column.title else colors.text_2
        paint.text(painter, area.adjusted(0, 0, -unit, 0), column.title, "segment", ink, paint.RIGHT)

    def _paint_row(self, painter: QPainter, row: int, run: Run) -> None:
        colors, px = theme.current(), theme.px
        area = self._column_rect(-1, row)
        painter.fillRect(QRectF(0, area.top(), self.width(), 1), QColor(colors.line))
        lane_shapes.paint(painter, run.slot, px(14), area.center().y(), px(9), colors.lanes[run.slot])
        name = area.adjusted(px(26), 0, 0, 0)
        called = self._desk.names.of(run)
        words = paint.fitting((called.full, called.brief), "strong", name.width() - px(4))
        paint.text(painter, name, words, "strong", colors.text)

    def _paint_column(self, painter: QPainter, i: int, column: Column) -> None:
        colors, px = theme.current(), theme.px
        values = {run: self._value(column, run) for run in self._desk.runs}
        known = [value for value in values.values() if value is not None]
        now = [
            value.number
            for run, value in values.items()
            if value is not None and not self._is_old(run, value) and run.view.status.step
        ]
        differ = len(set(now)) > 1  # else none is better than another
        best = (min(now) if column.better < 0 else max(now)) if column.better and differ else None
        largest = max((abs(value.number) for value in known), default=0.0)
        for row, run in enumerate(self._desk.runs):
            value = values[run]
            area = self._column_rect(i, row).adjusted(0, 0, -px(8), -2)
            if value is None:
                paint.text(painter, area, "—", "body", colors.text_3, paint.RIGHT)
                continue
            old = self._is_old(run, value)
            words = numbers.telling(value.number, column.decimals)
            role, ink = ("best", colors.text) if value.number == best and not old else ("body", colors.text_2)
            paint.text(painter, area, words, role, colors.text_3 if old else ink, paint.RIGHT)
            if old:
                area.setRight(area.right() - paint.wide(words, role) - px(6))
                since = paint.fitting(step_forms(value.step), "tick", area.width())
                paint.text(painter, area, since, "tick", colors.text_3, paint.RIGHT)
                area.setRight(self._column_rect(i, row).right() - px(8))
            if largest > 0 and column.better:
                wide = max(2.0, min(px(BAR_PX), area.width() - 4) * abs(value.number) / largest)
                bar = QRectF(area.right() - wide, area.bottom() - 2, wide, 2)
                painter.fillRect(bar, QColor(colors.line_strong if old else colors.lanes[run.slot]))

    # --- input -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        column, row = self._at(event.position())
        if row < 0 and column == -1:
            self.set_open(not self._open)
        elif row < 0 <= column and self._open:
            self._sort(column)
        elif 0 <= row < len(self._desk.runs):
            self._desk.select(self._desk.runs[row])

    def _sort(self, index: int) -> None:
        column = self.columns[index]
        sign = -1.0 if column.better > 0 else 1.0

        def key(run: Run) -> tuple[bool, float]:
            value = self._value(column, run)
            return value is None, 0.0 if value is None else sign * value.number

        self._sorted = column.title
        self._desk.order_lanes(sorted(self._desk.runs, key=key))

    def words_at(self, spot: QPointF) -> str:
        """The tooltip at a point."""
        column, row = self._at(spot)
        if 0 <= row < len(self._desk.runs) and column >= -1:
            run = self._desk.runs[row]
            if column < 0:
                return self._desk.names.of(run).long
            value = self._value(self.columns[column], run)
            if value is not None:
                return f"Of {origin(value.step, value.sampler)}." if self._is_old(run, value) else ""
            return (self.columns[column].why_not(run) or NOT_YET) if run.view.status.step else NOT_YET
        if row < 0 <= column:
            place = f"\n{more()}" if self.columns[column].measure else ""
            return f"{self._desk.worded(self.columns[column].about)} Click to sort the lanes.{place}"
        return ""

    def manual_place(self, spot: QPoint | None) -> str:
        """The place in the manual of the measure of a column."""
        column = -1 if spot is None else self._at(QPointF(spot))[0]
        name = self.columns[column].measure if column >= 0 else ""
        return addresses.of_measure(name) if name else ""

    def event(self, event: QEvent) -> bool:
        return show_tip(self, event, self.words_at) or super().event(event)
