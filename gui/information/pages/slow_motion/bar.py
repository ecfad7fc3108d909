"""The controls of slow motion: which lane, which phases, by stage or step, play and how fast."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.desk.desk import Desk
from gui.drawing import lane_shapes, numbers, theme
from gui.information.control_group import Group
from gui.information.pages.slow_motion.reel import BOTH, FASTEST, SLOWEST, START, Reel
from gui.widgets.buttons import Button
from gui.widgets.combo import Combo
from gui.widgets.label import Label
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

GAP = 16
EMPTY = ("", "no lane")


class SlowBar(QWidget):
    """One line, or two where the window is narrow."""

    def __init__(self, desk: Desk, reel: Reel) -> None:
        super().__init__()
        self._desk, self._reel = desk, reel
        self._phases: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        px = theme.px
        self.lane = Combo([EMPTY])
        self.lane.setObjectName("slow lane")
        self.lane.setAccessibleName("Lane in slow motion")
        self.lane.setFixedWidth(px(92))
        self.lane.chosen.connect(self._choose_lane)
        self.phase = Segmented([(BOTH, "Both"), ("d", "D"), ("g", "G")], fitted=True)
        self.phase.setObjectName("slow phase")
        self.phase.setAccessibleName("Which network takes its turn")
        self.phase.setToolTip("A step of both networks, or of one of them alone")
        self.phase.chosen.connect(self._choose_phase)
        self.again = Button("Take the lane’s state again", "restart")
        self.again.setObjectName("take again")
        self.again.setToolTip("A fresh copy of weights, optimiser, images and chance, as the lane has them now")
        self.again.clicked.connect(reel.take)
        self.back = Button("Back", "chevron-left", key="←")
        self.back.setToolTip("The stage before")
        self.back.clicked.connect(reel.back)
        self.next = Button("Stage", "chevron-right", key="→")
        self.next.setObjectName("next stage")
        self.next.setToolTip("The next stage; after the last one the next step begins")
        self.next.clicked.connect(reel.next)
        self.whole = Button("Step", "step", key="Shift →")
        self.whole.setObjectName("whole step")
        self.whole.setToolTip("To the end of this step; from there to the end of the next")
        self.whole.clicked.connect(reel.whole)
        self.play = Button("Play", "play", key="Enter")
        self.play.setObjectName("play")
        self.play.setToolTip("Stage after stage by itself; Enter while the stages have the keyboard")
        self.play.clicked.connect(reel.toggle)
        self.speed = Slider(SLOWEST, FASTEST, scale="log", default=START, decimals=1)
        self.speed.setObjectName("slow speed")
        self.speed.setAccessibleName("Stages per second")
        self.speed.setFixedWidth(px(110))
        self.speed.moved.connect(self._set_speed)
        self._value = Label("", "caption", "text_2")
        self._value.setFixedWidth(px(78))
        self._left = Group(self.lane, self.phase, self.again)
        self._right = Group(
            self.back,
            self.next,
            self.whole,
            Divider(vertical=True, length=px(20)),
            self.play,
            self.speed,
            self._value,
        )
        for each in (self._left, self._right):
            each.setParent(self)
        desk.lanes_changed.connect(self._lanes)
        reel.changed.connect(self.look)
        theme.changes.changed.connect(self._restyle)
        self._set_speed(START)
        self._restyle()

    def _lanes(self) -> None:
        runs = self._desk.runs
        self.lane.set_options([(str(k), run.model.short) for k, run in enumerate(runs)] or [EMPTY])
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
        whole = speed >= FASTEST
        self._value.setText("whole steps" if whole else f"{numbers.number(speed, 1)} stages/s")

    def look(self) -> None:
        """What can be pressed now."""
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
        there = reel.step is not None
        self.back.setEnabled(there and reel.at != (0, 0))
        for button in (self.next, self.whole, self.play):
            button.setEnabled(there and not reel.ended)
        self.again.setEnabled(reel.run is not None)
        word = "Pause" if reel.playing else "Play"
        if word != self.play.text():
            self.play.setText(word)
            self.play.set_icon(word.lower())

    def _restyle(self) -> None:
        self._lanes()
        self.updateGeometry()
        self._place()

    def lines(self, width: int) -> int:
        """1 where everything fits beside each other, else 2."""
        needed = self._left.sizeHint().width() + self._right.sizeHint().width() + theme.px(GAP)
        return 1 if needed <= width else 2

    def heightForWidth(self, width: int) -> int:
        return self.lines(width) * theme.px(28) + (self.lines(width) - 1) * theme.px(4)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(600), self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(28))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        width, line = self.width(), theme.px(28)
        left, right = self._left.sizeHint().width(), self._right.sizeHint().width()
        two = self.lines(width) == 2
        self._left.setGeometry(0, 0, min(left, width), line)
        at = 0 if two else width - right
        self._right.setGeometry(max(0, at), line + theme.px(4) if two else 0, min(right, width), line)


def _mark(slot: int) -> QIcon:
    """A lane's shape in the middle of an icon."""
    side = theme.px(16)
    made = QPixmap(2 * side, 2 * side)  # sharp on dense screens
    made.setDevicePixelRatio(2.0)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    lane_shapes.paint(painter, slot, side / 2, side / 2, theme.px(9), theme.current().lanes[slot])
    painter.end()
    return QIcon(made)
