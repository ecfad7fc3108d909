"""The choice of a dataset: the menu, reading in the background, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.widgets.dialogs import ErrorDialog, ProgressDialog
from gui.widgets.menus import fill, popup

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.foundation.params import KnobValue

T = TypeVar("T")


def _asks(name: str) -> set[str]:
    """Which knobs of a source are asked for before it is read: a folder of ``data``, or ``strokes`` to draw."""
    from core.datasets.base import SOURCES
    from core.foundation.params import knobs

    return {"data", "strokes"} & {knob.name for knob in knobs(SOURCES.get(name).Config)}


class DataChooser(QObject):
    """Opens the menu of datasets and reads the chosen one. ``config`` is the config of the present dataset."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self.config: SourceConfig | None = None
        self._loading: Loading | None = None
        self._dialog: ProgressDialog | None = None

    def menu(self) -> QMenu:
        """The menu of all datasets, with their summaries as tooltips."""
        from core.datasets.base import SOURCES

        menu = QMenu(self._window)
        menu.setObjectName("datasets")
        menu.setToolTipsVisible(True)
        present = self._desk.experiment.dataset.name if self._desk.is_open else ""
        for name, action in fill(menu, SOURCES.entries(), self._chosen, present).items():
            action.setToolTip(SOURCES.get(name).summary)
            if _asks(name):
                action.setText(f"{action.text()} …")
        return menu

    def ask(self, at: QPoint) -> None:
        """Open the menu at a position on the screen."""
        if self._desk.is_open:
            popup(self.menu(), at)

    def _chosen(self, name: str) -> None:
        from core.datasets.base import SOURCES

        asks = _asks(name)
        if "strokes" in asks:
            self._draw(name)
            return
        if not asks:
            self.load(name, None)
            return
        folder = QFileDialog.getExistingDirectory(self._window, f"{SOURCES.get(name).title}: choose a folder")
        if folder:
            self.load(name, {"data": folder})

    def _draw(self, name: str) -> None:
        """Open the dialog for drawing points, with the present drawing if there is one."""
        from core.foundation.params import to_json
        from gui.files.draw_points import DrawPoints

        self._desk.make_way()
        present = self._desk.experiment.dataset.name == name and self.config is not None
        knobs = to_json(self.config) if present else {}
        dialog = DrawPoints(self._window, str(knobs.get("strokes", "")), float(knobs.get("noise", 0.04)))
        dialog.used.connect(lambda text, noise: self.load(name, {**knobs, "strokes": text, "noise": noise}))
        dialog.open()

    def load(self, name: str, knobs: dict[str, KnobValue] | None) -> None:
        """Read a dataset in the background and set it on the desk."""
        from core.datasets.base import SOURCES
        from core.datasets.base import load as load_dataset
        from core.foundation.params import from_json

        source = SOURCES.get(name)
        config = from_json(source.Config, knobs or {})

        def done(dataset: Dataset) -> None:
            self.config = config
            self._desk.set_dataset(dataset)

        self.read(lambda report: load_dataset(name, config, report), f"Reading {source.title}", done)

    def read(self, work: Callable[[Report], T], title: str, done: Callable[[T], None]) -> None:
        """Run ``work`` in the background with a progress bar and Cancel. A reading in progress is cancelled first."""
        self.stop()
        loading = Loading(work)
        dialog = ProgressDialog(self._window, title)
        self._loading, self._dialog = loading, dialog
        loading.done.connect(lambda result: done(result) if self._end(loading) else None)
        loading.failed.connect(lambda words, details: self._fail(words, details) if self._end(loading) else None)
        loading.cancelled.connect(lambda: self._end(loading))
        dialog.rejected.connect(lambda: self._cancel(loading))
        loading.progressed.connect(dialog.set_share)
        dialog.open()
        loading.start()

    def _cancel(self, loading: Loading) -> None:
        if self._loading is loading:
            self._dialog = None  # it deletes itself
            loading.cancel()

    def _end(self, loading: Loading) -> bool:
        """End a reading. Returns whether its result may be used: neither cancelled nor replaced."""
        if self._loading is not loading:
            return False
        self._loading = None
        self._close_dialog()
        return not loading.was_cancelled()

    def _close_dialog(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.close()

    def _fail(self, sentence: str, details: str) -> None:
        self._desk.told.emit(sentence, "error")
        ErrorDialog(self._window, "Cannot use this data", sentence, details).open()

    def stop(self) -> None:
        """Cancel the reading in progress."""
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()
            loading.wait()
        self._close_dialog()
