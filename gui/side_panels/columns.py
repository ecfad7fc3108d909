"""The columns beside the pages: experiment, parameters and help at left; point, path, input, classes at right."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import paint, theme
from gui.side_panels.classes import ClassesPanel
from gui.side_panels.experiment import ExperimentPanel
from gui.side_panels.help_box import HelpBox
from gui.side_panels.input_image import InputPanel
from gui.side_panels.parameters import Parameters
from gui.side_panels.path import PathPanel
from gui.side_panels.point import PointPanel
from gui.widgets import layouts
from gui.widgets.buttons import IconButton
from gui.widgets.sections import Divider


class SidePanel(QWidget):
    """A column in panel colour with a border line toward the centre."""

    def __init__(self, line_at_right: bool) -> None:
        super().__init__()
        self._right = line_at_right

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "panel", "right" if self._right else "left")


class Rail(SidePanel):
    """Replaces a side panel that has no room. Its button opens the panel over the centre, and closes it."""

    toggled = Signal(bool)

    def __init__(self, words: str, line_at_right: bool) -> None:
        super().__init__(line_at_right)
        self.setFixedWidth(theme.px(32))
        self.opener = IconButton("chevron-right" if line_at_right else "chevron-left", words, 24)
        self.opener.setCheckable(True)
        self.opener.toggled.connect(self._toggle)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(4, 8, 4, 8)
        inside.addWidget(self.opener)
        inside.addStretch(1)

    def is_open(self) -> bool:
        """Whether its panel is open over the centre."""
        return self.opener.isChecked()

    def _toggle(self, opened: bool) -> None:
        self.opener.set_icon("chevron-right" if opened != self._right else "chevron-left")
        self.toggled.emit(opened)


def place(line: QHBoxLayout, panel: QWidget, rail: Rail, *, over: bool, beside: int) -> None:
    """Move a panel out of the layout ``over`` the centre, or back into it, ``beside`` places after its rail."""
    in_line = line.indexOf(panel) >= 0
    if over and in_line:
        line.removeWidget(panel)
    elif not over and not in_line:
        line.insertWidget(line.indexOf(rail) + beside, panel)
    if over:
        panel.raise_()


class LeftSide(SidePanel):
    """Experiment, parameters of the selected lane, and the help box."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(line_at_right=True)
        px = theme.px
        self.setFixedWidth(px(264))
        self.experiment = ExperimentPanel(desk)
        self.parameters = Parameters(desk, clock)
        self.help = HelpBox(desk)
        upper = QVBoxLayout()
        upper.setContentsMargins(px(12), px(2), px(12), px(8))
        upper.addWidget(self.experiment)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        column.addLayout(upper)
        column.addWidget(Divider())
        column.addWidget(self.parameters, 1)
        column.addWidget(self.help)


class RightSide(SidePanel):
    """Latent point, path and input, which scroll, over the classes, the legend of every map: they stay in sight.

    Disabled until the experiment exists.
    """

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(line_at_right=False)
        px = theme.px
        self.setFixedWidth(px(232))
        self.point, self.path, self.input = PointPanel(desk), PathPanel(desk), InputPanel(desk)
        self.classes = ClassesPanel(desk)
        inner = QWidget()
        inner.setObjectName("right list")
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(px(10), px(2), 0, px(8))  # at right the scroll bar
        stack.setSpacing(px(6))
        for i, section in enumerate((self.point, self.path, self.input)):
            if i:
                stack.addWidget(Divider())
            stack.addWidget(section)
        stack.addStretch(1)
        scroll = layouts.scrolled(inner, "Right panel", keep_width=True)
        legend = layouts.row(self.classes, margins=(px(10), px(2), px(10), px(8)))
        layouts.column((scroll, 1), Divider(), legend, spacing=0, margins=(1, 0, 0, 0), on=self)
        self._scroll = scroll
        for panel in (self.point, self.path, self.input):
            clock.add(panel)
        self.setEnabled(False)
        desk.opened.connect(self._enable)

    def show_input(self) -> None:
        """Unfold the input card and scroll to it."""
        self.input.set_open(True)
        layouts.settle(self._scroll)
        self._scroll.ensureWidgetVisible(self.input, 0, 0)

    def _enable(self) -> None:
        self.setEnabled(True)
