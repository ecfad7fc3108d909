"""Carries out the steps of a lesson in the window: sets up lanes, sets knobs, shows tabs and points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.params import KnobValue
from core.foundation.user_error import UserError
from core.lessons.script import Lesson, Show
from gui.desk.desk import Desk
from gui.desk.lanes import first_choice
from gui.files.data_chooser import DataChooser

if TYPE_CHECKING:
    from core.datasets.base import Dataset, SourceConfig
    from core.engine.experiment import Experiment
    from core.engine.run import Run


class DeskDirector(QObject):
    """A `core.lessons.walkthrough.Stage` on the desk of a window."""

    tab_wanted = Signal(str)
    page_wanted = Signal(str, str)  # a page of the Information tab and a card of it, or ""

    def __init__(self, desk: Desk, data: DataChooser) -> None:
        super().__init__()
        self._desk, self._data = desk, data
        self._lesson_runs: list[Run] = []  # the lanes of the lesson that was set up last
        self._selected: Run | None = None  # of the lanes set aside

    @property
    def experiment(self) -> Experiment:
        """The experiment of the desk."""
        return self._desk.experiment

    @property
    def would_lose(self) -> bool:
        """Whether setting up would end lanes of the user that have trained: others of theirs are set aside already."""
        return self.can_restore and self._are_mine and any(run.live_view.status.step > 0 for run in self._desk.runs)

    @property
    def would_keep(self) -> bool:
        """Whether setting up would set trained lanes of the user aside."""
        return not self.can_restore and self._are_mine and any(run.live_view.status.step > 0 for run in self._desk.runs)

    @property
    def _are_mine(self) -> bool:
        """Whether the present lanes are the user's: not just those of a lesson."""
        return any(run not in self._lesson_runs for run in self._desk.runs)

    @property
    def can_restore(self) -> bool:
        """Whether the user's lanes were set aside for a lesson."""
        return self._desk.is_open and self._desk.experiment.aside is not None

    def restore(self) -> None:
        """Put the user's lanes back, as they were before the lesson, in place of the present ones."""
        desk, experiment = self._desk, self._desk.experiment
        aside = experiment.aside
        if aside is None:
            return
        is_other = aside.dataset is not experiment.dataset
        desk.point.stop()
        experiment.restore()
        self._data.config = self._data.config_of(experiment.dataset)
        selected, self._selected, self._lesson_runs = self._selected, None, []
        self._announce(first_choice(experiment.runs) if selected is None else selected, is_other)
        desk.told.emit("Your lanes are back, paused.", "note")

    def _announce(self, selected: Run | None, is_other_data: bool) -> None:
        desk = self._desk
        desk.announce_lanes(selected, is_other_data)
        desk.sampler_changed.emit()
        self.tab_wanted.emit("lineup")

    def set_up(self, lesson: Lesson, done: Callable[[], None]) -> None:
        """Read the dataset of a lesson unless it is open, put its lanes on the desk, and call ``done``."""
        from core.datasets.base import SOURCES
        from core.datasets.shared import load
        from core.lessons.walkthrough import data_of

        assert lesson.recipe is not None
        name, config = data_of(lesson.recipe)
        present = self._desk.experiment.dataset
        if present.name == name and self._data.config == config:
            self._put(lesson, present, config, done)
            return
        self._data.read(
            lambda report: load(name, config, report),
            f"Reading {SOURCES.get(name).title}",
            lambda dataset: self._put(lesson, dataset, config, done),
        )

    def _put(self, lesson: Lesson, dataset: Dataset, config: SourceConfig, done: Callable[[], None]) -> None:
        from core.lessons.walkthrough import begin

        desk, experiment = self._desk, self._desk.experiment
        assert lesson.recipe is not None
        is_other = dataset is not experiment.dataset
        keep = self._are_mine and not self.can_restore
        selected = desk.selected
        desk.point.stop()
        try:
            begin(lesson.recipe, experiment, dataset, keep=keep)
        except UserError as error:
            desk.told.emit(str(error), "warn")
            return
        if keep:
            self._selected = selected
        self._data.config = config
        self._lesson_runs = list(experiment.runs)
        experiment.sampler = "prior"
        self._announce(first_choice(experiment.runs), is_other)
        kept = "; yours are kept" if self.can_restore else ""
        desk.told.emit(f"The lanes of lesson {lesson.number} are ready{kept}.", "note")
        done()

    def turn(self, run: Run, knob: str, value: KnobValue) -> None:
        """Set a knob as the user would, so that Undo covers it."""
        self._desk.set_knob(run, knob, value)

    def show(self, step: Show, runs: Mapping[str, Run]) -> None:
        """Select a lane, show a tab or a page of the Information tab, choose a sampler, move the point."""
        if step.lane is not None:
            self._desk.select(runs[step.lane])
        if step.tab is not None:
            self.tab_wanted.emit(step.tab)
        if step.page is not None:
            self.page_wanted.emit(step.page, step.card or "")
        if step.sampler is not None:
            self._desk.set_sampler(step.sampler)
        if step.point is not None:
            z = np.zeros_like(self._desk.point.z)
            count = min(len(z), len(step.point))
            z[:count] = step.point[:count]
            self._desk.point.move(z)
