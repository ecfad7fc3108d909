"""One lane's curves over the whole page: zoom, pan, values at the mouse, export.

pyqtgraph draws it. It is imported in a thread when first needed, because the window must open at once and the page too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.foundation.files import FileError, write_file
from core.probes.held_out import HeldOutLook
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.export import export_picture
from gui.desk.loading import Loading
from gui.desk.writing import ask_place
from gui.drawing import numbers, paint, theme
from gui.drawing.smoothing import nice_range, smoothed
from gui.widgets import later, layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


def table_text(run: Run, separator: str) -> str:
    """The history of a run as text: a header line, then a line per row of its table."""
    table = run.view.history
    lines = [separator.join(table.names)]
    lines += [separator.join(f"{value:.6g}" for value in row) for row in table.rows.tolist()]
    return "\n".join(lines) + "\n"


HINT = "drag, zoom by wheel; click a swatch to hide or show it"


class LossExplorer(QWidget):
    """The curves of a run. ``left`` is emitted when the user goes back."""

    left = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk, self._clock = desk, clock
        self.run: Run | None = None
        self.hz = 4.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = Label("", "title", "text", elided=True)
        self._reading = Label(HINT, "caption", "text_3", elided=True)
        self._plot: Any = None
        self._legend: Any = None
        self._curves: dict[str, Any] = {}
        self._import: Loading | None = None
        holder = QWidget()  # it keeps the room of the plot
        self._place = layouts.column(margins=layouts.NO_MARGINS, on=holder)
        self._declared: frozenset[str] = frozenset()  # keys of the curves that the lane's own chart draws
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._reading, 1)
        for words, act in (
            ("Fit", self._fit),
            ("Copy numbers", self._copy),
            ("Save CSV", self._save_csv),
            ("Save picture", self._save_picture),
            ("Back", self.left.emit),
        ):
            button = Button(words, key="Esc" if words == "Back" else "")
            button.clicked.connect(act)
            head.addWidget(button)
        layouts.column(head, (holder, 1), margins=(12, 10, 12, 10), on=self)
        theme.changes.changed.connect(self._restyle)
        desk.names.changed.connect(self._show_title)

    def open(self, run: Run) -> None:
        """Show the curves of a run, after a frame with the title and without the plot."""
        self.forget()
        self.run = run
        self._show_title()
        if self._plot is not None:
            self._plot.hide()
        self.setFocus()
        later.after_frame(self, self._import_plot)

    def _import_plot(self) -> None:
        if self._plot is not None:
            self._draw()
        elif self._import is None:
            self._import = Loading(lambda report: importlib.import_module("pyqtgraph"))
            self._import.done.connect(self._end_import)
            self._import.failed.connect(self._fail)
            self._import.start()

    def stop(self) -> None:
        """Wait for the end of an import, before the window closes."""
        if self._import is not None:
            self._import.wait()

    def _end_import(self, module: object) -> None:
        self._import = None
        self._draw()

    def _fail(self, sentence: str, details: str) -> None:
        self._import = None  # the next opening tries again
        self._desk.told.emit(f"The curves cannot be drawn: {sentence}", "error")

    def _draw(self) -> None:
        """Draw the curves of the open run, once."""
        run = self.run
        if run is None or self._curves:
            return
        self._desk.make_way()
        self._make_plot()
        import pyqtgraph as pg

        self._plot.show()
        labels = {f"{series.source} {series.column}": series.label for series in run.model.chart.series}
        self._declared = frozenset(labels)
        for name in run.model.columns:
            labels.setdefault(f"train {name}", name.replace("_", " "))
        for depth, (key, label) in enumerate(labels.items()):
            curve = pg.PlotCurveItem(name=label)
            curve.setZValue(-depth)
            self._curves[key] = curve
            self._plot.addItem(curve)
        self._restyle()
        self.refresh(run.view)
        self._hide_other_scales()
        self._fit()

    def _show_title(self) -> None:
        if self.run is not None:
            self._title.setText(f"Loss of {self._desk.names.of(self.run).long}")

    def forget(self) -> None:
        """Drop the curves of a lane that was closed."""
        self.run = None
        for curve in self._curves.values():
            self._plot.removeItem(curve)
        self._curves = {}

    def _make_plot(self) -> None:
        if self._plot is not None:
            return
        import pyqtgraph as pg

        self._plot = pg.PlotWidget(background=None)
        self._plot.setFrameStyle(0)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        item = self._plot.getPlotItem()
        item.showGrid(x=True, y=True, alpha=0.25)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        self._legend = item.addLegend(offset=(-12, 12))
        item.scene().sigMouseMoved.connect(self._read)
        self._place.addWidget(self._plot)

    def _restyle(self) -> None:
        if self._plot is None or self.run is None:
            return
        colors, others = theme.current(), iter(theme.current().classes)
        styles = {f"{series.source} {series.column}": series.style for series in self.run.model.chart.series}
        for key, curve in self._curves.items():
            ink = {"lane": colors.lanes[self.run.slot], "text": colors.text}.get(styles.get(key, ""))
            if ink is None:
                ink = colors.info_kl if key == "train rate" else next(others)
            curve.setPen(color=ink, width=1)
        self._legend.setLabelTextColor(colors.text_2)
        for side in ("left", "bottom"):
            axis = self._plot.getPlotItem().getAxis(side)
            axis.setPen(colors.line_strong)
            axis.setTextPen(colors.text_3)
            axis.setTickFont(theme.font("tick"))

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        if self.run is not None:
            self.run.ask(HeldOutLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.history, view.tests

    def refresh(self, view: View) -> None:
        """Draw the newest rows."""
        for key, curve in self._curves.items():
            source, name = key.split(" ", 1)
            table = view.history if source == "train" else view.tests
            if len(table):
                y = table.column(name)
                y = smoothed(y, self._desk.smooth) if source == "train" else y
                curve.setData(np.array(table.column(self._desk.x_axis)), np.array(y))

    def _spans(self) -> dict[str, tuple[float, float]]:
        """Range of each curve after its first steps, which are far off: 1st to 99th percentile of the last 95 %."""
        spans = {}
        for key, curve in self._curves.items():
            y = curve.getData()[1]
            y = np.empty(0) if y is None else y[len(y) // 20 :]
            if len(y := y[np.isfinite(y)]):
                low, high = np.percentile(y, [1, 99])
                spans[key] = float(low), float(high)
        return spans

    def _hide_other_scales(self) -> None:
        """Hide the curves whose values lie apart from those of the chart; a click on their name shows them."""
        spans = self._spans()
        declared = [span for key, span in spans.items() if key in self._declared]
        if not declared:
            return
        low, high = nice_range(min(low for low, _ in declared), max(high for _, high in declared))
        for key, curve in self._curves.items():
            apart = key in spans and (spans[key][1] < low or spans[key][0] > high)
            curve.setVisible(key in self._declared or not apart)

    def _fit(self) -> None:
        """Show all steps, and the range of the visible curves."""
        if self._plot is None:
            return
        box = self._plot.getPlotItem().getViewBox()
        box.autoRange(padding=0.02)
        spans = [span for key, span in self._spans().items() if self._curves[key].isVisible()]
        if spans:
            box.setYRange(*nice_range(min(low for low, _ in spans), max(high for _, high in spans)), padding=0.0)

    def _read(self, spot: QPointF) -> None:
        run = self.run
        if run is None or not len(run.view.history):
            return
        x = self._plot.getPlotItem().getViewBox().mapSceneToView(spot).x()
        table = run.view.history
        row = int(np.clip(np.searchsorted(table.column(self._desk.x_axis), x), 0, len(table) - 1))
        smooth = self._desk.smooth  # the numbers are those of the curves
        facts = [f"step {int(table.rows[row, 0]):,}{', smoothed' if smooth > 0 else ''}"]
        for name in table.names[2:]:
            value = smoothed(table.column(name)[: row + 1], smooth)[-1]
            facts.append(f"{name.replace('_', ' ')} {numbers.number(float(value), 2)}")
        self._reading.setText("   ".join(facts))

    def _copy(self) -> None:
        if self.run is not None:
            QGuiApplication.clipboard().setText(table_text(self.run, "\t"))
            self._desk.told.emit("Numbers copied.", "note")

    def _save_csv(self) -> None:
        if self.run is None:
            return
        path = ask_place(self, "Save the numbers", f"{self.run.model_name}.csv", [("CSV", ".csv")])
        if path is not None:
            try:
                write_file(path, table_text(self.run, ",").encode())
                self._desk.told.emit(f"Numbers saved as {path}.", "note")
            except FileError as error:
                self._desk.told.emit(f"{error}.", "error")

    def _save_picture(self) -> None:
        export_picture(self, self._desk, "loss.png", lambda: self.grab().toImage())

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "plot")
