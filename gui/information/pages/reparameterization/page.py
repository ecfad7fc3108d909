"""The page *Reparameterization*: one gradient by two estimators, and fixed noise ε that becomes z."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QGridLayout, QWidget

from core.probes.elbo_anatomy import DistortionCurveLook
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import GAP, InformationPage, register
from gui.information.pages.reparameterization.cards import DrawsCard, EstimatesCard, VarianceCard
from gui.information.pages.reparameterization.lab import Lab

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

LEAST = 560
"""Least height of the cards, px at text size 1; the page scrolls instead."""
NARROW = 840
"""On narrower pages cards stand below each other, px at text size 1."""


@register("reparameterization")
class ReparameterizationPage(InformationPage):
    """Three cards on one lab. On the clock for the decoder's distortion."""

    title, order = "Reparameterization", 30
    note = "the gradient of E f(z) by μ and σ: through the density, or through z itself"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.run: Run | None = None
        self.hz = 2.0
        self.lab = Lab(desk, clock)
        self.lab.setParent(self)
        self.draws, self.estimates = DrawsCard(self.lab), EstimatesCard(self.lab)
        self.variance = VarianceCard(self.lab)
        self.cards = QWidget()
        grid = QGridLayout(self.cards)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.px(GAP))
        self._grid = grid
        self._place(narrow=False)
        for card in (self.draws, self.estimates, self.variance):
            card.setMinimumWidth(0)
        self.column.addWidget(self.cards)
        clock.add(self)

    def ask(self) -> None:
        """Request the decoder's distortion, where that is f."""
        self.lab.ask()

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.looks.of(DistortionCurveLook),)

    def refresh(self, view: View) -> None:
        """Take the decoder's distortion."""
        self.lab.read()

    def fit(self, room: QSize) -> None:
        """Fill the page; where it is narrow, as beside the lessons, cards stand below each other."""
        narrow = room.width() < theme.px(NARROW)
        self._place(narrow)
        self.cards.setFixedHeight(max(theme.px(2 * LEAST if narrow else LEAST), room.height()))

    def _place(self, narrow: bool) -> None:
        """Put the draws at the left of the two other cards, or above them."""
        self._grid.addWidget(self.draws, 0, 0, 1 if narrow else 2, 1)
        self._grid.addWidget(self.estimates, 1 if narrow else 0, 0 if narrow else 1)
        self._grid.addWidget(self.variance, 2 if narrow else 1, 0 if narrow else 1)
        for column, share in enumerate((1, 0) if narrow else (48, 52)):
            self._grid.setColumnStretch(column, share)
        for row, share in enumerate((2, 1, 1) if narrow else (1, 1, 0)):
            self._grid.setRowStretch(row, share)
