"""``latent-playground bench window`` and ``start``: what the window costs training, and how it feels under a hand.

Everything is measured on the real window with real lanes. The same runs train with the window drawing (A) and with its
clock at rest and the window hidden (B), A B A B in one process; ratios are of neighbours.
"""

from __future__ import annotations

import gc
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
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from core.benchmarks.engine import ROUNDS
from core.benchmarks.spread import Spread
from gui.desk.settings import Settings
from gui.shell.app import make_app, make_window
from gui.shell.window import MainWindow

if TYPE_CHECKING:
    from core.engine.experiment import Experiment

GAP_MS = 4
DRAG_HZ = 60
SETTLE_S = 6.0


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p99 and max."""
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "max": round(max(values), 2)}


def rss_mb() -> float:
    """Memory of this process in MB, or NaN where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _steps(experiment: Experiment, seconds: float) -> float:
    """Steps per second, as the geometric mean of the lanes: a ratio of two of these weighs every lane alike."""
    runs = experiment.runs
    before = [run.view.status.step for run in runs]
    began = time.perf_counter()
    wait(seconds)
    spent = time.perf_counter() - began
    rates = [max(1e-9, (run.view.status.step - b) / spent) for run, b in zip(runs, before, strict=True)]
    return statistics.geometric_mean(rates)


def open_window(models: tuple[str, ...], dataset: str = "mnist", **setup: Any) -> tuple[MainWindow, Experiment]:
    """A shown window with lanes that are built and do not train yet."""
    from core.datasets.base import load
    from core.engine.experiment import Experiment
    from core.training.devices import look_with_one_thread
    from core.training.setup import Setup

    look_with_one_thread()
    window = make_window(Settings(Path(tempfile.mkdtemp()) / "bench.ini"))
    window.resize(1440, 900)
    window.show()
    experiment = Experiment(Setup(**setup), load(dataset), models)
    window.open(experiment)
    for run in experiment.runs:
        run.board.wait(lambda view: view.status.state != "building", 60)
    return window, experiment


