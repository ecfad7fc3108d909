"""The page *Sparse and denoising*: a corrupted image restored live, and the images that drive each unit of a code."""

from __future__ import annotations

from PySide6.QtCore import QSize

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import GAP, InformationPage, register
from gui.information.pages.lenses.corruption_card import CorruptionCard
from gui.information.pages.lenses.units_card import ROW_PX, STACKED_PX, UnitsCard


@register("lenses")
class LensesPage(InformationPage):
    """A card that corrupts an image, and one row per unit of a code."""

    title, order = "Sparse and denoising", 60
    note = "drag the amount: every lane restores the image; below, the images each unit of a code likes"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.corruption, self.units = CorruptionCard(desk), UnitsCard(desk, self.viewport())
        for card in (self.corruption, self.units):
            self.column.addWidget(card)
            clock.add(card)
        self.column.addStretch(1)
        self.units.rows.reshaped.connect(self.refit)
        for signal in (desk.lanes_changed, desk.dataset_changed):
            signal.connect(self.refit)

    def fit(self, room: QSize) -> None:
        """The pictures take what the rows of units leave them, and the rows the rest."""
        rows, rest = self.units.rows, room.height() - theme.px(GAP)
        frame = self.units.sizeHint().height() - rows.height()  # what the card adds to its rows
        lines = rows.lines()
        units_height = lines * theme.px(STACKED_PX if lines <= 2 else ROW_PX) + frame
        self.corruption.set_room(QSize(room.width(), rest - units_height))
        self.column.activate()
        rows.set_room(rest - self.corruption.sizeHint().height() - frame)
