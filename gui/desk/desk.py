"""What the panels share: the experiment, the selected lane, and the signals that say what changed.

Panels read the desk and call its methods; they never call each other. One desk per window, GUI thread only.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from core.foundation.params import KnobError, KnobValue, changed, knob
from core.foundation.user_error import UserError
from gui.desk.chosen_image import ChosenImage
from gui.desk.copies import Copies
from gui.desk.edits import Edit, Edits
from gui.desk.engine_watch import EngineWatch
from gui.desk.lane_edits import Difference, LaneEdits, setup_words
from gui.desk.lane_names import LaneNames
from gui.desk.lanes import first_choice
from gui.desk.latent_point import LatentPoint
from gui.desk.layers import Layers
from gui.desk.places import Places
from gui.desk.recorder import record_layers, record_point
from gui.desk.speeds import Speeds
from gui.desk.time_machine import TimeMachine
from gui.desk.verdict_memory import Verdicts
from gui.desk.writing import Writing
from gui.plots.link import Link
from gui.widgets.help_text import Help
from gui.widgets.key_hints import key_or

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.engine import Engine
    from core.engine.experiment import Experiment
    from core.engine.run import Run
    from core.engine.run_folder import SavedRun
    from core.models.base import TrainConfig
    from core.training.setup import Setup


OPENING_S = 0.1
"""For so long after a press that opens something large trainers, background jobs and other panels wait for it, s."""

MapStyle = Literal["tiles", "codes", "both"]


class Desk(QObject):
    """State and signals that all panels of one window share."""

    opened = Signal()  # the experiment exists from now on
    lanes_changed = Signal()  # added, removed, moved, or its model replaced
    lane_selected = Signal()
    setup_changed = Signal()
    dataset_changed = Signal()
    knob_changed = Signal(object, str)  # run, name
    restarted = Signal()
    samples_changed = Signal()
    sampler_changed = Signal()
    samples_shown = Signal()  # a lane shows samples of another sampler than before
    pair_changed = Signal()  # the two test images between which the Compare tab interpolates
    sample_hovered = Signal(int)  # index in the grid
    map_style_changed = Signal()
    classes_changed = Signal()
    chart_changed = Signal()
    helped = Signal(object)  # Help, or None
    manual_wanted = Signal(str)  # an address of `core.text.addresses`
    told = Signal(str, str)  # text, tone
    told_while = Signal(str, str, object)  # the same, and a function that says whether it still holds
    data_wanted = Signal(str)  # name of a dataset to load; every lane restarts
    explored = Signal(object)  # the run whose curves open over the whole page

    def __init__(self) -> None:
        super().__init__()
        self._experiment: Experiment | None = None
        self._selected: Run | None = None
        self.undo = Edits(self)
        self._lane_edits = LaneEdits(self, self.undo, self)
        self._lane_edits.shown.connect(self._show_edit)
        self.layers = Layers(self)
        self.verdicts = Verdicts()
        self.names = LaneNames(lambda: self.runs, self.undo, self)
        self.speeds = Speeds(self)
        self.chosen = ChosenImage(self)
        self.point = LatentPoint(self)
        self.engine_watch = EngineWatch(self.names, self)
        self.engine_watch.told.connect(self.told)
        self.engine_watch.told_while.connect(self.told_while)
        self.places = Places()
        self.writing = Writing(self)
        self.writing.told.connect(self.told)
        self.time = TimeMachine(self, self._lane_edits, self)
        self.copies = Copies(self, self._lane_edits, self)
        self.map_style: MapStyle = "both"
        self.isolated: frozenset[int] = frozenset()
        self.smooth = 0.9
        self.x_axis: Literal["step", "seconds"] = "step"
        self.chart_spans: dict[str, dict[Run, tuple[float, float]]] = {}  # range of y of each lane, by chart family
        self.loss_link, self.map_link, self.plane_link = Link(self), Link(self), Link(self)
        record_point(self.undo, self.point)
        record_layers(self.undo, self.layers)
        self.restarted.connect(self.loss_link.fit)
        self.point.plane_changed.connect(self.map_link.fit)
        for link in (self.map_link, self.plane_link):
            self.dataset_changed.connect(link.fit)
        self.opens_until = 0.0  # time of ``perf_counter`` until which what opens goes before all else
        self.pressed = False  # a drag is under way: trainers and background jobs yield

    # --- the experiment ----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether an experiment exists yet."""
        return self._experiment is not None

    @property
    def experiment(self) -> Experiment:
        """The experiment. Exists only after ``opened``."""
        assert self._experiment is not None, "no experiment yet"
        return self._experiment

    @property
    def runs(self) -> list[Run]:
        """The lanes from left to right."""
        return self._experiment.runs if self._experiment is not None else []

    def open(self, experiment: Experiment) -> None:
        """Use this experiment, and select its VAE, else its first lane."""
        self._experiment = experiment
        experiment.puts_away = True
        self.point.open(experiment)
        self.undo.clear()
        self.engine_watch.open(experiment)
        self._selected = first_choice(experiment.runs)
        self.opened.emit()
        self.lanes_changed.emit()
        self.lane_selected.emit()
        self.setup_changed.emit()

    @property
    def noun(self) -> str:
        """What one piece of data is called: "image" or "point"."""
        return self.experiment.dataset.noun if self.is_open else "image"

    def worded(self, text: str) -> str:
        """A text about images in the words of the data (`Dataset.worded`)."""
        return self.experiment.dataset.worded(text) if self.is_open else text

    @property
    def selected(self) -> Run | None:
        """The lane whose parameters are shown."""
        return self._selected

    def first_lane(self, fits: Callable[[Run], bool]) -> Run | None:
        """The selected lane if it fits, else the first from the left that does."""
        lanes = (self._selected, *self.runs)
        return next((run for run in lanes if run is not None and fits(run)), None)

    def select(self, run: Run) -> None:
        """Select a lane."""
        if run is not self._selected:
            self._selected = run
            self.lane_selected.emit()

    def _show_edit(self, made: Difference, selected: Run | None) -> None:
        """Emit what an edit of lanes, setup or data changed, done or undone."""
        self.pressed = False
        if made.setup:
            self.setup_changed.emit()
        if made.data:
            self.dataset_changed.emit()
        if made.space:
            self.point.announce()
        if made.lanes:
            self._announce_lanes(selected)
        elif selected is not None:
            self.select(selected)
        if made.setup or made.data or made.began:
            self.restarted.emit()

    def _announce_lanes(self, selected: Run | None) -> None:
        self._selected = selected if selected in self.runs else first_choice(self.runs)
        for spans in self.chart_spans.values():
            for closed in set(spans) - set(self.runs):
                del spans[closed]
        self.lanes_changed.emit()
        self.lane_selected.emit()

    def add_lane(self, model: str) -> None:
        """Add a lane at the right. It trains if the others do."""

        def add() -> Run:
            training = self.experiment.will_train
            run = self.experiment.add(model)
            if training:
                run.start()
            return run

        try:
            self._lane_edits.do(lambda *_: f"add lane {self.names.of(self.runs[-1]).full}", add)
        except (ValueError, KeyError) as error:
            self.told.emit(str(error), "warn")

    def close_lane(self, run: Run) -> None:
        """Close a lane. The last one cannot be closed."""
        if len(self.runs) <= 1:
            self.told.emit("The last lane stays open.", "note")
            return
        name, at = self.names.of(run).full, self.runs.index(run)

        def close() -> Run | None:
            self.experiment.remove(run)
            return self.runs[min(at, len(self.runs) - 1)] if self._selected is run else None

        self._lane_edits.do(lambda *_: f"close lane {name}", close)
        if run.has_learned:
            self.told.emit(f"{name} is closed; {key_or('undo', 'Undo')} brings it back.", "note")

    def replace_lane(self, run: Run, model: str) -> None:
        """Put another model into a lane, or the same one where its file has changed."""
        from core.models.base import MODELS

        if run.model is not MODELS.get(model):
            before = self.names.of(run).full
            words = f"{before} → {MODELS.get(model).short}"
            self._lane_edits.do(lambda *_: words, lambda: self.experiment.replace(run, model))

    def move_lane(self, run: Run, by: int) -> None:
        """Move a lane by ``by`` places to the right (negative: left)."""
        name = self.names.of(run).full
        self._lane_edits.do(lambda *_: f"move lane {name}", lambda: self.experiment.move(run, by))

    def order_lanes(self, runs: list[Run]) -> None:
        """Set the order of the lanes from left to right."""

        def order() -> None:
            self.experiment.runs[:] = runs

        self._lane_edits.do(lambda *_: "order of the lanes", order)

    def set_setup(self, name: str, value: KnobValue) -> None:
        """Change a knob that all lanes share. Most of them restart every lane."""
        try:
            self._lane_edits.do(setup_words, lambda: self.experiment.set_setup(**{name: value}), ("setup", name))
        except UserError as error:
            self.told.emit(str(error), "warn")
            self.setup_changed.emit()

    def set_knob(self, run: Run, name: str, value: KnobValue) -> None:
        """Change a knob of a lane: a live one acts at once, any other at the next restart. Both can be undone."""
        definition = knob(run.model.Config, name).worded(self.worded)
        try:
            value = definition.check(value)
        except KnobError as error:
            self.told.emit(str(error), "warn")
            self.knob_changed.emit(run, name)
            return
        if run.followed is not None:
            self.told.emit(f"{self.names.of(run).full}: {run.followed.why_not}.", "note")
            self.knob_changed.emit(run, name)
            return
        old = getattr(run.pending, name)
        if old != value:
            words = f"{self.names.of(run).brief} {definition.param.label} {definition.written(value)}"
            undo, redo = (functools.partial(self._turn, run, name, each) for each in (old, value))
            redo()
            self.undo.push(Edit(words, undo, redo, ("knob", run, name)))

    def _turn(self, run: Run, name: str, value: KnobValue) -> None:
        run.pending = changed(run.pending, name, value)
        if knob(run.model.Config, name).param.live:
            run.set(name, value)
        self.knob_changed.emit(run, name)

    def waiting_knobs(self, run: Run) -> list[str]:
        """Names of the knobs that were changed and act at the next restart."""
        in_force = run.live_view.config
        return [
            field.name
            for field in dataclasses.fields(run.pending)
            if not knob(run.model.Config, field.name).param.live
            and getattr(in_force, field.name) != getattr(run.pending, field.name)
        ]

    def set_dataset(self, dataset: Dataset) -> None:
        """Train on another dataset. Every lane restarts."""
        text = f"data {dataset.title}"
        self._lane_edits.do(lambda *_: text, lambda: self.experiment.set_dataset(dataset))
        self.told.emit(
            f"{dataset.title}: {len(dataset.train):,} training {dataset.noun}s, every lane began again.", "note"
        )

    def move_to(self, engine: Engine, training: Collection[Run]) -> Engine:
        """Go on with every lane in another engine, see `Experiment.move_to`."""
        before = self.experiment.move_to(engine, training)
        self.engine_watch.look()
        self.setup_changed.emit()
        self.restarted.emit()
        return before

    def open_run(self, saved: SavedRun, dataset: Dataset, folder: Path | None = None) -> Run:
        """Open a saved run as a lane, see `Experiment.open`."""
        opened: list[Run] = []

        def act() -> Run:
            opened.append(self.experiment.open(saved, dataset, folder))
            return opened[0]

        self._lane_edits.do(lambda *_: f"open {self.names.of(opened[0]).full}", act)
        return opened[0]

    def begin(self, setup: Setup, dataset: Dataset, lanes: Sequence[tuple[str, TrainConfig]], words: str) -> None:
        """Replace setup, data and lanes, see `Experiment.begin`; ``words`` say what this is in "Undo: …"."""

        def act() -> Run:
            self.point.stop()
            self.experiment.begin(setup, dataset, lanes)
            return self.runs[0]

        self._lane_edits.do(lambda *_: words, act)

    def announce_lanes(self, run: Run | None, data_changed: bool) -> None:
        """Emit that the lanes, the setup and perhaps the data are those of another experiment, and select ``run``."""
        self.undo.clear()
        self.pressed = False
        self.setup_changed.emit()
        if data_changed:
            self.dataset_changed.emit()
        self._announce_lanes(run)
        self.point.announce()

    # --- training ----------------------------------------------------------------------------------------------------

    def make_way(self) -> None:
        """Call before something large opens: for `OPENING_S` nothing trains and nothing else is drawn anew."""
        if self.is_open:
            self.opens_until = time.perf_counter() + OPENING_S
            self.experiment.hold(OPENING_S)

    def _can_train(self) -> bool:
        """Whether there is an engine that computes or will; where it has ended that is said again."""
        if self.engine_watch.has_ended:
            self.engine_watch.tell()
        return self.is_open and not self.engine_watch.has_ended

    def toggle_training(self) -> None:
        """Start every lane, or pause all if one trains."""
        if not self._can_train():
            return
        if self.experiment.will_train:
            self.experiment.pause()
        else:
            self.experiment.start()

    def toggle_lane(self, run: Run) -> None:
        """Start one lane, or pause it if it trains."""
        if run.followed is not None:
            self.told.emit(f"{self.names.of(run).full}: {run.followed.why_not}.", "note")
            return
        if not self._can_train():
            return
        if run.will_train:
            run.pause()
        else:
            run.start()

    def step(self) -> None:
        """Train every lane for one step; while looking back, go on to the next moment that is kept."""
        if self.time.is_back:
            self.time.move(1)
        elif self._can_train():
            self.experiment.step()

    def restart(self) -> None:
        """Restart every lane with the same seed."""
        if self._can_train():
            self._lane_edits.do(lambda *_: "restart", self.experiment.restart, "restart")

    def restart_lane(self, run: Run) -> None:
        """Restart one lane with the same seed. It goes on training if it did."""
        words = f"restart {self.names.of(run).full}"
        self._lane_edits.do(lambda *_: words, lambda: self.experiment.restart_run(run), ("restart", run))

    def new_seed(self) -> None:
        """Restart every lane with another seed."""
        if self._can_train():
            self._lane_edits.do(setup_words, self.experiment.new_seed, ("setup", "seed"))
            self.told.emit(f"New seed {self.experiment.setup.seed}: every lane began again.", "note")

    # --- display options ---------------------------------------------------------------------------------------------

    def new_samples(self) -> None:
        """Draw other z for the sample grids."""
        self.experiment.sample_seed += 1
        self.samples_changed.emit()

    @property
    def sampler(self) -> str:
        """Name of the sampler of z, one of `core.evaluation.samplers`."""
        return self.experiment.sampler if self.is_open else "prior"

    def set_sampler(self, name: str) -> None:
        """Draw z with another sampler. A lane without an encoder always samples the prior."""
        if self.is_open and name != self.experiment.sampler:
            self.experiment.sampler = name
            self.sampler_changed.emit()

    def next_pair(self) -> None:
        """Interpolate between another two test images."""
        self.experiment.next_pair()
        self.pair_changed.emit()

    def set_map_style(self, style: MapStyle) -> None:
        """Show tiles, codes or both on the maps."""
        self.map_style = style
        self.map_style_changed.emit()

    def next_map_style(self) -> None:
        """Switch the maps to the next style: tiles, codes, both, tiles, …"""
        order: tuple[MapStyle, ...] = ("tiles", "codes", "both")
        self.set_map_style(order[(order.index(self.map_style) + 1) % 3])

    def isolate(self, classes: frozenset[int]) -> None:
        """Show only these classes on the maps; an empty set shows all."""
        self.isolated = classes
        self.classes_changed.emit()

    def set_chart(self, *, smooth: float | None = None, x_axis: Literal["step", "seconds"] | None = None) -> None:
        """Set the smoothing of the curves, 0 to 0.99, or their x axis."""
        self.smooth = self.smooth if smooth is None else smooth
        if x_axis is not None and x_axis != self.x_axis:
            self.x_axis = x_axis
            self.loss_link.fit()  # a range of steps is none of seconds
        self.chart_changed.emit()

    def help(self, text: Help | None) -> None:
        """Show a text in the help box, in the words of the data; None shows the welcome."""
        if text is not None:
            text = dataclasses.replace(text, text=self.worded(text.text), footer=self.worded(text.footer))
        self.helped.emit(text)
