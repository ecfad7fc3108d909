"""The controls of slow motion: lane, phases, stage and step, play and speed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap

from gui.desk.desk import Desk
from gui.drawing import lane_shapes, numbers, theme
from gui.drawing.painting import painting
from gui.information.control_group import Group, WrappingBar
from gui.information.pages.slow_motion.reel import BOTH, FASTEST, SLOWEST, START, Reel
from gui.widgets.buttons import Button
from gui.widgets.combo import Combo
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

GAP = 16
EMPTY = ("", "no lane")


class SlowBar(WrappingBar):
    """Lane and phase at the left, stepping and speed at the right."""

    def __init__(self, desk: Desk, reel: Reel) -> None:
        super().__init__(GAP)
        self._desk, self._reel = desk, reel
        self._phases: tuple[str, ...] = ()
        self.set_groups(self._make_lane_group(), self._make_step_group())
        desk.lanes_changed.connect(self._lanes)
        desk.names.changed.connect(self._lanes)
        reel.changed.connect(self.look)
        self._set_speed(START)
        self._restyle()

    def _make_lane_group(self) -> Group:
        self.lane = named(Combo([EMPTY]), "slow lane", "Lane in slow motion")
        self.lane.setFixedWidth(theme.px(128))
        self.lane.chosen.connect(self._choose_lane)
        self.phase = named(
            Segmented([(BOTH, "Both"), ("d", "D"), ("g", "G")], fitted=True),
            "slow phase",
            "Which network takes its turn",
            "A step of both networks, or of one of them alone",
        )
        self.phase.chosen.connect(self._choose_phase)
        self.again = named(
            Button("Take the lane’s state again", "restart"),
            "take again",
            tip="A fresh copy of weights, optimiser, images and chance, as the lane has them now",
        )
        self.again.clicked.connect(self._reel.take)
        return Group(self.lane, self.phase, self.again)

    def _make_step_group(self) -> Group:
        reel, px = self._reel, theme.px
        self.back = named(Button("Back", "chevron-left", key="←"), tip="The stage before")
        self.next = named(
            Button("Stage", "chevron-right", key="→"),
            "next stage",
            tip="The next stage; after the last one the next step begins",
        )
        self.whole_step = named(
            Button("Step", "step", key="Shift →"),
            "whole step",
            tip="To the end of this step; from there to the end of the next",
        )
        self.play = named(
            Button("Play", "play", key="Enter"),
            "play",
            tip="Stage after stage by itself; Enter while the stages have the keyboard",
        )
        for button, act in (
            (self.back, reel.back),
            (self.next, reel.next),
            (self.whole_step, reel.finish_step),
            (self.play, reel.toggle),
        ):
            button.clicked.connect(act)
        self.speed = named(
            Slider(SLOWEST, FASTEST, scale="log", default=START, decimals=1), "slow speed", "Stages per second"
        )
        self.speed.setFixedWidth(px(110))
        self.speed.moved.connect(self._set_speed)
        self._value = Label("", "caption", "text_2")
        self._value.setFixedWidth(px(78))
        line = Divider(vertical=True, length=px(20))
        return Group(self.back, self.next, self.whole_step, line, self.play, self.speed, self._value)

    def _lanes(self) -> None:
        runs = self._desk.runs
        self.lane.set_options([(str(k), self._desk.names.of(run).full) for k, run in enumerate(runs)] or [EMPTY])
        for k, run in enumerate(runs):
            self.lane.set_icon(str(k), _mark(run.slot))
        self.look()

    def _choose_lane(self, key: str) -> None:
        if key:
            self._reel.choose_lane(self._desk.runs[int(key)])

    def _choose_phase(self, key: str) -> None:
        names = self._phases
        self._reel.set_choice({"d": names[0], "g": names[-1]}.get(key, BOTH) if len(names) > 1 else BOTH)

    def _set_speed(self, speed: float) -> None:
        self._reel.set_speed(speed)
        is_fastest = speed >= FASTEST
        self._value.setText("whole steps" if is_fastest else f"{numbers.number(speed, 1)} stages/s")

    def look(self) -> None:
        """Show the reel's lane, phase and state; enable what can be pressed."""
        reel, runs = self._reel, self._desk.runs
        if reel.run in runs and self.lane.count() == len(runs):
            self.lane.set_value(str(runs.index(reel.run)))
        self._phases = reel.phases
        shown = len(reel.phases) > 1
        if self.phase.isHidden() == shown:
            self.phase.setVisible(shown)
            self._place()
        if shown and reel.run is not None:
            self.phase.rename("d", "Critic" if reel.run.model.judges == "value" else "D")
        keys = {BOTH: BOTH, **({reel.phases[0]: "d", reel.phases[-1]: "g"} if shown else {})}
        self.phase.set_value(keys.get(reel.choice, BOTH))
        has_step = reel.step is not None
        self.back.setEnabled(has_step and reel.at != (0, 0))
        for button in (self.next, self.whole_step, self.play):
            button.setEnabled(has_step and not reel.ended)
        self.again.setEnabled(reel.run is not None)
        word = "Pause" if reel.playing else "Play"
        if word != self.play.text():
            self.play.setText(word)
            self.play.set_icon(word.lower())

    def _restyle(self) -> None:
        self._lanes()  # their icons are painted in the theme's colours
        super()._restyle()


def _mark(slot: int) -> QIcon:
    """An icon with a lane's shape in its middle."""
    side = theme.px(16)
    pixmap = QPixmap(2 * side, 2 * side)  # sharp on dense screens
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    with painting(pixmap) as painter:
        lane_shapes.paint(painter, slot, side / 2, side / 2, theme.px(9), theme.current().lanes[slot])
    return QIcon(pixmap)
