"""The table below the lineup: a row per lane, a column per measure, the best value in bold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from core.metrics.base import METRICS
from core.probes.codes import TrainingCodesLook
from core.probes.held_out import HeldOutLook
from gui.desk.desk import Desk
from gui.drawing import icons, lane_shapes, numbers, paint, theme
from gui.widgets.painted import PaintedWidget, show_tip

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

Read = Callable[["Run", "View"], float | None]

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


def _test_value(name: str) -> Read:
    def read(run: Run, view: View) -> float | None:
        return view.tests.last(name)

    return read


def _hole_percent(run: Run, view: View) -> float | None:
    codes = view.looks.value(TrainingCodesLook)
    return None if codes is None else 100.0 * codes.hole_share


FIRST = (
    Column("Distortion", "nats", _test_value("distortion"), 1, -1, lambda run: run.model.no_rate),
    Column("Rate", "nats", _test_value("rate"), 1, 0, lambda run: run.model.no_rate),
    Column("−ELBO", "nats", _test_value("negative_elbo"), 1, -1, lambda run: run.model.no_rate),
)
MEASURED = ("proxy_fd", "coverage")
"""Names of the measures in the table, where they exist."""
LAST = (
    Column(
        "Hole share",
        "%",
        _hole_percent,
        1,
        -1,
        lambda run: "Holes are measured among codes: a GAN has no encoder.",
        "Share of 600 draws of the prior that lie where no training image has its code.",
    ),
    Column(
        "Speed",
        "steps/s",
        lambda run, view: view.status.steps_per_s or None,
        1,
        1,
        lambda run: "Paused.",
        "Steps of training in a second.",
    ),
)


def _measure_column(name: str) -> Column:
    metric = METRICS.get(name)

    def read(run: Run, view: View) -> float | None:
        measured = None if view.measures is None else view.measures.values.get(name)
        return None if measured is None else measured.value

    def why_not(run: Run) -> str:
        return metric.why_not(run.model, run.dataset)

    return Column(metric.title, metric.unit, read, metric.decimals, metric.better, why_not, metric.help)


class SummaryTable(PaintedWidget):
    """A painted table. A click on a column head sorts the lanes; a click on the title folds the table."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._open = True
        self._sorted: str = ""
        self._measured: tuple[str, ...] = ()
        self.columns: tuple[Column, ...] = (*FIRST, *LAST)
        self.setObjectName("compare")
        self.setAccessibleName("Compare")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        desk.opened.connect(self._find_measures)
        desk.lanes_changed.connect(self._restyle)
        desk.names.changed.connect(self.update)

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
        self.columns = (*FIRST, *(_measure_column(name) for name in self._measured), *LAST)

    def sizeHint(self) -> QSize:
        rows = len(self._desk.runs) if self._open else 0
        return QSize(theme.px(640), theme.px(HEAD_PX + ROW_PX * rows))

    def ask(self) -> None:
        """Ask every lane for held-out losses, training codes and measures; expensive ones only while nothing trains."""
        training = self._desk.experiment.any_training
        names = [name for name in self._measured if not (training and METRICS.get(name).expensive)]
        for run in self._desk.runs if self._open else ():
            run.ask(HeldOutLook())
            run.ask(TrainingCodesLook())
            run.ask_measures(names, self._desk.sampler, in_passing=True)

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.status, view.tests, view.looks.of(TrainingCodesLook), view.measures

    def refresh(self, view: View) -> None:
        """Repaint the values."""
        self.update()

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

    def _value(self, column: Column, run: Run) -> float | None:
        value = column.read(run, run.view)
        return value if value is not None and math.isfinite(value) else None

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        painter = QPainter(self)
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
        painter.end()

    def _paint_head(self, painter: QPainter, i: int, column: Column) -> None:
        colors, px = theme.current(), theme.px
        area = self._column_rect(i, -1).adjusted(0, 0, -px(8), 0)
        painter.setFont(theme.font("caption"))
        unit = painter.fontMetrics().horizontalAdvance(f" {column.unit}") if column.unit else 0
        if unit + painter.fontMetrics().horizontalAdvance(column.title) > area.width():
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
        best = (min(known) if column.better < 0 else max(known)) if known and column.better and len(known) > 1 else None
        largest = max((abs(value) for value in known), default=0.0)
        for row, run in enumerate(self._desk.runs):
            value = values[run]
            area = self._column_rect(i, row).adjusted(0, 0, -px(8), -2)
            words = "—" if value is None else numbers.number(value, column.decimals)
            role, ink = ("best", colors.text) if value is not None and value == best else ("body", colors.text_2)
            paint.text(painter, area, words, role, ink if value is not None else colors.text_3, paint.RIGHT)
            if value is not None and largest > 0 and column.better:
                wide = max(2.0, min(px(BAR_PX), area.width() - 4) * abs(value) / largest)
                bar = QRectF(area.right() - wide, area.bottom() - 2, wide, 2)
                painter.fillRect(bar, QColor(colors.lanes[run.slot]))

    # --- input -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
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
            return value is None, sign * (value or 0.0)

        self._sorted = column.title
        self._desk.order_lanes(sorted(self._desk.runs, key=key))

    def words_at(self, spot: QPointF) -> str:
        """The tooltip at a point."""
        column, row = self._at(spot)
        if 0 <= row < len(self._desk.runs) and column >= -1:
            run = self._desk.runs[row]
            if column < 0:
                return self._desk.names.of(run).long
            if self._value(self.columns[column], run) is not None:
                return ""
            return (self.columns[column].why_not(run) or NOT_YET) if run.view.status.step else NOT_YET
        return f"{self.columns[column].about} Click to sort the lanes." if row < 0 <= column else ""

    def event(self, event: QEvent) -> bool:
        return show_tip(self, event, self.words_at) or super().event(event)
