"""The window on small data, and a `Stage` to operate it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.exceptions import TimeoutError as NotInTime
from pytestqt.qtbot import QtBot

from core.datasets.base import SOURCES, Dataset, Images, load
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.evaluation import classifier, likeness, model_side, reference, training_codes
from core.evaluation.real_side import RealSide
from core.foundation.slices import Work, finish
from core.metrics.base import METRICS, Measured
from core.models.base import MODELS
from core.probes.look import Look
from core.training.setup import Setup
from gui.bench.window import mouse
from gui.compare.tab import CompareTab
from gui.desk.lane_panel import LanePanel
from gui.desk.settings import Settings
from gui.drawing import theme
from gui.shell.app import make_window
from gui.shell.window import MainWindow
from gui.widgets.dialogs import ErrorDialog
from tests.engines import LoopEngine, default_engine
from tests.fakes import NEAR, SHARE, fakes
from tests.gui import hands

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
PATIENCE_S = 60.0
PATIENCE_MS = int(1000 * PATIENCE_S)
SMALL: dict[str, Any] = {"network": "mlp", "batch": 32, "device": "cpu", "threads": 1}


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """600 digits of MNIST to train on, 200 to test on."""
    whole = load("mnist")

    def some(images: Images, count: int) -> Images:
        assert images.labels is not None
        return Images(images.pixels[:count].copy(), images.labels[:count].copy())

    return Dataset("mnist", "MNIST", some(whole.train, 600), some(whole.test, 200), whole.class_names)


@pytest.fixture(scope="session")
def known_of_digits() -> dict[str, Any]:
    """What was computed of the digits for a window before; it is the same in each."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def cheap_answers(
    digits: Dataset, known_of_digits: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Classifiers see few images, measures few samples, and what is known of the digits is computed once.

    Every window that shows a picture asks for all of it. Here it is tested that it is shown, not what it reads.
    """

    def is_of_digits(given: Any) -> bool:
        """Images to search among, or a `RealSide`: an engine in another process has a copy of the digits."""
        if isinstance(given, np.ndarray):
            return np.array_equal(given, digits.train.pixels)
        found = given.dataset
        return found is digits or (found.name == digits.name and _is_same(found, digits))

    def once(name: str, work: Callable[[Any], Work[Any]]) -> Callable[[Any], Work[Any]]:
        def computed(given: Any) -> Work[Any]:
            found = known_of_digits.get(name) if is_of_digits(given) else None
            if found is None:
                found = yield from work(given)
                if is_of_digits(given):
                    known_of_digits[name] = found
            return found

        return computed

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_PLAYGROUND_CACHE", str(tmp_path_factory.getbasetemp() / "cache of windows"))
        patch.setattr(classifier, "SEEN", 2_000)
        patch.setattr(model_side, "DRAWS", 400)
        patch.setattr(training_codes, "PRIOR_DRAWS", 400)
        patch.setattr(reference, "build", once("nearest", reference.build))
        patch.setattr(likeness, "measuring", once("standard", likeness.measuring))
        if not known_of_digits:  # before an engine is forked, which then knows it too
            finish(reference.build(digits.train.pixels))
            finish(likeness.measuring(RealSide(digits)))
        yield


def _is_same(one: Dataset, other: Dataset) -> bool:
    pairs = ((one.train, other.train), (one.test, other.test))
    return all(np.array_equal(a.pixels, b.pixels) and np.array_equal(a.labels, b.labels) for a, b in pairs)


@contextlib.contextmanager
def experiments(digits: Dataset) -> Iterator[Callable[..., Experiment]]:
    """Makes experiments, which end with the block."""
    made: list[Experiment] = []

    def make(*models: str, dataset: Dataset | None = None, **setup: Any) -> Experiment:
        experiment = Experiment(Setup(**{**SMALL, **setup}), dataset or digits, (), default_engine())
        made.append(experiment)
        for name in models:
            experiment.add(name, MODELS.get(name).Config(hidden="64"))
        return experiment

    yield make
    for experiment in made:
        assert experiment.close()
        assert experiment.engine.errors == []


@pytest.fixture
def make_experiment(digits: Dataset) -> Iterator[Callable[..., Experiment]]:
    """Makes experiments with small networks: ``make_experiment("vae", latent=2)``. Each ends with the test."""
    with experiments(digits) as make:
        yield make


@pytest.fixture
def engine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of the test's windows is behind a link in this process, where it can be held up or watched."""
    monkeypatch.setitem(globals(), "default_engine", LoopEngine)


