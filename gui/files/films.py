"""Films of the lanes, made in the background and written where the user wants them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.writing import ask_place
from gui.widgets.dialogs import ErrorDialog, ProgressDialog

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.exports.motion import Lane, Style
    from gui.files.film_dialog import FilmDialog


class Films(QObject):
    """Opens the dialog for a film and writes what it asks for, with a progress bar and Cancel."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._writing: Loading | None = None
        self._progress: ProgressDialog | None = None

    def ask(self, subject: str = "line") -> None:
        """Open the dialog; ``subject`` is what moves at first, see `film_dialog.SUBJECTS`."""
        if self._desk.is_open and self._writing is None:
            from gui.files.film_dialog import FilmDialog

            self._desk.make_way()
            dialog = FilmDialog(self._window, self._desk, subject)
            dialog.asked.connect(lambda lanes, style, ending: self._ask_place(dialog, lanes, style, ending))
            dialog.open()

    def _ask_place(self, dialog: FilmDialog, lanes: list[Lane], style: Style, ending: str) -> None:
        from gui.files.film_dialog import FORMATS

        path = ask_place(dialog, "Save the film", f"film{ending}", [(dict(FORMATS)[ending], ending)])
        if path is not None:
            dialog.accept()
            self.write(lanes, style, path)

    def write(self, lanes: list[Lane], style: Style, place: Path) -> None:
        """Write a film. The status line tells what became of it."""
        from core.exports import motion

        def work(report: Report) -> str:
            done = motion.write(lanes, style, place, report)
            return f"Film saved as {place}, {motion.read_again(done)}."

        writing, progress = Loading(work), ProgressDialog(self._window, f"Writing {place.name}")
        self._writing, self._progress = writing, progress
        writing.progressed.connect(progress.set_share)
        writing.done.connect(lambda words: self._end(words, "note"))
        writing.cancelled.connect(lambda: self._end("The film was cancelled; nothing was written.", "note"))
        writing.failed.connect(self._fail)
        progress.rejected.connect(self._cancel)
        progress.open()
        writing.start()

    def _cancel(self) -> None:
        self._progress = None  # it deletes itself
        if self._writing is not None:
            self._writing.cancel()

    def _end(self, words: str, tone: str) -> bool:
        """Close the progress bar and tell; False where the window is closing."""
        if self._writing is None:
            return False
        self._writing = None
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.accept()
        self._desk.told.emit(words, tone)
        return True

    def _fail(self, sentence: str, details: str) -> None:
        if self._end(sentence, "error"):
            ErrorDialog(self._window, "Cannot make this film", sentence, details).open()

    def stop(self) -> None:
        """Cancel the film that is being written, and wait for it."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.cancel()
            writing.wait()
