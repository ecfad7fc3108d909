"""Sweeps of a window: one that is open, and one that trains beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from core.foundation.program import PROGRAM
from core.foundation.quoted import name_of
from gui.desk.desk import Desk
from gui.desk.places import within
from gui.files.data_chooser import DataChooser
from gui.files.runs_on_disk import RunsOnDisk
from gui.sweeps.background import SweepProcess

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.sweeps.plan import PlannedRun
    from gui.sweeps.dialog import SweepDialog


class Sweeps(QObject):
    """Opens sweeps, and starts them as processes of their own, one at a time.

    ``program`` is the command line to which the words of a sweep are added; ``place`` returns the folder in which a
    new one is proposed, or None.
    """

    def __init__(
        self, window: QWidget, desk: Desk, data: DataChooser, runs: RunsOnDisk, place: Callable[[], Path | None]
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._data, self._runs, self._place = window, desk, data, runs, place
        self.program: Sequence[str] = PROGRAM
        self.dialog: SweepDialog | None = None
        self.process: SweepProcess | None = None
        desk.told.connect(self._hand_on)

    # --- one that is there -------------------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Ask for the folder of a sweep and open it."""
        if self._desk.is_open:
            self._desk.make_way()
            owner = self._window if self.dialog is None else self.dialog
            folder = QFileDialog.getExistingDirectory(owner, "A folder of a sweep (it holds plan.json)")
            if folder:
                self.open(Path(folder))

    def open(self, folder: Path) -> None:
        """Show the sweep in a folder, in place of the one that is open."""
        from gui.sweeps.dialog import SweepDialog

        if self.dialog is not None:
            self.dialog.reject()
        self._desk.make_way()
        process = self.process if self.process is not None and self.process.folder == folder else None
        dialog = self.dialog = SweepDialog(self._window, folder, process, self._fits)
        dialog.run_wanted.connect(self._runs.open)
        dialog.report_wanted.connect(self._show_report)
        dialog.rest_wanted.connect(self._train_rest)
        dialog.other_wanted.connect(self.ask_open)
        dialog.finished.connect(lambda: self._forget(dialog))
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _fits(self, run: PlannedRun) -> bool:
        """Whether a run can join the present lanes; see `core.engine.experiment.Experiment.fits`."""
        if not self._desk.is_open:
            return True
        experiment = self._desk.experiment
        ours, theirs = experiment.setup, run.setup
        return run.dataset == experiment.dataset.name and (theirs.latent, theirs.network) == (ours.latent, ours.network)

    def _forget(self, dialog: SweepDialog) -> None:
        if dialog is self.dialog:
            self.dialog = None

    def _hand_on(self, words: str, tone: str) -> None:
        if self.dialog is not None:
            self.dialog.tell(words, tone)

    def _show_report(self, folder: Path) -> None:
        from core.sweeps.folder import REPORT

        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder / REPORT))):
            self._desk.told.emit(f"No program opens the report; it is {folder / REPORT}.", "warn")

    # --- a new one ---------------------------------------------------------------------------------------------------

    def ask_new(self, run: Run) -> None:
        """Open the dialog for a sweep of a lane's knob."""
        from core.exports.experiment_config import ExperimentConfig, LaneConfig
        from gui.sweeps.new_sweep import NewSweep

        source = self._data.config
        if source is None or not self._desk.is_open:
            return
        if self.process is not None and self.process.is_running:
            name = name_of(self.process.folder)
            self._desk.told.emit(f"The sweep in {name} is being trained; stop it first.", "warn")
            self.open(self.process.folder)
            return
        self._desk.make_way()
        lanes = (LaneConfig(run.model_name, run.pending),)
        lane = ExperimentConfig(run.dataset.name, source, self._desk.experiment.setup, lanes)
        name = self._desk.names.of(run).full
        dialog = NewSweep(self._window, run, name, lane, self._home())
        dialog.started.connect(self.start)
        dialog.open()

    def _train_rest(self, folder: Path) -> None:
        """Train what is missing of a sweep."""
        from core.training.devices import cores

        if self.process is not None and self.process.is_running:
            name = name_of(self.process.folder)
            self._desk.told.emit(f"The sweep in {name} is being trained; stop it first.", "warn")
            return
        self.start(["sweep", "--resume", "--workers", f"{max(1, cores() - 1)}", "--out", f"{folder}", "--json"], folder)

    def _home(self) -> Path:
        """The folder in which a new sweep's own is proposed."""
        place = self._place()
        if place is not None:
            return place.parent
        if folder := within(self._desk.places.runs):
            return Path(folder)
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents) if documents and Path(documents).is_dir() else Path.home()

    def start(self, words: Sequence[str], folder: Path) -> None:
        """Train a sweep in the background, and show it."""
        process = self.process = SweepProcess((*self.program, *words), folder, self)
        process.ended.connect(lambda why: self._tell_end(process, why))
        process.start()
        self._desk.told.emit(f"The sweep in {folder} is being trained beside the lanes.", "note")
        self.open(folder)

    def _tell_end(self, process: SweepProcess, why: str) -> None:
        name = name_of(process.folder)
        if why:
            self._desk.told.emit(f"The sweep in {name} ended: {why}", "error")
        elif process.was_stopped:
            self._desk.told.emit(f"The sweep in {name} was stopped; what has ended is kept.", "note")
        else:
            self._desk.told.emit(f"The sweep in {name} is finished.", "note")

    def stop(self) -> None:
        """Close the sweep that is open, and end the one that trains: what has ended is kept."""
        if self.dialog is not None:
            self.dialog.reject()
        if self.process is not None:
            self.process.stop()
