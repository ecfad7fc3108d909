"""Building blocks of the cards: the card with its head, figures, plots and a legend."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.foundation.number_words import typed
from core.text import formulas as language
from gui.drawing import formula_line, paint, theme
from gui.drawing.painting import painting
from gui.widgets import layouts
from gui.widgets.formula import Formula
from gui.widgets.label import Label
from gui.widgets.offer import Offer, csv_of
from gui.widgets.painted import KeyboardWidget, PaintedWidget
from gui.widgets.prose_formulas import explain, set_tip_slot
from gui.widgets.sections import Card, Divider

PAD = 12
"""Padding at the left and right of a card, px at text size 1."""
NOTE_PX = 48
"""Narrower notes are hidden, px at text size 1."""


class TitledCard(Card):
    """A card with a title, which may be a ``$formula$``, a grey note and actions. Content goes into ``body``."""

    def __init__(self, title: str, note: str, key: str) -> None:
        super().__init__()
        self.setObjectName(key)
        self.setAccessibleName(language.spoken(title))
        self.note = Label(note, "caption", "text_3", elided=True)
        self._head = QHBoxLayout()
        self._head.setContentsMargins(theme.px(PAD), 0, theme.px(PAD), 0)
        self._head.setSpacing(theme.px(8))
        self.formula = Formula(title.strip("$"), "title") if title.startswith("$") else None
        self._title: Label | None = None
        if self.formula is not None:
            self.formula.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            self._head.addWidget(self.formula)
        else:
            self._title = Label(title, "title", "text")
            self._head.addWidget(self._title)
        self._head.addWidget(self.note, 1)
        self._head_row = QWidget()
        self._head_row.setLayout(self._head)
        self._head_row.setFixedHeight(theme.px(36))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(theme.px(PAD), 0, theme.px(PAD), theme.px(8))
        self.body.setSpacing(theme.px(8))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._head_row)
        outer.addLayout(self.body, 1)
        self._outer = outer

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.note.setVisible(self.room_for_note() >= theme.px(NOTE_PX))  # three letters only take room from the rest

    def room_for_note(self) -> int:
        """The width that title and actions leave to the note, px."""
        placed = layouts.widgets(self._head_row, self._head)
        shown = (each for each in placed if each is not self.note and each.isVisibleTo(self))
        widths = [widget.sizeHint().width() for widget in shown]
        return self.width() - 2 * theme.px(PAD) - sum(widths) - len(widths) * self._head.spacing()

    def offer(self) -> Offer:
        """The card, and its figures as a table."""
        figures = self.findChildren(Figure)
        return Offer(self.accessibleName(), table=(lambda: table_of(figures)) if figures else None)

    def rename(self, title: str) -> None:
        """Change the title; a formula stays."""
        if self._title is not None and title != self._title.text():
            self._title.setText(title)
            self.setAccessibleName(title)

    def add_action(self, *widgets: QWidget) -> None:
        """Add widgets at the right of the head."""
        for each in widgets:
            self._head.addWidget(each, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_foot(self) -> QHBoxLayout:
        """Add a divider and a row under the body; returns the row."""
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(PAD), theme.px(8), theme.px(PAD), theme.px(8))
        row.setSpacing(theme.px(12))
        self.line = Divider()
        self._outer.addWidget(self.line)
        self._outer.addLayout(row)
        return row

    def add_figures(self, *figures: Figure, least: int = 0, head: QWidget | None = None) -> None:
        """Add a row of figures under the body, after ``head``; ``least``: least width of each, px at text size 1."""
        row = self.add_foot()
        if head is not None:
            row.addWidget(head)
        for figure in figures:
            if least:
                figure.setMinimumWidth(theme.px(least))
            row.addWidget(figure, 1)


def set_card_slot(card: TitledCard, slot: int | None) -> None:
    """Set the lane whose colour the formulas of a card and its figures have."""
    set_tip_slot(card, slot)
    if card.formula is not None:
        card.formula.set_slot(slot)
    for figure in card.findChildren(Figure):
        figure.set_slot(slot)


class Figure(PaintedWidget):
    """A labelled value: a caption, which may be a ``$formula$``, the value with its unit, and a line below.

    Painted, so that sixty values a second move no layout. ``tip`` may hold formulas; the slot is their lane.
    """

    def __init__(self, caption: str, tip: str = "", *, below: bool = False, token: str = "text") -> None:
        super().__init__()
        self._caption, self._below, self._token = caption, below, token
        self.value = self.unit = self.note = ""
        self._slot: int | None = None
        self._tip = tip
        explain(self, tip)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(language.spoken(caption))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_value(self, value: str, unit: str = "", note: str = "") -> None:
        """Change value, unit and the line below."""
        if (value, unit, note) != (self.value, self.unit, self.note):
            self.value, self.unit, self.note = value, unit, note
            self.setAccessibleDescription(f"{value} {unit} {note}".strip())
            self.update()

    def set_caption(self, caption: str) -> None:
        """Change the caption."""
        if caption != self._caption:
            self._caption = caption
            self.setAccessibleName(language.spoken(caption))
            self.update()

    def set_slot(self, slot: int | None) -> None:
        """Set the lane whose colour the formulas have."""
        if slot != self._slot:
            self._slot = slot
            explain(self, self._tip, slot)
            self.update()

    def set_tip(self, tip: str) -> None:
        """Change the tooltip."""
        self._tip = tip
        explain(self, tip, self._slot)

    def set_token(self, token: str) -> None:
        """Change the colour of the value."""
        if token != self._token:
            self._token = token
            self.update()

    def sizeHint(self) -> QSize:
        spoken = language.spoken(self._caption)
        width = math.ceil(paint.wide(spoken, "caption")) + theme.px(4)
        lines = 1 + self._below
        return QSize(max(theme.px(84), width), lines * theme.line_height("caption") + theme.line_height("figure"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(48), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, width = theme.current(), float(self.width())
        with painting_on_card(self) as painter:
            line, tall = theme.line_height("caption"), theme.line_height("figure")
            over = QRectF(0, 0, width, line)
            if self._caption.startswith("$"):
                formula_line.line(painter, over, self._caption.strip("$"), "caption", "text_2", self._slot)
            else:
                paint.text(painter, over, self._caption, "caption", colors.text_2)
            paint.text(painter, QRectF(0, line, width, tall), self.value, "figure", colors.token(self._token))
            left = paint.wide(self.value, "figure") + theme.px(4)
            rest = QRectF(left, line + theme.px(2), max(0.0, width - left), tall - theme.px(2))
            if rest.width() > theme.px(14):
                paint.text(painter, rest, self.unit, "caption", colors.text_3)
            if self._below:
                paint.text(painter, QRectF(0, line + tall, width, line), self.note, "caption", colors.text_2)


def table_of(figures: Sequence[Figure]) -> str:
    """Figures as CSV: what each is called, its value as programs read it, the unit and the line below."""
    shown = [each for each in figures if each.isVisible()]
    names = [each.accessibleName() for each in shown]
    values = ["" if each.value == "—" else typed(each.value) for each in shown]
    read = {"value": values, "unit": [each.unit for each in shown]}
    return csv_of({"figure": names, **read, "note": [each.note for each in shown]})


@contextmanager
def painting_on_card(widget: QWidget) -> Iterator[QPainter]:
    """An antialiasing painter on an opaque widget, filled with the card's colour."""
    with painting(widget, smooth=True) as painter:
        painter.fillRect(widget.rect(), QColor(theme.current().card))
        yield painter


