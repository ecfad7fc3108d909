"""The ELBO page: the bound of one image, term by term, under the user's own VAE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from core.probes.elbo_anatomy import AnatomyLook
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.needs_vae import NoVae
from gui.information.page import GAP, InformationPage, register
from gui.information.pages.elbo.cards import BalanceCard, BoundsCard, Cards, DrawsCard, ImageCard
from gui.information.pages.elbo.dissection import Dissection

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

LEAST = 564
"""Least height of two rows of cards, px at text size 1; the page scrolls instead."""
NARROW = 940
"""On narrower pages cards stand below each other, px at text size 1."""


@register("elbo")
class ElboPage(InformationPage):
    """Four cards of one dissection. The page itself is on the clock, as the anatomy is measured in the background."""

    title, order = "ELBO", 20
    note = "one image of your own run: what it costs, and what the bound leaves"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.run: Run | None = None
        self.hz = 8.0
        self.dissection = Dissection(desk)
        self.dissection.setParent(self)
        self.empty = NoVae(desk)
        self.image = ImageCard(desk, self.dissection)
        self.balance = BalanceCard(self.dissection)
        self.bounds, self.draws = BoundsCard(self.dissection), DrawsCard(self.dissection)
        self.cards = Cards((((self.image, 36), (self.balance, 64)), ((self.bounds, 50), (self.draws, 50))))
        self.column.addWidget(self.empty, 1)
        self.column.addWidget(self.cards, 1)
        self.dissection.changed.connect(self._follow)
        clock.add(self)
        self._follow()

    def _follow(self) -> None:
        has_lane = self.dissection.run is not None
        self.empty.setVisible(not has_lane)
        self.cards.setVisible(has_lane)

    def ask(self) -> None:
        """Request the anatomy."""
        self.dissection.ask()

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.looks.of(AnatomyLook),)

    def refresh(self, view: View) -> None:
        """Take the newest anatomy."""
        self.dissection.read()

    def fit(self, room: QSize) -> None:
        """Fill the page; where it is narrow, as beside the lessons, cards stand below each other."""
        narrow = room.width() < theme.px(NARROW)
        self.cards.set_stacked(narrow)
        self.cards.setFixedHeight(max(theme.px(2 * LEAST + GAP if narrow else LEAST), room.height()))
