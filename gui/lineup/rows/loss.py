"""Loss: the terms of a run over steps or seconds; the legend shows the current values."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.arrays import Doubles
from core.foundation.params import knobs
from core.probes.held_out import HeldOutLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.lane_panel import LanePanel, register
from gui.drawing import chart, numbers, theme
from gui.drawing.smoothing import SMOOTH, nice_range, smoothed, span
from gui.lineup.loss_explorer import place_words, table_text
from gui.lineup.smooth_field import SmoothField, smooth_act
from gui.plots.chart import Band, Chart, Level, nearest
from gui.plots.legend import Entry
from gui.widgets import layouts
from gui.widgets.help_text import Help
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.offer import Act, Offer
from gui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.reel import Moment
    from core.engine.run import Run
    from core.foundation.history import Table
    from core.models.declarations import Chart as ChartOf
    from core.models.declarations import Level as LevelOf
    from core.models.declarations import Readout, Series


OWN_AXIS = (3.0, 2.5)
"""A lane with so many times fewer steps (or seconds) than the longest gets an x axis of its own; the second number is
where it joins the others again."""
NUMBERS_INTERVAL_S = 0.25
"""Shortest time between two changes of the numbers, s: faster ones could not be read."""


@register("loss")
class Loss(LanePanel):
    """One chart. Charts of one family share their y range, all charts share their x range."""

    title = "Loss"
    note = "lower is better"
    icon = "rows-curve"
    order = 10
    hz = 8.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.plot = Chart("", link=desk.loss_link, place_words=lambda x: place_words(desk, x))
        layouts.column((self.plot, 1), margins=layouts.NO_MARGINS, on=self)
        self.setFocusProxy(self.plot)
        self.plot.opened.connect(lambda: desk.explored.emit(self.lane))
        self.plot.link.pointed.connect(self._show_legend)
        self.rename(desk.names.of(run).long)
        self.setToolTip("Wheel: zoom. Drag: pan. Double-click: explore the curves over the whole page")
        self._legend: list[Entry] = []
        self._legend_at = 0.0
        self._drawn_to = 0.0
        self._marked: Moment | None = None
        self._has_own_axis = False
        self._axes = ((0.0, 1.0), (100.0, 200.0))
        self._smoothed: tuple[Table | None, float, dict[str, Doubles]] = (None, 0.0, {})
        desk.chart_changed.connect(self._redraw)
        theme.changes.changed.connect(self._redraw)

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"Loss of {name}")
        self.plot.setAccessibleName(f"Loss of {name}")

    def enterEvent(self, event: QEnterEvent) -> None:
        shown = self.lane.model.chart
        if shown.about:
            words, place = self.accessibleName(), addresses.of_model(self.lane.model_name)
            self.desk.help(Help(words, shown.about, self.toolTip(), shown.formula, self.lane.slot, place))

    def leaveEvent(self, event: QEvent) -> None:
        self.desk.help(None)

    def offer(self) -> Offer:
        """The curves as they are drawn, and the history of the run."""
        return Offer(
            super().offer().title,
            table=lambda: self.plot.table(self.desk.x_axis),
            whole=lambda: table_text(self.lane, ","),
            acts=(
                smooth_act(self.desk),
                Act("Explore over the whole page", lambda: self.desk.explored.emit(self.lane)),
            ),
        )

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        self.lane.ask(HeldOutLook())

    def _redraw(self) -> None:
        self._legend_at = 0.0
        self.refresh(self.lane.live_view)

    # --- data --------------------------------------------------------------------------------------------------------

    def _color(self, style: str) -> str:
        colors = theme.current()
        return colors.lanes[self.lane.slot] if style == "lane" else colors.text

    def _smooth(self, view: View, column: str) -> Doubles:
        """A smoothed column of the history (N,), cached: lines and band of one picture share it."""
        table, smooth, columns = self._smoothed
        if table is not view.history or smooth != self.desk.smooth:
            columns = {}
            self._smoothed = view.history, self.desk.smooth, columns
        if column not in columns:
            columns[column] = smoothed(view.history.column(column), self.desk.smooth)
        return columns[column]

    def _values(self, view: View, series: Series) -> tuple[Doubles, Doubles]:
        table = view.history if series.source == "train" else view.tests
        if not len(table):
            return np.empty(0), np.empty(0)
        x, y = table.column(self.desk.x_axis), table.column(series.column)
        if series.source == "train":
            return x, self._smooth(view, series.column)
        trained = table.column("step") > 0  # before the first step there is nothing to compare with
        return x[trained], y[trained]

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the newest view that are drawn, where the axes end, which other lanes move, and the moment that is
        looked back at."""
        view = self.lane.live_view
        return self.lane.moment, view.history, view.tests, view.config, view.status.state, self._axes_now()

    def _axes_now(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Both ranges: the same object until either changes."""
        axes = self._x_range(), self._y_range(self.lane.model.chart)
        if axes != self._axes:
            self._axes = axes
        return self._axes

    def refresh(self, view: View) -> None:
        """Draw the newest rows if that moves a curve by a pixel or the numbers are due: a chart does not look back, but
        marks the moment."""
        view, now = self.lane.live_view, time.perf_counter()
        end = view.history.last(self.desk.x_axis) or 0.0
        is_last = view.status.state != "training"  # no other view will bring the numbers later
        numbers_due = is_last or now - self._legend_at >= NUMBERS_INTERVAL_S
        moves = self.lane.moment is not self._marked or (end - self._drawn_to) * self.width() >= max(end, 1.0)
        if not (numbers_due or moves):
            return
        self._drawn_to, self._marked = end, self.lane.moment
        model, colors = self.lane.model, theme.current()
        about = model.chart
        lane_now = present(view)
        lines, drawn_values, smooth = [], [], self.desk.smooth >= SMOOTH
        legend: list[Entry] = []
        for series in about.series:
            x, y = self._values(view, series)
            if len(x):
                drawn_values.append(y[len(y) // 20 :])
                lines.append(chart.Line(x, y, self._color(series.style), series.source == "test", series.label, smooth))
            value = numbers.number(float(y[-1]), about.decimals) if len(y) else "—"
            tested = view.tests.last("step") if series.source == "test" else None
            is_old = tested is not None and lane_now.is_old(int(tested))
            legend.append(Entry("line", self._color(series.style), series.label, value, is_old))
        band = self._band(view, legend)
        weighed_at = self._weighed_at(view)
        for readout in model.readouts(view.config) if len(view.history) else ():
            values = view.history.column(readout.column)[view.history.column("step") > weighed_at][-200:]
            mean = smoothed(values, self.desk.smooth)
            words = numbers.number(float(mean[-1]), readout.decimals) if len(mean) else "—"
            legend.append(Entry("none", colors.text_3, readout.label, words))
        level = None
        if (declared := model.level(view.config)) is not None:
            if len(view.history):  # else the line would cross "No steps yet" out
                level = Level(declared.value, colors.text_2)
            legend.append(Entry("dash", colors.text_2, declared.label, f"{declared.value:.3f}"))
        if numbers_due or not self._legend:
            self._update_span(about.family, drawn_values)
            self._legend_at, self._legend = now, legend
        self.plot.family = about.family
        x_range, note = self._x_range(), "its own axis" if self._has_own_axis else ""
        self.plot.set_home(x_range, self._y_range(about))
        self.plot.show_lines(lines, band, level, note, "" if len(view.history) else "No steps yet")
        self.plot.mark(math.nan if (moment := self.lane.moment) is None else moment.on(self.desk.x_axis))
        self._show_legend()

    def _show_legend(self) -> None:
        """The newest values, or those at the pointer."""
        at, entries = self.plot.link.pointer, self._legend
        if at is not None and len(self.lane.live_view.history):
            entries = [self._read(entry, at) for entry in entries]
        self.plot.set_legend(entries, self._short_names())

    def _read(self, entry: Entry, at: float) -> Entry:
        """An entry with its value at the pointer, or a dash where its curve has none."""
        view, about = self.lane.live_view, self.lane.model.chart
        for series in about.series:
            if series.label == entry.name:
                return self._with_value(entry, *self._values(view, series), at, about.decimals)
        x = view.history.column(self.desk.x_axis)
        if about.band is not None and entry.name == about.band[2]:
            low, high, _ = about.band
            return self._with_value(entry, x, self._smooth(view, high) - self._smooth(view, low), at, 1)
        for readout in self.lane.model.readouts(view.config):
            if readout.label == entry.name:
                return self._with_value(entry, x, self._smooth(view, readout.column), at, readout.decimals)
        return entry  # a level is the same everywhere

    def _with_value(self, entry: Entry, x: Doubles, y: Doubles, at: float, decimals: int) -> Entry:
        words = numbers.number(float(y[nearest(x, at)]), decimals) if self.plot.reaches(x, at) else "—"
        return dataclasses.replace(entry, value=words, is_old=False)

    @staticmethod
    def _weighed_at(view: View) -> int:
        """The step after which the objective is one quantity; a learning rate changes how it falls, not what it is."""
        weights = {each.name for each in knobs(type(view.config)) if not each.param.pace}
        return max((step for name, step in view.turned_at.items() if name in weights), default=-1)

    def _band(self, view: View, legend: list[Entry]) -> Band | None:
        about = self.lane.model.chart
        if about.band is None or not len(view.history):
            return None
        low, high, name = about.band
        color = theme.current().rate_band()
        bottom, top = self._smooth(view, low), self._smooth(view, high)
        legend.append(Entry("band", color, name, numbers.number(float(top[-1] - bottom[-1]), 1)))
        return Band(view.history.column(self.desk.x_axis), bottom, top, color)

    def _x_range(self) -> tuple[float, float]:
        ends = {run: run.live_view.history.last(self.desk.x_axis) or 0.0 for run in self.desk.runs}
        end, longest = ends.get(self.lane, 0.0), max([*ends.values(), 1.0])
        self._has_own_axis = 0 < end * OWN_AXIS[self._has_own_axis] <= longest
        return 0.0, chart.axis_end(end if self._has_own_axis else longest)

    def _update_span(self, family: str, drawn_values: list[Doubles]) -> None:
        """Set the y range of this lane's curves, from which all charts of the family take a common range."""
        found = span(np.concatenate(drawn_values)) if drawn_values else None
        spans = self.desk.chart_spans.setdefault(family, {})
        if found is None:
            spans.pop(self.lane, None)
        else:
            spans[self.lane] = found

    def _y_range(self, about: ChartOf) -> tuple[float, float]:
        spans = self.desk.chart_spans.get(about.family, {})
        open_spans = [each for run, each in spans.items() if run in self.desk.runs]
        if about.from_zero_to is not None:
            return 0.0, chart.axis_end(max([about.from_zero_to, *(high * 1.05 for _, high in open_spans)]), 1.1)
        if not open_spans:
            return 100.0, 200.0
        return nice_range(min(low for low, _ in open_spans), max(high for _, high in open_spans))

    def _short_names(self) -> dict[str, str]:
        model, config = self.lane.model, self.lane.live_view.config
        level = model.level(config)
        declared: list[Series | Readout | LevelOf] = [
            *model.chart.series,
            *model.readouts(config),
            *([] if level is None else [level]),
        ]
        return {each.label: each.short for each in declared if each.short}

    @classmethod
    def live_note(cls, desk: Desk) -> str:
        """The unit, which mean the numbers of training batches are, and what to wish for in the lanes there are."""
        last = round(1 / (1 - desk.smooth))
        mean = f"mean of about {last} batches" if last > 1 else "of the last batch"
        balanced = {run.model.short: run.model.level(run.view.config) is not None for run in desk.runs}
        aim = cls.note
        if any(balanced.values()):
            games = " and ".join(name for name, is_game in balanced.items() if is_game)
            aim = "balance is the aim" if all(balanced.values()) else f"{aim}, but balance for {games}"
        return f"nats, {mean}; {aim}"

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """Steps or seconds, and the smoothing."""
        axis = Segmented([("step", "Steps"), ("seconds", "Seconds")], small=True)
        named(axis, "chart axis", "Charts over steps or seconds")
        axis.set_value(desk.x_axis)
        axis.chosen.connect(lambda key: desk.set_chart(x_axis=key))
        return [axis, Label("Smooth", "caption", "text_3"), SmoothField(desk)]
