"""The verdict chip of a lane: the most severe verdict, and on a click all of them with their remedies."""

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
    """Run the action of a verdict. A changed knob is one undo step; one that is not live restarts the lane."""
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
            desk.undo.end_merging()  # an edit of its own: it does not merge with the user's changes
            desk.set_knob(run, action.name, action.value)
            desk.undo.end_merging()
        if not knob(run.model.Config, action.name).param.live:
            desk.restart_lane(run)
    desk.told.emit(f"{desk.names.of(run).full}: {action.label}.", "note")


LINES_PX = 320
"""Width of the text in the popover, px at text size 1."""


class LaneVerdicts(VerdictChip):
    """The verdict chip of one run, refreshed once a second."""

    reshaped = Signal()  # its preferred width changed

    def __init__(self, desk: Desk, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._lane = desk, run
        self.run: Run | None = run
        self.hz = 1.0
        self.setObjectName(f"verdicts {run.slot + 1}")
        self._popover: _VerdictPopover | None = None
        self.clicked.connect(self.open)

    def ask(self) -> None:
        """Ask for the looks that verdicts read, whichever rows are shown."""
        for look in (LatentCodesLook(), HeldOutLook(), TrainingCodesLook()):
            self._lane.ask(look)

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that verdicts read."""
        return verdicts.parts(view)

    def refresh(self, view: View) -> None:
        """Show the newest verdicts."""
        if self.set_verdicts(self._desk.verdicts.of(self._lane, view)):
            self.reshaped.emit()

    def open(self) -> None:
        """Open all verdicts, with rules and remedies. They do not change while the popover is open."""
        if not self.verdicts():
            return
        by_keyboard = focus.has_ring(self)
        if self._popover is None:
            self._popover = _VerdictPopover(self)
            self._popover.verdict_list.action_chosen.connect(self._do)
            self._popover.verdict_list.more_wanted.connect(self._more_about)
        lane = f"{self._desk.names.of(self._lane).full} at step {self._lane.view.status.step:,}"
        self._popover.show_for(lane, self.verdicts(), self)
        buttons = [button for button in self._popover.findChildren(Button) if button.isVisible()]
        if by_keyboard and buttons:
            buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _do(self, action: Action) -> None:
        assert self._popover is not None
        self._popover.close()
        apply(self._desk, self._lane, action)

    def _more_about(self, address: str) -> None:
        assert self._popover is not None
        self._popover.close()
        self._desk.manual_wanted.emit(address)


class _VerdictPopover(Popover):
    """A line with lane and step, and the list of verdicts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("verdicts")
        self._head = Label("", "caption", "text_3")
        self.verdict_list = VerdictList(theme.px(LINES_PX))
        self.body.setSpacing(theme.px(10))
        self.body.addWidget(self._head)
        self.body.addWidget(self.verdict_list)

    def show_for(self, lane: str, verdicts: tuple[Verdict, ...], chip: QWidget) -> None:
        """Show these verdicts in a popover below the chip, under the words ``lane``."""
        self._head.setText(lane)
        self.verdict_list.set_verdicts(verdicts)
        self.open_below(chip)
