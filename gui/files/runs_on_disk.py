"""Saving all lanes and opening a saved run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.places import within
from gui.files.data_chooser import DataChooser
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.key_hints import key_or

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.engine.run import Run
    from core.engine.run_folder import SavedRun

    Opened = tuple[SavedRun, Dataset, SourceConfig, str]
    """A saved run, its data and their config, and how they differ from those that it was trained on, or ""."""

STATE_PATIENCE_S = 20.0
"""How long a save waits for the state of a lane, which comes between two of its steps, s."""
SAVE_PATIENCE_S = 60.0
"""How long the window waits at its end for files that are being written, s."""


class RunsOnDisk(QObject):
    """Saves the lanes of a window and opens saved runs. ``saved`` carries a run, its step, and the folder's name.

    Files are written in a thread: a disk may take half a second to confirm them.
    """

    saved = Signal(object, int, str)

    def __init__(self, window: QWidget, desk: Desk, data: DataChooser) -> None:
        super().__init__(window)
        self._window, self._desk, self._data = window, desk, data
        self._saving: Loading | None = None

    def ask_save(self) -> None:
        """Ask for a folder and save into it."""
        if self._desk.is_open:
            self._desk.make_way()
            start = within(self._desk.places.runs)
            folder = QFileDialog.getExistingDirectory(self._window, "A folder for the runs of all lanes", start)
            if folder:
                self._save_or_ask(Path(folder))

    def _save_or_ask(self, folder: Path) -> None:
        """Save, after a question where runs would be replaced."""
        from core.engine.run_folder import holds_run

        taken = [place.name for place in self._places(folder) if holds_run(place)]
        if not taken:
            self.save(folder)
            return
        text = f"{folder.name} holds runs already: {', '.join(taken)}."
        self._ask(
            ("save over runs", text, "Saving replaces them."), ("Replace them", "Keep them"), lambda: self.save(folder)
        )

    def _places(self, folder: Path) -> list[Path]:
        """Where each lane is saved: one run folder each, named by position and model."""
        return [folder / f"{position}-{run.model_name}" for position, run in enumerate(self._desk.runs, 1)]

    def save(self, folder: Path) -> None:
        """Save every lane as it is now, over what is there. ``saved`` follows."""
        if self._saving is not None:
            self._desk.told.emit("The runs are being saved already.", "note")
            return
        try:
            writers = [
                self.writer(run, place) for run, place in zip(self._desk.runs, self._places(folder), strict=True)
            ]
        except UserError as error:
            self._show_failure(str(error), f"folder {folder}")
            return

        def write(report: Report) -> tuple[Path, list[tuple[Run, int]]]:
            return folder, [writer() for writer in writers]

        self._saving = Loading(write)
        self._saving.done.connect(self._finish_saving)
        self._saving.failed.connect(self._fail_saving)
        self._desk.told.emit(f"Saving {len(writers)} runs in {folder} …", "note")
        self._saving.start()

    def _finish_saving(self, written: tuple[Path, list[tuple[Run, int]]]) -> None:
        if self._saving is None:  # the window is closing
            return
        self._saving = None
        folder, runs = written
        for run, step in runs:
            self.saved.emit(run, step, folder.name)
        self._desk.told.emit(f"Saved {len(runs)} runs in {folder}.", "note")

    def _fail_saving(self, sentence: str, details: str) -> None:
        if self._saving is not None:
            self._saving = None
            self._show_failure(sentence, details)

    def _show_failure(self, sentence: str, details: str) -> None:
        ErrorDialog(self._window, "Cannot save", sentence, details).open()

    def writer(self, run: Run, folder: Path) -> Callable[[], tuple[Run, int]]:
        """What writes the present state of a run and returns it with its step. `UserError` while there is none.

        Where the state does not come, as after the end of the engine, it is the newest weights that are shown.
        """
        from core.datasets.base import describe
        from core.engine.kept import Kept
        from core.engine.run_folder import SavedRun, save

        view, config = run.live_view, self._data.config
        is_ready = view.dataset is self._desk.experiment.dataset
        if view.snapshot is None or view.setup is None or view.dataset is None or config is None or not is_ready:
            raise UserError(f"{self._desk.names.of(run).long} is still being prepared; try again in a second")
        dataset, setup, answer, name = view.dataset, view.setup, run.keep(), run.name

        def write() -> tuple[Run, int]:
            data = describe(dataset, config)  # here, in the thread: it reads all images for their fingerprint
            kept = answer.take(STATE_PATIENCE_S)
            if isinstance(kept, Kept) and kept.dataset is dataset:
                saved = SavedRun.of_kept(run.model_name, kept, data)
            else:
                saved = SavedRun.of(run.model_name, view, setup, data)
            save(folder, dataclasses.replace(saved, name=name))
            return run, saved.step

        return write

    def stop(self) -> None:
        """Block until the files of a saving in progress are written."""
        saving, self._saving = self._saving, None
        if saving is not None:
            saving.wait(SAVE_PATIENCE_S)

    def ask_open(self) -> None:
        """Ask for a run folder and open it."""
        if self._desk.is_open:
            self._desk.make_way()
            start = within(self._desk.places.runs)
            folder = QFileDialog.getExistingDirectory(self._window, "A run folder (it holds manifest.json)", start)
            if folder:
                self.open(Path(folder))

    def open(self, folder: Path) -> None:
        """Open a saved run as a lane, in place of the present ones where it does not fit: Undo brings them back."""
        from core.datasets.base import changed_data, describe
        from core.datasets.shared import reload
        from core.engine.run_folder import load

        present, present_config = self._desk.experiment.dataset, self._data.config

        def read(report: Report) -> Opened:
            saved = load(folder)
            if present_config is not None and is_of(saved, describe(present, present_config)):
                return saved, present, present_config, ""
            dataset, config = reload(saved.data, report)
            return saved, dataset, config, changed_data(dataset, saved.data)

        def is_of(saved: SavedRun, data: dict[str, Any]) -> bool:
            return {"sha256": data["sha256"], **saved.data} == data  # earlier versions saved no fingerprint

        def done(result: Opened) -> None:
            self._take(folder, *result)

        self._data.read(read, f"Opening {folder.name}", done)

    def _take(self, folder: Path, saved: SavedRun, dataset: Dataset, config: SourceConfig, difference: str) -> None:
        from core.engine.followed import is_written

        desk, fits = self._desk, self._desk.experiment.fits(saved, dataset)
        is_followed = is_written(folder, saved)
        before, self._data.config = self._data.config, config
        try:
            run = desk.open_run(saved, dataset, folder if is_followed else None)
        except ValueError as error:
            self._data.config = before
            desk.told.emit(str(error), "warn")
            return
        self._data.keep(dataset.name, config)
        self.saved.emit(run, saved.step, folder.name)
        why = "brings the lanes of before back; it has other data, latent size or network."
        rest = "" if fits else f" {key_or('undo', 'Undo')} {why}"
        how = f"Following {folder.name}, which another program trains" if is_followed else f"Opened {folder.name}"
        desk.told.emit(f"{how}: {saved.step:,} steps.{rest}", "note")
        if difference:
            self._desk.told.emit(f"{difference}.", "warn")

    def _ask(self, words: tuple[str, str, str], buttons: tuple[str, str], act: Callable[[], None]) -> None:
        """Ask before something is lost. ``words``: name, text, details of the box. The second button is the default."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name, text, details = words
        box.setObjectName(name)
        box.setText(text)
        box.setInformativeText(details)
        chosen = box.addButton(buttons[0], QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(buttons[1], QMessageBox.ButtonRole.RejectRole))
        box.buttonClicked.connect(lambda button: act() if button is chosen else None)
        box.open()
