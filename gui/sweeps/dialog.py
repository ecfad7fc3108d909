"""The window of one sweep: its runs as points, the samples of one run beside them, live while it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.foundation.quoted import name_of
from core.foundation.user_error import as_sentence
from gui.drawing import theme
from gui.files.documents import long_time
from gui.sweeps.background import SweepProcess
from gui.sweeps.plot import SweepPlot
from gui.sweeps.points import PLANE, Choice, measures, name_words, scene_of
from gui.sweeps.reading import Grown, SweepReader
from gui.sweeps.run_card import RunCard, reading_forms, run_words
from gui.sweeps.sweep import Sweep
from gui.sweeps.turning import at_value, beside, place_of, values_of
from gui.sweeps.value_slider import ValueSlider
from gui.widgets import layouts
from gui.widgets.buttons import Button, LinkButton, PrimaryButton
from gui.widgets.combo import Combo
from gui.widgets.dialogs import Dialog, ErrorDialog
from gui.widgets.label import Label
from gui.widgets.naming import named

if TYPE_CHECKING:
    from core.sweeps.outcome import Outcome
    from core.sweeps.plan import PlannedRun

SIZE = (1060, 680)
"""Preferred size, px at text size 1; smaller where the window is."""
SIDE_PX = 296
"""Width of the column at the right, px at text size 1."""
ONE_COLOR = "one colour"


class SweepDialog(Dialog):
    """Leaves the window to the user: it is no modal dialog.

    ``run_wanted`` carries the folder of a run to open as a lane; ``report_wanted`` and ``rest_wanted`` that of the
    sweep, whose report is to be shown or whose rest is to be trained; ``other_wanted``: another sweep is to be opened.
    ``process`` is what trains the sweep, where this window has started it. ``fits`` says whether a run can join the
    lanes that there are; others take their place.
    """

    run_wanted = Signal(object)
    report_wanted = Signal(object)
    rest_wanted = Signal(object)
    other_wanted = Signal()

    def __init__(
        self,
        parent: QWidget,
        folder: Path,
        process: SweepProcess | None = None,
        fits: Callable[[PlannedRun], bool] = lambda _: True,
    ) -> None:
        super().__init__(parent, f"Sweep {name_of(folder)}")
        self.setObjectName("sweep")
        self.folder, self._process, self._fits, self._room = folder, process, fits, parent.window().size()
        self.sweep: Sweep | None = None
        self._choice: Choice | None = None
        self._is_chosen = False  # by the user: what comes later changes nothing then
        self._selected: int | None = None
        self._ended_words = ""
        self._waits_for_lane = False
        self._make_controls()
        self._make_foot()
        self._lay_out()
        self.reader = SweepReader(folder, patient=process is not None and process.is_running, parent=self)
        self.reader.changed.connect(self._take)
        self.reader.failed.connect(self._fail)
        if process is not None:
            process.ended.connect(self._take_end)
            process.progressed.connect(self._show_progress)
        self._show_progress()
        self.plot.setFocus()  # arrows read it at once
        self.reader.start()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self._progress = named(Label("", "body", "text_2", elided=True), "sweep progress")
        self._failures = named(LinkButton("Why they failed"), "sweep failures", "Why runs failed")
        self._failures.clicked.connect(self._show_failures)
        self._data, self._measure = named(Combo([]), "sweep data", "Data"), named(Combo([]), "sweep measure", "Plot")
        self._along = named(Combo([]), "sweep axis", "Knob of the axis")
        self._color = named(Combo([]), "sweep colour", "Colour")
        for combo in (self._data, self._measure, self._along, self._color):
            combo.chosen.connect(self._choose)
        self._progress.setMinimumHeight(theme.px(24))
        self.plot = SweepPlot(self._forms, self._beside)
        self.plot.pointed_at.connect(self._select)
        self.plot.opened_run.connect(self._open)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.card = RunCard()
        self._turned = named(Combo([]), "sweep slider knob", "Knob of the slider")
        self._turned.chosen.connect(self._show_slider)
        self._value = named(Label("", "readout"), "sweep slider value")
        self._turn_label = Label("Turn", "body", "text_2")
        self.slider = named(ValueSlider(), "sweep slider", "Value of the knob")
        self.slider.moved.connect(self._turn)

    def _make_foot(self) -> None:
        self._told = named(Label("", "caption", "text_2", elided=True), "sweep told")
        self._other = named(Button("Open another …", "folder", height=32), "other sweep", "Open another sweep")
        self._other.clicked.connect(self.other_wanted)
        self._stop = named(Button("Stop", height=32), "stop sweep", "Stop the sweep")
        self._stop.clicked.connect(self._ask_to_end)
        self._rest = named(Button("Train the rest", height=32), "rest of sweep", "Train what is missing of the sweep")
        self._rest.clicked.connect(lambda: self.rest_wanted.emit(self.folder))
        self._report = named(Button("Show the report", height=32), "sweep report")
        self._report.clicked.connect(lambda: self.report_wanted.emit(self.folder))
        self._close = named(Button("Close", key="Esc", height=32), "close sweep")
        self._close.clicked.connect(self.reject)
        self._lane = named(PrimaryButton("Open as a lane", "plus"), "open sweep run")
        self._lane.clicked.connect(lambda: None if self._selected is None else self._open(self._selected))

    def _lay_out(self) -> None:
        px = theme.px
        self._head, self._picture, self._foot = QWidget(), QWidget(), QWidget()
        line = layouts.row((self._progress, 1), self._failures, spacing=px(8))
        pairs = (
            ("Data", self._data, 2),
            ("Plot", self._measure, 3),
            ("over", self._along, 2),
            ("Colour", self._color, 2),
        )
        self._pairs = [_pair(words, combo) for words, combo, _ in pairs]
        stretched = [(pair, stretch) for pair, (_, _, stretch) in zip(self._pairs, pairs, strict=True)]
        controls = layouts.row(*stretched, spacing=px(12))
        layouts.column(line, controls, spacing=px(4), margins=layouts.NO_MARGINS, on=self._head)
        turn = layouts.row(self._turn_label, (self._turned, 1), layouts.STRETCH, self._value, spacing=px(8))
        self._side, self._turning = QWidget(), QWidget()
        self._side.setFixedWidth(px(SIDE_PX))
        layouts.column(turn, self.slider, spacing=px(4), margins=layouts.NO_MARGINS, on=self._turning)
        layouts.column((self.card, 1), self._turning, spacing=px(8), margins=layouts.NO_MARGINS, on=self._side)
        layouts.row(self.plot, margins=layouts.NO_MARGINS, on=self._picture)
        for widget in (*self._pairs, self._side):
            widget.hide()  # until there is something to choose
        foot = (self._other, (self._told, 1), self._rest, self._stop, self._report, self._close, self._lane)
        layouts.row(*foot, spacing=px(8), margins=layouts.NO_MARGINS, on=self._foot)
        self.inside.addWidget(self._head)
        self.inside.addLayout(layouts.row((self._picture, 1), self._side, spacing=px(16)), 1)
        self.inside.addWidget(self._foot)
        room = self._room
        self.resize(min(px(SIZE[0]), room.width() - 40), min(px(SIZE[1]), room.height() - 60))

    def regions(self) -> Sequence[QWidget]:
        return self._head, self._picture, self._side, self._foot

    # --- what is read ------------------------------------------------------------------------------------------------

    def _take(self, grown: Grown) -> None:
        """Show a sweep as it is now."""
        self.sweep = sweep = grown.sweep
        if not self._is_chosen:
            self._choice = grown.choice
        self._fill_choices()
        if self._selected is None or not self._has_point(self._selected):
            self._select_first()
        if self._choice == grown.choice:
            self.plot.show_scene(grown.scene)
        elif self._choice is not None:  # other axes were chosen while it was read
            self.plot.show_scene(scene_of(sweep, self._choice))
        if self._selected is not None:
            self._show_selected()
        self._show_progress()

    def _fail(self, sentence: str) -> None:
        if self.sweep is None and not self._ended_words:
            self._say(self._progress, as_sentence(sentence), "error")
            self.plot.show_words("Choose the folder of a sweep: it holds plan.json")

    def _take_end(self, why: str) -> None:
        """The process has ended."""
        self.reader.patient = False
        self.reader.poke()
        assert self._process is not None
        if why:
            self._ended_words = why
        elif self._process.was_stopped:
            self._ended_words = "Stopped; what has ended is kept"
            self._say(self._told, "", "text_2")
        if self._selected is not None:
            self._show_selected()
        self._show_progress()

    def _show_progress(self) -> None:
        """Tell how far the sweep is, and what can be pressed."""
        sweep, is_running = self.sweep, self._process is not None and self._process.is_running
        failed = 0 if sweep is None else sweep.count("failed")
        words = "Starting …" if is_running else "Reading …"
        self.plot.show_words("The first points come when runs have ended" if is_running else "")
        if sweep is not None:
            words = f"{sweep.count('done'):,} of {len(sweep.outcomes):,} runs"
            words += f", {failed:,} failed" if failed else ""
            words += self._under_way_words() if is_running else ""
            begun = sweep.count("begun")
            words += f", {begun:,} half done" if begun and not is_running else ""
        if self._ended_words:
            words = self._ended_words if sweep is None else f"{words}. {self._ended_words}"
        was_stopped = self._process is not None and self._process.was_stopped
        self._say(self._progress, words, "error" if self._ended_words and not was_stopped else "text_2")
        self._failures.setVisible(failed > 0)
        self._stop.setVisible(is_running)
        self._rest.setVisible(sweep is not None and not sweep.is_over and not is_running)
        self._report.setVisible(sweep is not None and sweep.has_report)
        self._show_lane_button()

    def _under_way_words(self) -> str:
        """How far the runs are that are trained now, and how long it will take."""
        assert self.sweep is not None
        assert self._process is not None
        if self.sweep.is_over:
            return "; writing the report"
        now = sorted(self._process.under_way.items())
        shares = ", ".join(f"run {number + 1} at {share:.0%}" for number, (_, share) in now[:3])
        left = self._process.seconds_left
        return f"; {shares or 'training'}" + ("" if left is None else f"; about {long_time(max(1.0, left))} left")

    @staticmethod
    def _say(label: Label, words: str, token: str) -> None:
        label.setText(words)
        label.set_token(token)

    def _show_failures(self) -> None:
        failed = [each for each in self.sweep.outcomes if each.state == "failed"] if self.sweep is not None else []
        lines = "\n".join(f"{run_words(each)}: {each.failure}" for each in failed)
        if failed:
            first = f"{run_words(failed[0])}: {failed[0].failure}"
            ErrorDialog(
                self, f"{len(failed):,} runs failed" if len(failed) > 1 else "A run failed", first, lines
            ).open()

    # --- choosing ----------------------------------------------------------------------------------------------------

    def _fill_choices(self) -> None:
        """Offer what the sweep has, and show the present choice."""
        sweep, choice = self.sweep, self._choice
        if sweep is None or choice is None:
            return
        from core.sweeps.groups import title_of_name
        from core.sweeps.outcome import title_of

        names = {name: name_words(sweep, name) for name in sweep.axes}
        plots = [
            ("plane", "Rate and distortion"),
            *((each, title_of(each)) for each in measures(sweep, choice.dataset)),
        ]
        colored = [(ONE_COLOR, "One colour"), *((name, names[name]) for name in sweep.colors)]
        offers = (
            (self._data, [(each, title_of_name("dataset", each)) for each in sweep.datasets], choice.dataset),
            (self._measure, plots, choice.measure or "plane"),
            (self._along, list(names.items()), choice.knob),
            (self._color, colored, choice.color or ONE_COLOR),
        )
        for combo, options, value in offers:
            if options != [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count())]:
                combo.set_options(options)
            if value in dict(options):
                combo.set_value(value)
        shown = (len(sweep.datasets) > 1, True, choice.measure != PLANE and len(names) > 1, len(names) > 1)
        for pair, is_shown in zip(self._pairs, shown, strict=True):
            pair.setVisible(is_shown)
        turned = [(name, names[name]) for name in sweep.numeric]
        if turned != [(self._turned.itemData(i), self._turned.itemText(i)) for i in range(self._turned.count())]:
            self._turned.set_options(turned)
        self._turned.setVisible(len(turned) > 1)
        self._turn_label.setText("Turn" if len(turned) != 1 else f"Turn {turned[0][1]}")
        self._turning.setVisible(bool(turned))
        self._side.show()

    def _choose(self) -> None:
        """The user has chosen other axes, data or colours."""
        if self.sweep is None or self._choice is None:
            return
        self._is_chosen = True
        measure, color = self._measure.value(), self._color.value()
        dataset = self._data.value()
        if measure != "plane" and measure not in measures(self.sweep, dataset):
            measure = "plane"
        measure, color = PLANE if measure == "plane" else measure, "" if color == ONE_COLOR else color
        knob = self._along.value() if measure != PLANE else (self.sweep.numeric or self.sweep.axes)[0]
        self._choice = self.reader.choice = Choice(dataset, measure, knob, color)
        self._fill_choices()
        self.plot.show_scene(scene_of(self.sweep, self._choice))
        if self._selected is None or self.sweep.outcomes[self._selected].run.dataset != dataset:
            self._select_first()
            self._show_selected()

    # --- the run that is shown ---------------------------------------------------------------------------------------

    def _has_point(self, number: int) -> bool:
        return self.sweep is not None and self.sweep.outcomes[number].state == "done"

    def _select_first(self) -> None:
        """Select the first run that has ended, else the first one."""
        if self.sweep is None or self._choice is None:
            return
        here = [each for each in self.sweep.outcomes if each.run.dataset == self._choice.dataset]
        first = next((each for each in here if each.state == "done"), here[0])
        if self._selected is None or first.state == "done":
            self._selected = first.run.number

    def _select(self, number: int) -> None:
        self._selected = number
        self._show_selected()

    def _outcome(self) -> Outcome | None:
        return None if self.sweep is None or self._selected is None else self.sweep.outcomes[self._selected]

    def _show_selected(self) -> None:
        outcome = self._outcome()
        if self.sweep is None or outcome is None:
            return
        self.plot.show_near(outcome.run.number)
        under_way = {} if self._process is None else self._process.under_way
        self.card.show_run(self.sweep, outcome, under_way.get(outcome.run.number))
        self._show_slider()
        self._show_lane_button()

    def _show_lane_button(self) -> None:
        outcome = self._outcome()
        can_open = outcome is not None and outcome.state in ("done", "begun")
        self._lane.setEnabled(can_open)
        joins = outcome is None or self._fits(outcome.run)
        words, icon = ("Open as a lane", "plus") if joins else ("Open in place of the lanes", "restart")
        self._lane.set_content(words, icon)
        self._lane.setToolTip(
            "" if can_open else "Nothing is saved of this run yet" if outcome else "Choose a run first"
        )

    def _forms(self, number: int) -> Sequence[str]:
        assert self.sweep is not None
        assert self._choice is not None
        return reading_forms(self.sweep, self.sweep.outcomes[number], self._choice)

    def _beside(self, number: int, right: int, up: int) -> int | None:
        """The next run along the knob of the slider, or at its value, that has ended."""
        if self.sweep is None:
            return None
        return beside(self.sweep, number, self._turned.value(), right, up)

    # --- the slider --------------------------------------------------------------------------------------------------

    def _show_slider(self) -> None:
        """Show the values of the knob that is turned, and where the selected run stands."""
        from core.sweeps.plan import value_words

        outcome, name = self._outcome(), self._turned.value()
        if self.sweep is None or outcome is None:
            return
        values = values_of(self.sweep, outcome, name) if name else ()
        self.slider.set_captions([value_words(value) for value in values])
        at = place_of(outcome, name, values) if values else None
        if at is not None:
            self.slider.set_value(at)
        self._value.setText(value_words(values[at]) if at is not None else "")

    def _turn(self, place: float) -> None:
        """Select the run that differs from this one in the knob alone."""
        outcome, name = self._outcome(), self._turned.value()
        if self.sweep is None or outcome is None:
            return
        values = values_of(self.sweep, outcome, name)
        if 0 <= round(place) < len(values):
            self._select(at_value(self.sweep.outcomes, outcome, name, values[round(place)]))

    # --- what is done with it ----------------------------------------------------------------------------------------

    def _open(self, number: int) -> None:
        if self.sweep is not None and self.sweep.outcomes[number].state in ("done", "begun"):
            self._select(number)
            self._waits_for_lane = True
            self.run_wanted.emit(self.sweep.outcomes[number].folder)

    def tell(self, words: str, tone: str) -> None:
        """Say what came of a run that was to be opened: the window's own line may be covered."""
        if self._waits_for_lane and (tone in ("warn", "error") or words.startswith(("Opened", "Following"))):
            self._waits_for_lane = False
            self._say(self._told, words, tone if tone in ("warn", "error") else "text_2")

    def _ask_to_end(self) -> None:
        if self._process is not None:
            self._process.ask_to_end()
            self._stop.setEnabled(False)
            self._say(self._told, "Stopping; runs under way are saved …", "text_2")

    def done(self, result: int) -> None:
        """Close; a sweep that trains goes on."""
        self.reader.stop()
        self.card.stop()
        super().done(result)


def _pair(words: str, combo: Combo) -> QWidget:
    """A choice with its label before it, shown or hidden together."""
    pair = QWidget()
    layouts.row(Label(words, "body", "text_2"), (combo, 1), spacing=theme.px(8), margins=layouts.NO_MARGINS, on=pair)
    return pair
