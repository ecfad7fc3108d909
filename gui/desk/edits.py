"""What the user did and can take back: a list of edits, done and undone in order.

Not a `QUndoStack`: PySide never frees the commands that Qt merges, and those here hold lanes with their weights; and it
cannot forget the oldest.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from core.engine.run import Run

MOST_EDITS = 200
"""Edits that can be undone; the oldest are forgotten."""


def _no_lanes() -> Collection[Run]:
    return ()


@dataclass(eq=False)
class Edit:
    """Something that was done. ``text`` says what, after "Undo: " in a menu."""

    text: str
    undo: Callable[[], object]
    redo: Callable[[], object]
    key: Hashable = None
    """Edits of one key that follow each other are one edit."""
    merges_for_s: float = math.inf
    """Time from one to the next in which they are, s."""
    lanes: Callable[[], Collection[Run]] = _no_lanes
    """Lanes that it brings back."""


class Edits(QObject):
    """The edits of one window, oldest first. ``changed`` follows whatever happens to them."""

    changed = Signal()
    about_to_change = Signal()  # whoever waits to push an edit does it now
    cleared = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._edits: list[Edit] = []
        self._done = 0  # how many of them are not undone
        self._at = -math.inf  # when the newest was pushed, or something merged into it
        self.is_acting = False
        """Whether what changes now is an edit that is done or undone."""

    def __len__(self) -> int:
        return len(self._edits)

    def merges(self, key: Hashable) -> bool:
        """Whether an edit of this key, made now, is one with the newest."""
        if key is None or self._done == 0 or self._done < len(self._edits):
            return False
        newest = self._edits[-1]
        return newest.key == key and time.monotonic() - self._at <= newest.merges_for_s

    def push(self, edit: Edit) -> None:
        """Note what was just done. What was undone before is forgotten."""
        self.about_to_change.emit()
        if self.merges(edit.key):
            newest = self._edits[-1]
            newest.text, newest.redo = edit.text, edit.redo
        else:
            self._edits[self._done :] = [edit]
            del self._edits[:-MOST_EDITS]
            self._done = len(self._edits)
        self._at = time.monotonic()
        self.changed.emit()

    def extend(self, text: str) -> None:
        """The newest edit went on, and is called ``text`` now."""
        self._edits[-1].text = text
        self._at = time.monotonic()
        self.changed.emit()

    def end_merging(self) -> None:
        """Let the next edit be one of its own."""
        if self._done:
            self._edits[self._done - 1].key = None

    @property
    def undo_text(self) -> str:
        """What `undo` would take back; "" where there is nothing."""
        self.about_to_change.emit()
        return self._edits[self._done - 1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What `redo` would do again; "" where there is nothing."""
        self.about_to_change.emit()
        return self._edits[self._done].text if self._done < len(self._edits) else ""

    def undo(self) -> None:
        """Take the newest edit back, if there is one."""
        self.about_to_change.emit()
        if self._done:
            self._done -= 1
            self._act(self._edits[self._done].undo)

    def redo(self) -> None:
        """Do again what was taken back last, if anything was."""
        self.about_to_change.emit()
        if self._done < len(self._edits):
            self._done += 1
            self._act(self._edits[self._done - 1].redo)

    def _act(self, act: Callable[[], object]) -> None:
        self.end_merging()
        self.is_acting = True
        try:
            act()
        finally:
            self.is_acting = False
        self.changed.emit()

    def clear(self) -> None:
        """Forget all."""
        self._edits.clear()
        self._done = 0
        self.cleared.emit()
        self.changed.emit()

    def forget_oldest(self) -> None:
        """Forget the oldest edit."""
        if self._edits:
            del self._edits[0]
            self._done = max(0, self._done - 1)

    def lanes(self) -> set[Run]:
        """All lanes that some edit would bring back."""
        return {run for edit in self._edits for run in edit.lanes()}
