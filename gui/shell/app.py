"""The start of the app: show the window, then import the engine and read the data, then open the experiment."""

from __future__ import annotations

import dataclasses
import functools
import gc
import importlib
import pkgutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from core.cli.signals import handled_by, status_of
from core.engine.lane_names import MOST_LANES
from core.foundation.reading import DataError
from core.foundation.user_error import UserError
from core.readers.patience import at_once
from core.remote.homes import Coming
from gui.desk.loading import Loading
from gui.desk.preferences import LAST_TIME, Preferences
from gui.desk.settings import Settings
from gui.drawing import icons, theme, typesetting
from gui.files.documents import read
from gui.information.page import PAGES
from gui.shell.signal_watch import SignalWatch
from gui.shell.window import MainWindow
from gui.widgets import accessible

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.engine.document import Document
    from core.training.setup import Setup

SWITCH_S = 0.001
"""How long another thread may hold the GIL, s. With Python's default of 5 ms a page of formulas takes three times as
long to show for the first time, because Python code draws them in another thread."""

UNPAINTED_MS = 1000
"""A window that nobody sees, on another desktop, is not painted: after this time it is filled all the same, ms."""

LAST_S = 5.0
"""How long the start waits for the disk of the experiment of the last time, s: some take seconds to wake."""

OPENED = ("files.data_sheet", "files.film_dialog", "shell.preferences.dialog")
"""Modules of the window, besides the pages, that are imported before somebody needs them."""

BETWEEN_IMPORTS_MS = 30
"""Time between two of these imports, ms: a module takes the window's thread for 5 to 50 ms."""

QUIET_S = 10.0
"""An uncaught error that returns sooner than this is not reported again, s."""


class UncaughtErrors(QObject):
    """Uncaught exceptions of any thread, as a signal to the GUI thread: sentence and details.

    What fails in painting or at every beat fails again and again: the same place is reported once, and again only
    after it was quiet for `QUIET_S`.
    """

    happened = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._last_at: dict[tuple[object, ...], float] = {}  # when each place last raised, s

    def install(self) -> None:
        """Install the exception hooks of this thread and of all others."""
        sys.excepthook = self._report
        threading.excepthook = lambda args: self._report(args.exc_type, args.exc_value, args.exc_traceback)

    def _report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        if self._repeats(kind, trace):
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        self.happened.emit(f"{kind.__name__}: {error}", details)

    def _repeats(self, kind: type[BaseException], trace: TracebackType | None) -> bool:
        """Whether the line that raised did so within the last `QUIET_S`."""
        deepest = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)][-1:]
        place, now = (kind, *deepest), time.monotonic()
        before = self._last_at.get(place)
        self._last_at[place] = now
        return before is not None and now - before < QUIET_S


def make_app(argv: Sequence[str] = ()) -> QApplication:
    """The ``QApplication``: the present one, or a new one."""
    sys.setswitchinterval(SWITCH_S)
    present = QApplication.instance()
    if isinstance(present, QApplication):
        app = present
    else:
        QGuiApplication.setDesktopFileName("latent-playground")
        app = QApplication(["latent-playground", *argv])
    app.setApplicationName("Latent Playground")
    app.setOrganizationName("latent-playground")
    accessible.install()
    return app


def what_opens() -> Iterator[Callable[[], object]]:
    """What imports pages and dialogs, one after the other, so that nothing is imported when somebody opens them."""
    folders = pkgutil.iter_modules(importlib.import_module("gui.information.pages").__path__)
    pages = [f"information.pages.{folder.name}.page" for folder in folders]
    for module in (*pages, *OPENED):
        yield functools.partial(importlib.import_module, f"gui.{module}")
    yield PAGES.names  # a user's own pages too


def _import_what_computes() -> None:
    """Import a user's own models and measures, and what draws formulas: nothing of Qt."""
    from core.metrics.base import METRICS
    from core.models.base import MODELS

    for registry in (MODELS, METRICS):
        registry.names()
    typesetting.draw("x")


