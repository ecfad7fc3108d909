"""``latent-playground bench window`` and ``start``: the cost of the window for training, and its response to a hand.

Everything is measured on the real window with real lanes, computed where the window computes them by itself, then at
the other home. The same runs train with the window drawing (A) and with its clock stopped and the window hidden (B),
A B B A in one window; a ratio is of two neighbours.
"""

from __future__ import annotations

import gc
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsView, QWidget

from core.benchmarks.engine import ROUNDS
from core.benchmarks.spread import Spread
from core.foundation.memory import memory_with_children_mb
from core.foundation.program import ROOT
from core.foundation.user_error import UserError
from core.remote.homes import DEFAULT_HOME, Coming, Home
from gui.desk.settings import Settings
from gui.information.page import PAGES
from gui.plots.scene import settle
from gui.shell.app import import_what_opens, make_app, make_window
from gui.shell.pages import KEYS as TABS
from gui.shell.window import MainWindow
from gui.widgets.pace import Pace

if TYPE_CHECKING:
    from core.engine.experiment import Experiment

HOMES: tuple[Home, ...] = ("process", "threads")
"""Where lanes can be computed beside a window on this machine, in the order in which they are measured."""
GAP_MS = 4
"""Interval of the timer that measures gaps of the event loop."""
DRAG_HZ = 60
"""Mouse events per second of a drag."""
SETTLE_S = 6.0
"""Time before a measurement, for caches and background jobs."""
REST_S = 3.0
"""Time for which a window at rest is watched, s."""
REST_ROUNDS = 5
"""How often a window at rest is watched with its plots and without."""
ROWS_OF_PLOTS = ("loss", "map")
"""Rows of lanes that are charts and maps."""
DRAG_S = 30.0
"""Length of a drag, s; like the walk it is shorter where a series for the training ratio takes less than a second."""
WALK_S = 60.0
"""Time in which every tab and page is opened, s."""
STAY_S = 1.0
"""Time that a walk stays at a tab or page, s."""


