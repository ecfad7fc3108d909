"""Undo of knob changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from core.foundation.params import KnobValue

if TYPE_CHECKING:
    from core.engine.run import Run

SetKnob = Callable[["Run", str, KnobValue], None]
"""Sets a knob of a run, without undo."""


class KnobChange(QUndoCommand):
    """One change of a knob. Consecutive changes of the same knob merge into one."""

    def __init__(self, set_knob: SetKnob, run: Run, name: str, old: KnobValue, new: KnobValue) -> None:
        super().__init__(f"{name} {old} → {new}")
        self._set_knob, self._run, self._name, self._old, self._new = set_knob, run, name, old, new

    def id(self) -> int:
        """Qt merges neighbouring commands of the same id."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, KnobChange) or other._run is not self._run or other._name != self._name:
            return False
        self._new = other._new
        vars(other).clear()  # PySide 6.11 never frees what was merged, and its run would stay when its lane is closed
        return True

    def redo(self) -> None:
        self._set_knob(self._run, self._name, self._new)

    def undo(self) -> None:
        self._set_knob(self._run, self._name, self._old)
