"""Loss: the terms of a run over steps or seconds; the legend shows the current values."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.arrays import Doubles
from core.foundation.params import knobs
from core.probes.held_out import HeldOutLook
from gui.desk.desk import Desk
from gui.desk.lane_panel import LanePanel, register
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import painting
from gui.drawing.smoothing import nice_range, smoothed, thinned
from gui.lineup.loss_explorer import table_text
from gui.widgets.help_text import Help
from gui.widgets.label import Label
from gui.widgets.offer import Offer
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.foundation.history import Table
    from core.models.declarations import Chart, Level, Readout, Series


LINE_PX = 15
"""Height of a line of the legend, px at text size 1."""
LEGEND_MARGIN_PX = 7
"""Space above and below the legend together, px."""
OWN_AXIS = (3.0, 2.5)
"""A lane with so many times fewer steps (or seconds) than the longest gets an x axis of its own; the second number is
where it joins the others again."""
EDGE_PX = 6.0
"""Space at either end of the legend, px."""
SWATCH_PX = 14
"""Width of a swatch with the space after it, px."""
NAME_GAP_PX = 4
"""Space between name and value, px."""
NARROW_PX = 280
"""A narrower chart has the short names in its legend, px."""
NUMBERS_INTERVAL_S = 0.25
"""Shortest time between two changes of the numbers, s: faster ones could not be read."""


Entry = tuple[str, str, str, str]
"""An entry of the legend: kind of swatch (line, band, dash, none), colour, name, value."""


class LegendLayout:
    """Places (x, line) of the entries of a legend whose lines begin at ``left`` and end before ``right``, px."""

    def __init__(self, left: float, gap: int, short: dict[str, str], entries: list[Entry], right: float) -> None:
        self.short = short
        self.places: list[tuple[float, int]] = []
        x, line = left, 0
        for kind, _, name, value in entries:
            words = paint.wide(short.get(name, name), "caption") + NAME_GAP_PX + paint.wide(value, "caption_strong")
            wide = (0 if kind == "none" else SWATCH_PX) + words
            if x > left and x + wide > right:
                x, line = left, line + 1
            self.places.append((x, line))
            x += wide + gap
        self.lines = line + 1


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
        self.rename(desk.names.of(run).long)
        self.setToolTip("Double-click: explore the curves over the whole page")
        self._picture: chart.Picture | None = None
        self._legend: list[Entry] = []
        self._old: tuple[str, ...] = ()  # names of values that are old
        self._legend_at = 0.0
        self._drawn_to = 0.0
        self._has_own_axis = False
        self._axes = ((0.0, 1.0), (100.0, 200.0))
        self._smoothed: tuple[Table | None, float, dict[str, Doubles]] = (None, 0.0, {})
        self._backdrop, self._words = chart.Backdrop(), chart.Backdrop()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        desk.chart_changed.connect(self._redraw)
        theme.changes.changed.connect(self._redraw)

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"Loss of {name}")

    def enterEvent(self, event: QEnterEvent) -> None:
        shown = self.lane.model.chart
        if shown.about:
            self.desk.help(Help(self.accessibleName(), shown.about, self.toolTip(), shown.formula, self.lane.slot))

    def leaveEvent(self, event: QEvent) -> None:
        self.desk.help(None)

    def offer(self) -> Offer:
        """The curves, and the history of the run as a table."""
        return Offer(super().offer().title, table=lambda: table_text(self.lane, ","))

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        self.lane.ask(HeldOutLook())

    def _redraw(self) -> None:
        self._legend_at = 0.0
        self.refresh(self.lane.view)

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
        """Parts of the view that are drawn, and where the axes end, which other lanes move."""
        return view.history, view.tests, view.config, view.status.state, self._axes_now()

    def _axes_now(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Both ranges: the same object until either changes."""
        axes = self._x_range(), self._y_range(self.lane.model.chart)
        if axes != self._axes:
            self._axes = axes
        return self._axes

    def refresh(self, view: View) -> None:
        """Draw the newest rows if that moves a curve by a pixel or the numbers are due."""
        now = time.perf_counter()
        end = view.history.last(self.desk.x_axis) or 0.0
        is_last = view.status.state != "training"  # no other view will bring the numbers later
        numbers_due = is_last or now - self._legend_at >= NUMBERS_INTERVAL_S
        if not numbers_due and (end - self._drawn_to) * self.width() < max(end, 1.0):
            return
        self._drawn_to = end
        model, colors = self.lane.model, theme.current()
        about = model.chart
        points = max(40, (self.width() - 44) // 2)
        lane_now = present(view)
        lines, drawn_values, old = [], [], []
        legend: list[Entry] = []
        for series in about.series:
            x, y = self._values(view, series)
            if len(x):
                drawn_values.append(y[len(y) // 20 :])
                is_sampled = series.source == "test"
                lines.append(chart.Line(*thinned(x, y, points), self._color(series.style), is_sampled))
            value = numbers.number(float(y[-1]), about.decimals) if len(y) else "—"
            tested = view.tests.last("step") if series.source == "test" else None
            if tested is not None and lane_now.is_old(int(tested)):
                old.append(series.label)
            legend.append(("line", self._color(series.style), series.label, value))
        band = self._band(view, points, legend)
        weighed_at = self._weighed_at(view)
        for readout in model.readouts(view.config) if len(view.history) else ():
            values = view.history.column(readout.column)[view.history.column("step") > weighed_at][-200:]
            mean = smoothed(values, self.desk.smooth)
            words = numbers.number(float(mean[-1]), readout.decimals) if len(mean) else "—"
            legend.append(("none", colors.text_3, readout.label, words))
        level = None
        if (declared := model.level(view.config)) is not None:
            if len(view.history):  # else the line would cross "No steps yet" out
                level = declared.value, colors.text_2
            legend.append(("dash", colors.text_2, declared.label, f"{declared.value:.3f}"))
        lines.reverse()  # the first series lies on top
        if numbers_due or self._picture is None:
            self._update_span(about.family, drawn_values)
        x_range, note = self._x_range(), "its own axis" if self._has_own_axis else ""
        self._picture = chart.Picture(x_range, self._y_range(about), tuple(lines), band, level, note)
        if numbers_due:
            self._legend_at, self._legend, self._old = now, legend, tuple(old)
        self.update()

    @staticmethod
    def _weighed_at(view: View) -> int:
        """The step after which the objective is one quantity; a learning rate changes how it falls, not what it is."""
        weights = {each.name for each in knobs(type(view.config)) if not each.param.pace}
        return max((step for name, step in view.turned_at.items() if name in weights), default=-1)

    def _band(self, view: View, points: int, legend: list[Entry]) -> chart.Band | None:
        about = self.lane.model.chart
        if about.band is None or not len(view.history):
            return None
        low, high, name = about.band
        color = theme.current().rate_band()
        x = view.history.column(self.desk.x_axis)
        bottom, top = self._smooth(view, low), self._smooth(view, high)
        legend.append(("band", color, name, numbers.number(float(top[-1] - bottom[-1]), 1)))
        every = max(1, len(x) // points)
        keep = np.r_[np.arange(0, len(x) - 1, every), len(x) - 1]
        return chart.Band(x[keep], bottom[keep], top[keep], color)

    def _x_range(self) -> tuple[float, float]:
        ends = {run: run.view.history.last(self.desk.x_axis) or 0.0 for run in self.desk.runs}
        end, longest = ends.get(self.lane, 0.0), max([*ends.values(), 1.0])
        self._has_own_axis = 0 < end * OWN_AXIS[self._has_own_axis] <= longest
        return 0.0, chart.axis_end(end if self._has_own_axis else longest)

    def _update_span(self, family: str, drawn_values: list[Doubles]) -> None:
        """Set the y range of this lane's curves, from which all charts of the family take a common range."""
        values = np.concatenate([y[np.isfinite(y)] for y in drawn_values]) if drawn_values else np.empty(0)
        spans = self.desk.chart_spans.setdefault(family, {})
        if len(values):
            low, high = np.percentile(values, [1, 99])
            spans[self.lane] = (float(low), float(high))
        else:
            spans.pop(self.lane, None)

    def _y_range(self, about: Chart) -> tuple[float, float]:
        spans = self.desk.chart_spans.get(about.family, {})
        open_spans = [span for run, span in spans.items() if run in self.desk.runs]
        if about.from_zero_to is not None:
            return 0.0, chart.axis_end(max([about.from_zero_to, *(high * 1.05 for _, high in open_spans)]), 1.1)
        if not open_spans:
            return 100.0, 200.0
        return nice_range(min(low for low, _ in open_spans), max(high for _, high in open_spans))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.desk.explored.emit(self.lane)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            picture = self._picture or chart.Picture((0.0, 1.0), (100.0, 200.0))
            layout = self._legend_layout()
            strip = QSize(self.width(), round(layout.lines * theme.px(LINE_PX) + LEGEND_MARGIN_PX))
            area = QRectF(self.rect()).adjusted(1, strip.height() + 2, -1, -1)
            empty = not len(self.lane.view.history)

            def paint_background(under: QPainter) -> None:
                colors = theme.current()
                under.fillRect(self.rect(), QColor(colors.window))
                paint.box(under, self.rect(), 4, colors.plot, colors.line)
                chart.paint_grid(under, area, picture)
                if empty:
                    paint.text(under, self.rect(), "No steps yet", "caption", colors.text_3, paint.CENTER)

            ratio, key = self.devicePixelRatioF(), (picture.x_range, picture.y_range, picture.note, empty, layout.lines)
            painter.drawPixmap(0, 0, self._backdrop.pixmap(key, self.size(), ratio, paint_background))
            words = functools.partial(self._paint_legend, layout=layout)
            painter.drawPixmap(0, 0, self._words.pixmap((tuple(self._legend), self._old), strip, ratio, words))
            chart.paint(painter, area, picture)

    def _short_names(self) -> dict[str, str]:
        model, config = self.lane.model, self.lane.view.config
        level = model.level(config)
        declared: list[Series | Readout | Level] = [
            *model.chart.series,
            *model.readouts(config),
            *([] if level is None else [level]),
        ]
        return {each.label: each.short for each in declared if each.short}

    def _legend_layout(self) -> LegendLayout:
        """Where the entries of the legend stand. Too wide a legend begins at the edge, then has short names, then more
        lines."""
        names = self._short_names()
        tries: list[tuple[float, int, dict[str, str]]] = [(chart.LEFT, 10, names), (EDGE_PX, 5, names)]
        if self.width() >= NARROW_PX:
            tries = [(chart.LEFT, 10, {}), (EDGE_PX, 5, {}), *tries]
        for left, gap, short in tries:
            layout = LegendLayout(left, gap, short, self._legend, self.width() - EDGE_PX)
            if layout.lines == 1:
                break
        return layout

    def _paint_legend(self, painter: QPainter, layout: LegendLayout) -> None:
        colors, tall = theme.current(), theme.px(LINE_PX)
        for (kind, color, name, value), (x, line) in zip(self._legend, layout.places, strict=True):
            top = LEGEND_MARGIN_PX / 2 + line * tall
            middle = top + tall / 2
            if kind == "dash":
                painter.setPen(QPen(QColor(color), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, middle), QPointF(x + 10, middle))
            elif kind != "none":
                high = 8 if kind == "band" else 2
                painter.fillRect(QRectF(x, middle - high / 2, 10, high), QColor(color))
            x += SWATCH_PX if kind != "none" else 0
            for role, ink, words in (
                ("caption", colors.text_2, layout.short.get(name, name)),
                ("caption_strong", colors.text_3 if name in self._old else colors.text, value),
            ):
                wide = paint.wide(words, role)
                paint.text(painter, QRectF(x, top, wide + 2, tall), words, role, ink)
                x += wide + NAME_GAP_PX

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
        axis.setObjectName("chart axis")
        axis.set_value(desk.x_axis)
        axis.chosen.connect(lambda key: desk.set_chart(x_axis=key))
        smooth = SpinField(float, 0.0, 0.99, decimals=2, step=0.05)
        smooth.setObjectName("smooth")
        smooth.setToolTip("Exponential mean of the curves; 0 shows every step")
        smooth.set_value(desk.smooth)
        smooth.setFixedWidth(theme.px(56))
        smooth.edited.connect(lambda value: desk.set_chart(smooth=value))
        return [axis, Label("Smooth", "caption", "text_3"), smooth]
