"""Writing a report of the lanes of a window, as HTML or PDF."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.desk.writing import ask_place
from gui.files.data_chooser import DataChooser
from gui.widgets.dialogs import ErrorDialog

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.engine.run import Run
    from core.exports.reported_run import ReportedRun

PATIENCE_S = 60.0
"""How long the window waits at its end for a report that is being written, s."""
KINDS = (("Web page", ".html"), ("PDF", ".pdf"))


class ReportFile(QObject):
    """Writes what the lanes have learned and measured so far; nothing is measured for it. One report at a time."""

    def __init__(self, window: QWidget, desk: Desk, data: DataChooser) -> None:
        super().__init__(window)
        self._window, self._desk, self._data = window, desk, data
        self._writing: Loading | None = None

    def ask(self) -> None:
        """Ask for a file and write it."""
        if not self._desk.is_open:
            return
        self._desk.make_way()
        path = ask_place(self._window, "Write a report", "report.html", KINDS, self._desk.places.pictures)
        if path is not None:
            self.write(path)

    def write(self, path: Path) -> None:
        """Write the report in a thread; an event says when it is there."""
        if self._writing is not None:
            self._desk.told.emit("A report is being written already.", "note")
            return
        try:
            lanes = [self._lane(run) for run in self._desk.runs]
        except UserError as error:
            self._fail(str(error), f"file {path}")
            return

        if path.suffix.lower() == ".pdf":
            import gui.files.report_pdf  # noqa: F401  # here: another thread may make no classes of Qt

        def work(report: Report) -> Path:
            _write([lane() for lane in lanes], path)
            return path

        self._writing = Loading(work)
        self._writing.done.connect(self._finish)
        self._writing.failed.connect(self._fail_writing)
        self._desk.told.emit(f"Writing a report of {len(lanes)} lanes …", "note")
        self._writing.start()

    def _lane(self, run: Run) -> Callable[[], ReportedRun]:
        """What makes a lane, as it is now, ready for a report. `UserError` while it is prepared."""
        from core.datasets.base import describe
        from core.engine.run_folder import SavedRun
        from core.exports.reported_run import ReportedRun

        view, config, name, given = run.live_view, self._data.config, run.model_name, run.name
        is_ready = view.dataset is self._desk.experiment.dataset
        if view.snapshot is None or view.setup is None or view.dataset is None or config is None or not is_ready:
            raise UserError(f"{self._desk.names.of(run).long} is still being prepared; try again in a second")
        dataset, setup, slot, threads = view.dataset, view.setup, run.slot, run.threads
        verdicts = self._desk.verdicts.of(run, view)
        now = present(view, run.sampler_in_force(self._desk.experiment.sampler))

        def reported() -> ReportedRun:
            data = describe(dataset, config)  # here, in the thread: it reads all images for their fingerprint
            saved = dataclasses.replace(SavedRun.of(name, view, setup, data), name=given)
            return ReportedRun(slot, saved, dataset, view.measures, verdicts, threads=threads, present=now)

        return reported

    def _finish(self, path: Path) -> None:
        self._writing = None
        self._desk.told.emit(f"The report is in {path}.", "note")

    def _fail_writing(self, sentence: str, details: str) -> None:
        self._writing = None
        self._fail(sentence, details)

    def _fail(self, sentence: str, details: str) -> None:
        ErrorDialog(self._window, "Cannot write the report", sentence, details).open()

    def stop(self) -> None:
        """Block until a report in progress is written."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.wait(PATIENCE_S)


def _write(runs: list[ReportedRun], path: Path) -> None:
    from core.exports.report import report
    from core.exports.report_html import html
    from core.foundation.files import write_file
    from core.training.devices import look_with_one_thread

    look_with_one_thread()
    document = report(runs, datetime.now())
    if path.suffix.lower() == ".pdf":
        from gui.files.report_pdf import write_pdf

        write_pdf(document, path)
    else:
        write_file(path, html(document).encode())
