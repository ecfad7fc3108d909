"""What every test is held to: no thread, timer, window, Qt message or warning is left behind.

Python's warnings are errors by `pyproject.toml`. Qt is looked at only for tests in ``gui/`` and ``end_to_end/``.
"""

from __future__ import annotations

import functools
import gc
import itertools
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Before a window opens or torch loads: no display, no settings and no files of the person who runs the tests, and one
# thread for torch (two on two cores is a cliff as soon as anything else runs). Contract tests run over the files of a
# folder of models, datasets and metrics that LATENT_PLAYGROUND_TESTED names: pytest tests/contract -k NAME
_own_folder = tempfile.TemporaryDirectory(prefix="latent-playground-tests-")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = os.path.join(_own_folder.name, "config")
os.environ["XDG_CACHE_HOME"] = os.path.join(_own_folder.name, "cache")
os.environ["LATENT_PLAYGROUND_CACHE"] = os.path.join(_own_folder.name, "cache")
os.environ["XDG_RUNTIME_DIR"] = os.path.join(_own_folder.name, "runtime")
os.environ["XDG_DATA_HOME"] = os.path.join(_own_folder.name, "data")
os.environ["LATENT_PLAYGROUND_DATA"] = os.environ.get("LATENT_PLAYGROUND_TESTED") or os.environ["XDG_DATA_HOME"]
os.environ["OMP_NUM_THREADS"] = "1"
os.makedirs(os.environ["XDG_RUNTIME_DIR"], mode=0o700)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: what tests start would ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

gc.disable()  # as in the app: it would run in whichever thread allocates, and a widget must not die in a trainer

HERE = Path(__file__).parent
WITH_QT = (HERE / "gui", HERE / "end_to_end")
GRACE_S = 2.0
FULL_COLLECTION_EVERY = 10
_tests = itertools.count(1)

hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("house")


def pytest_collection_finish() -> None:
    """Collecting has imported torch if any test needs it; OMP_NUM_THREADS does the same for torch that comes later.

    What is there now stays: collections need not look at it again and again.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test starts has ended a moment after it."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + GRACE_S
    left = []
    for thread in set(threading.enumerate()) - before:
        if isinstance(thread, threading._DummyThread):
            continue  # a native thread that once called Python; it is not ours to end
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            left.append(thread.name)
    assert not left, f"threads left behind: {', '.join(sorted(left))}"


@pytest.fixture(autouse=True)
def collection_in_this_thread() -> Iterator[None]:
    """Garbage goes after each test, in the thread that owns the widgets; all of it now and then."""
    yield
    gc.disable()
    if next(_tests) % FULL_COLLECTION_EVERY:
        gc.collect(1)
        return
    gc.collect()
    if not _windows():
        gc.freeze()  # libraries that tests brought in; windows must not be among what stays


@pytest.fixture(autouse=True)
def no_qt_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No Qt message of level warning, and no window or running timer that was not there before."""
    if not any(folder in request.node.path.parents for folder in WITH_QT):
        yield
        return
    from PySide6 import QtCore

    loud = (QtCore.QtMsgType.QtWarningMsg, QtCore.QtMsgType.QtCriticalMsg, QtCore.QtMsgType.QtFatalMsg)
    messages: list[str] = []

    def listen(level: QtCore.QtMsgType, context: QtCore.QMessageLogContext, text: str) -> None:
        if level in loud:
            messages.append(f"{context.category}: {text}" if context.category not in (None, "default") else text)

    request.node.qt_messages = messages
    previous = QtCore.qInstallMessageHandler(listen)
    windows, timers = _windows(), _running_timers()
    yield
    deliver_deletes()
    if _new_windows(windows) or _running_timers() - timers:
        gc.collect()  # a cycle is not a leak
        deliver_deletes()
    new_windows = sorted(f"{type(w).__name__} {w.objectName()!r}" for w in _new_windows(windows))
    new_timers = sorted(
        f"{type(t).__name__} {t.objectName()!r} every {t.interval()} ms of {t.parent()!r}"
        for t in _running_timers() - timers
    )
    QtCore.qInstallMessageHandler(previous)
    assert not new_windows, f"windows left behind: {', '.join(new_windows)}"
    assert not new_timers, f"timers left running: {', '.join(new_timers)}"
    assert not messages, "Qt said:\n" + "\n".join(messages)


@pytest.fixture
def qt_messages(request: pytest.FixtureRequest, no_qt_is_left: None) -> list[str]:
    """What Qt has warned of so far in this test; a test that expects a message takes it out of the list."""
    messages: list[str] = request.node.qt_messages
    return messages


def deliver_deletes() -> None:
    """Let everything that asked for ``deleteLater`` go now."""
    from PySide6 import QtCore, QtWidgets

    if QtWidgets.QApplication.instance() is None:
        return
    for _ in range(3):  # one deletion may ask for the next
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)
        QtCore.QCoreApplication.processEvents()


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Any]:
    """Makes a small dataset: ``tiny(channels=1, side=28)`` has 240 smooth blobs to train on and 80 to test on."""
    import numpy as np

    from core.datasets.base import Dataset, Images

    @functools.cache
    def make(channels: int = 1, side: int = 28) -> Dataset:
        random = np.random.default_rng(side + channels)

        def images(count: int) -> Images:
            middle = random.uniform(0.25, 0.75, (count, 2, 1, 1)) * side
            tint = random.uniform(0.5, 1.0, (count, channels, 1, 1))
            y, x = np.mgrid[:side, :side]
            square = (y - middle[:, 0]) ** 2 + (x - middle[:, 1]) ** 2  # (N, H, W)
            blobs = np.exp(-square / (side / 6) ** 2)[:, None] * tint
            labels = (middle[:, 0, 0, 0] > side / 2) * 2 + (middle[:, 1, 0, 0] > side / 2)
            return Images(np.rint(blobs * 255).astype(np.uint8), labels.astype(np.int64))

        return Dataset("tiny", "Tiny", images(240), images(80), tuple("0123"))

    return make


@pytest.fixture(scope="session")
def mnist() -> Any:
    """MNIST, read once for all tests, which never write to it."""
    from core.datasets.base import load

    return load("mnist")


@pytest.fixture
def user_files(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """Writes files of a user, ``user_files("models/mine.py", text)``: registered at once, until the test ends."""
    from core.datasets.base import SOURCES
    from core.metrics.base import METRICS
    from core.models.base import MODELS

    folder = tmp_path / "files of a user"

    def rescan() -> None:
        for registry in (MODELS, SOURCES, METRICS):
            registry.rescan()

    def write(name: str, text: str) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        rescan()
        return folder / name

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_PLAYGROUND_DATA", str(folder))
        yield write
    rescan()


def _windows() -> set[Any]:
    if "PySide6.QtWidgets" not in sys.modules:
        return set()
    from PySide6 import QtWidgets

    return set() if QtWidgets.QApplication.instance() is None else set(QtWidgets.QApplication.topLevelWidgets())


def _new_windows(before: set[Any]) -> set[Any]:
    """The windows that were not there before, but for hidden ones that end with one that was: the lists of a combo."""

    def outermost(widget: Any) -> Any:
        while (parent := widget.parentWidget()) is not None:
            widget = parent
        return widget

    return {each for each in _windows() - before if each.isVisible() or outermost(each) not in before}


def _running_timers() -> set[Any]:
    import shiboken6
    from PySide6 import QtCore

    return {o for o in shiboken6.getAllValidWrappers() if isinstance(o, QtCore.QTimer) and o.isActive()}
