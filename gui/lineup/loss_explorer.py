"""One lane's curves over the whole page: every column of its history, each of which can be hidden, on either scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QGuiApplication, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.foundation.arrays import Doubles
from core.foundation.files import FileError, write_file
from core.foundation.slices import finish
from core.probes.held_out import HeldOutLook
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.export import export_picture, picture_of
from gui.desk.writing import ask_place
from gui.drawing import numbers, paint, theme
from gui.drawing.chart import Line, axis_end
from gui.drawing.smoothing import SMOOTH, nice_range, smoothed, span
from gui.lineup.smooth_field import SmoothField, smooth_act
from gui.plots.chart import NUMBER_KEYS, Chart, nearest
from gui.plots.legend import Entry
from gui.plots.link import Range
from gui.plots.plot import ZOOM_KEYS
from gui.widgets import focus, later, layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.offer import Act, Offer

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

HINT = "Wheel: zoom. Drag: pan. Click a name, or press its number, to hide or show its curve"
MOST_LABELS = (8, 10)
"""At most about so many labels of x and of y: the page has room for more than a lane."""
RANGE_STEPS = 20
"""The range of y is rounded to about so many steps: the curves fill the page."""
PAGE_KEYS = (*NUMBER_KEYS, *ZOOM_KEYS)
"""Keys of the plot that work wherever on the page the focus is."""
FIRST_CLASS = 2
"""The class whose colour the first curve has that the lane's own chart does not draw: those before look like lanes."""


def table_text(run: Run, separator: str) -> str:
    """The history of a run as text: a header line, then a line per row of its table."""
    table = run.live_view.history
    lines = [separator.join(table.names)]
    lines += [separator.join(f"{value:.6g}" for value in row) for row in table.rows.tolist()]
    return "\n".join(lines) + "\n"


def place_words(desk: Desk, x: float) -> str:
    """A place on the x axis of the curves, with its unit."""
    return f"{x:,.1f} s" if desk.x_axis == "seconds" else f"step {round(x):,}"


@dataclass(frozen=True)
class Curve:
    """A column of the history ("train") or of the tests on held-out images ("test"), with what the legend calls it.

    ``style`` is that of the lane's own chart, "" where it does not draw this column.
    """

    source: str
    column: str
    label: str
    style: str


def curves_of(run: Run) -> tuple[Curve, ...]:
    """The curves of a lane's own chart, then every other column of its history."""
    drawn = [Curve(each.source, each.column, each.label, each.style) for each in run.model.chart.series]
    known = {each.column for each in drawn if each.source == "train"}
    others = [name for name in run.model.columns if name not in known]
    return (*drawn, *(Curve("train", name, name.replace("_", " "), "") for name in others))


class Curves(Chart):
    """The explorer's chart, which gives away what it draws."""

    def __init__(self, desk: Desk, offer: Callable[[], Offer | None]) -> None:
        super().__init__("", place_words=lambda x: place_words(desk, x), picks=True, most_labels=MOST_LABELS)
        self._offer = offer
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nothing else on the page uses these keys

    def offer(self) -> Offer | None:
        """The curves as they are drawn, and the history of the run."""
        return self._offer()


