"""The choice of a dataset: the window for it, reading in the background, and errors in plain words."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.settings import Settings
from gui.files.drop import DropTarget, Goal
from gui.files.job import Job
from gui.widgets import later
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.key_hints import key_or

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.foundation.params import KnobValue
    from gui.files.data_sheet import DataSheet

T = TypeVar("T")


class DataChooser(QObject):
    """Opens the window for choosing data and reads data by name. ``config`` is the config of the present dataset."""

    picture_dropped = Signal(object)  # a path or a `QImage`, for the input card
    experiment_dropped = Signal(str)  # the path of a document

    def __init__(self, window: QWidget, desk: Desk, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self.config: SourceConfig | None = None
        self._known: list[tuple[weakref.ref[Dataset], SourceConfig | None]] = []
        self.sheet: DataSheet | None = None
        self._of_sheet: list[Loading] = []
        DropTarget(window, desk, self._take_drop)
        self.job = Job(window)
        for signal in (desk.opened, desk.dataset_changed):
            signal.connect(self._follow_data)

    def _follow_data(self) -> None:
        """Remember the config of the present data, or recall it: Undo brings data back."""
        present = self._desk.experiment.dataset
        self._known = [each for each in self._known if each[0]() is not None]
        if any(dataset() is present for dataset, _ in self._known):
            self.config = self.config_of(present)
        else:
            self._known.append((weakref.ref(present), self.config))

    def config_of(self, dataset: Dataset) -> SourceConfig | None:
        """The config of data that are or were open."""
        return next((config for known, config in self._known if known() is dataset), None)

    def ask(self, place: str = "") -> None:
        """Open the window for choosing data, on a file or folder where one is named; lanes train on meanwhile."""
        if not self._desk.is_open:
            return
        if self.sheet is None:
            self._desk.make_way()
            self.sheet = self._make_sheet()
            later.after_frame(self.sheet, functools.partial(self._fill, self.sheet))
            self.sheet.show()
        self.sheet.raise_()
        self.sheet.activateWindow()
        if place:
            self.sheet.look_into(place)

    def _make_sheet(self) -> DataSheet:
        from gui.files.data_sheet import DataSheet

        sheet = DataSheet(self._window, self._desk)
        DropTarget(sheet, self._desk, self._take_drop)
        sheet.loading_started.connect(self._follow)
        sheet.used.connect(self._take)
        sheet.draw_wanted.connect(self._draw_instead)
        sheet.finished.connect(self._forget_sheet)
        return sheet

    def _fill(self, sheet: DataSheet) -> None:
        later.in_slices(sheet, self._filling(sheet))

    def _filling(self, sheet: DataSheet) -> Iterator[None]:
        """Show the cards, then the present data: it is open, and a frame of it is painted."""
        from core.datasets.first_look import look_of
        from gui.files.offers import offers

        if sheet is not self.sheet:  # closed before it was filled
            return
        dataset, config = self._desk.experiment.dataset, self.config
        sheet.fill(offers(self._settings, None if config is None else (dataset.name, config)))
        yield
        if config is not None:
            sheet.show_present(look_of(dataset, config))

    def _take_drop(self, goal: Goal) -> None:
        """Open an experiment that was dropped, look at a folder or file; a picture goes to the input card."""
        if goal.experiment:
            self.experiment_dropped.emit(goal.experiment)
        elif goal.place:
            self.ask(goal.place)
        elif goal.picture is not None:
            self.picture_dropped.emit(goal.picture)

    def _forget_sheet(self) -> None:
        self.sheet = None

    def _follow(self, loading: Loading) -> None:
        """Keep what the sheet reads, so that `stop` can wait for it."""
        self._of_sheet = [each for each in self._of_sheet if each.is_running()] + [loading]

    def _take(self, dataset: Dataset, config: SourceConfig) -> None:
        """Train on data that were chosen in the sheet."""
        self.keep(dataset.name, config)
        self._desk.set_dataset(dataset)
        skipped = len(dataset.origin.get("skipped", ()))
        if skipped:
            files = "file was" if skipped == 1 else "files were"
            key = key_or("ask_dataset", "Choose a dataset")
            self._desk.told.emit(f"{skipped:,} {files} skipped; {key} lists them.", "note")

    def keep(self, name: str, config: SourceConfig) -> None:
        """Take this for the config of the present data; a file or folder is first among the recent ones then."""
        from core.foundation.params import to_json
        from gui.files.offers import remember

        self.config = config
        remember(self._settings, name, to_json(config))

    def _draw_instead(self, name: str) -> None:
        if self.sheet is not None:
            self.sheet.reject()
        self.draw(name)

    def draw(self, name: str) -> None:
        """Open the dialog for drawing points, with the present drawing if there is one."""
        from core.foundation.params import to_json
        from gui.files.draw_points import DrawPoints

        self._desk.make_way()
        present = self._desk.experiment.dataset.name == name and self.config is not None
        knobs = to_json(self.config) if present else {}
        dialog = DrawPoints(self._window, str(knobs.get("strokes", "")), float(knobs.get("noise", 0.04)))
        dialog.used.connect(lambda text, noise: self.load(name, {**knobs, "strokes": text, "noise": noise}))
        dialog.open()

    def load(self, name: str, knobs: dict[str, KnobValue] | None) -> None:
        """Read a dataset in the background and set it on the desk."""
        from core.datasets.base import SOURCES, title_of
        from core.datasets.shared import load as load_dataset
        from core.foundation.params import from_json

        config = from_json(SOURCES.get(name).Config, knobs or {})

        def done(dataset: Dataset) -> None:
            self.config = config
            self._desk.set_dataset(dataset)

        self.read(lambda report: load_dataset(name, config, report), f"Reading {title_of(name, config)}", done)

    def read(self, work: Callable[[Report], T], title: str, done: Callable[[T], None]) -> None:
        """Run ``work`` in the background with a progress bar and Cancel. A reading in progress is cancelled first."""
        self.job.start(
            work,
            title,
            lambda result: None if self.job.was_cancelled else done(result),
            lambda sentence, details: None if self.job.was_cancelled else self._fail(sentence, details),
        )

    def _fail(self, sentence: str, details: str) -> None:
        self._desk.told.emit(sentence, "error")
        ErrorDialog(self._window, "Cannot use this data", sentence, details).open()

    def stop(self) -> None:
        """Cancel the reading in progress."""
        self.job.stop()

    def close(self) -> None:
        """Close the window for choosing data, and end all reading."""
        self.stop()
        if self.sheet is not None:
            self.sheet.reject()
        for loading in self._of_sheet:
            loading.cancel()
        for loading in self._of_sheet:
            loading.wait()
        self._of_sheet.clear()
