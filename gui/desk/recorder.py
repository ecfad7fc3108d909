"""Edits of something that is dragged: what it was before it moved and what it is once it rests become one edit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from gui.desk.edits import Edit, Edits
from gui.desk.latent_point import LatentPoint, State
from gui.desk.layers import Layers

REST_S = 0.8
"""Time without a change after which another one is another edit, s."""


class Recorder(QObject):
    """Pushes an edit for each change of what ``read`` returns, a value that can be compared and that ``write`` sets.

    ``words(before, after)`` names the change. It is pushed with the next change or edit, or before the next undo: there
    is no timer.
    """

    def __init__(
        self,
        edits: Edits,
        read: Callable[[], Any],
        write: Callable[[Any], object],
        words: Callable[[Any, Any], str],
    ) -> None:
        super().__init__(edits)
        self._edits, self._read, self._write, self._words = edits, read, write, words
        self._rested: Any = None
        self._moved: Any = None
        self._at = 0.0
        self._has_moved = False
        edits.about_to_change.connect(self.settle)
        edits.cleared.connect(self.forget)

    def note(self) -> None:
        """Something changed, or may have."""
        if self._edits.is_acting:
            self.forget()
            return
        now = time.monotonic()
        if now - self._at > REST_S:
            self.settle()
        self._moved, self._at, self._has_moved = self._read(), now, True

    def forget(self) -> None:
        """Take what is now for where the next change begins."""
        self._rested, self._has_moved = self._read(), False

    def settle(self) -> None:
        """Push what changed since it rested last, if anything did."""
        if not self._has_moved:
            return
        before, after = self._rested, self._moved
        self._rested, self._has_moved = after, False
        if before is not None and before != after:
            words = self._words(before, after)
            self._edits.push(Edit(words, lambda: self._write(before), lambda: self._write(after)))


def record_point(edits: Edits, point: LatentPoint) -> None:
    """Let moves of the point and of the ends of its path be undone; a drag or a walk is one."""
    moves = Recorder(edits, point.state, point.take, _point_words)
    for signal in (point.moved, point.pins_moved):
        signal.connect(moves.note)
    point.replaced.connect(moves.forget)


def _point_words(before: State, after: State) -> str:
    """What differs between two states of the latent point."""
    if before.z != after.z and before.pins == after.pins:
        return "move the point"
    return "move a pin" if before.pins != after.pins else "bend the path"


def record_layers(edits: Edits, layers: Layers) -> None:
    """Let the choice of layers be undone."""
    choices = Recorder(edits, layers.state, layers.take, lambda before, after: "layers")
    choices.forget()
    for signal in (layers.changed, layers.ellipses_changed):
        signal.connect(choices.note)
