"""Cards of data to choose from: eight thumbnails, a title and a note each, in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.drawing import paint, pictures, theme
from gui.drawing.painting import painting
from gui.drawing.pictures import Pixels
from gui.widgets import layouts
from gui.widgets.buttons import PressButton
from gui.widgets.label import Label
from gui.widgets.naming import plain_tip

if TYPE_CHECKING:
    from core.datasets.base import SourceConfig
    from core.readers.catalogue import RemoteSet

COLUMNS = 2
THUMBNAILS = 8
TILE_PX = 26
GAP_PX = 2
PAD_PX = 8
_WIDE_PX = THUMBNAILS * (TILE_PX + GAP_PX) - GAP_PX + 2 * PAD_PX
_TALL_PX = PAD_PX + TILE_PX + 4 + 16 + 15 + PAD_PX - 2

_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
"""Rows and cards that an arrow key moves on."""


@dataclass(frozen=True)
class Offer:
    """Data that can be chosen: a source with its knobs. ``why_not`` says why it cannot be used now, else "".

    ``remote`` is a published set that must be fetched first.
    """

    group: str
    name: str
    title: str
    note: str
    config: SourceConfig | None
    why_not: str = ""
    remote: RemoteSet | None = None

    def is_called(self, words: str) -> bool:
        """Whether all of these words are in its title, its note or its group."""
        text = f"{self.title} {self.note} {self.group}".lower()
        return all(word in text for word in words.lower().split())


class DataCard(PressButton):
    """One offer. ``stepped`` carries by how many rows and cards an arrow key moves on; ``wanted``: use it, by a double
    click, or by Enter once it is chosen."""

    stepped = Signal(int, int)
    wanted = Signal()

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        self.offer = offer
        self._images: Pixels | None = None
        self._has_none = offer.remote is not None
        self._state, self._share = "", 0.0
        self._cache: tuple[tuple[object, ...], QImage] | None = None
        self.setCheckable(True)
        self.setEnabled(not offer.why_not)
        self.setObjectName(f"data {offer.title}")
        self.setAccessibleName(f"{offer.title}: {offer.note}")
        self.setToolTip(plain_tip(offer.why_not or offer.note))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_images(self, images: Pixels) -> None:
        """Show thumbnails (N, H, W) or (N, H, W, 3)."""
        self._images, self._cache = pictures.checked(images)[:THUMBNAILS], None
        self.update()

    def take_images(self, images: Pixels | None) -> None:
        """Show thumbnails; None: there are none, because the data cannot be read."""
        if images is None:
            self._has_none = True
        else:
            self.set_images(images)

    def set_state(self, words: str, share: float) -> None:
        """Say in the place of thumbnails how much of a set is still to be fetched; ``share`` of it is here."""
        if (words, share) != (self._state, self._share):
            self._state, self._share = words, share
            self.setAccessibleName(f"{self.offer.title}: {self.offer.note}, {words}")
            self.update()

    def waits_for_images(self) -> bool:
        """Whether nobody has looked for its thumbnails yet."""
        return self._images is None and not self._has_none

    def sizeHint(self) -> QSize:
        return QSize(theme.px(_WIDE_PX), theme.px(_TALL_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self.stepped.emit(*step)
        elif self.isChecked() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit()

    def _picture(self, images: Pixels, ratio: float) -> QImage:
        """The thumbnails side by side in device pixels."""
        colors, side = theme.current(), round(theme.px(TILE_PX) * ratio)
        key = (colors.name, side)
        if self._cache is None or self._cache[0] != key:
            tiles = pictures.colored(pictures.scaled(images, side, side), colors.image_table)
            line = pictures.qimage(tiles.swapaxes(0, 1).reshape(side, -1, 3))  # (S, N·S, 3)
            self._cache = (key, line)
        return self._cache[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            area, pad, tile = QRectF(self.rect()), p(PAD_PX), p(TILE_PX)
            fill = colors.control if self.isChecked() else colors.control_hover if self.lit() else colors.card
            paint.box(painter, area, p(6), fill, colors.accent if self.isChecked() else colors.line)
            if self.offer.remote is None:
                self._paint_thumbnails(painter)
            else:
                self._paint_state(painter, QRectF(pad, pad, area.width() - 2 * pad, tile))
            words = QRectF(pad, pad + tile + p(4), area.width() - 2 * pad, p(16))
            ink = colors.text if self.isEnabled() else colors.disabled()
            paint.text(painter, words, self.offer.title, "strong", ink)
            note = words.translated(QPointF(0, p(16)))
            paint.text(
                painter,
                note,
                self.offer.note[:1].upper() + self.offer.note[1:],
                "caption",
                colors.text_3 if self.isEnabled() else ink,
            )

    def _paint_thumbnails(self, painter: QPainter) -> None:
        p, images, ratio = theme.px, self._images, self.devicePixelRatioF()
        tile = p(TILE_PX)
        for at in range(THUMBNAILS):
            spot = QRectF(p(PAD_PX) + at * (tile + p(GAP_PX)), p(PAD_PX), tile, tile)
            if images is None:
                paint.box(painter, spot, 2, theme.current().plot)
            elif at < len(images):
                side = round(tile * ratio)
                painter.drawImage(spot, self._picture(images, ratio), QRectF(at * side, 0, side, side))

    def _paint_state(self, painter: QPainter, area: QRectF) -> None:
        colors, p = theme.current(), theme.px
        paint.box(painter, area, 2, colors.plot)
        come = QRectF(area.left(), area.bottom() - p(3), area.width() * self._share, p(3))
        painter.fillRect(come, QColor(colors.accent))
        paint.icon(painter, "download", area.left() + p(13), area.center().y(), p(14), colors.text_2)
        paint.text(painter, area.adjusted(p(26), 0, 0, 0), self._state, "caption", colors.text_2)


class CardList(QWidget):
    """The cards of all offers under the titles of their groups. Both signals carry an `Offer`: look at it, use it."""

    chosen = Signal(object)
    used = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[DataCard] = []
        self._groups: dict[str, tuple[QWidget, QGridLayout]] = {}
        self._words = ""
        self._none = Label("", "body", "text_3", wrap=True)
        self._none.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.setSpacing(theme.px(12))
        self._column.addWidget(self._none)
        self._column.addStretch(1)

    def fill(self, offers: Sequence[Offer]) -> None:
        """Make a card of every offer, behind those that are there."""
        for offer in offers:
            card = DataCard(offer)
            card.clicked.connect(lambda _=False, card=card: self.choose(card))
            card.wanted.connect(lambda card=card: self.used.emit(card.offer))
            card.stepped.connect(lambda rows, cards, card=card: self._step(card, rows, cards))
            self.cards.append(card)
            if offer.group not in self._groups:
                self._add_group(offer.group)
            card.setParent(self._groups[offer.group][0])
        self.search(self._words)

    def drop(self, card: DataCard) -> None:
        """Take a card away."""
        self.cards.remove(card)
        self._groups[card.offer.group][1].removeWidget(card)
        card.hide()
        card.deleteLater()

    def _add_group(self, title: str) -> None:
        holder, grid = QWidget(), QGridLayout()
        grid.setContentsMargins(*layouts.NO_MARGINS)
        grid.setSpacing(theme.px(8))
        grid.setColumnStretch(COLUMNS, 1)
        layouts.column(
            Label(title, "caption_strong", "text_2"), grid, spacing=theme.px(6), margins=(0, 0, 0, 0), on=holder
        )
        self._groups[title] = holder, grid
        self._column.insertWidget(self._column.count() - 1, holder)

    def search(self, words: str) -> None:
        """Show the cards that these words fit."""
        self._words = words
        counts: Mapping[str, list[DataCard]] = {group: [] for group in self._groups}
        for card in self.cards:
            if card.offer.is_called(words):
                counts[card.offer.group].append(card)
            else:
                card.hide()
        for group, cards in counts.items():
            holder, grid = self._groups[group]
            holder.setVisible(bool(cards))
            for at, card in enumerate(cards):
                grid.addWidget(card, at // COLUMNS, at % COLUMNS)
                card.show()
        self._none.setText(f"No data here are called “{words.strip()}”. Open a folder or file of your own below.")
        self._none.setVisible(not any(counts.values()))

    def shown(self) -> list[DataCard]:
        """The cards in sight that can be used, in their order."""
        return [card for card in self.cards if not card.isHidden() and card.isEnabled()]

    def mark(self, offer: Offer | None) -> None:
        """Show which offer is chosen."""
        for card in self.cards:
            card.setChecked(card.offer is offer)

    def choose(self, card: DataCard) -> None:
        """Choose a card, as a click does."""
        self.mark(card.offer)
        layouts.reveal(card)
        self.chosen.emit(card.offer)

    def _rows(self) -> list[list[DataCard]]:
        """The cards that can be used, row by row; each group begins a row of its own."""
        rows = []
        for group in self._groups:
            cards = [card for card in self.shown() if card.offer.group == group]
            rows += [cards[at : at + COLUMNS] for at in range(0, len(cards), COLUMNS)]
        return rows

    def _step(self, card: DataCard, by_rows: int, by_cards: int) -> None:
        """Go up or down to the card in the same column, or on to the one before or after."""
        rows, cards = self._rows(), self.shown()
        row = next(at for at, each in enumerate(rows) if card in each) + by_rows
        at = cards.index(card) + by_cards
        if by_rows and 0 <= row < len(rows):
            column = rows[row - by_rows].index(card)
            at = cards.index(rows[row][min(column, len(rows[row]) - 1)])
        if 0 <= at < len(cards) and cards[at] is not card:
            cards[at].setFocus(Qt.FocusReason.TabFocusReason)
            self.choose(cards[at])
