"""What a screen reader is told of keys that act on something without the focus. Costs nothing while none listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QApplication, QWidget

from core.foundation.params import knob
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.latent_point import Pin
from gui.drawing import numbers
from gui.plots.plane import Plane
from gui.shell.pages import TABS
from gui.widgets import accessible

if TYPE_CHECKING:
    from core.engine.run import Run

COORDINATES = 4
"""Coordinates of the point that are said, at most."""
PINS: tuple[Pin, ...] = ("a", "b")
_KINDS = {"tiles": "tiles", "codes": "codes", "both": "tiles and codes"}

_SAY_NUMBERS = (QAbstractSlider, QAbstractSpinBox)


class Announcer(QObject):
    """Announces training, knobs, tabs, pins and motion of one window. Events are announced by the status line."""

    def __init__(self, window: QWidget, desk: Desk, clock: Clock) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._was_training = False
        self._pins: dict[Pin, str] = {}  # where they were last
        clock.ticked.connect(self._look)
        desk.knob_changed.connect(self._say_knob)
        desk.map_style_changed.connect(lambda: self._say(f"Maps show {_KINDS.get(desk.map_style, desk.map_style)}."))
        desk.point.animated.connect(lambda moves: self._say("The point moves." if moves else "The point rests."))
        desk.point.shown.connect(self._say_point)
        desk.point.pins_moved.connect(self._say_pins)
        desk.opened.connect(self._note_pins)

    def say_tab(self, key: str) -> None:
        """Say which page is shown."""
        self._say(f"{dict(TABS)[key]} page.")

    def _say(self, words: str) -> None:
        if shiboken6.isValid(self._window):
            accessible.announce(self._window, words)

    def _look(self) -> None:
        """Say when training begins and ends."""
        if not QAccessible.isActive():
            return
        runs = self._desk.runs
        is_training = any(run.live_view.status.state == "training" for run in runs)
        if is_training != self._was_training:
            self._was_training = is_training
            self._say("Training." if is_training else "Training has stopped.")

    def _say_knob(self, run: Run, name: str) -> None:
        """Say a knob that a key of the window has set: a control that has the focus says its value by itself."""
        if not QAccessible.isActive() or isinstance(QApplication.focusWidget(), _SAY_NUMBERS):
            return
        definition = knob(run.model.Config, name)
        value = definition.written(getattr(run.pending, name))
        self._say(f"{self._desk.names.of(run).brief} {definition.param.label} {value}")

    def _say_point(self) -> None:
        """Say where the point is, unless a map that has the focus does."""
        if not QAccessible.isActive() or isinstance(QApplication.focusWidget(), (Plane, *_SAY_NUMBERS)):
            return
        point = self._desk.point
        if not point.is_moving:
            self._say(f"z = ({numbers.coordinates(point.z, 2, COORDINATES)})")

    def _places(self) -> dict[Pin, str]:
        """Where each pin is, in words."""
        return {pin: numbers.coordinates(self._desk.point.pin(pin), 2, COORDINATES) for pin in PINS}

    def _note_pins(self) -> None:
        self._pins = self._places()

    def _say_pins(self) -> None:
        """Say where the pin is that was moved."""
        if QAccessible.isActive():
            before, self._pins = self._pins, self._places()
            for pin, place in self._pins.items():
                if place != before.get(pin):
                    self._say(f"{pin.upper()} is at ({place})")