def wait(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p99 and max."""
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "max": round(max(values), 2)}


def _steps(experiment: Experiment, seconds: float) -> float:
    """Steps per second as the geometric mean of the lanes, so that a ratio of two weighs all lanes equally."""
    runs = experiment.runs
    before = [run.view.status.step for run in runs]
    began = time.perf_counter()
    wait(seconds)
    spent = time.perf_counter() - began
    rates = [max(1e-9, (run.view.status.step - b) / spent) for run, b in zip(runs, before, strict=True)]
    return statistics.geometric_mean(rates)


def open_window(
    models: tuple[str, ...], dataset: str = "mnist", home: Home = DEFAULT_HOME, **setup: Any
) -> tuple[MainWindow, Experiment]:
    """A shown window with lanes that are built and not training yet. `UserError` where ``home`` cannot be."""
    from core.datasets.base import SOURCES
    from core.datasets.shared import load
    from core.engine.experiment import Experiment
    from core.training.devices import look_with_one_thread
    from core.training.setup import Setup

    look_with_one_thread()
    coming = Coming(home)
    if coming.trouble:
        raise UserError(coming.trouble)
    import_what_opens()
    settings = Settings(Path(tempfile.mkdtemp()) / "bench.ini")
    settings.write("text scale", 1.0)  # else what is measured would depend on the screen
    window = make_window(settings)
    window.resize(1440, 900)
    window.show()
    experiment = Experiment(Setup(**setup), load(dataset), models, coming.engine())
    window.open(experiment, SOURCES.get(dataset).Config())  # without it nothing is saved, and no work is kept
    for run in experiment.runs:
        run.board.wait(lambda view: view.status.state != "building", 60)
    return window, experiment


def gan_2d(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Steps per second of a GAN of GAN Lab's size (batch 150, points of a plane, hidden layers of 8) in the window."""
    from core.models.gan import GanConfig

    make_app()
    gc.disable()
    window, experiment = open_window((), "mixture", batch=150)
    run = experiment.add("gan", GanConfig(hidden="8, 8", r1=0.0))
    window.desk.open(experiment)
    run.board.wait(lambda view: view.status.state != "building", 60)
    experiment.start()
    wait(SETTLE_S / 2)
    rate = Spread.of([_steps(experiment, seconds) for _ in range(ROUNDS)])
    drop(window)
    log(f"a small GAN on points makes {rate.median:.0f} iterations/s")
    return {"iterations_per_second": rate.json(0)}


def training_ratio(home: Home, models: tuple[str, ...], seconds: float) -> Spread:
    """Steps per second with the window drawing, divided by those of the same runs with the window stopped."""
    window, experiment = open_window(models, home=home)
    experiment.start()
    wait(SETTLE_S)
    ratios = []

    def drawing() -> float:
        window.show()
        window.clock.start()
        wait(0.3)
        return _steps(experiment, seconds)

    def stopped() -> float:
        window.clock.stop()
        window.hide()
        wait(0.3)
        return _steps(experiment, seconds)

    for round_number in range(ROUNDS):  # A B B A: neither is always first
        if round_number % 2:
            stopped_rate = stopped()
            ratios.append(drawing() / stopped_rate)
        else:
            drawing_rate = drawing()
            ratios.append(drawing_rate / stopped())
    drop(window)
    return Spread.of(ratios)


def drop(window: MainWindow) -> None:
    """Close a window and free its memory, before the next part of the bench."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.unfreeze()
    gc.collect()


def circling(middle: QPointF) -> QPointF:
    """Where a hand that goes around a point is now: 60 px from it, a turn in 8 s."""
    angle = 2 * math.pi * (time.perf_counter() % 8) / 8
    return middle + QPointF(60 * math.cos(angle), 60 * math.sin(angle))


def _every(ms: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(slot)
    timer.start(ms)
    return timer


class Gaps:
    """Notes how late each turn of the event loop is, from now on."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self._turned_at = time.perf_counter()
        self._timer = _every(GAP_MS, self._turn)

    def _turn(self) -> None:
        now = time.perf_counter()
        self.ms.append(max(0.0, (now - self._turned_at) * 1000 - GAP_MS))
        self._turned_at = now

    def stop(self) -> None:
        """Note no more."""
        self._timer.stop()


class _Drag:
    """A hand that leads the point around a map at 60 events a second, and what is noted of the window meanwhile."""

    def __init__(self, window: MainWindow, target: QWidget) -> None:
        self._target = target
        self._middle = QPointF(target.width() / 2, target.height() / 2)
        self.gaps = Gaps()
        self.drags_ms: list[float] = []  # from each event to its last pixel
        self.frames = 0
        self._timer = _every(round(1000 / DRAG_HZ), self._move)
        window.clock.ticked.connect(self._count)

    def run(self, seconds: float) -> float:
        """Press, drag for so long, let go; the seconds it took."""
        mouse(self._target, QEvent.Type.MouseButtonPress, self._middle)
        began = time.perf_counter()
        wait(seconds)
        spent = time.perf_counter() - began
        mouse(self._target, QEvent.Type.MouseButtonRelease, self._middle)
        self._timer.stop()
        self.gaps.stop()
        return spent

    def _move(self) -> None:
        spot = circling(self._middle)
        began = time.perf_counter()
        mouse(self._target, QEvent.Type.MouseMove, spot)
        paint_now()
        self.drags_ms.append((time.perf_counter() - began) * 1000)

    def _count(self) -> None:
        self.frames += 1


def measure_drag(home: Home, seconds: float, measuring: bool = False) -> dict[str, Any]:
    """Gaps of the event loop and time to the last pixel while three lanes train under a drag at 60 events a second.

    With ``measuring`` every measure is computed again and again meanwhile. ``memory_mb`` is that of the window and of
    the engine's process.
    """
    from core.metrics.base import METRICS

    window, experiment = open_window(("ae", "vae", "gan"), home=home)
    experiment.start()
    wait(SETTLE_S)
    target = window.lineup.panel("map", experiment.runs[1])
    assert target is not None
    drag = _Drag(window, target)

    def measure() -> None:
        for run in experiment.runs:
            run.ask_measures(METRICS.names(), "prior")

    if measuring:
        window.clock.second.connect(measure)
    spent, end_mb = drag.run(seconds), memory_with_children_mb()
    done = [run.view.measures for run in experiment.runs]
    drop(window)
    return {
        "measures_done": sum(len(each.values) for each in done if each is not None),
        "loop_gap_ms": percentiles(drag.gaps.ms),
        "drag_ms": percentiles(drag.drags_ms),
        "frame_hz": round(drag.frames / spent, 1),
        "memory_mb": None if math.isnan(end_mb) else round(end_mb),
    }


def measure_walk(home: Home, seconds: float) -> dict[str, Any]:
    """Gaps of the event loop while three lanes train and every tab and page is opened, again until the time is over."""
    window, experiment = open_window(("ae", "vae", "gan"), home=home)
    experiment.start()
    wait(SETTLE_S)
    gaps = Gaps()
    until = time.perf_counter() + seconds
    rounds = 0
    while not rounds or time.perf_counter() < until:
        for tab in TABS:
            window.show_tab(tab)
            wait(STAY_S)
            for page in PAGES.names() if tab == "information" else ():
                window.information.open_page(page)
                wait(STAY_S)
        rounds += 1
    gaps.stop()
    drop(window)
    return {"loop_gap_ms": percentiles(gaps.ms), "rounds": rounds}


def mouse_event(
    target: QWidget, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> QMouseEvent:
    """A mouse event at a point of a widget."""
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    where = QPointF(target.mapToGlobal(spot.toPoint()))
    return QMouseEvent(kind, spot, where, button, held, Qt.KeyboardModifier.NoModifier)


def meeting(target: QWidget) -> QWidget:
    """What the mouse meets in a widget: the plot that fills it, else itself."""
    under = target.childAt(target.rect().center())
    return under if under is not None and isinstance(under.parent(), QGraphicsView) else target


def mouse(
    target: QWidget, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    """Send one mouse event to a widget, or to the plot that fills it. It acts within this call, however many come."""
    meets = meeting(target)
    at = QPointF(meets.mapFrom(target, QPoint())) + spot
    QApplication.sendEvent(meets, mouse_event(meets, kind, at, button))
    for pace in target.findChildren(Pace):
        pace.flush()


def paint_now() -> None:
    """Paint what has to be painted anew of all windows."""
    settle()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)


def measure_rest(home: Home, seconds: float) -> dict[str, float]:
    """Shares of a core that the ``window`` takes once its three lanes have trained and are paused, and its ``plots``.

    Those of the plots are the difference to the same window without their rows, in turn.
    """
    window, experiment = open_window(("ae", "vae", "gan"), home=home)
    experiment.start()
    wait(SETTLE_S)
    experiment.pause()
    wait(2 * SETTLE_S)
    shares: list[tuple[float, float]] = []  # with plots and without
    for _ in range(REST_ROUNDS):
        pair = []
        for is_shown in (True, False):
            for row in ROWS_OF_PLOTS:
                window.lineup.show_row(row, is_shown)
            wait(seconds / 2)
            before, began = time.thread_time(), time.perf_counter()
            wait(seconds)
            pair.append((time.thread_time() - before) / (time.perf_counter() - began))
        shares.append((pair[0], pair[1]))
    drop(window)
    return {
        "window": round(statistics.median(shown for shown, _ in shares), 4),
        "plots": round(statistics.median(shown - hidden for shown, hidden in shares), 4),
    }


def window(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Every figure of the open window, by home of its lanes; a series for the training ratio takes ``seconds``."""
    make_app()
    gc.disable()
    figures: dict[str, Any] = {home: _at(home, seconds, log) for home in HOMES}
    rest = figures["rest_share"] = measure_rest(HOMES[0], REST_S * min(1.0, seconds))
    log(f"at rest the window takes {100 * rest['window']:.1f} % of a core, its plots {100 * rest['plots']:.1f} %")
    gc.enable()
    return figures


def _at(home: Home, seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    shorter = min(1.0, seconds)
    drag = measure_drag(home, DRAG_S * shorter)  # first, so that the memory is that of one window
    log(f"{home}: a drag takes {drag['drag_ms']['p50']} ms")
    measured = measure_drag(home, DRAG_S * shorter, measuring=True)
    log(f"{home}: with all measures running, {measured['drag_ms']['p50']} ms")
    walk = measure_walk(home, WALK_S * shorter)
    log(f"{home}: the event loop pauses for {walk['loop_gap_ms']['max']} ms at most while tabs and pages are opened")
    one = training_ratio(home, ("vae",), seconds)
    log(f"{home}: one lane keeps {one.median:.2f} of its speed")
    three = training_ratio(home, ("ae", "vae", "gan"), seconds)
    log(f"{home}: three lanes keep {three.median:.2f}")
    ratios = {"training_ratio_1": one.json(), "training_ratio_3": three.json()}
    return {**ratios, **drag, "measuring": measured, "walk": walk}


CHILD = """
import gc, sys, time
gc.disable()
began = float(sys.argv[1])
import core.cli.main
from core.remote.homes import Coming
coming = Coming()
from PySide6.QtCore import QEvent, QObject, QTimer
from gui.shell.app import Opening, make_app, make_window
from gui.desk.settings import Settings
from pathlib import Path
app = make_app()
window = make_window(Settings(Path(sys.argv[2]) / "start.ini"))

class Watch(QObject):
    seen = False
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and not self.seen:
            self.seen = True
            QTimer.singleShot(0, lambda: print("window", time.time() - began, flush=True))
        return False

watch = Watch()
window.top.installEventFilter(watch)
opening = Opening(window, coming)
def trained():
    if any(run.view.status.step for run in window.desk.runs):
        print("step", time.time() - began, flush=True)
        window.clock.ticked.disconnect(trained)
        window.close()
def ready():
    window.desk.toggle_training()
    window.clock.ticked.connect(trained)
window.ready.connect(ready)
window.show()
opening.start_when_painted()
sys.exit(app.exec())
"""


def start(log: Callable[[str], None]) -> dict[str, Any]:
    """Time from launch to the first painted window, and to the first step: Train is pressed as soon as possible.

    A start like every one but the first, which compiles the program's files and is not counted.
    """
    times: dict[str, list[float]] = {"window": [], "step": []}
    with tempfile.TemporaryDirectory() as compiled:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": compiled, "PYTHONPATH": str(ROOT)}
        for number in range(1 + ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                child = subprocess.run(
                    [sys.executable, "-c", CHILD, repr(time.time()), folder],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                )
            for line in child.stdout.splitlines() if number else ():
                name, value = line.split()
                times[name].append(1000 * float(value))
    result = {"window_ms": Spread.of(times["window"]).json(0), "first_step_ms": Spread.of(times["step"]).json(0)}
    log(f"the window is painted after {result['window_ms']['median']:.0f} ms")
    return result
