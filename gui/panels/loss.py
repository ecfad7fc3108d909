"""Loss: the run's own terms over steps or seconds, drawn by pyqtgraph; the legend carries the live values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.curves import nice_range, smoothed, thinned
from gui.desk import Desk
from gui.panels.base import LanePanel, register
from gui.widgets import numbers, paint
from gui.widgets.label import Label
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.board import View
    from core.models.base import Series
    from core.run import Run

Column = npt.NDArray[np.float64]

LEGEND_PX = 22
RANGES: dict[str, dict[int, tuple[float, float]]] = {}


class _Axis(pg.AxisItem):
    """Labels only: no line, no ticks; 2.5k for thousands."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.setStyle(tickLength=0, showValues=True)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.orientation == "bottom":
            return [numbers.short(value) for value in values]
        decimals = 0 if spacing >= 1 else 1 if spacing >= 0.1 else 2
        return [
            numbers.short(value) if abs(value) >= 10_000 else numbers.number(value, decimals).replace(",", "")
            for value in values
        ]

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        span = high - low
        wanted = 4 if self.orientation == "bottom" else 5 if size > 110 else 4
        raw = span / max(1, wanted)
        if not np.isfinite(raw) or raw <= 0:
            return []
        power = 10 ** np.floor(np.log10(raw))
        step = float(min((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999), default=10 * power))
        first = np.ceil(low / step - 1e-9) * step
        return [(step, [float(v) for v in np.arange(first, high + step * 1e-6, step)])]