def import_what_opens() -> None:
    """Import all that is opened later, at once."""
    for step in what_opens():
        step()
    _import_what_computes()


class _Importing(QTimer):
    """Imports what opens in the window's own thread, one module in an event.

    PySide (6.11) looks classes up without a lock while the window's thread is inside Qt. Classes of widgets that some
    other thread makes meanwhile, as any import of them does, ended the process by a segmentation fault: one start in
    some hundred on a busy machine.
    """

    failed = Signal(str, str)  # sentence, traceback

    def __init__(self) -> None:
        super().__init__()
        self._steps = what_opens()
        self.setInterval(BETWEEN_IMPORTS_MS)
        self.timeout.connect(self._step)

    def _step(self) -> None:
        try:
            step = next(self._steps, None)
            if step is None:
                self.stop()
            else:
                step()
        except Exception as error:
            self.stop()
            self.failed.emit(" ".join(str(error).split()), traceback.format_exc())


class _FirstPaint(QTimer):
    """Says once that a widget has been painted for the first time, or was not within `UNPAINTED_MS`."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.setSingleShot(True)
        widget.installEventFilter(self)
        self.start(UNPAINTED_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt calls it for every event of the widget; a paint event comes before its pixels."""
        if event.type() == QEvent.Type.Paint and self.isActive():
            watched.removeEventFilter(self)
            self.start(0)
        return False


class Opening:
    """Fills a window that is shown: loads engine and data in the background, then opens the experiment."""

    def __init__(
        self, window: MainWindow, coming: Coming, models: Sequence[str] | None = None, place: Path | None = None
    ) -> None:
        self._window = window
        self._coming = coming
        self._place = place  # of an experiment to open
        self._models = list(models) if models is not None else None
        self._loading = Loading(self._load)
        self._loading.done.connect(self._finish)
        self._loading.failed.connect(self._fail)
        self._computing = Loading(lambda report: _import_what_computes())
        self._importing = _Importing()
        for each in (self._computing, self._importing):
            each.failed.connect(self._fail)
        self._closed = False
        window.closed.connect(self._stop)

    def start_when_painted(self) -> None:
        """`start` once the window has been painted: while torch is imported nothing is for a quarter of a second."""
        _FirstPaint(self._window).timeout.connect(self.start)

    def start(self) -> None:
        """Start loading, unless the window has been closed."""
        if not self._closed:
            self._loading.start()
            QTimer.singleShot(0, self._window, functools.partial(importlib.import_module, "pyqtgraph"))

    def _stop(self) -> None:
        self._closed = True
        self._importing.stop()
        for each in (self._loading, self._computing):
            each.cancel()
            each.wait()
        self._coming.drop()

    def _load(self, report: Report) -> tuple[Dataset, SourceConfig, str, Document | None]:
        import core.engine.experiment  # noqa: F401  # torch, in this thread
        from core.datasets.base import SOURCES
        from core.datasets.shared import load
        from core.foundation.params import from_json

        store, trouble = self._window.settings, ""
        last = store.read("experiment", "") if self._models is None else ""
        if self._place is None and last:
            try:
                self._place = Path(last) if at_once(Path(last), Path.exists, LAST_S) else None
            except DataError as error:
                trouble = f"The experiment of the last time is not opened: {error}"
        if self._place is not None:
            try:
                found, dataset, source, warning = read(self._place, None, report)
                return dataset, source, warning, found
            except UserError as error:
                trouble = f"The experiment cannot be opened: {error}"
        name, knobs = store.read("dataset", "mnist"), store.read("dataset knobs", {})
        try:
            config = from_json(SOURCES.get(name).Config, knobs)
            return load(name, config, report), config, trouble, None
        except (ValueError, KeyError) as error:  # the folder used last may be gone
            config = SOURCES.get("mnist").Config()
            trouble = trouble or f"The data of the last time cannot be used: {error}"
            return load("mnist", config, report), config, trouble, None

    def _finish(self, result: tuple[Dataset, SourceConfig, str, Document | None]) -> None:
        from core.engine.experiment import DEFAULT_MODELS, Experiment
        from core.foundation.params import from_json
        from core.models.base import MODELS
        from core.training.devices import choose, look_with_one_thread
        from core.training.setup import Setup

        if self._closed:  # loading ended while the window was closing: nothing would end the runs
            return
        look_with_one_thread()
        dataset, config, warning, found = result
        self._window.machines.present = self._coming.command
        self._window.machines.asked = self._coming.asked
        if found is not None and self._place is not None:
            experiment = Experiment(found.setup, dataset, (), self._coming.engine())
            experiment.open_document(found, dataset)
            self._window.open(experiment, config)
            self._window.documents.adopt(self._place, found)
            self._end(warning)
            return
        store = self._window.settings
        try:
            setup = self._on_preferred_device(from_json(Setup, store.read("setup", {})))
            if not self._coming.command:  # another machine has other devices
                choose(setup.device)
        except UserError:  # another version's knobs, or a device that is gone
            setup = Setup()
        names = self._models if self._models is not None else store.read("models", [])
        models = [name for name in names if name in MODELS.names()][:MOST_LANES] or DEFAULT_MODELS
        self._window.open(Experiment(setup, dataset, models, self._coming.engine()), config)
        self._end(warning)

    def _on_preferred_device(self, setup: Setup) -> Setup:
        device = self._window.preferences.value("device")
        return setup if device == LAST_TIME else dataclasses.replace(setup, device=device)

    def _end(self, warning: str) -> None:
        self._window.kept_work.offer()
        self._computing.start()
        self._importing.start()
        preferred = self._window.preferred
        if self._window.preferences.value("lessons at start"):
            self._window.middle.show_lessons()
        for sentence in (warning, self._coming.trouble, *preferred.troubles()):
            if sentence:
                self._window.desk.told.emit(sentence, "warn")

    def _fail(self, sentence: str, details: str) -> None:
        self._window.reports.show_error("Cannot start", sentence, details)


