"""The pages of the window, one per tab, and the loss explorer of one lane, which replaces them while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from gui.compare.tab import CompareTab
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.information.tab import InformationTab
from gui.lineup.latent_tab import LatentTab
from gui.lineup.lineup import Lineup
from gui.lineup.loss_explorer import LossExplorer

if TYPE_CHECKING:
    from core.engine.run import Run

TABS = (("lineup", "Lineup"), ("latent", "Latent"), ("compare", "Compare"), ("information", "Information"))
KEYS = tuple(key for key, _ in TABS)


class Pages(QStackedWidget):
    """A page per tab, in the order of ``TABS``, then the loss explorer."""

    turned = Signal(str)  # the key of the requested tab, even if it is shown already; "" for the loss explorer

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self.lineup = Lineup(desk, clock)
        self.information = InformationTab(desk, clock)
        self.explore = LossExplorer(desk, clock)
        self._latent = LatentTab(desk, clock)
        self.compare = CompareTab(desk, clock)
        for page in (self.lineup, self._latent, self.compare, self.information, self.explore):
            self.addWidget(page)
        clock.add(self.explore)
        desk.explored.connect(self._explore)
        desk.lanes_changed.connect(self._leave_closed_lane)
        self.explore.left.connect(self.leave_explore)

    @property
    def tab(self) -> str:
        """The key of the tab whose page is shown; "" while the loss explorer is."""
        index = self.currentIndex()
        return KEYS[index] if index < len(KEYS) else ""

    def keep_clear(self, left: int, right: int) -> None:
        """Keep what the pages show clear of side panels that lie over them, ``left`` and ``right`` px wide.

        Only over these two pages one can lie so: the other tabs have no panel that opens.
        """
        self.lineup.keep_clear(left, right)
        self._latent.setContentsMargins(left, 0, right, 0)

    def show_tab(self, key: str) -> None:
        """Show the page of a tab."""
        self._desk.make_way()
        self.setCurrentIndex(KEYS.index(key))
        self.turned.emit(key)

    def toggle_latent(self) -> None:
        """Show the Latent tab, or go back to the Lineup."""
        self.show_tab("lineup" if self.tab == "latent" else "latent")

    def is_exploring(self) -> bool:
        """Whether the loss explorer is shown."""
        return self.currentWidget() is self.explore

    def _explore(self, run: Run) -> None:
        self._desk.make_way()
        self.explore.open(run)
        self.setCurrentWidget(self.explore)
        self.turned.emit("")

    def leave_explore(self) -> None:
        """Go back from the loss explorer to the Lineup."""
        if self.is_exploring():
            self.show_tab("lineup")

    def _leave_closed_lane(self) -> None:
        if self.explore.run is not None and self.explore.run not in self._desk.runs:
            self.leave_explore()
            self.explore.forget()
