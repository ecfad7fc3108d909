"""The page *Slow motion*: a copy of a lane takes its next training step by stages, in numbers and as a drawing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QHideEvent, QShowEvent

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import InformationPage, register
from gui.information.pages.slow_motion.bar import SlowBar
from gui.information.pages.slow_motion.card import SlowCard
from gui.information.pages.slow_motion.reel import Reel
from gui.widgets.segmented import Segment

LEAST = 324
"""Least height of the card, px at text size 1."""


@register("slow motion")
class SlowMotionPage(InformationPage):
    """Controls and card of one reel. The lane itself is never changed."""

    title, order = "Slow motion", 70
    note = "one training step of a copy: the run itself goes on unchanged"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.reel = Reel(desk, clock)
        self.reel.setParent(self)
        self.bar = SlowBar(desk, self.reel)
        self.card = SlowCard(desk, self.reel)
        self.column.setSpacing(theme.px(8))
        self.column.addWidget(self.bar)
        self.column.addWidget(self.card, 1)

    def fit(self, room: QSize) -> None:
        """The card fills the page below the controls."""
        bar = self.bar.heightForWidth(room.width())
        self.bar.setFixedHeight(bar)
        self.card.setFixedHeight(max(theme.px(LEAST), room.height() - bar - theme.px(8)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reel.seen = True
        self.reel.beat()
        if not isinstance(self.window().focusWidget(), Segment):  # arrow keys that choose the page go on doing so
            self.card.rail.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.reel.seen = False
        self.reel.rest()
