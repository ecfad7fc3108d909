"""One cell of the lineup. A file in `gui/lineup/rows` with ``@register("name")`` adds a row to every lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QWidget

from core.foundation.registry import Registry
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.widgets.manual_places import set_place
from gui.widgets.offer import Offer
from gui.widgets.painted import ScaledWidget

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


class LanePanel(ScaledWidget):
    """Draws the view of one run, at most ``hz`` times a second."""

    name: ClassVar[str]
    title: ClassVar[str]
    note: ClassVar[str] = ""
    icon: ClassVar[str] = "rows-curve"
    order: ClassVar[int] = 100
    shown_at_first: ClassVar[bool] = True
    place: ClassVar[str] = ""
    """Its address in the manual (`core.text.addresses`); "": that of its row."""
    hz: float = 15.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__()
        self.desk = desk
        self.run: Run | None = run
        self.lane: Run = run
        set_place(self, self.place or addresses.of_part(self.title))
        for signal in (desk.names.changed, desk.dataset_changed):
            signal.connect(self._follow_name)

    def rename(self, name: str) -> None:
        """Set the accessible names, in which the lane is called ``name``. Called again whenever that,
        or the kind of data, changes."""

    def _follow_name(self) -> None:
        if self.lane in self.desk.runs:
            self.rename(self.desk.names.of(self.lane).long)

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn: the clock calls `refresh` when one is another object."""
        return (view.status,)

    def refresh(self, view: View) -> None:
        """Draw the view."""

    def ask(self) -> None:
        """Ask the run for the looks that this panel needs."""

    def offer(self) -> Offer:
        """What can be copied and saved of it: the picture, unless it has more."""
        return Offer(f"{self.live_title(self.desk)} of {self.desk.names.of(self.lane).full}")

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """Widgets for the right end of the row's title strip."""
        return []

    @classmethod
    def live_title(cls, desk: Desk) -> str:
        """The row's title, where it depends on the data."""
        return cls.title

    @classmethod
    def live_note(cls, desk: Desk) -> str:
        """The grey note after the row's title."""
        return cls.note


def discard(clock: Clock, cells: list[QWidget]) -> None:
    """Remove cells from the clock and the screen, and empty the list."""
    for cell in cells:
        for panel in (cell, *cell.findChildren(QWidget)):
            clock.drop(panel)
        cell.hide()
        cell.setParent(None)
        cell.deleteLater()
    cells.clear()


ROWS: Registry[LanePanel] = Registry("gui.lineup.rows", "row")
register = ROWS.register
