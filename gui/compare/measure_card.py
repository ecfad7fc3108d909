"""The history of one measure in a card over the page: a curve per lane to zoom, pan and read."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QWidget

from core.metrics.base import METRICS, Metric
from core.text import addresses
from gui.compare.measure_curves import Axis, curves, end_of, place_words
from gui.compare.measure_table import MeasureTable
from gui.compare.measure_words import lanes_of, unit_note
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.drawing.chart import Line
from gui.drawing.smoothing import nice_range
from gui.plots.chart import Chart, nearest
from gui.plots.legend import Entry
from gui.plots.link import Range
from gui.widgets import focus, layouts
from gui.widgets.buttons import LinkButton
from gui.widgets.floating_card import FloatingCard
from gui.widgets.key_hints import Hint
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.offer import Offer, csv_of

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.measure_table import Lane
    from core.engine.run import Run

CHART_PX = (720, 360)
"""Width and height of the chart where there is room, px at text size 1."""
AROUND_PX = (64, 140)
"""What the page is wider and higher than the chart at least, px at text size 1."""


class MeasureCard(FloatingCard):
    """Opens where the table of measures asks for it, over the page, and follows new values until it is closed.

    The chart is made when the card is opened first: pyqtgraph must not be imported before the window is painted.
    """

    def __init__(self, desk: Desk, table: MeasureTable, page: QWidget) -> None:
        super().__init__("", page)
        self._desk, self._table, self._page = desk, table, page
        self.run: Run | None = None
        self.hz = 4.0
        self.measure: type[Metric] | None = None
        self.chart: Chart | None = None
        self._lanes: tuple[Lane, ...] = ()
        self._lines: list[Line] = []
        self._axis: Axis = desk.x_axis
        self._note = Label("", "caption", "text_3")
        more = named(LinkButton("More"), "measure more")
        Hint(more, "The manual says how it is computed.", "open_more")
        more.clicked.connect(lambda: desk.manual_wanted.emit(self.manual_place(None)))
        self.body.addLayout(layouts.row(self._note, layouts.STRETCH, more))
        self.setObjectName("measure card")
        table.trail_wanted.connect(self.open_measure)
        self.displaced.connect(lambda _: self._place())
        changes = (desk.lanes_changed, desk.dataset_changed, desk.chart_changed, desk.sampler_changed)
        for signal in (*changes, desk.names.changed):
            signal.connect(self.read)
        desk.restarted.connect(self._fit)

    def manual_place(self, spot: QPoint | None) -> str:
        """The place of the measure in the manual."""
        return "" if self.measure is None else addresses.of_measure(self.measure.name)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def open_measure(self, name: str) -> None:
        """Show the history of a measure, and give its chart the keyboard."""
        self._desk.make_way()
        by_keyboard = focus.has_ring(self._table)
        self.measure = METRICS.get(name)
        self.set_title(self.measure.title)
        chart = self._make_chart()
        chart.setAccessibleName(f"{self.measure.title} of every lane")
        chart.link.point(None)
        chart.fit()
        self._place()
        self.read()
        reason = Qt.FocusReason.ShortcutFocusReason if by_keyboard else Qt.FocusReason.OtherFocusReason
        chart.setFocus(reason)

    def _make_chart(self) -> Chart:
        if self.chart is None:
            self.chart = Chart("", place_words=lambda _: self._places())
            self.chart.link.pointed.connect(self._show_legend)
            self.body.addWidget(self.chart)
        return self.chart

    def _place(self) -> None:
        """Take the size that the page has room for, beside the row of the measure."""
        if self.chart is None or self.measure is None:
            return
        (wide, tall), (beside, above) = (tuple(map(theme.px, each)) for each in (CHART_PX, AROUND_PX))
        room = self._page.size()
        size = QSize(min(wide, room.width() - beside), min(tall, room.height() - above)).expandedTo(QSize(120, 80))
        self.chart.setFixedSize(size)
        self.open_beside(self._table, self._page, [], self._table.row_of(self.measure.name))

    def _restyle(self) -> None:
        super()._restyle()
        if self.isVisible():
            self._place()
            self.read()

    def _fit(self) -> None:
        if self.chart is not None:
            self.chart.fit()

    # --- data --------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """The table below asks for the measures."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.measures, view.status

    def refresh(self, view: View) -> None:
        """Draw the newest values."""
        self.read()

    def read(self) -> None:
        """Read the measure of every lane. Closes the card where no lane has it any more."""
        chart, metric = self.chart, self.measure
        if chart is None or metric is None or not self.isVisible():
            return
        if not self._table.row_of(metric.name).isValid():
            self.close_card()
            return
        runs, axis = self._desk.runs, self._desk.x_axis
        self._lanes = lanes_of(runs, [self._desk.names.of(run).full for run in runs], self._desk.sampler)
        self._lines = curves(metric.name, runs, self._lanes, axis)
        if axis != self._axis:
            self._axis = axis
            chart.fit()  # a range of steps is none of seconds
        over = "steps" if axis == "step" else "seconds of training"
        self._note.setText(" · ".join(part for part in (unit_note(metric), f"over {over}") if part))
        is_empty = not any(len(line.x) for line in self._lines)
        chart.set_home((0.0, end_of(self._lanes, axis)), self._span())
        chart.show_lines(self._lines, empty="Nothing measured yet" if is_empty else "")
        self._show_legend()

    def _span(self) -> Range:
        values = np.concatenate([line.y for line in self._lines]) if self._lines else np.empty(0)
        return nice_range(float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)

    def _show_legend(self) -> None:
        """The newest value of every lane, or those at the pointer."""
        chart, metric = self.chart, self.measure
        if chart is None or metric is None:
            return
        entries = []
        for lane, line in zip(self._lanes, self._lines, strict=True):
            words, is_old = "—", False
            if len(line.x) and chart.link.pointer is not None:
                words = numbers.telling(float(line.y[nearest(line.x, chart.link.pointer)]), metric.decimals)
            elif len(line.x):
                measured = lane.measures.values.get(metric.name) if lane.measures is not None else None
                words = numbers.telling(float(line.y[-1]), metric.decimals)
                is_old = measured is not None and lane.is_old(measured)
            entries.append(Entry("line", line.color, lane.name, words, is_old))
        brief = {self._desk.names.of(run).full: self._desk.names.of(run).brief for run in self._desk.runs}
        chart.set_legend(entries, brief)

    def _places(self) -> str:
        """The steps or seconds at which the values that are read were measured: those nearest to the pointer."""
        at = None if self.chart is None else self.chart.link.pointer
        if at is None:
            return ""
        places = sorted({float(line.x[nearest(line.x, at)]) for line in self._lines if len(line.x)})
        words = [place_words(place, self._axis) for place in places]
        if len(words) > 1 and self._axis == "step":
            return f"steps {', '.join(word.removeprefix('step ') for word in words)}"
        return ", ".join(words)

    def offer(self) -> Offer | None:
        """The card, and the values that are in sight as a table."""
        metric = self.measure
        if metric is None:
            return None
        return Offer(f"{metric.title} over training", table=functools.partial(self._values, metric.name))

    def _values(self, name: str) -> str:
        assert self.chart is not None
        left, right = self.chart.x_range
        seen = [(line.x >= left) & (line.x <= right) for line in self._lines]
        lanes = [lane.name for lane, rows in zip(self._lanes, seen, strict=True) for _ in range(int(rows.sum()))]
        places = [line.x[rows] for line, rows in zip(self._lines, seen, strict=True)]
        values = [line.y[rows] for line, rows in zip(self._lines, seen, strict=True)]
        return csv_of({"lane": lanes, self._axis: np.concatenate(places), name: np.concatenate(values)})
