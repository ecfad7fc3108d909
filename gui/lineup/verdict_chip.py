"""The chip in a lane's head: the weightiest verdict on it, and on a click all of them with what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from core import verdicts
from core.foundation.params import knob
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.verdicts import Action, Verdict
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.lineup.verdict_list import VerdictChip, VerdictList
from gui.widgets import focus
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.popover import Popover

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


def apply(desk: Desk, run: Run, action: Action) -> None:
    """Do what a verdict offers. A turned knob is one step of undo; one that is not live begins the lane again."""
    if action.kind == "pause":
        run.pause()
    elif action.value is None:
        raise ValueError(f"the action '{action.label}' of kind '{action.kind}' has no value")
    elif action.kind == "sampler":
        desk.set_sampler(str(action.value))
    elif action.kind == "setup":
        desk.set_setup(action.name, action.value)
    else:
        if getattr(run.pending, action.name) != action.value:
            desk.undo.beginMacro(action.label)  # a turn of its own: it does not merge with the hand's
            desk.set_knob(run, action.name, action.value)
            desk.undo.endMacro()
        if not knob(run.model.Config, action.name).param.live:
            desk.restart_lane(run)
    desk.told.emit(f"{run.model.short}: {action.label}.", "note")


LINES_PX = 320


class LaneVerdicts(VerdictChip):
    """Draws the verdicts on one run once a second, for the clock."""

    reshaped = Signal()  # it wants another width

    def __init__(self, desk: Desk, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._lane = desk, run
        self.run: Run | None = run
        self.hz = 1.0
        self.setObjectName(f"verdicts {run.slot + 1}")
        self._sheet: _Sheet | None = None
        self.clicked.connect(self.open)

    def ask(self) -> None:
        """What verdicts are made of, whichever rows show."""
        for look in (LatentCodesLook(), HeldOutLook(), TrainingCodesLook()):
            self._lane.ask(look)

    def parts(self, view: View) -> tuple[object, ...]:
        """What verdicts are made of."""
        return verdicts.parts(view)

    def refresh(self, view: View) -> None:
        """Newest verdicts."""
        if self.set_verdicts(self._desk.verdicts.of(self._lane, view)):
            self.reshaped.emit()

    def open(self) -> None:
        """All verdicts, with the rules and what to try. They stay as they were while one reads."""
        if not self.verdicts():
            return
        by_keys = focus.has_ring(self)
        if self._sheet is None:
            self._sheet = _Sheet(self)
            self._sheet.every.wanted.connect(self._do)
        self._sheet.show_for(self._lane, self.verdicts(), self)
        buttons = [each for each in self._sheet.findChildren(Button) if each.isVisible()]
        if by_keys and buttons:
            buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _do(self, action: Action) -> None:
        assert self._sheet is not None
        self._sheet.close()
        apply(self._desk, self._lane, action)


class _Sheet(Popover):
    """The popover: whose verdicts at which step, and the list."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("verdicts")
        self._head = Label("", "caption", "text_3")
        self.every = VerdictList(theme.px(LINES_PX))
        self.body.setSpacing(theme.px(10))
        self.body.addWidget(self._head)
        self.body.addWidget(self.every)

    def show_for(self, run: Run, verdicts: tuple[Verdict, ...], chip: QWidget) -> None:
        """Fill it and open it under the chip."""
        self._head.setText(f"{run.model.short} at step {run.view.status.step:,}")
        self.every.set_verdicts(verdicts)
        self.open_below(chip)
