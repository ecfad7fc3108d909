"""What the keys and the menu do: one method each, named in `gui.shell.keys`. Panels know nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from gui.desk.desk import Desk
from gui.shell.keys import NUDGES
from gui.side_panels.beta import PRESETS
from gui.widgets import focus

if TYPE_CHECKING:
    from gui.shell.window import MainWindow

PATH_STEP = 1 / 24


class Actions:
    """See the module. Every method does nothing while there is no experiment yet, unless it needs none."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        self._window, self._desk = window, desk

    def run(self, name: str) -> None:
        """Do what a key's method name says."""
        if name.startswith("select_"):
            self.select(int(name[-1]) - 1)
        elif name.startswith("tab_"):
            self._window.show_tab_at(int(name[-1]) - 1)
        elif name.startswith("nudge_"):
            self.nudge(name.removeprefix("nudge_"), 0.05)
        elif hasattr(self, name):
            getattr(self, name)()
        elif hasattr(self._window, name):
            getattr(self._window, name)()
        elif self._desk.is_open:
            getattr(self._desk.point if hasattr(self._desk.point, name) else self._desk, name)()

    def nudge(self, way: str, size: float) -> None:
        """Move the point on the map."""
        if self._desk.is_open:
            focus.key_came()
            dx, dy = NUDGES[way]
            self._desk.point.stop()
            self._desk.point.nudge(dx * size, dy * size)

    def select(self, index: int) -> None:
        """The lane of that number, from the left."""
        if index < len(self._desk.runs):
            self._desk.select(self._desk.runs[index])

    def toggle_lane(self) -> None:
        """Train or rest the selected lane alone."""
        run = self._desk.selected
        if run is not None:
            if run.view.status.state == "training":
                run.pause()
            else:
                run.start()

    def close_lane(self) -> None:
        """Close the selected lane."""
        if self._desk.selected is not None:
            self._desk.close_lane(self._desk.selected)

    def path_back(self) -> None:
        """A frame back."""
        self._along(-PATH_STEP)

    def path_on(self) -> None:
        """A frame on."""
        self._along(PATH_STEP)

    def _along(self, by: float) -> None:
        if self._desk.is_open:
            focus.key_came()
            self._desk.point.set_path_t(self._desk.point.path_t + by)

    def pin_a(self) -> None:
        """Pin A where the point is."""
        if self._desk.is_open:
            self._desk.point.set_pin("a")

    def pin_b(self) -> None:
        """Pin B where the point is."""
        if self._desk.is_open:
            self._desk.point.set_pin("b")

    def undo(self) -> None:
        """Take the last turn of a knob back."""
        self._desk.undo.undo()

    def redo(self) -> None:
        """Turn it again."""
        self._desk.undo.redo()

    def _beta(self, by: int) -> None:
        lanes = [self._desk.selected, *self._desk.runs]
        run = next((each for each in lanes if each is not None and hasattr(each.pending, "beta")), None)
        if run is None:
            self._desk.told.emit("No lane has a KL weight.", "note")
            return
        now = float(getattr(run.pending, "beta", 1.0))
        higher = [value for value in PRESETS if value > now + 1e-9]
        lower = [value for value in PRESETS if value < now - 1e-9]
        if by > 0 and higher:
            self._desk.set_knob(run, "beta", higher[0])
        elif by < 0 and lower:
            self._desk.set_knob(run, "beta", lower[-1])

    def beta_up(self) -> None:
        """The next larger preset."""
        self._beta(1)

    def beta_down(self) -> None:
        """The next smaller preset."""
        self._beta(-1)

    def toggle_lessons(self) -> None:
        """Open or close the lessons; who opens them by a key has the keyboard there."""
        self._window.toggle_lessons()
        if self._window.lessons.isVisible():
            self._window.lessons.tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def cancel(self) -> None:
        """Stop walking and looping; leave the curves."""
        self._desk.point.stop()
        self._window.leave_explore()
