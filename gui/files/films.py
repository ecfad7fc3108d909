"""Films of the lanes, made in the background and written where the user wants them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.desk import Desk
from gui.desk.writing import ask_place
from gui.files.job import Job
from gui.widgets.dialogs import ErrorDialog

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.exports.motion import Lane, Style
    from gui.files.film_dialog import FilmDialog


class Films(QObject):
    """Opens the dialog for a film and writes what it asks for, with a progress bar and Cancel."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._job = Job(window)

    def ask(self, subject: str = "line") -> None:
        """Open the dialog; ``subject`` is what moves at first, see `film_dialog.SUBJECTS`."""
        if self._desk.is_open and self._job.loading is None:
            from gui.files.film_dialog import FilmDialog

            self._desk.make_way()
            dialog = FilmDialog(self._window, self._desk, subject)
            dialog.asked.connect(lambda lanes, style, ending: self._ask_place(dialog, lanes, style, ending))
            dialog.open()

    def _ask_place(self, dialog: FilmDialog, lanes: list[Lane], style: Style, ending: str) -> None:
        from gui.files.film_dialog import FORMATS

        kinds = [(dict(FORMATS)[ending], ending)]
        path = ask_place(dialog, "Save the film", f"film{ending}", kinds, self._desk.places.pictures)
        if path is not None:
            dialog.accept()
            self.write(lanes, style, path)

    def write(self, lanes: list[Lane], style: Style, place: Path) -> None:
        """Write a film. The status line tells what became of it."""
        from core.exports import motion

        def work(report: Report) -> str:
            done = motion.write(lanes, style, place, report)
            return f"Film saved as {place}, {motion.read_again(done)}."

        self._job.start(
            work,
            f"Writing {place.name}",
            lambda words: self._desk.told.emit(words, "note"),
            self._fail,
            lambda: self._desk.told.emit("The film was cancelled; nothing was written.", "note"),
        )

    def _fail(self, sentence: str, details: str) -> None:
        self._desk.told.emit(sentence, "error")
        ErrorDialog(self._window, "Cannot make this film", sentence, details).open()

    def stop(self) -> None:
        """Cancel the film that is being written, and wait for it."""
        self._job.stop()
