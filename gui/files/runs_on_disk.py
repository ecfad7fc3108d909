"""Saving all lanes and opening a saved run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.files.dataset_menu import DataChooser
from gui.widgets.dialogs import ErrorDialog

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.engine.run import Run
    from core.engine.run_folder import SavedRun


class RunsOnDisk(QObject):
    """Saves the lanes of a window and opens saved runs. ``saved`` carries a run, its step, and the folder's name."""

    saved = Signal(object, int, str)

    def __init__(self, window: QWidget, desk: Desk, data: DataChooser) -> None:
        super().__init__(window)
        self._window, self._desk, self._data = window, desk, data

    def ask_save(self) -> None:
        """Ask for a folder and save into it."""
        if self._desk.is_open:
            folder = QFileDialog.getExistingDirectory(self._window, "A folder for the runs of all lanes")
            if folder:
                self.save(Path(folder))

    def save(self, folder: Path) -> bool:
        """Save one run folder per lane, named by position and model. Returns whether all were saved."""
        for position, run in enumerate(self._desk.runs, 1):
            try:
                step = self._save_run(run, folder / f"{position}-{run.model_name}")
                self.saved.emit(run, step, folder.name)
            except ValueError as error:
                ErrorDialog(self._window, "Cannot save", str(error), f"folder {folder}").open()
                return False
        self._desk.told.emit(f"Saved {len(self._desk.runs)} runs in {folder}.", "note")
        return True

    def _save_run(self, run: Run, folder: Path) -> int:
        """Save the newest weights of a run; returns their step."""
        from core.datasets.base import describe
        from core.engine.run_folder import save

        view, config = run.view, self._data.config
        is_ready = view.dataset is self._desk.experiment.dataset
        if view.snapshot is None or view.setup is None or view.dataset is None or config is None or not is_ready:
            raise UserError(f"{self._desk.names.of(run).long} is still being prepared; try again in a second")
        data, seconds = describe(view.dataset, config), view.status.seconds
        save(folder, run.model_name, view.snapshot, view.setup, data, view.history, seconds, view.turned_at)
        return view.snapshot.step

    def ask_open(self) -> None:
        """Ask for a run folder and open it."""
        if self._desk.is_open:
            folder = QFileDialog.getExistingDirectory(self._window, "A run folder (it holds config.json and weights)")
            if folder:
                self.open(Path(folder))

    def open(self, folder: Path) -> None:
        """Open a saved run as a lane; asks first if it does not fit the present lanes."""
        from core.datasets.base import describe, reload
        from core.engine.run_folder import load

        present, present_config = self._desk.experiment.dataset, self._data.config

        def read(report: Report) -> tuple[SavedRun, Dataset, SourceConfig]:
            saved = load(folder)
            if present_config is not None and dict(saved.data) == describe(present, present_config):
                return saved, present, present_config
            dataset, config = reload(saved.data, report)
            return saved, dataset, config

        def done(result: tuple[SavedRun, Dataset, SourceConfig]) -> None:
            if self._desk.experiment.fits(result[0], result[1]):
                self._take(folder, *result)
            else:
                self._ask_to_replace(lambda: self._take(folder, *result))

        self._data.read(read, f"Opening {folder.name}", done)

    def _take(self, folder: Path, saved: SavedRun, dataset: Dataset, config: SourceConfig) -> None:
        try:
            run = self._desk.open_run(saved, dataset)
        except ValueError as error:
            self._desk.told.emit(str(error), "warn")
            return
        self._data.config = config
        self.saved.emit(run, saved.step, folder.name)
        self._desk.told.emit(f"Opened {folder.name}: {saved.step:,} steps.", "note")

    def _ask_to_replace(self, open_alone: Callable[[], None]) -> None:
        """Ask whether to close the present lanes, which loses what they have learned. The only such question."""
        box = QMessageBox(self._window)
        box.setObjectName("replace lanes")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText("This run has other data, latent size or architecture than the present lanes.")
        box.setInformativeText(f"Opening it closes all {len(self._desk.runs)} lanes and what they have learned.")
        alone = box.addButton("Open it alone", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Keep the lanes", QMessageBox.ButtonRole.RejectRole))
        box.buttonClicked.connect(lambda button: open_alone() if button is alone else None)
        box.open()