class Stage:
    """A shown window with an experiment: finds widgets, sends input, waits for results."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.desk = window.desk
        self.mistakes: list[str] = []

    def run(self, model: str) -> Run:
        """The lane of a model."""
        return next(run for run in self.desk.runs if run.model_name == model)

    def panel(self, name: str, model: str) -> Any:
        """A cell of the lineup."""
        found = self.window.lineup.panel(name, self.run(model))
        assert isinstance(found, LanePanel)
        return found

    def find(self, kind: type[Any], name: str, inside: QWidget | None = None) -> Any:
        """The child of that type and object name; the visible one, when an old one waits for its end."""
        found = (inside or self.window).findChildren(kind, name)
        assert found, name
        return next((each for each in found if each.isVisible()), found[-1])

    @property
    def tab(self) -> Any:
        """The page that is shown."""
        return self.window.pages.currentWidget()

    def answer(self, run: Run, look: type[Look[Any]], which: Hashable = None, step: int | None = None) -> Any:
        """What a lane shows of a class of looks; None while that is of another step."""
        found = run.view.looks.of(look, which)
        return None if found is not None and step not in (None, found.step) else found

    def measured(self, *names: str, step: int = 0) -> None:
        """Wait until every lane that has these measures has them of that step, and the Compare tab shows them."""

        def done() -> bool:
            for run in self.desk.runs:
                wanted = [n for n in names if not METRICS.get(n).why_not(run.model, run.dataset)]
                found = run.view.measures.values if run.view.measures is not None else {}
                if any(name not in found or found[name].step < step for name in wanted):
                    return False
            return True

        self.until(done)
        self.tab.table.read()

    def button(self, text: str, inside: QWidget | None = None) -> QAbstractButton:
        """The visible button of that text."""
        everyone = (inside or self.window).findChildren(QAbstractButton)
        buttons = [each for each in everyone if each.text() == text and each.isVisible()]
        assert len(buttons) == 1, (text, buttons)
        return buttons[0]

    def key(self, keys: str) -> None:
        """Press a key, given as in a menu, where the focus is."""
        above = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if above is None and not self.window.isActiveWindow():  # no window manager does it offscreen
            self.window.activateWindow()
            self.until(self.window.isActiveWindow)
        stroke = QKeySequence(keys)[0]
        QTest.keyClick(QApplication.focusWidget() or self.window, stroke.key(), stroke.keyboardModifiers())

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window live until something holds."""
        try:
            self.qtbot.waitUntil(done, timeout=PATIENCE_MS)
        except NotInTime:
            views = [(run.model_name, run.view.status) for run in self.desk.runs]
            lanes = [(name, status.state, status.step, status.failure) for name, status in views]
            where = QApplication.focusWidget(), QApplication.activeWindow(), QApplication.activePopupWidget()
            raise AssertionError(f"waited in vain: lanes {lanes}, focus, window and popup {where}") from None

    def all_are(self, *states: str) -> Callable[[], bool]:
        """Whether every lane is in one of these states."""
        return lambda: all(run.view.status.state in states for run in self.desk.runs)

    def stepped(self, count: int, *models: str) -> Callable[[], bool]:
        """Whether these lanes, or all, have taken so many steps."""
        runs = [run for run in self.desk.runs if not models or run.model_name in models]
        return lambda: all(run.view.status.step >= count for run in runs)

    def rest(self) -> None:
        """Pause every lane and wait until it rests."""
        self.desk.experiment.pause()
        self.until(self.all_are("paused", "ready", "failed", "finished"))

    def wait(self, run: Run, until: Callable[[View], bool]) -> View:
        """Wait for a view without letting the window live."""
        assert run.board.wait(until, PATIENCE_S), run.view.status
        return run.view

    def mouse(self, widget: QWidget, kind: QEvent.Type, spot: QPointF) -> None:
        """One mouse event, now: no other event is handled before this returns."""
        mouse(widget, kind, spot)

    def press(self, widget: QWidget, spot: QPointF) -> None:
        """Left button down."""
        self.mouse(widget, QEvent.Type.MouseButtonPress, spot)

    def move(self, widget: QWidget, spot: QPointF) -> None:
        """Drag on."""
        self.mouse(widget, QEvent.Type.MouseMove, spot)

    def release(self, widget: QWidget, spot: QPointF) -> None:
        """Left button up."""
        self.mouse(widget, QEvent.Type.MouseButtonRelease, spot)

    def pictures(self) -> dict[str, bytes]:
        """The decoded image at the point, of every lane, as bytes; waits for lanes that have none yet."""
        panels = {run.model_name: self.panel("image", run.model_name) for run in self.desk.runs}
        self.until(lambda: all(panel._pixels is not None for panel in panels.values()))
        return {name: panel._pixels.tobytes() for name, panel in panels.items()}

    def dialog(self) -> ErrorDialog:
        """The error dialog that is open; it fails when there is none."""
        found = [d for d in self.window.findChildren(ErrorDialog) if d.isVisible()]
        assert len(found) == 1, found
        return found[0]

    def has_dialog(self) -> bool:
        """Whether an error dialog is open."""
        return any(d.isVisible() for d in self.window.findChildren(ErrorDialog))

    def at(self, model: str, x: float, y: float) -> QPointF:
        """The pixel of plane coordinates on a lane's map."""
        a, b = self.panel("map", model).to_screen(np.array([[x, y]], np.float32))[0]
        return QPointF(float(a), float(b))


