"""The page on entropy, cross-entropy and KL: distributions to drag, and the same numbers of the user's own runs.

Wide windows have three cards over two, narrow ones two columns. The page scrolls.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.information.page import GAP, InformationPage, register
from gui.information.pages.entropy.bars import BarsCard
from gui.information.pages.entropy.classifier_card import ClassifierCard
from gui.information.pages.entropy.costs import CostsCard
from gui.information.pages.entropy.data_card import DataCard
from gui.information.pages.entropy.gaussians_card import GaussiansCard
from gui.information.pages.entropy.huffman_card import HuffmanCard
from gui.information.pages.entropy.meanings import Meanings
from gui.information.pages.entropy.symbols import Symbols
from gui.information.pages.entropy.toolbar import Toolbar
from gui.information.pages.entropy.two_gaussians import Curves
from gui.information.pages.entropy.vae_card import VaeCard

WIDE = 1240
"""Narrower pages have two columns, px at text size 1."""
UPPER = 372
"""Height of the first row, px at text size 1."""
LOWER = 390
"""Height of the second row, px at text size 1."""
THIRD = 372
"""Height of the third row, px at text size 1."""
LEAST = 0.93
"""Rows shrink to this share of their height before the page scrolls for them."""


class _Cards(QWidget):
    """Lays out the cards in rows: ``rows`` of (card, share) on wide pages, ``pairs`` on narrow ones."""

    def __init__(
        self, rows: tuple[tuple[tuple[QWidget, int], ...], ...], pairs: tuple[tuple[QWidget, ...], ...]
    ) -> None:
        super().__init__()
        self._rows, self._pairs = rows, pairs
        for row in rows:
            for card, _ in row:
                card.setParent(self)
        self._room = 0

    def fit(self, width: int, room: int) -> None:
        """Take the height that a width needs; ``room`` is the height of the visible part, px."""
        self._room = room
        wide = width >= theme.px(WIDE)
        heights = self._heights(wide)
        total = sum(heights) + theme.px(GAP) * (len(heights) - 1)
        self.setFixedHeight(total)
        self._place(width, wide, heights)

    def _heights(self, wide: bool) -> list[int]:
        upper, lower = theme.px(UPPER), theme.px(LOWER)
        if not wide:
            return [upper, lower, lower, theme.px(THIRD)]
        scale = max(LEAST, (self._room - theme.px(GAP)) / (upper + lower))
        first = round(upper * scale)
        second = max(round(lower * LEAST), self._room - theme.px(GAP) - first)
        return [first, second, theme.px(THIRD)]

    def _place(self, width: int, wide: bool, heights: list[int]) -> None:
        gap, y = theme.px(GAP), 0
        rows = self._rows if wide else tuple(tuple((card, 1) for card in pair) for pair in self._pairs)
        for row, height in zip(rows, heights, strict=True):
            parts = sum(part for _, part in row)
            inside = width - gap * (len(row) - 1)
            x, shares_before = 0, 0
            for k, (card, part) in enumerate(row):
                shares_before += part
                end = round(inside * shares_before / parts) + gap * k
                card.setGeometry(QRect(x, y, end - x, height))
                x = end + gap
            y += height + gap

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= theme.px(WIDE)
        self._place(self.width(), wide, self._heights(wide))


@register("entropy")
class EntropyPage(InformationPage):
    """Cards on two discrete distributions, two Gaussians, a VAE, the data and a classifier."""

    title, order = "Entropy and KL", 10
    note = "drag any bar, curve or handle: every number follows"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.symbols, self.curves = Symbols(), Curves(desk, clock)
        self.symbols.setParent(self)
        self.curves.setParent(self)
        self.toolbar = Toolbar(self.symbols)
        self.bars, self.costs, self.huffman = BarsCard(self.symbols), CostsCard(self.symbols), HuffmanCard(self.symbols)
        self.gaussians, self.vae, self.data = GaussiansCard(self.curves), VaeCard(desk), DataCard(desk)
        self.classifier = ClassifierCard(desk)
        for panel in (self.vae, self.data, self.classifier):
            clock.add(panel)
        rows = (
            ((self.bars, 560), (self.costs, 408), (self.huffman, 424)),
            ((self.gaussians, 700), (self.vae, 704)),
            ((self.data, 700), (self.classifier, 704)),
        )
        pairs = ((self.bars, self.costs), (self.huffman, self.gaussians), (self.vae, self.data), (self.classifier,))
        self._cards = _Cards(rows, pairs)
        self.column.setSpacing(theme.px(8))
        self.column.addWidget(self.toolbar)
        self.column.addWidget(self._cards)
        self.column.addWidget(Meanings(desk, clock))
        self.column.addStretch(1)

    def fit(self, room: QSize) -> None:
        """Rows fill the visible part of the page."""
        tall = self.toolbar.heightForWidth(room.width())
        self.toolbar.setFixedHeight(tall)
        self._cards.fit(room.width(), room.height() - tall - theme.px(8))
