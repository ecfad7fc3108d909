"""What changes by itself on a page of the Information tab, frame by frame of the window's clock."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.desk.clock import Clock
from gui.desk.desk import Desk


class MovingState(QObject):
    """State of a page that also changes by itself while it is ``running`` (abstract). Every change emits ``changed``.

    One motion runs at a time: Esc, and the end of a walk of the point, end this one too.
    """

    changed = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self.running = False
        clock.moved.connect(self._move)
        desk.point.animated.connect(self._follow)

    def advance(self, seconds: float) -> None:
        """Called with every frame while it runs."""
        raise NotImplementedError

    def run(self) -> None:
        """Start the frames."""
        self.running = True
        self._desk.point.animated.emit(True)
        self.changed.emit()

    def stop(self) -> None:
        """End the frames."""
        if self.running:
            self.running = False
            self._desk.point.animated.emit(self._desk.point.is_moving)
            self.changed.emit()

    def _follow(self, moving: bool) -> None:
        if self.running and not moving:
            self.running = False
            self.changed.emit()

    def _move(self, seconds: float) -> None:
        if self.running:
            self.advance(seconds)