class Plot(KeyboardWidget):
    """A painted plot with handles (abstract): takes the keyboard, keeps its own keys from the window's shortcuts.

    Opaque, so that the card need not be painted again under it: paint with `painting`.
    """

    least_px = (120, 80)
    spoken_role = QAccessible.Role.Chart

    def __init__(self, name: str, words: str, keys: Collection[Qt.Key] = ()) -> None:
        super().__init__()
        self.keys = keys
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        if keys:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def painting(self) -> AbstractContextManager[QPainter]:
        """An antialiasing painter on a background in the card's colour."""
        return painting_on_card(self)


class Legend(PaintedWidget):
    """Colour swatches with labels."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[tuple[str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_entries(self, entries: list[tuple[str, str]]) -> None:
        """(colour token, words or a ``$formula$``) from left to right."""
        if entries != self._entries:
            self._entries = entries
            self._restyle()

    def _widths(self) -> list[int]:
        widths = []
        for _, words in self._entries:  # letters of formulas are wider
            share = formula_line.FACE if words.startswith("$") else 1.0
            widths.append(math.ceil(paint.wide(language.spoken(words), "caption") * share) + theme.px(16))
        return widths

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + theme.px(8) * max(0, len(self._entries) - 1), theme.px(16))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(theme.px(40), self.sizeHint().width()), theme.px(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            x, middle = 0.0, self.height() / 2
            for (token, words), width in zip(self._entries, self._widths(), strict=True):
                if x and x + width > self.width() + 1:
                    break  # rather no entry than half of one
                paint.box(painter, QRectF(x, middle - px(5), px(10), px(10)), 2, colors.token(token))
                place = QRectF(x + px(15), 0, width - px(15), self.height())
                if words.startswith("$"):
                    formula_line.line(painter, place, words.strip("$"), "caption", "text_2")
                else:
                    paint.text(painter, place, words, "caption", colors.text_2)
                x += width + px(8)


def bar_fill(color: str) -> str:
    """Fill of a bar whose cap has ``color``: 30 % of it over the plot's."""
    return theme.mix(color, theme.current().plot, 0.30)


def hatch(painter: QPainter, area: QRectF, color: str, step: float = 6.0) -> None:
    """Fill an area with slanted lines: the bar goes on beyond the axis."""
    painter.save()
    painter.setClipRect(area)
    painter.setPen(QPen(QColor(color), 1.0))
    x = area.left() - area.height()
    while x < area.right():
        painter.drawLine(int(x), int(area.bottom()), int(x + area.height()), int(area.top()))
        x += step
    painter.restore()
