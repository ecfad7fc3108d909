"""A formula as a widget, and the brush stroke that paints one line of one: typeset, in the colours of its curves.

Room is reserved before a formula is drawn: by its kind in height, by its plain reading in width. So nothing moves when
the drawing comes, in place of the plain reading. What would be too large is drawn smaller, never cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from core.text import formulas as language
from gui.drawing import paint, theme, typesetting
from gui.drawing.formula_line import LETTER_EXTENTS, extents, line, size_of, stamp, width
from gui.widgets.painted import PaintedWidget

_GAP = 1.0
"""Between two pieces that stand in one line."""


@dataclass(frozen=True)
class _Row:
    """Pieces that stand in one line, with where each begins."""

    pieces: tuple[tuple[str, float], ...]
    wide: float


class Formula(PaintedWidget):
    r"""A formula in a type role. ``own``: as tall as on a line of its own; ``slot``: the lane whose colour it wears.

    Where it is narrow it goes on in further lines, at ``\\``; ``rows`` keeps room for so many in any case, and what
    needs more is drawn smaller.
    """

    def __init__(
        self, latex: str = "", role: str = "body", token: str = "text", *, own: bool = False, rows: int = 0
    ) -> None:
        super().__init__()
        self._latex, self._role, self._token = "", role, token
        self._own, self._count = own, rows
        self._slot: int | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._there = False
        self.set_formula(latex)
        typesetting.notifier.drawn.connect(self._come)

    def set_formula(self, latex: str, own: bool | None = None) -> None:
        """Another formula; "" for none. ``own`` as when it was made, unless given."""
        own = self._own if own is None else own
        if (latex, own) != (self._latex, self._own):
            self._latex, self._own = latex, own
            self.setAccessibleName(language.plain(latex) if latex else "")
            typesetting.want(self._pieces())
            self._there = self._is_there()
            self._restyle()

    def formula(self) -> str:
        """The formula, in LaTeX."""
        return self._latex

    def set_slot(self, slot: int | None) -> None:
        """The lane whose colour its symbols wear; None: that of text."""
        if slot != self._slot:
            self._slot = slot
            self.update()

    def _is_there(self) -> bool:
        return all(typesetting.is_settled(each) for each in self._pieces())

    def _come(self) -> None:
        """Formulas were drawn, perhaps this one: a page lays itself out anew only for those that it shows."""
        if not self._there and self._is_there():
            self._there = True
            self._restyle()

    def _pieces(self) -> tuple[str, ...]:
        return language.lines(typesetting.display_style(self._latex) if self._own else self._latex)

    def _rows(self, room_px: float) -> list[_Row]:
        """The pieces in lines no wider than there is room."""
        gap = _GAP * size_of(self._role)
        rows: list[_Row] = []
        here: list[tuple[str, float]] = []
        x = 0.0
        for piece in self._pieces():
            wide = width(piece, self._role)
            if here and x + gap + wide > room_px:
                rows.append(_Row(tuple(here), x))
                here, x = [], 0.0
            start = x + gap if here else 0.0
            here.append((piece, start))
            x = start + wide
        if here:
            rows.append(_Row(tuple(here), x))
        return rows

    def _line_px(self) -> float:
        over, under = extents(self._latex, self._own)
        return (over + under) * size_of(self._role)

    def heightForWidth(self, width: int) -> int:
        count = self._count or len(self._rows(width)) or 1
        return math.ceil(count * self._line_px())

    def sizeHint(self) -> QSize:
        rows = self._rows(math.inf)
        wide = math.ceil(rows[0].wide) + 2 if rows else 0
        return QSize(wide, math.ceil(max(1, self._count) * self._line_px()))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(48), math.ceil(max(1, self._count) * self._line_px()))

    def paintEvent(self, event: QPaintEvent) -> None:
        rows = self._rows(self.width())
        if not rows:
            return
        painter = paint.begin(self)
        size = size_of(self._role)
        over, under = extents(self._latex, self._own)
        # All of it at one scale: lines that are too wide or too high, and more lines than there is room for
        widest = max(row.wide for row in rows)
        scale = min(1.0, (self.width() - 2) / max(1.0, widest), self.height() / max(1.0, len(rows) * self._line_px()))
        for row in rows:
            for piece, _ in row.pieces:
                found = typesetting.drawing(piece)
                if found is not None:
                    scale = min(scale, over / max(over, found.ascent), under / max(under, found.descent))
        for at, row in enumerate(rows):
            baseline = at * self._line_px() * min(1.0, scale) + over * size * scale
            if len(rows) == 1:  # in the middle of the room that is kept
                baseline = (self.height() - (over + under) * size * scale) / 2 + over * size * scale
            for piece, x in row.pieces:
                self._paint_piece(painter, piece, QPointF(x * scale, baseline), size * scale)
        painter.end()

    def _paint_piece(self, painter: QPainter, piece: str, at: QPointF, size: float) -> None:
        token = self._token if self.isEnabled() else "text_3"
        if typesetting.drawing(piece) is not None:
            stamp(painter, at, piece, size, token, self._slot)
            return
        face = theme.font(self._role)
        words = QFontMetricsF(face).elidedText(
            typesetting.reading(piece), Qt.TextElideMode.ElideRight, max(1.0, self.width() - at.x())
        )
        painter.setFont(face)
        painter.setPen(QColor(theme.current().token(token)))
        painter.drawText(at, words)


class Sentence(PaintedWidget):
    """One line of words with ``$formulas$`` in it; where it is narrow it ends in an ellipsis, the tooltip has all."""

    def __init__(self, prose: str = "", role: str = "caption", token: str = "text_3") -> None:
        super().__init__()
        self._prose, self._role, self._token = "", role, token
        self._there = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_prose(prose)
        typesetting.notifier.drawn.connect(self._come)

    def set_prose(self, prose: str) -> None:
        """Another sentence."""
        if prose != self._prose:
            self._prose = prose
            self.setAccessibleName(language.spoken(prose))
            self._there = self._is_there()
            self._restyle()

    def text(self) -> str:
        """The sentence as it reads plainly."""
        return language.spoken(self._prose)

    def _restyle(self) -> None:
        super()._restyle()
        self._tell_rest()

    def _is_there(self) -> bool:
        return all(typesetting.is_settled(each.text) for each in language.pieces(self._prose) if each.is_formula)

    def _come(self) -> None:
        if not self._there and self._is_there():
            self._there = True
            self._restyle()

    def _tell_rest(self) -> None:
        self.setToolTip(self.text() if self.sizeHint().width() > self.width() + 2 else "")

    def _wide(self, each: language.Piece) -> float:
        if each.is_formula:
            return width(each.text, self._role)
        return paint.wide(each.text, self._role)

    def sizeHint(self) -> QSize:
        wide = sum(self._wide(each) for each in language.pieces(self._prose))
        return QSize(math.ceil(wide) + 2, math.ceil(sum(LETTER_EXTENTS) * size_of(self._role)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(16), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_rest()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.begin(self)
        x, color = 0.0, theme.current().token(self._token)
        for each in language.pieces(self._prose):
            area = QRectF(x, 0, max(0.0, self.width() - x), self.height())
            if area.width() < theme.px(8):
                break
            wide = self._wide(each)
            if each.is_formula and wide <= area.width():
                line(painter, area, each.text, self._role, self._token)
            else:
                words = language.plain(each.text) if each.is_formula else each.text
                paint.text(painter, area, words, self._role, color)
            x += wide
        painter.end()
