"""What can be undone: turns of live knobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from core.run import Run
    from gui.desk import Desk


class KnobChange(QUndoCommand):
    """One turn of a live knob; turns of the same knob that follow each other are one."""

    def __init__(self, desk: Desk, run: Run, name: str, old: Any, new: Any) -> None:
        super().__init__(f"{name} {old} → {new}")
        self._desk, self._run, self._name, self._old, self._new = desk, run, name, old, new

    def id(self) -> int:
        """Qt merges neighbours of the same id."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, KnobChange) or other._run is not self._run or other._name != self._name:
            return False
        self._new = other._new
        return True

    def redo(self) -> None:
        self._desk.apply_knob(self._run, self._name, self._new)

    def undo(self) -> None:
        self._desk.apply_knob(self._run, self._name, self._old)