@pytest.fixture
def hush(qt_messages: list[str]) -> Iterator[None]:
    """The offscreen platform says what it cannot do; that is no fault of the window."""
    yield
    qt_messages[:] = [m for m in qt_messages if "This plugin does not support" not in m]


FAR_AWAY = QPoint(9_999, 9_999)
"""A place that no window covers."""


@contextlib.contextmanager
def windows(qapp: QApplication, qtbot: QtBot, folder: Path) -> Iterator[Callable[..., Stage]]:
    """Makes shown windows, which are closed and deleted after the block."""
    stages: list[Stage] = []

    def make(size: tuple[int, int] = (1440, 900), scale: float = 1.0) -> Stage:
        settings = Settings(folder / "s.ini")
        if scale != 1.0:  # the default, on a screen of tests
            settings.write("text scale", scale)
        window = make_window(settings)
        window.resize(*size)
        window.clock._is_heap_frozen = True  # gc.freeze would outlive this test
        QCursor.setPos(FAR_AWAY)  # a test before this one may have left the mouse where the window opens
        stage = Stage(window, qtbot)
        stages.append(stage)
        with qtbot.waitActive(window):
            window.show()
        return stage

    yield make
    for stage in stages:
        stage.window.close()
        stage.window.deleteLater()
    stages.clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp, theme.DARK, 1.0)


@pytest.fixture
def bare_window(
    qapp: QApplication, qtbot: QtBot, hush: None, tmp_path: Path, no_qt_is_left: None
) -> Iterator[Callable[..., Stage]]:
    """Makes a shown window that has no experiment yet: ``bare_window(size=(1440, 900), scale=1.0)``."""
    with windows(qapp, qtbot, tmp_path) as make:
        yield make


