"""The histogram of one unit, large, in a card over the page: to zoom, pan, read and take away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from core.probes.units import Unit
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.plots.bins import Bins
from gui.plots.histogram import Histogram
from gui.widgets import focus
from gui.widgets.floating_card import GAP, FloatingCard
from gui.widgets.label import Label

WIDTH_PX = 460
"""Width of the histogram, px at text size 1."""
HEIGHT_PX = 250
"""Height of the histogram, px at text size 1."""


def unit_words(unit: Unit) -> tuple[str, str]:
    """Mean activity and excess kurtosis of a unit, as text."""
    return f"mean |a| {numbers.telling(unit.size, 2)}", f"excess kurtosis {numbers.signed(unit.kurtosis, 1)}"


class UnitSheet(FloatingCard):
    """Shows one unit, beside ``anchor`` and within ``room``, until Esc."""

    def __init__(self, desk: Desk, anchor: QWidget, room: QWidget) -> None:
        super().__init__("Activations of a unit", anchor)
        self.setObjectName("unit sheet")
        self._desk, self._beside, self._within = desk, anchor, room
        self._shown: tuple[Unit, int, float | None] | None = None
        self.words = Label("", "caption", "text_2")
        self.plot = Histogram("", bin_words=self._bin_words)
        self.body.addWidget(self.words)
        self.body.addWidget(self.plot)
        self._fit()
        self.displaced.connect(self._place)
        theme.changes.changed.connect(self._restyle_plot)

    @property
    def index(self) -> int:
        """The unit that it shows, counted from 0; −1 while it is closed."""
        return self._shown[0].index if self._shown is not None and self.isVisible() else -1

    def open_unit(self, unit: Unit, slot: int, target: float | None) -> None:
        """Show a unit of the lane at ``slot``, and take the keys. ``target``: mean activity that a penalty asks for."""
        if unit.index != self.index:
            self.plot.link.fit()
        self.show_unit(unit, slot, target)
        by_tab = focus.reached_by_tab(self._beside)
        self._place()
        self.plot.setFocus(Qt.FocusReason.TabFocusReason if by_tab else Qt.FocusReason.OtherFocusReason)

    def show_unit(self, unit: Unit, slot: int, target: float | None) -> None:
        """Show newer activations of a unit."""
        colors = theme.current()
        self._shown = unit, slot, target
        name = f"Unit {unit.index + 1}"
        self.words.setText(f"{name}: {', '.join(unit_words(unit))}")
        self.plot.setAccessibleName(f"Activations of unit {unit.index + 1}")
        lines = [(0.0, colors.line_strong), *([] if target is None else [(target, colors.text)])]
        self.plot.show_bins(Bins(unit.edges.astype(float), unit.counts), colors.lanes[slot], lines)

    def _bin_words(self, low: float, high: float, count: int) -> str:
        noun = self._desk.noun
        ends = f"a {numbers.telling(low, 2)} to {numbers.telling(high, 2)}"
        return f"{ends}: {count:,} {noun if count == 1 else noun + 's'}"

    def _place(self) -> None:
        """Stand within the room, a little from its edges."""
        layout = self.layout()
        assert layout is not None
        layout.activate()  # a hidden card keeps the size of another text size
        self.open_beside(self._beside, self._within, [self._beside])
        corner = self._within.mapTo(self.window(), QPoint(GAP, GAP))
        most = corner + QPoint(self._within.width() - self.width(), self._within.height() - self.height())
        most -= QPoint(2 * GAP, 2 * GAP)
        x, y = max(corner.x(), min(self.x(), most.x())), max(corner.y(), min(self.y(), most.y()))
        self.move(x, y)

    def _fit(self) -> None:
        self.plot.setFixedSize(theme.px(WIDTH_PX), theme.px(HEIGHT_PX))

    def _restyle_plot(self) -> None:
        self._fit()
        if self._shown is not None:
            self.show_unit(*self._shown)
        if self.isVisible():
            self._place()

    def event(self, event: QEvent) -> bool:
        return focus.claims(event, (Qt.Key.Key_Escape,)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        else:
            super().keyPressEvent(event)
