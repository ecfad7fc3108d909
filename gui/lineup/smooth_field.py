"""How much the curves of losses are smoothed: a field and a line of menus, the same in the Lineup and the explorer."""

from __future__ import annotations

from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.offer import Act
from gui.widgets.spin_field import SpinField

SMOOTH = 0.9
"""Weight of the exponential mean that the menu switches on."""


class SmoothField(SpinField):
    """Sets the smoothing of every lane's curves, and shows it wherever it was set."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(float, 0.0, 0.99, decimals=2, step=0.05)
        self._desk = desk
        self.setObjectName("smooth")
        self.setAccessibleName("Smoothing of the curves")
        self.setToolTip("Exponential mean of the curves; 0 shows every step")
        self.set_value(desk.smooth)
        self.setFixedWidth(theme.px(56))
        self.edited.connect(lambda value: desk.set_chart(smooth=value))
        desk.chart_changed.connect(self._follow)

    def _follow(self) -> None:
        if self.value() != self._desk.smooth:
            self.set_value(self._desk.smooth)


def smooth_act(desk: Desk) -> Act:
    """Switches the smoothing off and on."""
    is_smooth = desk.smooth > 0
    return Act("Smooth", lambda: desk.set_chart(smooth=0.0 if is_smooth else SMOOTH), is_on=is_smooth)
