"""Copying a lane as lines that train it again, and whole experiments as a text to paste into another window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.files.data_chooser import DataChooser

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.exports.experiment_config import ExperimentConfig


class Sharing(QObject):
    """Puts lanes and experiments on the clipboard, and opens an experiment from it."""

    def __init__(self, window: QWidget, desk: Desk, data: DataChooser) -> None:
        super().__init__(window)
        self._window, self._desk, self._data = window, desk, data

    # --- copy --------------------------------------------------------------------------------------------------------

    def copy_command(self) -> None:
        """Copy the command line that trains the selected lane again."""
        from core.exports.command_line import train_command

        lane = self._lane()
        if lane is not None:
            self._copy(train_command(lane), "The command line")

    def copy_python(self) -> None:
        """Copy Python lines that train the selected lane again."""
        from core.exports.command_line import python_snippet

        lane = self._lane()
        if lane is not None:
            self._copy(python_snippet(lane), "Python code")

    def copy_experiment(self) -> None:
        """Copy data, setup and all lanes with their knobs as a text."""
        from core.exports import experiment_text
        from core.exports.experiment_config import ExperimentConfig

        desk, source = self._desk, self._data.config
        if not desk.is_open or source is None:
            return
        try:
            text = experiment_text.written(ExperimentConfig.of(desk.experiment, source))
        except UserError as error:
            desk.told.emit(f"The text cannot be copied: {error}.", "warn")
            return
        QGuiApplication.clipboard().setText(text)
        desk.told.emit("The experiment is copied as a text: paste it into another window or a mail.", "note")

    def _lane(self) -> ExperimentConfig | None:
        """The selected lane as it is trained; None where there is none."""
        from core.exports.experiment_config import ExperimentConfig

        run, source = self._desk.selected, self._data.config
        return None if run is None or source is None else ExperimentConfig.of_run(run, source)

    def _copy(self, text: str, what: str) -> None:
        run = self._desk.selected
        assert run is not None
        QGuiApplication.clipboard().setText(text)
        turned = ", ".join(sorted(run.live_view.turned_at))
        tone, but = ("warn", f" It has the last value of {turned} from the first step on.") if turned else ("note", "")
        self._desk.told.emit(f"{what} of {self._desk.names.of(run).full} is copied.{but}", tone)

    # --- paste -------------------------------------------------------------------------------------------------------

    def paste(self) -> None:
        """Open the experiment on the clipboard, after a question: it replaces the lanes and may read a folder."""
        from core.exports import experiment_text

        if not self._desk.is_open:
            return
        try:
            found = experiment_text.read(QGuiApplication.clipboard().text())
        except UserError as error:
            self._desk.told.emit(f"Nothing was pasted: {error}.", "warn")
            return
        self._ask(found)

    def _ask(self, found: ExperimentConfig) -> None:
        from core.datasets.base import title_of
        from core.exports.command_line import changed_knobs
        from core.foundation.quoted import brief
        from core.models.base import MODELS

        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setObjectName("paste experiment")
        models = ", ".join(MODELS.get(lane.model).short for lane in found.lanes)
        box.setText(f"Open an experiment on {title_of(found.dataset, found.source)}: {models}?")
        knobs = [
            f"{knob.param.label}: {brief(Path(text) if knob.param.option == 'data' else text)}"
            for knob, text in ((knob, knob.written(value)) for knob, value in changed_knobs(found.source))
        ]
        count = len(self._desk.runs)
        lanes = f"all {count} lanes" if count > 1 else "the present lane"
        box.setInformativeText("\n".join([*knobs, f"It takes the place of {lanes}; Undo brings them back."]))
        chosen = box.addButton("Open it", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Keep the lanes", QMessageBox.ButtonRole.RejectRole))
        box.buttonClicked.connect(lambda button: self._open(found) if button is chosen else None)
        box.open()

    def _open(self, found: ExperimentConfig) -> None:
        from core.datasets.base import title_of
        from core.datasets.shared import load

        present = self._desk.experiment.dataset
        if (present.name, self._data.config) == (found.dataset, found.source):
            self._begin(found, present)
            return
        self._data.read(
            lambda report: load(found.dataset, found.source, report),
            f"Reading {title_of(found.dataset, found.source)}",
            lambda dataset: self._begin(found, dataset),
        )

    def _begin(self, found: ExperimentConfig, dataset: Dataset) -> None:
        desk, before = self._desk, self._data.config
        self._data.config = found.source
        try:
            desk.begin(found.setup, dataset, [(lane.model, lane.config) for lane in found.lanes], "paste an experiment")
        except UserError as error:  # a device that is not there
            self._data.config = before
            desk.told.emit(str(error), "warn")
            return
        self._data.keep(found.dataset, found.source)
        desk.told.emit(f"The experiment is open: {len(found.lanes)} lanes, ready to train.", "note")