def with_lanes(bare_window: Callable[..., Stage], make_experiment: Callable[..., Experiment]) -> Callable[..., Stage]:
    """Makes windows with an experiment, see `desk_window`."""

    def make(
        models: Sequence[str] = ("ae", "vae", "gan"),
        *,
        size: tuple[int, int] = (1440, 900),
        scale: float = 1.0,
        dataset: Dataset | None = None,
        **setup: Any,
    ) -> Stage:
        stage = bare_window(size, scale)
        stage.window.open(make_experiment(*models, dataset=dataset, **setup), SOURCES.get("mnist").Config())
        stage.until(stage.all_are("ready"))
        assert QApplication.activeWindow() is stage.window  # nothing else came up and took the keys
        return stage

    return make


@pytest.fixture
def desk_window(bare_window: Callable[..., Stage], make_experiment: Callable[..., Experiment]) -> Callable[..., Stage]:
    """Makes a shown window whose lanes are ready: ``desk_window(("ae", "vae"), latent=10, size=(1100, 700))``."""
    return with_lanes(bare_window, make_experiment)


@pytest.fixture(scope="module")
def module_window(
    request: pytest.FixtureRequest,
    qapp: QApplication,
    digits: Dataset,
    cheap_answers: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Stage]]:
    """As `desk_window`, for a window that several tests of one file share. Each finds it as `again` leaves it."""
    folder = tmp_path_factory.mktemp("module window")
    with windows(qapp, QtBot(request), folder) as bare, experiments(digits) as make_experiment:
        yield with_lanes(bare, make_experiment)


@pytest.fixture
def again(hush: None) -> Callable[[Stage], Stage]:
    """Brings a shared window back to where it opened: active, on the Lineup, all at rest, the point and image at 0.

    What else a test changes in it, it changes back.
    """

    def bring_back(stage: Stage) -> Stage:
        window, desk = stage.window, stage.desk
        if not window.isActiveWindow():
            window.activateWindow()
            stage.until(window.isActiveWindow)
        if (focused := QApplication.focusWidget()) is not None:
            focused.clearFocus()
        window.show_tab("lineup")
        stage.rest()
        desk.point.stop()
        desk.point.reduce_motion = False
        desk.point.zero()
        desk.chosen.index_wanted.emit(0)
        assert desk.experiment.engine.errors == []
        return stage

    return bring_back


@pytest.fixture
def heard() -> Callable[[Any], list[Any]]:
    """The arguments of every emission of a signal from now on."""

    def listen(signal: Any) -> list[Any]:
        calls: list[Any] = []
        signal.connect(lambda *args: calls.append(args))
        return calls

    return listen


@pytest.fixture
def dark(qapp: QApplication, qt_messages: list[str]) -> Iterator[None]:
    """The test starts and ends in the dark theme at text size 1."""
    theme.apply(qapp, theme.DARK, 1.0)
    yield
    hands.OPEN.clear()
    qt_messages[:] = [m for m in qt_messages if "This plugin does not support" not in m]  # offscreen has no screen
    theme.apply(qapp, theme.DARK, 1.0)


@pytest.fixture
def measures() -> Iterator[dict[str, Any]]:
    """Proxy-FD and coverage of samples, an expensive one, and one that only the AE has."""
    lower = {"title": "Proxy-FD", "better": -1, "of_samples": True, "order": 100}
    higher = {"title": "Coverage", "unit": "%", "better": 1, "of_samples": True, "order": 101}
    with fakes(
        ("proxy_fd", NEAR, lower),
        ("coverage", SHARE, higher),
        ("slow", {"ae": Measured(1.0), "vae": Measured(2.0)}, {"expensive": True, "order": 102}),
        ("only_ae", {"ae": Measured(-7.5)}, {"unit": "dB", "order": 103}),
    ) as made:
        yield made


@pytest.fixture
def opened(measures: dict[str, Any], desk_window: Callable[..., Stage]) -> Callable[..., Any]:
    """A window that shows the Compare tab, with lanes and measures of its own."""

    def make(*models: str, **more: Any) -> Stage:
        stage = desk_window(models or ("ae", "vae", "gan"), **more)
        stage.key("Ctrl+3")
        assert isinstance(stage.tab, CompareTab)
        QApplication.processEvents()
        return stage

    return make
