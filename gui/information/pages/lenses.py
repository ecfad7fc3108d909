"""Sparse and denoising: a spoilt image restored live, and what each unit of a code answers to."""

from __future__ import annotations

from gui.clock import Clock
from gui.desk import Desk
from gui.information.page import InformationPage, register
from gui.information.spoil_card import SpoilCard
from gui.information.units_card import UnitsCard


@register("lenses")
class LensesPage(InformationPage):
    """See the module."""

    title, order = "Sparse and denoising", 60
    note = "drag the amount: every lane restores the image; below, the images each unit of a code likes"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.spoil, self.units = SpoilCard(desk), UnitsCard(desk)
        for card in (self.spoil, self.units):
            self.column.addWidget(card)
            clock.add(card)
        self.column.addStretch(1)