def make_window(settings: Settings | None = None) -> MainWindow:
    """A window with the saved theme and text size, not shown yet."""
    settings = settings or Settings()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    preferences = Preferences(settings)
    scale = theme.text_scale_of(preferences.value("text scale"))
    theme.apply(app, theme.chosen(preferences.value("theme")), scale)
    app.setWindowIcon(icons.program_icon())
    return MainWindow(settings)


def main(argv: Sequence[str] = (), coming: Coming | None = None, place: Path | None = None) -> int:
    """Open the window and return its exit status: that of the signal, where one closed it.

    Its lanes are computed by the engine that is ``coming``. ``place`` is that of an experiment to open; else it is the
    one of the last time.
    """
    app = make_app(argv)
    gc.disable()  # it can run in any thread and would destroy Qt objects there; the clock collects instead
    window = make_window()
    uncaught = UncaughtErrors()
    # queued: a dialog must not open within the paint event that failed
    uncaught.happened.connect(window.reports.show_uncaught, Qt.ConnectionType.QueuedConnection)
    uncaught.install()
    opening = Opening(window, Coming() if coming is None else coming, place=place)
    window.show()
    window.activateWindow()  # needed without a window manager
    opening.start_when_painted()
    signals: list[int] = []
    watch = SignalWatch(window)
    watch.arrived.connect(lambda number: _close_for(number, window, signals))
    with handled_by(lambda number, frame: None):
        status = app.exec()
        watch.close()
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    return status_of(signals[0]) if signals else status


def _close_for(number: int, window: MainWindow, signals: list[int]) -> None:
    """Close the window for a signal, and what it has opened: a file dialog has an event loop of its own."""
    signals.append(number)
    window.kept_work.keeps_at_end = True
    window.close()
    QCoreApplication.quit()
