"""The card of slow motion: the rail of stages, the drawing, the sentence and the live numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent

from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.information.card import Figure, TitledCard
from gui.information.pages.slow_motion.network_drawing import NetworkDrawing
from gui.information.pages.slow_motion.reel import Reel
from gui.information.pages.slow_motion.stage_rail import StageRail
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark

if TYPE_CHECKING:
    from core.slow_motion.stages import Number, Stage

FIGURES = 6
"""Most numbers of a stage."""
ONE_LINE_PX = 940
"""Width of the card from which the sentence has one line, px at text size 1."""


class SlowCard(TitledCard):
    """The stage that the reel shows."""

    def __init__(self, desk: Desk, reel: Reel) -> None:
        super().__init__("Training step", "", "slow card")
        self._desk, self._reel = desk, reel
        self._mark, self.where = LaneMark(size=9), Label("", "strong", "text")
        self._head.insertWidget(0, self._mark)
        self.add_action(self.where)
        self.rail, self.drawing = StageRail(), NetworkDrawing()
        self.rail.jumped.connect(reel.jump)
        self.rail.moved.connect(lambda by: reel.next() if by > 0 else reel.back())
        self.rail.stepped.connect(reel.finish_step)
        self.rail.played.connect(reel.toggle)
        self.sentence = Label("", "readout", "text", wrap=True)
        self.figures = [Figure("", below=True) for _ in range(FIGURES)]
        self.body.addWidget(self.rail)
        self.body.addWidget(self.drawing, 1)
        self.body.addWidget(self.sentence)
        self.body.addLayout(layouts.row(*((figure, 1) for figure in self.figures), spacing=theme.px(16)))
        reel.changed.connect(self.look)
        desk.names.changed.connect(self.look)
        theme.changes.changed.connect(self.look)
        self.look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        lines = 1 if self.width() >= theme.px(ONE_LINE_PX) else 2  # fixed height, so that the drawing does not jump
        self.sentence.setFixedHeight(lines * theme.line_height("readout"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.rail.setFocus(Qt.FocusReason.MouseFocusReason)  # the rail takes the keys for forward and back

    def look(self) -> None:
        """Show the stage at which the reel is."""
        reel, run = self._reel, self._reel.run
        slot = 0 if run is None else run.slot
        if run is not None:
            self._mark.set_slot(slot)
        step, place = reel.step, reel.place
        self.rail.show_step(step, reel.at[1], slot)
        name = "" if run is None else self._desk.names.of(run).long
        self.note.setText(name and f"{name}, a copy of step {reel.taken:,}; the lane is not changed")
        if step is None or place is None:
            self.where.setText("")
            self.drawing.show_stage(None, None, slot, self._why())
            self.sentence.setText("")
            self._show(())
            return
        phase, stage = place
        position = f"step {step.number:,}, stage {reel.at[1] + 1} of {len(step.places)}"
        self.where.setText(f"{phase.title}, {position}" if phase.title else position[0].upper() + position[1:])
        self.drawing.show_stage(phase, stage, slot)
        self.sentence.setText(self._sentence(stage))
        self.sentence.set_token("error" if stage.trouble or reel.trouble else "text")
        self._show(stage.numbers)

    def _why(self) -> str:
        reel = self._reel
        if reel.run is None:
            return "Add a lane to see its training step."
        if reel.trouble:
            name = self._desk.names.of(reel.run).full
            return f"The lane {name} cannot be copied: {reel.trouble}. Restart it, then take it again."
        return "The copy comes between two steps of the lane …"

    def _sentence(self, stage: Stage) -> str:
        if stage.trouble:
            return f"{stage.title}: {stage.trouble}. The copy ends here; take the lane’s state again."
        if self._reel.trouble:
            return f"The step failed: {self._reel.trouble}. Take the lane’s state again."
        return stage.sentence

    def _show(self, shown: tuple[Number, ...]) -> None:
        for k, figure in enumerate(self.figures):
            if k < len(shown):
                number = shown[k]
                figure.set_caption(number.name)
                figure.show_value(written(number), number.unit, number.note)
                figure.setToolTip(number.tip)
            else:
                figure.set_caption("")
                figure.show_value("")
                figure.setToolTip("")


def written(number: Number) -> str:
    """A number as text: with its own decimals, or about four digits."""
    value, size = number.value, abs(number.value)
    if not math.isfinite(value):
        return numbers.number(value)
    if size >= 1e7 or (number.decimals is None and 0 < size < 1e-3):
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", numbers.MINUS)
    if number.decimals is not None:
        return numbers.number(value, number.decimals)
    return numbers.number(value, 1 if size >= 1000 else 2 if size >= 100 else 3 if size >= 0.1 else 4)