def gan_2d(seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """A GAN of GAN Lab's size (batch 150, points of a plane, hidden layers of 8) with the window drawing."""
    from core.models.base import MODELS

    make_app()
    gc.disable()
    window, experiment = open_window((), "mixture", batch=150)
    run = experiment.add("gan", MODELS.get("gan").Config(hidden="8, 8", r1=0.0))
    window.desk.open(experiment)
    run.board.wait(lambda view: view.status.state != "building", 60)
    experiment.start()
    wait(SETTLE_S / 2)
    rate = Spread.of([_steps(experiment, seconds) for _ in range(ROUNDS)])
    drop(window)
    tell(f"a small GAN on points makes {rate.median:.0f} iterations/s")
    return {"iterations_per_second": rate.json(0)}


def training_ratio(models: tuple[str, ...], seconds: float) -> Spread:
    """Steps/s with the window drawing, divided by the same runs with the window at rest."""
    window, experiment = open_window(models)
    experiment.start()
    wait(SETTLE_S)
    ratios = []

    def drawing() -> float:
        window.show()
        window.clock.start()
        wait(0.3)
        return _steps(experiment, seconds)

    def resting() -> float:
        window.clock.stop()
        window.hide()
        wait(0.3)
        return _steps(experiment, seconds)

    for turn in range(ROUNDS):  # A B B A: neither is always first
        if turn % 2:
            below = resting()
            ratios.append(drawing() / below)
        else:
            above = drawing()
            ratios.append(above / resting())
    drop(window)
    return Spread.of(ratios)


def drop(window: MainWindow) -> None:
    """Close a window and let its memory go: the next part of the bench begins with an empty house."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.unfreeze()
    gc.collect()


def under_a_hand(seconds: float, measuring: bool = False) -> dict[str, Any]:
    """Three lanes train while a hand drags at 60 events a second: gaps of the event loop, time to the last pixel.

    ``measuring``: every measure there is runs over and over meanwhile.
    """
    from core.metrics.base import METRICS

    window, experiment = open_window(("ae", "vae", "gan"))
    experiment.start()
    wait(SETTLE_S)
    gaps: list[float] = []
    memory: list[tuple[float, float]] = []
    drags: list[float] = []
    frames = 0
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(max(0.0, (now - last) * 1000 - GAP_MS))
        last = now

    def count() -> None:
        nonlocal frames
        frames += 1

    target = window.lineup.panel("map", experiment.runs[1])
    assert target is not None

    def drag() -> None:
        share = (time.perf_counter() % 8) / 8
        middle = QPointF(target.width() / 2, target.height() / 2)
        spot = middle + QPointF(float(60 * np.cos(2 * np.pi * share)), float(60 * np.sin(2 * np.pi * share)))
        began = time.perf_counter()
        mouse(target, QEvent.Type.MouseMove, spot)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
        drags.append((time.perf_counter() - began) * 1000)

    beat, hand = QTimer(), QTimer()
    for timer, slot, ms in ((beat, tick, GAP_MS), (hand, drag, round(1000 / DRAG_HZ))):
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(slot)
        timer.start(ms)
    window.clock.ticked.connect(count)
    window.clock.second.connect(lambda: memory.append((time.perf_counter(), rss_mb())))

    def measure() -> None:
        for run in experiment.runs:
            run.ask_measures(METRICS.names(), "prior")

    if measuring:
        window.clock.second.connect(measure)
    mouse(target, QEvent.Type.MouseButtonPress, QPointF(target.width() / 2, target.height() / 2))
    began = time.perf_counter()
    wait(seconds)
    spent = time.perf_counter() - began
    mouse(target, QEvent.Type.MouseButtonRelease, QPointF(target.width() / 2, target.height() / 2))
    beat.stop()
    hand.stop()
    end_mb = rss_mb()
    done = [run.view.measures for run in experiment.runs]
    drop(window)
    late = np.array(memory[len(memory) // 2 :])  # the first half is still growing up: films, caches
    growth = float(np.polyfit(late[:, 0], late[:, 1], 1)[0])
    return {
        "measures_done": sum(len(each.values) for each in done if each is not None),
        "loop_gap_ms": percentiles(gaps),
        "drag_ms": percentiles(drags),
        "frame_hz": round(frames / spent, 1),
        "rss_mb": round(end_mb),
        "rss_growth_mb_per_10min": round(600 * growth, 1),
    }


def mouse_event(
    target: QWidget, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> QMouseEvent:
    """A mouse event at a spot of a widget."""
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    where = QPointF(target.mapToGlobal(spot.toPoint()))
    return QMouseEvent(kind, spot, where, button, held, Qt.KeyboardModifier.NoModifier)


def mouse(
    target: QWidget, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    """One mouse event, now."""
    QApplication.sendEvent(target, mouse_event(target, kind, spot, button))


def window(seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Everything about the open window; ``seconds`` for each stretch."""
    make_app()
    gc.disable()
    hand = under_a_hand(max(10.0, 60 * seconds))  # first: memory is the window's own
    tell(f"a drag takes {hand['drag_ms']['p50']} ms")
    measured = under_a_hand(max(10.0, 30 * seconds), measuring=True)
    tell(f"with all measures running, {measured['drag_ms']['p50']} ms")
    one = training_ratio(("vae",), seconds)
    tell(f"one lane keeps {one.median:.2f} of its speed")
    three = training_ratio(("ae", "vae", "gan"), seconds)
    tell(f"three lanes keep {three.median:.2f}")
    gc.enable()
    return {"training_ratio_1": one.json(), "training_ratio_3": three.json(), **hand, "measuring": measured}


CHILD = """
import sys, time
began = float(sys.argv[1])
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
opening = Opening(window)
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
QTimer.singleShot(0, opening.start)
sys.exit(app.exec())
"""


def start(tell: Callable[[str], None]) -> dict[str, Any]:
    """From launch to the first painted window, and to the first step: Train is pressed as soon as it can be."""
    times: dict[str, list[float]] = {"window": [], "step": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", CHILD, repr(time.time()), folder], capture_output=True, text=True, check=True
            )
        for line in done.stdout.splitlines():
            name, value = line.split()
            times[name].append(1000 * float(value))
    result = {"window_ms": Spread.of(times["window"]).json(0), "first_step_ms": Spread.of(times["step"]).json(0)}
    tell(f"the window is painted after {result['window_ms']['median']:.0f} ms")
    return result
