"""The experiment of a window as a document: saved, saved elsewhere, opened, and not lost without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.places import documents, within
from gui.files.collecting import collector
from gui.files.data_chooser import DataChooser
from gui.files.recent import Recent
from gui.files.shown import Shown
from gui.widgets.dialogs import ErrorDialog

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.engine.document import Document, Lane
    from core.engine.run import Run
    from core.engine.scene import Scene

    Opened = tuple[Document, Dataset, SourceConfig, str]
    """A document, its data and their config, and how they differ from those that it was trained on, or ""."""

PROGRAM = "Latent Playground"
FILTER = "Experiments (*.lplay)"
LOOK_MS = 1_000
"""Time between two looks whether there is something to save, ms."""
WORTH_ASKING_S = 10.0
"""Training of a lane since the last save from which losing it is asked about, s."""
SAVE_PATIENCE_S = 60.0
"""How long the window waits at its end for files that are being written, s."""

Marks = tuple[Any, ...]


class Documents(QObject):
    """Saves and opens the experiment of a window. ``place`` is where it was saved last or opened from.

    Files are written and read in threads. The title of the window has a dot while something is not saved.
    """

    changed = Signal()  # of the place, or of whether all is saved
    saved = Signal(object, int, str)  # a run, the step at which it is in a file, and the file's name

    def __init__(self, window: QMainWindow, desk: Desk, data: DataChooser, recent: Recent) -> None:
        super().__init__(window)
        self._window, self._desk, self._data = window, desk, data
        self.recent = recent
        self.place: Path | None = None
        self.is_saved = True
        self.shown = Shown(desk)
        self.bring_back: Callable[[], object] = lambda: None
        """Puts the lanes that are set aside for a lesson back in place of the lesson's."""
        self._saving: Loading | None = None
        self._then: Callable[[], object] | None = None
        self._marks: Marks = ()
        self._seconds: WeakKeyDictionary[Run, float] = WeakKeyDictionary()  # of training, when each lane was saved
        self._coming: WeakSet[Run] = WeakSet()  # lanes of a document that are not built yet
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        desk.opened.connect(self._begin)
        desk.lanes_changed.connect(self.look)
        desk.setup_changed.connect(self.look)

    def _begin(self) -> None:
        self._remember({run: 0.0 for run in self._desk.runs}, self.marks())
        self._timer.start(LOOK_MS)

    # --- what is not saved -------------------------------------------------------------------------------------------

    def marks(self, steps: dict[Run, int] | None = None, scene: Scene | None = None) -> Marks:
        """What an edit or a step of training changes; ``steps`` are those at which lanes will stand."""
        scene = self._desk.experiment.scene if scene is None else scene
        pins = tuple(pin.tobytes() for pin in scene.pins)
        steps = {run: run.live_view.status.step for run in scene.runs} if steps is None else steps
        lanes = tuple((run, (run.pending, run.name), steps[run]) for run in scene.runs)
        return scene.setup, id(scene.dataset), pins, lanes

    def _remember(self, seconds: dict[Run, float], marks: Marks) -> None:
        self._seconds.update(seconds)
        self._marks = marks
        if self.place is not None and marks:
            for run, _, step in marks[-1]:
                self.saved.emit(run, step, self.place.name)
        self.look()

    def look(self) -> None:
        """See whether something changed since the last save, and say so in the title."""
        if self._desk.is_open:
            for run in self._desk.runs:
                status = run.live_view.status
                if status.state != "building" and status.seconds < self._seconds.get(run, 0.0):  # it began again since
                    self._seconds[run] = 0.0
            is_saved = self._is_as_saved()
            if is_saved != self.is_saved:
                self.is_saved = is_saved
                self.changed.emit()
        title = self.title
        if title != self._window.windowTitle():
            self._window.setWindowTitle(title)

    def _is_as_saved(self) -> bool:
        """Whether all is as it was saved. At which step a lane will stand that is being built nobody knows yet."""
        if not self._marks:
            return False
        (*rest, lanes), (*saved, saved_lanes) = self.marks(), self._marks
        if rest != saved or [lane[:2] for lane in lanes] != [lane[:2] for lane in saved_lanes]:
            return False
        for (run, _, step), (_, _, saved_step) in zip(lanes, saved_lanes, strict=True):
            is_building = run.live_view.status.state == "building"
            if step >= saved_step and not is_building:
                self._coming.discard(run)
            if step != saved_step and not is_building and run not in self._coming:
                return False
        return True

    @property
    def title(self) -> str:
        """The title of the window."""
        name = "Untitled" if self.place is None else self.place.stem
        if self.is_saved:
            return PROGRAM if self.place is None else f"{name} — {PROGRAM}"
        return f"• {name} — {PROGRAM}"

    def would_lose(self) -> bool:
        """Whether a lane has trained for longer than `WORTH_ASKING_S` since it was saved."""
        return self.to_keep() is not None

    def to_keep(self) -> Scene | None:
        """What should be kept before it is lost: the lanes that a lesson has set aside, or the present ones."""
        if not self._desk.is_open:
            return None
        experiment = self._desk.experiment
        scenes = (experiment.aside, experiment.scene)
        return next((each for each in scenes if each is not None and self._longest_s(each) > WORTH_ASKING_S), None)

    def _longest_s(self, scene: Scene) -> float:
        """The longest training of a lane that is not saved, s."""
        ours = [run for run in scene.runs if run.followed is None]  # others are saved where they train
        trained = ((run.live_view.status.seconds, self._seconds.get(run, 0.0)) for run in ours)
        return max((now - saved if now >= saved else now for now, saved in trained), default=0.0)

    def ask_before(self, words: str, act: Callable[[], object]) -> None:
        """Do what loses the present lanes; first ask *Keep / Discard / Cancel* where they have learned something.

        ``words`` say what happens: "Quitting".
        """
        scene = self.to_keep()
        if scene is None:
            act()
            return
        is_aside = scene is self._desk.experiment.aside
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setObjectName("keep experiment")
        box.setTextFormat(Qt.TextFormat.PlainText)
        name = "this experiment" if self.place is None else self.place.name
        lanes = "your own lanes, set aside for a lesson," if is_aside else "the lanes"
        box.setText(f"Keep what {lanes} have learned in {name}?")
        box.setInformativeText(
            f"{words} loses up to {long_time(self._longest_s(scene))} of training that is not saved."
        )
        keep = box.addButton("Keep", QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        box.setDefaultButton(keep)

        def chosen(button: object) -> None:
            if button is keep:
                if is_aside:
                    self.bring_back()
                self.save(act)
            elif button is discard:
                act()

        box.buttonClicked.connect(chosen)
        box.open()

    # --- save --------------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save where it was saved last, or ask where. ``then`` is done once it is written, and not if it is not."""
        if self.place is None:
            self.save_as(then)
        else:
            self.write(self.place, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save into it."""
        if not self._desk.is_open:
            return
        self._desk.make_way()
        first = within(self._desk.places.experiments or documents(), "Experiment.lplay")
        proposed = first if self.place is None else str(self.place)
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the experiment", proposed, FILTER)
        if name:
            self.write(Path(name if name.lower().endswith(".lplay") else f"{name}.lplay"), then)

    def write(self, place: Path, then: Callable[[], object] | None = None) -> None:
        """Save the experiment as it is now in a file, or a folder."""
        if self._saving is not None:
            self._desk.told.emit("The experiment is being saved already.", "note")
            return
        try:
            scene = self._desk.experiment.scene
            collect = collector(self._window, self._desk, scene, self._data.config, self.shown.facts())
        except UserError as error:
            self._fail(str(error), str(place))
            return
        marks = self.marks()

        def work(report: Report) -> tuple[Path, Document, Marks]:
            from core.engine.document_file import save

            found = collect()
            save(place, found)
            return place, found, marks

        self._then = then
        self._saving = Loading(work)
        self._saving.done.connect(self._finish_saving)
        self._saving.failed.connect(self._fail)
        self._saving.start()

    def _finish_saving(self, written: tuple[Path, Document, Marks]) -> None:
        if self._saving is None:  # the window is closing
            return
        self._saving = None
        place, found, (setup, dataset, pins, lanes) = written
        self._settle(place)
        seconds: dict[Run, float] = {}
        marked = []
        for (run, pending, _), lane in zip(lanes, found.lanes, strict=True):
            seconds[run] = lane.run.seconds
            marked.append((run, pending, lane.run.step))
        self._remember(seconds, (setup, dataset, pins, tuple(marked)))
        self._desk.told.emit(f"Saved in {place}.", "note")
        then, self._then = self._then, None
        if then is not None:
            then()

    def _fail(self, sentence: str, details: str) -> None:
        self._saving = self._then = None
        ErrorDialog(self._window, "Cannot save", sentence, details).open()

    def stop(self) -> None:
        """Block until a save in progress is written."""
        self._timer.stop()
        saving, self._saving = self._saving, None
        if saving is not None:
            saving.wait(SAVE_PATIENCE_S)

    def _settle(self, place: Path) -> None:
        self.place = place.absolute()
        self.recent.note(self.place)
        self.changed.emit()

    # --- open --------------------------------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Ask for an experiment and open it."""
        if self._desk.is_open:
            self._desk.make_way()
            start = within(self._desk.places.experiments) if self.place is None else str(self.place.parent)
            name, _ = QFileDialog.getOpenFileName(self._window, "Open an experiment", start, FILTER)
            if name:
                self.open(Path(name))

    def open(self, place: Path) -> None:
        """Open an experiment in place of the present one, which is asked about where it is not saved."""
        if self._desk.is_open:
            self.ask_before(f"Opening {place.name}", lambda: self._read(place))

    def _read(self, place: Path) -> None:
        config = self._data.config
        present = None if config is None else (self._desk.experiment.dataset, config)

        def done(opened: Opened) -> None:
            self.take(place, *opened)

        self._data.read(lambda report: read(place, present, report), f"Opening {place.name}", done)

    def take(self, place: Path, found: Document, dataset: Dataset, config: SourceConfig, difference: str) -> None:
        """Put a document that was read on the desk."""
        self._put(found, dataset, config)
        self.adopt(place, found, difference)

    def take_back(self, place: Path | None, opened: Opened) -> None:
        """Put a document on the desk that was never saved; ``place`` is where an earlier state of it is."""
        found, dataset, config, difference = opened
        self._put(found, dataset, config)
        self.place = place
        self._show(found)
        self._remember({}, ())
        self._desk.told.emit("What was kept is open, paused. It is not saved yet.", "note")
        if difference:
            self._desk.told.emit(f"{difference}.", "warn")

    def _put(self, found: Document, dataset: Dataset, config: SourceConfig) -> None:
        desk, experiment = self._desk, self._desk.experiment
        is_other = dataset is not experiment.dataset
        desk.point.stop()
        experiment.open_document(found, dataset)
        self._data.keep(dataset.name, config)
        desk.announce_lanes(desk.runs[found.selected], is_other)

    def adopt(self, place: Path, found: Document, difference: str = "") -> None:
        """Take a document for the experiment of the desk, whose lanes are those of it, and show what it says."""
        desk = self._desk
        self._settle(place)
        self._show(found)
        lanes = "1 lane" if len(found.lanes) == 1 else f"{len(found.lanes)} lanes"
        desk.told.emit(f"Opened {place.name}: {lanes}, paused.", "note")
        if difference:
            desk.told.emit(f"{difference}.", "warn")

    def _show(self, found: Document) -> None:
        desk, runs = self._desk, self._desk.runs
        desk.point.arc, desk.point.path_t = found.point.arc, found.point.path_t
        desk.select(runs[found.selected])
        desk.point.announce()
        desk.sampler_changed.emit()
        desk.samples_changed.emit()
        self.shown.show(found.shown)
        image = found.image
        desk.chosen.index_wanted.emit(image.index)
        if image.kind != "test" and image.pixels is not None:
            desk.chosen.given.emit(image.kind, image.pixels)
        saved: dict[Run, Lane] = dict(zip(runs, found.lanes, strict=True))
        steps = {run: lane.run.step for run, lane in saved.items()}
        self._coming.update(runs)
        self._remember({run: lane.run.seconds for run, lane in saved.items()}, self.marks(steps))


def read(place: Path, present: tuple[Dataset, SourceConfig] | None, report: Report) -> Opened:
    """A document and its data, which are the ``present`` ones where they are the same. Raises `UserError`."""
    from core.engine.document_file import load

    return with_data(load(place), present, report)


def with_data(found: Document, present: tuple[Dataset, SourceConfig] | None, report: Report) -> Opened:
    """A document with its data, see `read`."""
    from core.datasets.base import changed_data, describe
    from core.datasets.shared import reload

    if present is not None and {"sha256": present[0].fingerprint, **found.data} == describe(*present):
        return found, *present, ""
    dataset, config = reload(found.data, report)
    return found, dataset, config, changed_data(dataset, found.data)


def long_time(seconds: float) -> str:
    """A length of time in words: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3600:.1f} h"
