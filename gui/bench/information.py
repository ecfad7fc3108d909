"""``latent-playground bench information``: how fast the Information tab follows mouse and keys, paused and training.

Each control is moved by single events of mouse or keyboard; after each, everything it invalidated is painted at once.
"""

from __future__ import annotations

import functools
import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from gui.bench.window import SETTLE_S, drop, mouse, open_window, paint_now, percentiles, wait
from gui.information.tab import InformationTab
from gui.shell.app import make_app
from gui.shell.window import MainWindow

REACH_PX = 30.0
"""Amplitude of a drag."""
EVENTS = 240
"""Number of events per control and second of the bench."""
PATIENCE_S = 60.0
"""Longest wait for a control to be ready."""
UP_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
RIGHT_LEFT = (Qt.Key.Key_Right, Qt.Key.Key_Left)


@dataclass(frozen=True)
class Control:
    """A control that is dragged: its page, its object name and where a drag starts.

    ``keys`` move it; with ``own`` False they are shortcuts of the window. ``ready`` tells whether the page has computed
    what the control needs.
    """

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
    "hole_map": Control("holes", "hole map", _middle, own=False, ready=lambda plot: plot.hole_map is not None),
    "corruption": Control("lenses", "corruption amount", _middle),
}


def information(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Updates per second of every control by mouse and by keys, with three lanes paused and training.

    ``seconds`` scales the number of events.
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
        wait(SETTLE_S / 2)  # for the terms and latent codes of the page
        widget = _find(window, control.name)
        deadline = time.perf_counter() + PATIENCE_S
        while not control.ready(widget) and time.perf_counter() < deadline:
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
        log(f"{name}: {training} updates/s while lanes train, {rest} at rest")
    drop(window)
    gc.enable()
    return report


def _find(window: MainWindow, name: str) -> QWidget:
    widgets = [widget for widget in window.findChildren(QWidget, name) if widget.isVisible()]
    assert widgets, name
    return widgets[0]


def _figures(spent_ms: list[float]) -> dict[str, float]:
    return {"updates_per_second": round(1000 * len(spent_ms) / sum(spent_ms)), **percentiles(spent_ms)}


def _painted(move: Callable[[], object]) -> float:
    """Milliseconds from a move to the last pixel that it changes. Runs the event loop for a moment afterwards."""
    began = time.perf_counter()
    move()
    paint_now()
    spent = (time.perf_counter() - began) * 1000
    wait(0.002)
    return spent


def _by_hand(window: MainWindow, widget: QWidget, control: Control, events: int) -> list[float]:
    start = control.start(widget)
    window.desk.pressed = True  # as for a real button: the clock does not see synthetic events
    mouse(widget, QEvent.Type.MouseButtonPress, start)
    wait(0.1)
    spent = []
    for i in range(events):
        offset = REACH_PX * math.sin(i / 7)
        spot = start + (QPointF(0.0, offset) if control.upward else QPointF(offset, 0.0))
        spent.append(_painted(functools.partial(mouse, widget, QEvent.Type.MouseMove, spot)))
    mouse(widget, QEvent.Type.MouseButtonRelease, start)
    window.desk.pressed = False
    return spent


def _by_keys(window: MainWindow, widget: QWidget, control: Control, events: int) -> list[float]:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    none = Qt.KeyboardModifier.NoModifier
    actions = {action.shortcut().toString(): action for action in window.actions()}
    spent = []
    for i in range(events):
        key = control.keys[(i // 12) % 2]
        if control.own:
            QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.ShortcutOverride, key, none))  # as Qt does before each
            event = QKeyEvent(QEvent.Type.KeyPress, key, none)
            spent.append(_painted(functools.partial(QApplication.sendEvent, widget, event)))
        else:
            spent.append(_painted(actions[QKeySequence(key).toString()].trigger))
    return spent