class LossExplorer(QWidget):
    """The curves of a run. ``left`` is emitted when the user goes back."""

    left = Signal()
    spoken_role = QAccessible.Role.Pane

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Loss explorer"))
        self.setAccessibleName("All curves of a lane")
        self._desk, self._clock = desk, clock
        self.run: Run | None = None
        self.hz = 4.0
        self.plot: Curves | None = None
        self.curves: tuple[Curve, ...] = ()
        self.hidden: frozenset[Curve] = frozenset()
        self._values: dict[Curve, tuple[Doubles, Doubles]] = {}  # x and y (N,) as they are drawn
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = Label("", "title", "text", elided=True)
        self._reading = Label(HINT, "caption", "text_3", elided=True)
        self._log = Button("Log axis")
        self._log.setCheckable(True)
        self._log.setToolTip("Powers of ten on the y axis; values that are not above 0 are left out")
        self._log.toggled.connect(self.set_log)
        holder = QWidget()  # it keeps the room of the plot
        self._place = layouts.column(margins=layouts.NO_MARGINS, on=holder)
        acts = [
            self._button("Fit", self._fit, "Show every step  (0, or a double click)"),
            self._button("Copy numbers", self._copy, "The points that are in sight of the curves that are drawn"),
            self._button("Save CSV", self._save_csv, "The same points; the menu of the right button saves all"),
            self._button("Save picture", self._save_picture, "A PNG; the menu of the right button has SVG and PDF"),
            self._button("Back", self.left.emit),
        ]
        smooth = Label("Smooth", "caption", "text_3")
        head = layouts.row((self._title, 1), *acts, spacing=8)
        foot = layouts.row((self._reading, 1), self._log, smooth, SmoothField(desk), spacing=8)
        layouts.column(head, foot, (holder, 1), margins=(12, 10, 12, 10), on=self)
        theme.changes.changed.connect(self._redraw)
        desk.chart_changed.connect(self._redraw)
        desk.names.changed.connect(self._show_title)

    @staticmethod
    def _button(words: str, act: Callable[[], object], tip: str = "") -> Button:
        button = Button(words, key="Esc" if words == "Back" else "")
        button.setToolTip(tip)
        button.clicked.connect(act)
        return button

    # --- opening and leaving -----------------------------------------------------------------------------------------

    def open(self, run: Run) -> None:
        """Show the curves of a run, after a frame with the title and without the plot."""
        self.forget()
        self.run = run
        self._show_title()
        if self.plot is not None:
            self.plot.hide()
        self.setFocus()
        later.after_frame(self, self._draw)

    def _draw(self) -> None:
        """Draw the curves of the open run, once."""
        run = self.run
        if run is None or self.curves:
            return
        self._desk.make_way()
        plot = self._plot_made()
        self._show_title()
        self.curves = curves_of(run)
        self._read_values(run.live_view)
        self.hidden = self._apart()
        self._redraw()
        plot.show()
        if self.hasFocus():
            plot.setFocus()

    def _plot_made(self) -> Curves:
        """The plot, made when it is first needed: the window must be painted before pyqtgraph is imported."""
        if self.plot is None:
            self.plot = Curves(self._desk, self.offer_curves)
            self.plot.picked.connect(self._toggle)
            self.plot.link.pointed.connect(self._show_reading)
            self._place.addWidget(self.plot)
        return self.plot

    def _show_title(self) -> None:
        if self.run is not None:
            title = f"Loss of {self._desk.names.of(self.run).long}"
            self._title.setText(title)
            if self.plot is not None:
                self.plot.setAccessibleName(title)

    def forget(self) -> None:
        """Drop the curves of a lane that was closed."""
        self.run, self.curves, self.hidden, self._values = None, (), frozenset(), {}
        if self.plot is not None:
            self.plot.link.fit()
            self.plot.link.point(None)
            self.plot.show_lines([])

    # --- data --------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        if self.run is not None:
            self.run.ask(HeldOutLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the newest view that are drawn: curves do not look back."""
        live = view if self.run is None else self.run.live_view
        return live.history, live.tests

    def refresh(self, view: View) -> None:
        """Draw the newest rows."""
        self._read_values(view if self.run is None else self.run.live_view)
        self._show_curves()

    def _redraw(self) -> None:
        if self.run is not None and self.curves:
            self.refresh(self.run.live_view)

    def _read_values(self, view: View) -> None:
        """Read the history, smoothed, and the tests on held-out images from the first step on, as they are."""
        self._values = {}
        for curve in self.curves:
            table = view.history if curve.source == "train" else view.tests
            if not len(table):
                continue
            x, y = table.column(self._desk.x_axis), table.column(curve.column)
            if curve.source == "train":
                y = smoothed(y, self._desk.smooth)
            else:
                x, y = (each[table.column("step") > 0] for each in (x, y))
            if len(x):
                self._values[curve] = x, y

    def _show_curves(self) -> None:
        """Draw the curves that are not hidden."""
        if self.plot is None:
            return
        colors, is_log = self._colors(), self.plot.is_log
        shown = {curve: self._values[curve] for curve in self._values if curve not in self.hidden}
        smooth = self._desk.smooth >= SMOOTH
        lines = [Line(x, y, colors[each], each.source == "test", each.label, smooth) for each, (x, y) in shown.items()]
        above = [bool((line.y > 0).all()) for line in lines] if is_log else []
        empty = "" if self._values else "No steps yet"
        if lines and is_log and not any((line.y > 0).any() for line in lines):
            empty = "No values above 0"
        self.plot.set_home(self._home_x(), self._home_y(shown))
        self.plot.show_lines(lines, note="" if all(above) else "values above 0", empty=empty)
        entries = [
            Entry("line", colors[each], each.label, self._value_words(each, -1), is_hidden=each in self.hidden)
            for each in self.curves
        ]
        self.plot.set_legend(entries, {})

    def _colors(self) -> dict[Curve, str]:
        colors, others = theme.current(), iter(theme.current().classes[FIRST_CLASS:])
        slot = 0 if self.run is None else self.run.slot
        inks = {"lane": colors.lanes[slot], "text": colors.text}
        return {
            each: inks.get(each.style) or (colors.info_kl if each.column == "rate" else next(others))
            for each in self.curves
        }

    def _value_words(self, curve: Curve, row: int) -> str:
        return numbers.telling(float(self._values[curve][1][row])) if curve in self._values else "—"

    # --- ranges ------------------------------------------------------------------------------------------------------

    def _home_x(self) -> Range:
        return 0.0, axis_end(max([1.0, *(float(x[-1]) for x, _ in self._values.values())]))

    def _home_y(self, shown: dict[Curve, tuple[Doubles, Doubles]]) -> Range:
        """The range of these curves, rounded outward; of exponents of ten on a logarithmic axis."""
        is_log = self.plot is not None and self.plot.is_log
        ys = [y[len(y) // 20 :] for _, y in shown.values()]
        spans = [found for y in ys if (found := span(np.log10(y[y > 0]) if is_log else y)) is not None]
        if not spans:
            return (0.0, 3.0) if is_log else (100.0, 200.0)
        return nice_range(min(low for low, _ in spans), max(high for _, high in spans), RANGE_STEPS)

    def _apart(self) -> frozenset[Curve]:
        """The curves whose values lie apart from those of the lane's own chart: they are hidden at first."""
        spans = {curve: found for curve, (_, y) in self._values.items() if (found := span(y[len(y) // 20 :]))}
        declared = [found for curve, found in spans.items() if curve.style]
        if not declared:
            return frozenset()
        low, high = nice_range(min(low for low, _ in declared), max(high for _, high in declared))
        return frozenset(each for each, (a, b) in spans.items() if not each.style and (b < low or a > high))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _toggle(self, at: int) -> None:
        """Hide a curve, or show it."""
        self.hidden ^= {self.curves[at]}
        self._show_curves()

    def set_log(self, is_log: bool) -> None:
        """Draw y on a logarithmic axis, or on a linear one."""
        self._log.setChecked(is_log)
        plot = self._plot_made()
        if is_log != plot.is_log:
            plot.set_log(is_log)
            self._show_curves()

    def _fit(self) -> None:
        if self.plot is not None:
            self.plot.fit()

    def _show_reading(self) -> None:
        """The values of all curves at the pointer, those of hidden ones too."""
        at = None if self.plot is None else self.plot.link.pointer
        if at is None or self.run is None or not self._values:
            self._reading.setText(HINT)
            return
        x, _ = next(iter(self._values.values()))
        place = f"{place_words(self._desk, float(x[nearest(x, at)]))}, {self.run.model.chart.unit}"
        facts = [place + (", smoothed" if self._desk.smooth > 0 else "")]
        for curve, (x, _) in self._values.items():
            facts.append(f"{curve.label} {self._value_words(curve, nearest(x, at))}")
        self._reading.setText("   ".join(facts))

    # --- what it gives away ------------------------------------------------------------------------------------------

    def offer_curves(self) -> Offer | None:
        """The curves as they are drawn, and the history of the run."""
        run, plot = self.run, self.plot
        if run is None or plot is None:
            return None
        return Offer(
            f"Loss of {self._desk.names.of(run).full}",
            table=lambda: plot.table(self._desk.x_axis),
            whole=lambda: table_text(run, ","),
            acts=(
                Act("Log axis", lambda: self.set_log(not plot.is_log), is_on=plot.is_log),
                smooth_act(self._desk),
            ),
        )

    def _copy(self) -> None:
        if self.plot is not None:
            QGuiApplication.clipboard().setText(self.plot.table(self._desk.x_axis, "\t"))
            self._desk.told.emit("Numbers copied.", "note")

    def _save_csv(self) -> None:
        if self.run is None or self.plot is None:
            return
        name, folder = f"{self.run.model_name}.csv", self._desk.places.pictures
        path = ask_place(self, "Save the numbers", name, [("CSV", ".csv")], folder)
        if path is not None:
            try:
                write_file(path, self.plot.table(self._desk.x_axis).encode())
                self._desk.told.emit(f"Numbers saved as {path}.", "note")
            except FileError as error:
                self._desk.told.emit(f"{error}.", "error")

    def _save_picture(self) -> None:
        plot = self.plot
        if plot is not None:
            export_picture(self, self._desk, "loss.png", lambda: finish(picture_of(plot, 1)))

    def event(self, event: QEvent) -> bool:
        return focus.claims(event, PAGE_KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt calls it for keys that the focused control of the page leaves: a button that was clicked, perhaps."""
        if self.plot is not None and Qt.Key(event.key()) in PAGE_KEYS:
            self.plot.keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "window")
