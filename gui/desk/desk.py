"""What the panels share: the experiment, the selected lane, and the signals that say what changed.

Panels read from here and call methods here; they never talk to each other. One desk per window, GUI thread only.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from core.foundation.params import KnobError, KnobValue, changed, knob
from core.foundation.user_error import UserError
from gui.desk.chosen_image import ChosenImage
from gui.desk.knob_undo import KnobChange
from gui.desk.latent_point import LatentPoint
from gui.desk.layers import Layers
from gui.desk.verdict_memory import Verdicts
from gui.widgets.help_text import Help as Help

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.experiment import Experiment
    from core.engine.run import Run
    from core.engine.run_folder import SavedRun


def lane_with_rate(desk: Desk) -> Run | None:
    """The selected lane if its encoder has a rate, else the first that has."""
    lanes = [desk.selected, *desk.runs]
    return next((run for run in lanes if run and run.model.has_encoder and not run.model.no_rate), None)


MapStyle = Literal["tiles", "codes", "both"]


class Desk(QObject):
    """See the module."""

    opened = Signal()  # an experiment is there
    lanes_changed = Signal()  # added, removed, moved, given another model
    lane_selected = Signal()
    setup_changed = Signal()
    dataset_changed = Signal()
    knob_changed = Signal(object, str)  # run, name
    restarted = Signal()
    samples_changed = Signal()
    sampler_changed = Signal()
    pair_changed = Signal()  # the two test images between which the Compare view goes
    sample_hovered = Signal(int)
    map_style_changed = Signal()
    classes_changed = Signal()
    chart_changed = Signal()
    helped = Signal(object)  # Help, or None
    told = Signal(str, str)  # text, tone
    data_wanted = Signal(str)  # the name of a dataset: read it, and every lane begins again
    explored = Signal(object)  # the curves of a run over the whole page

    def __init__(self) -> None:
        super().__init__()
        self._experiment: Experiment | None = None
        self._selected: Run | None = None
        self.undo = QUndoStack(self)
        self.layers = Layers(self)
        self.verdicts = Verdicts()
        self.chosen = ChosenImage(self)
        self.point = LatentPoint(self)
        self.map_style: MapStyle = "both"
        self.isolated: frozenset[int] = frozenset()
        self.smooth = 0.9
        self.x_axis: Literal["step", "seconds"] = "step"
        self.chart_spans: dict[str, dict[Run, tuple[float, float]]] = {}  # y of each lane, by family of charts
        self.pressed = False  # a drag is under way: everything else slows down

    # --- the experiment ----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether there is an experiment yet."""
        return self._experiment is not None

    @property
    def experiment(self) -> Experiment:
        """The experiment; only after ``opened``."""
        assert self._experiment is not None, "no experiment yet"
        return self._experiment

    @property
    def runs(self) -> list[Run]:
        """The lanes from left to right."""
        return self._experiment.runs if self._experiment is not None else []

    def open(self, experiment: Experiment) -> None:
        """Put an experiment on the desk."""
        self._experiment = experiment
        self.point.open(experiment)
        names = [run.model_name for run in experiment.runs]
        self._selected = experiment.runs[names.index("vae") if "vae" in names else 0] if names else None
        self.opened.emit()
        self.lanes_changed.emit()
        self.lane_selected.emit()
        self.setup_changed.emit()

    @property
    def selected(self) -> Run | None:
        """The lane whose parameters show."""
        return self._selected

    def select(self, run: Run) -> None:
        """Choose a lane."""
        if run is not self._selected:
            self._selected = run
            self.lane_selected.emit()

    def _after_lanes(self, selected: Run | None) -> None:
        self.undo.clear()
        self._selected = selected
        self.pressed = False
        for spans in self.chart_spans.values():
            for gone in set(spans) - set(self.runs):
                del spans[gone]
        self.lanes_changed.emit()
        self.lane_selected.emit()

    def add_lane(self, model: str) -> None:
        """One more lane at the right; it trains if the others do."""
        try:
            going = self.experiment.any_training
            run = self.experiment.add(model)
        except (ValueError, KeyError) as error:
            self.told.emit(str(error), "warn")
            return
        if going:
            run.start()
        self._after_lanes(run)

    def close_lane(self, run: Run) -> None:
        """Close a lane; the last one stays."""
        if len(self.runs) <= 1:
            self.told.emit("The last lane stays open.", "note")
            return
        at = self.runs.index(run)
        self.experiment.remove(run)
        self._after_lanes(self.runs[min(at, len(self.runs) - 1)] if self._selected is run else self._selected)

    def replace_lane(self, run: Run, model: str) -> None:
        """Another model in a lane, or the same one where its file has changed."""
        from core.models.base import MODELS

        if run.model is not MODELS.get(model):
            self._after_lanes(self.experiment.replace(run, model))

    def move_lane(self, run: Run, by: int) -> None:
        """One place to the left or right."""
        self.experiment.move(run, by)
        self.lanes_changed.emit()

    def order_lanes(self, runs: list[Run]) -> None:
        """Another order from left to right."""
        self.experiment.runs[:] = runs
        self.lanes_changed.emit()

    def set_setup(self, name: str, value: KnobValue) -> None:
        """Change a knob that all lanes share; most begin every lane again."""
        try:
            before = self.experiment.setup
            self.experiment.set_setup(**{name: value})
        except UserError as error:
            self.told.emit(str(error), "warn")
            self.setup_changed.emit()
            return
        if before != self.experiment.setup:
            self.setup_changed.emit()
            if before.latent != self.experiment.setup.latent:
                self.point.announce()
            self.restarted.emit()

    def set_knob(self, run: Run, name: str, value: KnobValue) -> None:
        """Turn a knob of a lane: a live one acts at once and can be undone, another waits for a restart."""
        each = knob(run.model.Config, name)
        try:
            value = each.check(value)
        except KnobError as error:
            self.told.emit(str(error), "warn")
            self.knob_changed.emit(run, name)
            return
        old = getattr(run.pending, name)
        if old != value:
            self.undo.push(KnobChange(self.apply_knob, run, name, old, value))

    def apply_knob(self, run: Run, name: str, value: KnobValue) -> None:
        """Without undo."""
        run.pending = changed(run.pending, name, value)
        if knob(run.model.Config, name).param.live:
            run.set(name, value)
        self.knob_changed.emit(run, name)

    def waiting_knobs(self, run: Run) -> list[str]:
        """The knobs that were changed and wait for a restart."""
        now = run.view.config
        return [
            field.name
            for field in dataclasses.fields(run.pending)
            if not knob(run.model.Config, field.name).param.live
            and getattr(now, field.name) != getattr(run.pending, field.name)
        ]

    def set_dataset(self, dataset: Dataset) -> None:
        """Other images: every lane begins again."""
        self.experiment.set_dataset(dataset)
        self.dataset_changed.emit()
        self.restarted.emit()
        self.told.emit(
            f"{dataset.title}: {len(dataset.train):,} training {dataset.noun}s, every lane began again.", "note"
        )

    def open_run(self, saved: SavedRun, dataset: Dataset) -> None:
        """A saved run as a lane."""
        other = dataset is not self.experiment.dataset
        self.renewed(self.experiment.open(saved, dataset), other)

    def renewed(self, run: Run, other_data: bool) -> None:
        """Lanes, setup and perhaps the data are others now; ``run`` is selected."""
        self.setup_changed.emit()
        if other_data:
            self.dataset_changed.emit()
        self._after_lanes(run)
        self.point.announce()

    # --- training ----------------------------------------------------------------------------------------------------

    def toggle_training(self) -> None:
        """Start everything, or rest."""
        if not self.is_open:
            return
        if self.experiment.any_training:
            self.experiment.pause()
        else:
            self.experiment.start()

    def step(self) -> None:
        """One step in every lane."""
        if self.is_open:
            self.experiment.step()

    def restart(self) -> None:
        """Again with the same seed."""
        if self.is_open:
            self.experiment.restart()
            self.restarted.emit()

    def restart_lane(self, run: Run) -> None:
        """One lane again with the same seed; it goes on training if it did."""
        self.experiment.restart_run(run)
        self.restarted.emit()

    def new_seed(self) -> None:
        """Again with another seed."""
        if self.is_open:
            seed = self.experiment.new_seed()
            self.setup_changed.emit()
            self.restarted.emit()
            self.told.emit(f"New seed {seed}: every lane began again.", "note")

    # --- how things are shown ----------------------------------------------------------------------------------------

    def new_samples(self) -> None:
        """Other z for the sample grids."""
        self.experiment.sample_seed += 1
        self.samples_changed.emit()

    @property
    def sampler(self) -> str:
        """Where the z of samples come from: a name of `core.evaluation.samplers`."""
        return self.experiment.sampler if self.is_open else "prior"

    def set_sampler(self, name: str) -> None:
        """Draw z from elsewhere; a lane without an encoder keeps to the prior."""
        if self.is_open and name != self.experiment.sampler:
            self.experiment.sampler = name
            self.sampler_changed.emit()

    def next_pair(self) -> None:
        """Another two test images."""
        self.experiment.next_pair()
        self.pair_changed.emit()

    def set_map_style(self, style: MapStyle) -> None:
        """Tiles, codes or both."""
        self.map_style = style
        self.map_style_changed.emit()

    def next_map_style(self) -> None:
        """Tiles, codes, both, tiles, …"""
        order: tuple[MapStyle, ...] = ("tiles", "codes", "both")
        self.set_map_style(order[(order.index(self.map_style) + 1) % 3])

    def isolate(self, classes: frozenset[int]) -> None:
        """Show only these classes; empty shows all."""
        self.isolated = classes
        self.classes_changed.emit()

    def set_chart(self, *, smooth: float | None = None, x_axis: Literal["step", "seconds"] | None = None) -> None:
        """How the curves are drawn."""
        self.smooth = self.smooth if smooth is None else smooth
        self.x_axis = self.x_axis if x_axis is None else x_axis
        self.chart_changed.emit()

    def help(self, text: Help | None) -> None:
        """Say something in the help box."""
        self.helped.emit(text)
