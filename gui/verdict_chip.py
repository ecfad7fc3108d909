"""The chip in a lane's head: the weightiest verdict on it, and on a click all of them with what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.desk import Desk
from gui.verdicts import SEEN, apply
from gui.widgets import focus
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.popover import Popover
from gui.widgets.verdict_list import VerdictChip, VerdictList

if TYPE_CHECKING:
    from core.board import View
    from core.run import Run
    from core.verdicts import Action

LINES_PX = 320


class LaneVerdicts(VerdictChip):
    """Draws the verdicts on one run once a second, for the clock."""

    reshaped = Signal()  # it wants another width

    def __init__(self, desk: Desk, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._lane = desk, run
        self.run: Run | None = run
        self.parts: tuple[str, ...] = SEEN
        self.hz = 1.0
        self.setObjectName(f"verdicts {run.slot + 1}")
        self.clicked.connect(self.open)

    def ask(self) -> None:
        """What verdicts are made of, whichever rows show."""
        self._lane.want_cloud()
        self._lane.want_tests()
        self._lane.want_manifold()

    def refresh(self, view: View) -> None:
        """Newest verdicts."""
        if self.set_verdicts(self._desk.verdicts.of(self._lane, view)):
            self.reshaped.emit()

    def open(self) -> None:
        """All verdicts, with the rules and what to try. They stay as they were while one reads."""
        if not self.verdicts():
            return
        by_keys = focus.has_ring(self)
        sheet = Popover(self)
        sheet.setObjectName("verdicts")
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.body.setSpacing(theme.px(10))
        step = f"{self._lane.view.status.step:,}"
        sheet.body.addWidget(Label(f"{self._lane.model.short} at step {step}", "caption", "text_3"))
        every = VerdictList(theme.px(LINES_PX))
        every.set_verdicts(self.verdicts())
        sheet.body.addWidget(every)

        every.wanted.connect(sheet.close)
        every.wanted.connect(self._do)
        sheet.open_below(self)
        if by_keys and (buttons := every.findChildren(Button)):
            buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _do(self, action: Action) -> None:
        apply(self._desk, self._lane, action)
