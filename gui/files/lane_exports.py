"""A lane's model and codes for other programs: exported by a process of its own, with progress and Cancel."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from core.foundation.program import PROGRAM
from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.desk.export import file_name
from gui.desk.writing import ask_place
from gui.files.job import Job
from gui.files.runs_on_disk import RunsOnDisk
from gui.files.sharing import Sharing
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.label import Label

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.engine.run import Run

POLL_S = 0.1
"""How often the process is asked whether it has ended, and Cancel is obeyed, s."""
PATIENCE_S = 5.0
"""How long a process that was told to end may take, s."""
SAVED_SHARE = 0.3
"""Share of the progress bar once the run is saved for the process."""


@dataclass(frozen=True)
class Form:
    """A form of export: words of the menu, the words of the command line, and the ending of its file.

    Without an ending it is a folder. ``asks``: which pictures are asked for first, "files" or a "folder" of them.
    """

    words: str
    command: tuple[str, ...]
    ending: str = ""
    asks: Literal["", "files", "folder"] = ""


MODELS = (
    Form("ONNX …", ("export", "--to", "onnx")),
    Form("Python script …", ("export", "--to", "script")),
    Form("Python script without data …", ("export", "--to", "script", "--without-data")),
    Form("Weights, safetensors …", ("export", "--to", "safetensors"), "safetensors"),
)
_TABLES = (("CSV", "csv", "csv"), ("NPZ", "npz", "npz"), ("Embedding Projector", "projector", ""))
CODES = tuple(
    Form(f"{shown} {{noun}}s, {words} …", ("encode", "--split", split, "--to", kind), ending)
    for split, shown in (("test", "Test"), ("train", "Training"))
    for words, kind, ending in _TABLES
)
_ASKS: tuple[tuple[Literal["files", "folder"], str], ...] = (("files", "My pictures"), ("folder", "A folder of mine"))
OWN_CODES = tuple(
    Form(f"{shown}, {words} …", ("encode", "--skip", "--to", kind), ending, asks)
    for asks, shown in _ASKS
    for words, kind, ending in _TABLES
)
MOST_NAMED = 1000
"""Most files that are named on a command line."""


class LaneExports(QObject):
    """Exports of one window, one at a time.

    The lane's newest weights are saved as a run in a folder of its own, and the command line exports that: the exporter
    of ONNX changes the state of its process, and a process can be ended at any time. It reads again what it has
    written, and says the largest difference.
    """

    def __init__(self, window: QWidget, desk: Desk, runs: RunsOnDisk, sharing: Sharing) -> None:
        super().__init__(window)
        self._window, self._desk, self._runs, self._sharing = window, desk, runs, sharing
        self._job = Job(window)

    def add_to(self, menu: QMenu, run: Run) -> None:
        """Add the exports of a lane, the selected one, to its menu."""
        models, codes = menu.addMenu("Export model"), menu.addMenu("Export codes")
        for inside, forms in ((models, MODELS), (codes, CODES)):
            for form in forms:
                inside.addAction(form.words.format(noun=self._desk.noun), functools.partial(self.ask, run, form))
        if not run.dataset.points:
            codes.addSeparator()
            for form in OWN_CODES:
                codes.addAction(form.words, functools.partial(self.ask, run, form))
        if not run.model.has_encoder:
            codes.setEnabled(False)
            codes.menuAction().setToolTip(f"{run.model.title}: it has no encoder, so nothing has a code.")
            menu.setToolTipsVisible(True)
        menu.addAction("Copy as command line", self._sharing.copy_command)
        menu.addAction("Copy as Python", self._sharing.copy_python)

    def ask(self, run: Run, form: Form) -> None:
        """Ask for a place, and for pictures where the form needs them, and export the lane there."""
        self._desk.make_way()
        pictures = self._ask_pictures(form)
        if form.asks and not pictures:
            return
        name = file_name(f"{self._desk.names.of(run).full} {form.command[0].replace('encode', 'codes')}")
        ending = f".{form.ending}" if form.ending else ""
        kinds = [(form.ending.upper() or "A new folder", ending)]
        path = ask_place(self._window, "Export", name + ending, kinds, self._desk.places.runs)
        if path is not None:
            self.export(run, form, path, pictures)

    def _ask_pictures(self, form: Form) -> list[str]:
        """The files, or the folder, whose codes are wanted; none where the user changes his mind."""
        if form.asks == "folder":
            folder = QFileDialog.getExistingDirectory(self._window, "A folder of your pictures")
            return [folder] if folder else []
        if not form.asks:
            return []
        from core.readers.picture import ENDINGS

        kinds = " ".join(f"*{ending}" for ending in ENDINGS)
        files, _ = QFileDialog.getOpenFileNames(self._window, "Your pictures", "", f"Pictures ({kinds})")
        if len(files) > MOST_NAMED:
            self._desk.told.emit(f"These are more than {MOST_NAMED:,} files; choose the folder they are in.", "warn")
            return []
        return files

    def export(self, run: Run, form: Form, place: Path, pictures: Sequence[str] = ()) -> None:
        """Export a lane as it is now, or the codes of pictures.

        What was written is told at the end. An error opens a dialog, and so does a list of what was skipped.
        """
        if self._job.loading is not None:
            self._desk.told.emit("Another export is under way; wait for its end, or cancel it.", "note")
            return
        name = self._desk.names.of(run).full
        scratch = tempfile.TemporaryDirectory(prefix="latent-playground-")
        try:
            save = self._runs.writer(run, Path(scratch.name) / "run")
        except UserError as error:
            scratch.cleanup()
            self._desk.told.emit(f"{error}.", "warn")
            return

        def work(report: Report) -> str:
            with scratch as folder:
                save()
                report(SAVED_SHARE)
                command, *options = form.command
                words = (command, str(Path(folder) / "run"), *pictures, *options, "--out", str(place))
                return ended(words, lambda: report(SAVED_SHARE))

        is_code = form.command[0] == "encode"  # they are told with their place
        done = f"{name}: " if is_code else f"{name} is exported to {place}. "
        loading, dialog = self._job.start(
            work,
            f"Exporting {name} to {place.name}",
            lambda printed: self._tell(done, printed),
            self._fail,
            lambda: self._desk.told.emit(f"The export of {name} was cancelled.", "note"),
            modal=False,
        )
        note = Label("The lane is being saved …", "caption", "text_2")
        dialog.inside.insertWidget(1, note)
        began = time.monotonic()

        def show(_: float) -> None:
            note.setText(f"Written, and read again, by a process of its own · {time.monotonic() - began:.0f} s")

        loading.progressed.connect(show)

    def _tell(self, done: str, printed: str) -> None:
        """Say what the process printed: its last line, and what it skipped."""
        self._desk.told.emit(f"{done}{last_line(printed).removesuffix('.')}.", "note")
        skipped = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
        if skipped:
            count = "1 file was skipped" if len(skipped) == 1 else f"{len(skipped):,} files were skipped, the first"
            sentence = f"{count}: {skipped[0]}."
            ErrorDialog(self._window, "Not every picture was read", sentence, "\n".join(skipped)).open()

    def _fail(self, sentence: str, details: str) -> None:
        self._desk.told.emit(sentence, "error")
        ErrorDialog(self._window, "Cannot export", sentence, details).open()

    def stop(self) -> None:
        """End the export in progress."""
        self._job.stop(2 * PATIENCE_S)


class ExportFailed(UserError):
    """What the process said of its error. ``str(error)`` is one sentence."""


def ended(words: Sequence[str], alive: Callable[[], None]) -> str:
    """Run the command line in a process until it ends, and return what it printed. Raises `ExportFailed`.

    ``alive`` is called all the while; whatever it raises ends the process.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        call = [*PROGRAM, *words]
        process = subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment())
        try:
            while True:
                try:
                    status = process.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    alive()
        finally:
            end(process)
        printed, said = _text(out), _text(err)
    if status:
        raise ExportFailed(last_line(said).partition(": ")[2] or f"The export ended with status {status}")
    return printed


def environment() -> dict[str, str]:
    """Of the process: one thread, because lanes train meanwhile."""
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process if it has not ended: by a request first, then by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_line(text: str) -> str:
    """The last line that is not empty, or ""."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
