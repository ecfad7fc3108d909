"""The dialog for a new sweep of a lane's knob: which values, how many seeds, how long, and where."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from core.foundation.params import Knob, KnobError, KnobValue
from core.foundation.quoted import brief
from core.foundation.reading import DataError
from core.foundation.user_error import UserError, as_sentence
from core.readers.patience import at_once
from gui.drawing import theme
from gui.sweeps.command import option, parsed, proposed, sweep_words, sweepable
from gui.widgets import layouts
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.combo import Combo
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.exports.experiment_config import ExperimentConfig

USUAL_STEPS = 2_000
USUAL_SEEDS = 3
MOST_SEEDS = 100
MOST_STEPS = 10_000_000
FIELD_PX = 340
"""Width of the fields, px at text size 1."""
ABOUT = (
    "Each value is trained with each seed, by itself beside the window, with the other knobs of this lane. When the"
    " window closes, runs that have ended are kept; open the sweep to train the rest."
)


def _why_not(folder: Path) -> str:
    """Why a folder cannot be that of a new sweep; "" where it can."""
    if folder.exists() and not folder.is_dir():
        return f"{brief(folder)} is a file; choose another place"
    try:
        is_taken = folder.is_dir() and any(folder.iterdir())
    except OSError:
        return f"{brief(folder)} cannot be read; choose another place"
    if is_taken:
        return f"{brief(folder)} is not empty; choose a new folder"
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    return "" if os.access(nearest, os.W_OK) else f"{brief(nearest)} cannot be written to; choose another place"


class NewSweep(Dialog):
    """``started`` carries the words of the command, and the folder that it will write.

    ``lane`` is what the lane trains with, ``home`` the folder in which the sweep's own is proposed.
    """

    started = Signal(list, object)

    def __init__(self, parent: QWidget, run: Run, name: str, lane: ExperimentConfig, home: Path) -> None:
        super().__init__(parent, f"Sweep a knob of {name}")
        self.setObjectName("new sweep")
        self._run, self._lane, self._home = run, lane, home
        self._knobs = sweepable(run)
        self._values: list[str] = []
        self._proposed_folder = ""
        self._make_controls()
        self._lay_out()
        self._choose_knob()
        self._field.setFocus()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        options = [(name, self._label(each)) for name, each in self._knobs.items()]
        self._knob = named(Combo(options), "swept knob", "Knob")
        weights = self._run.model.rate_knobs
        weight = next((n for n, each in self._knobs.items() if weights is not None and each.name == weights.weight), "")
        self._knob.set_value(weight or options[0][0])
        self._knob.chosen.connect(self._choose_knob)
        self._field = named(QLineEdit(), "swept values", "Values, with commas")
        self._field.textEdited.connect(self._check)
        self._field.returnPressed.connect(self._start)
        self._seeds = named(SpinField(int, 1, MOST_SEEDS), "sweep seeds", "Seeds of each value")
        self._seeds.set_value(USUAL_SEEDS)
        self._steps = named(SpinField(int, 1, MOST_STEPS, unit="steps"), "sweep steps", "Steps of each run")
        step = self._run.live_view.status.step
        self._steps.set_value(max(100, round(step, -2)) if step else USUAL_STEPS)
        for field in (self._seeds, self._steps):
            field.edited.connect(self._check)
        self._where = named(QLineEdit(), "sweep folder", "Folder, a new one")
        self._where.textEdited.connect(self._check)
        self._where.returnPressed.connect(self._start)
        self._choose = named(Button("Choose …", "folder"), "choose sweep folder", "Choose a folder")
        self._choose.clicked.connect(self._ask_folder)
        self._why_values = named(Label("", "caption", "error", wrap=True), "why not values")
        self._why_folder = named(Label("", "caption", "error", wrap=True), "why not folder")
        self._sum = named(Label("", "body", "text", wrap=True), "sweep size")
        self._go = named(PrimaryButton("Start", "play"), "start sweep", "Start the sweep")
        self._go.clicked.connect(self._start)

    def _label(self, knob: Knob) -> str:
        label, short = self._run.dataset.worded(knob.param.label), knob.param.short
        return f"{label}, {short}" if len(short) == 1 and short not in label else label

    def _lay_out(self) -> None:
        px = theme.px
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(4))
        grid.setColumnStretch(1, 1)
        where = layouts.row((self._where, 1), self._choose, spacing=px(8))
        rows: tuple[tuple[str, QWidget | QHBoxLayout, Label | None], ...] = (
            ("Knob", self._knob, None),
            ("Values", self._field, self._why_values),
            ("Seeds", self._seeds, None),
            ("How long", self._steps, None),
            ("Where", where, self._why_folder),
        )
        for at, (words, control, why) in enumerate(rows):
            grid.addWidget(Label(words, "body", "text_2"), 2 * at, 0)
            if isinstance(control, QWidget):
                grid.addWidget(control, 2 * at, 1)
            else:
                grid.addLayout(control, 2 * at, 1)
            if why is not None:
                grid.addWidget(why, 2 * at + 1, 1)
        for field in (self._seeds, self._steps):
            field.setMaximumWidth(px(132))
        self._field.setMinimumWidth(px(FIELD_PX))
        self.inside.addWidget(Label(ABOUT, "body", "text_2", wrap=True))
        self.inside.addLayout(grid)
        self.inside.addWidget(self._sum)
        self.inside.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        cancel = Button("Cancel", key="Esc", height=32)
        cancel.clicked.connect(self.reject)
        return layouts.row(layouts.STRETCH, cancel, self._go, spacing=theme.px(8))

    # --- what is asked for -------------------------------------------------------------------------------------------

    @property
    def _present(self) -> Knob:
        return self._knobs[self._knob.value()]

    def _choose_knob(self) -> None:
        """Propose values and a folder for the knob; a folder that was chosen by hand stays."""
        knob = self._present
        config = self._run.pending if hasattr(self._run.pending, knob.name) else self._lane.setup
        present: KnobValue = getattr(config, knob.name)
        self._field.setText(proposed(self._run, knob, present))
        if self._where.text() == self._proposed_folder:
            self._proposed_folder = str(self._free_folder(f"sweep {self._run.model_name} {option(knob)}"))
            self._where.setText(self._proposed_folder)
        self._check()

    def _free_folder(self, name: str) -> Path:
        """A folder of that name, numbered where there is one already."""

        def free(home: Path) -> Path:
            numbers = (name if at == 1 else f"{name} {at}" for at in range(1, 1_000))
            return next((home / each for each in numbers if not (home / each).exists()), home / name)

        try:
            return at_once(self._home, free)
        except DataError:
            return self._home / name

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "A new or empty folder for the sweep", self._where.text())
        if folder:
            self._where.setText(folder)
            self._check()

    def folder(self) -> Path:
        """The folder that is asked for. Raises `UserError` where it cannot be used."""
        text = self._where.text().strip()
        if not text:
            raise UserError("Name a folder")
        folder = Path(text).expanduser()
        if not folder.is_absolute():
            raise UserError(f"Write the whole path of {brief(folder)}, from the root on")
        if trouble := at_once(folder, _why_not):
            raise UserError(trouble)
        return folder

    def _check(self) -> bool:
        """Say how large the sweep will be, or what is wrong; whether it can start."""
        values_ok = self._try(self._read_values, self._field, self._why_values)
        folder_ok = self._try(self.folder, self._where, self._why_folder)
        self._sum.setText(self._size_words() if values_ok else "")
        if self.isVisible():
            self.adjustSize()  # a sentence of what is wrong takes room of its own
        self._go.setEnabled(values_ok and folder_ok)
        self._go.setToolTip("" if values_ok and folder_ok else "Put right what is marked first")
        return values_ok and folder_ok

    def _read_values(self) -> None:
        from core.sweeps.plan import check_size

        values = parsed(self._present, self._field.text())
        check_size(len(values) * int(self._seeds.value()))
        self._values = values

    @staticmethod
    def _try(read: Callable[[], object], field: QLineEdit, why: Label) -> bool:
        """Read a field and mark it where it cannot be used."""
        try:
            read()
        except (KnobError, UserError) as error:
            words = as_sentence(str(error))
        else:
            words = ""
        why.setText(words)
        why.setVisible(bool(words))
        field.setAccessibleDescription(words)
        if bool(field.property("refused")) != bool(words):
            field.setProperty("refused", bool(words))
            field.style().polish(field)
        return not words

    def _size_words(self) -> str:
        count, workers = len(self._values) * int(self._seeds.value()), self.workers()
        runs = f"{count:,} run{'s' * (count != 1)} of {int(self._steps.value()):,} steps"
        return f"{runs}, {workers} at a time." if workers > 1 else f"{runs}, one after another."

    def workers(self) -> int:
        """Number of runs at once: a core is left to the window."""
        from core.training.devices import cores

        return max(1, (cores() - 1) // (self._lane.setup.threads or 1))

    def words(self) -> list[str]:
        """The words of the command, without the program's."""
        seeds, steps = int(self._seeds.value()), int(self._steps.value())
        return sweep_words(self._lane, self._knob.value(), self._values, seeds, steps, self.workers(), self.folder())

    def _start(self) -> None:
        if self._check():
            self.started.emit(self.words(), self.folder())
            self.accept()