@register("loss")
class Loss(LanePanel):
    """One chart. Charts of the same family share their y range."""

    title = "Loss"
    note = "nats; lower is better for AE and VAE, balance for GAN"
    icon = "rows-curve"
    order = 10
    parts = ("history", "tests", "config")
    hz = 15.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.setAccessibleName(f"Loss of {run.title}")
        self._legend: list[tuple[str, str, str, str]] = []  # kind, colour, name, value
        self._legend_at = 0.0
        self._plot = pg.PlotWidget(axisItems={"left": _Axis("left"), "bottom": _Axis("bottom")}, background=None)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setFrameStyle(0)
        self._plot.setStyleSheet("background: transparent; border: 0")
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setMouseEnabled(False, False)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        item = self._plot.getPlotItem()
        item.showGrid(y=True, alpha=1.0)
        item.layout.setContentsMargins(0, 0, 8, 0)
        item.getAxis("left").setWidth(36)
        item.getAxis("bottom").setHeight(18)
        item.getViewBox().setDefaultPadding(0)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, LEGEND_PX, 1, 1)
        inside.addWidget(self._plot)
        self._items: dict[str, Any] = {}
        self._band: Any = None
        self._build()
        desk.chart_changed.connect(self._again)
        theme.changes.changed.connect(self._restyle)

    # --- items -------------------------------------------------------------------------------------------------------

    def _color(self, style: str) -> str:
        colors = theme.current()
        return colors.lanes[self.lane.slot] if style == "lane" else colors.text

    def _build(self) -> None:
        chart = self.lane.model.chart
        if chart.band is not None:
            low, high = pg.PlotCurveItem(), pg.PlotCurveItem()
            self._band = pg.FillBetweenItem(low, high, brush=QColor(theme.current().band(self.lane.slot)))
            self._band.setZValue(-10)
            self._plot.addItem(self._band)
            self._items["band low"], self._items["band high"] = low, high
        if chart.level is not None:
            self._items["level"] = pg.InfiniteLine(chart.level[0], angle=0)
            self._plot.addItem(self._items["level"])
        for series in reversed(chart.series):
            curve = pg.PlotCurveItem(antialias=True)
            self._items[_key(series)] = curve
            self._plot.addItem(curve)
        self._restyle()

    def _restyle(self) -> None:
        colors, chart = theme.current(), self.lane.model.chart
        for series in chart.series:
            self._items[_key(series)].setPen(pg.mkPen(self._color(series.style), width=1))
        if self._band is not None:
            self._band.setBrush(QColor(colors.band(self.lane.slot)))
        if "level" in self._items:
            pen = pg.mkPen(colors.text_2, width=1)
            pen.setDashPattern([4, 3])
            self._items["level"].setPen(pen)
        for side in ("left", "bottom"):
            axis = self._plot.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(colors.grid))
            axis.setTextPen(pg.mkPen(colors.text_3))
            axis.setTickFont(theme.font("tick"))
            axis.setStyle(tickTextOffset=4)
        self._again()

    # --- data --------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        self.lane.want_tests()

    def _again(self) -> None:
        self._legend_at = 0.0
        self.refresh(self.lane.view)

    def _values(self, view: View, series: Series) -> tuple[Column, Column]:
        table = view.history if series.source == "train" else view.tests
        if not len(table):
            return np.empty(0), np.empty(0)
        x, y = table.column(self.desk.x_axis), table.column(series.column)
        return x, smoothed(y, self.desk.smooth) if series.source == "train" else y

    def refresh(self, view: View) -> None:
        """Draw the newest rows."""
        chart = self.lane.model.chart
        width = max(60, self._plot.width() - 44)
        legend: list[tuple[str, str, str, str]] = []
        seen: list[Column] = []
        end = 0.0
        for series in chart.series:
            x, y = self._values(view, series)
            if len(x):
                end = max(end, float(x[-1]))
                seen.append(y[len(y) // 20 :])
            self._items[_key(series)].setData(*thinned(x, y, width // 2))
            value = numbers.number(float(y[-1]), 1 if chart.family == "nats" else 2) if len(y) else "—"
            legend.append(("line", self._color(series.style), series.label, value))
        if chart.band is not None and len(view.history):
            low, high, name = chart.band
            x = view.history.column(self.desk.x_axis)
            for key, column in (("band low", low), ("band high", high)):
                y = smoothed(view.history.column(column), self.desk.smooth)
                self._items[key].setData(*thinned(x, y, width // 2))
            last = smoothed(view.history.column(high) - view.history.column(low), self.desk.smooth)[-1]
            legend.append(("band", theme.current().band(self.lane.slot), name, numbers.number(float(last), 1)))
        if "objective" in view.history.names and len(view.history) and getattr(view.config, "beta", 1.0) != 1.0:
            value = smoothed(view.history.column("objective"), self.desk.smooth)[-1]
            legend.append(("none", theme.current().text_3, "objective", numbers.number(float(value), 1)))
        if chart.level is not None:
            legend.append(("dash", theme.current().text_2, chart.level[1], f"{chart.level[0]:.3f}"))
        self._set_range(chart.family, seen, end)
        self._show_legend(legend)

    def _set_range(self, family: str, seen: list[Column], end: float) -> None:
        box = self._plot.getPlotItem().getViewBox()
        ends = [run.view.history.last(self.desk.x_axis) or 0.0 for run in self.desk.runs]
        box.setXRange(0, max([end, *ends, 1.0]), padding=0)
        shared = RANGES.setdefault(family, {})
        values = np.concatenate([y[np.isfinite(y)] for y in seen]) if seen else np.empty(0)
        if len(values):
            low, high = np.percentile(values, [1, 99])
            shared[id(self.lane)] = (float(low), float(high))
        alive = {id(run) for run in self.desk.runs}
        spans = [span for lane, span in shared.items() if lane in alive]
        if family == "adversarial":
            box.setYRange(0, max([2.0, *(high * 1.1 for _, high in spans)]), padding=0)
        elif spans:
            box.setYRange(*nice_range(min(s[0] for s in spans), max(s[1] for s in spans)), padding=0)
        else:
            box.setYRange(100, 200, padding=0)

    def _show_legend(self, legend: list[tuple[str, str, str, str]]) -> None:
        import time

        now = time.perf_counter()
        if now - self._legend_at >= 0.25:  # numbers at 4 Hz: a person can read them
            self._legend_at = now
            self._legend = legend
            self.update(0, 0, self.width(), LEGEND_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        paint.box(painter, self.rect(), 4, colors.plot, colors.line)
        x, narrow = 36.0, self.width() < 280
        middle = LEGEND_PX / 2 + 1
        names, values = theme.font("caption"), theme.font("caption_strong")
        for kind, color, name, value in self._legend:
            if narrow:
                name = {"distortion": "dist.", "balance 2 ln 2": "2 ln 2"}.get(name, name)
            if kind == "dash":
                painter.setPen(QPen(QColor(color), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, middle), QPointF(x + 10, middle))
            elif kind != "none":
                tall = 8 if kind == "band" else 2
                painter.fillRect(QRectF(x, middle - tall / 2, 10, tall), QColor(color))
            x += 14 if kind != "none" else 0
            for font, ink, words in ((names, colors.text_2, name), (values, colors.text, value)):
                painter.setFont(font)
                wide = painter.fontMetrics().horizontalAdvance(words)
                painter.setPen(QColor(ink))
                painter.drawText(QRectF(x, 2, wide + 4, LEGEND_PX - 2), Qt.AlignmentFlag.AlignVCenter, words)
                x += wide + 4
            x += 6
        if not len(self.lane.view.history):
            painter.setFont(theme.font("caption"))
            painter.setPen(QColor(colors.text_3))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No steps yet")
        painter.end()

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """Steps or seconds, and how smooth."""
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


def _key(series: Series) -> str:
    return f"{series.source} {series.column}"
