"""``latent-playground bench information``: how fast the Information tab follows a hand, at rest and while lanes train.

Each control is moved as a hand and as keys do it: one event, then everything that it made stale is painted at once.
"""

from __future__ import annotations

import functools
import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from gui.bench.window import SETTLE_S, drop, mouse, mouse_event, open_window, percentiles, wait
from gui.information.tab import InformationTab
from gui.shell.app import make_app
from gui.shell.window import MainWindow

REACH_PX = 30.0
EVENTS = 240
PATIENCE_S = 60.0
UP_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
RIGHT_LEFT = (Qt.Key.Key_Right, Qt.Key.Key_Left)


@dataclass(frozen=True)
class Control:
    """A thing that is dragged: on which page, its object name, where a hand takes it, the two keys that move it
    (``own``: it takes them itself, else they are the window's), and how one sees that what the page computes first is
    there."""

    page: str
    name: str
    start: Callable[[Any], QPointF]
    keys: tuple[Qt.Key, Qt.Key] = RIGHT_LEFT
    own: bool = True
    upward: bool = False
    ready: Callable[[Any], bool] = lambda widget: True


def _middle(widget: QWidget) -> QPointF:
    return QPointF(widget.rect().center())


CONTROLS = {
    "bars": Control("entropy", "bars", lambda plot: plot.cap("p", 1), UP_DOWN, upward=True),
    "gaussians": Control("entropy", "gaussians", lambda plot: plot.handle("q", "mean")),
    "elbo_beta": Control("elbo", "elbo beta", _middle),
    "epsilon": Control("reparameterization", "epsilon", lambda plot: plot.point(0)),
    "hole_map": Control("holes", "hole map", _middle, own=False, ready=lambda plot: plot.found is not None),
    "spoil": Control("lenses", "spoil amount", _middle),
}


def information(seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Updates per second of every control under a hand and by keys: lanes at rest, and three of them training.

    ``seconds`` scales how many.
    """
    make_app()
    gc.disable()
    window, experiment = open_window(("ae", "vae", "gan"))
    experiment.start()
    wait(SETTLE_S)
    window.show_tab("information")
    tab = window.pages.currentWidget()
    assert isinstance(tab, InformationTab)
    report: dict[str, Any] = {}
    events = max(20, round(EVENTS * seconds))
    for name, control in CONTROLS.items():
        tab.show_page(control.page)
        wait(SETTLE_S / 2)  # terms and codes of the page come first
        widget = _find(window, control.name)
        until = time.perf_counter() + PATIENCE_S
        while not control.ready(widget) and time.perf_counter() < until:
            wait(0.05)
        report[name] = {}
        for state in ("training", "rest"):
            if state == "rest":
                experiment.pause()
                wait(SETTLE_S / 6)
            hand, keys = _by_hand(window, widget, control, events), _by_keys(window, widget, control, events)
            report[name][state] = {"hand": _figures(hand), "keys": _figures(keys)}
        experiment.start()
        training, rest = (report[name][state]["hand"]["updates_per_second"] for state in ("training", "rest"))
        tell(f"{name}: {training} updates/s while lanes train, {rest} at rest")
    drop(window)
    gc.enable()
    return report


def _find(window: MainWindow, name: str) -> QWidget:
    found = [each for each in window.findChildren(QWidget, name) if each.isVisible()]
    assert found, name
    return found[0]


def _figures(spent_ms: list[float]) -> dict[str, float]:
    return {"updates_per_second": round(1000 * len(spent_ms) / sum(spent_ms)), **percentiles(spent_ms)}


def _painted(move: Callable[[], object]) -> float:
    """Milliseconds from a move to the last pixel it changed; then the window lives its own life for a moment."""
    began = time.perf_counter()
    move()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
    spent = (time.perf_counter() - began) * 1000
    wait(0.002)
    return spent


def _by_hand(window: MainWindow, widget: QWidget, control: Control, events: int) -> list[float]:
    start = control.start(widget)
    window.desk.pressed = True  # what the clock sees of a real button; events that are made up do not reach it
    mouse(widget, QEvent.Type.MouseButtonPress, start)
    wait(0.1)
    spent = []
    for i in range(events):
        off = REACH_PX * math.sin(i / 7)
        spot = start + (QPointF(0.0, off) if control.upward else QPointF(off, 0.0))
        event = mouse_event(widget, QEvent.Type.MouseMove, spot)
        spent.append(_painted(functools.partial(QApplication.sendEvent, widget, event)))
    mouse(widget, QEvent.Type.MouseButtonRelease, start)
    window.desk.pressed = False
    return spent


def _by_keys(window: MainWindow, widget: QWidget, control: Control, events: int) -> list[float]:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    none = Qt.KeyboardModifier.NoModifier
    commands = {each.shortcut().toString(): each for each in window.actions()}
    spent = []
    for i in range(events):
        key = control.keys[(i // 12) % 2]
        if control.own:
            QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.ShortcutOverride, key, none))  # as Qt does before each
            event = QKeyEvent(QEvent.Type.KeyPress, key, none)
            spent.append(_painted(functools.partial(QApplication.sendEvent, widget, event)))
        else:
            spent.append(_painted(commands[QKeySequence(key).toString()].trigger))
    return spent
