"""Widgets that show formulas, typeset in the colours of their curves.

While a formula is not drawn, its plain reading is shown and space is reserved: in height by its kind, in width by the
plain reading. So nothing moves when it is drawn. A formula that does not fit is drawn smaller, never cut.
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
from gui.drawing.painting import painting
from gui.widgets.painted import PaintedWidget

_GAP = 1.0
"""Gap between two pieces on one line, in type sizes."""


@dataclass(frozen=True)
class _Row:
    """One line: its pieces, each with its x in px, and the width of the line, px."""

    pieces: tuple[tuple[str, float], ...]
    wide: float


class Formula(PaintedWidget):
    r"""A formula in a type role; with ``own`` it is set in display style.

    A narrow widget breaks it into several lines at ``\\``. ``rows`` reserves the height of that many lines; a formula
    that needs more is drawn smaller.
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
        self._settled = False
        self.set_formula(latex)
        typesetting.notifier.drawn.connect(self._after_drawing)

    def set_formula(self, latex: str, own: bool | None = None) -> None:
        """Set the formula; "" for none. ``own`` None keeps it as it is."""
        own = self._own if own is None else own
        if (latex, own) != (self._latex, self._own):
            self._latex, self._own = latex, own
            self.setAccessibleName(language.plain(latex) if latex else "")
            typesetting.want(self._pieces())
            self._settled = self._is_settled()
            self._restyle()

    def formula(self) -> str:
        """The formula, in LaTeX."""
        return self._latex

    def set_slot(self, slot: int | None) -> None:
        """Set the lane that colours the symbols of its curves; None: the text colour."""
        if slot != self._slot:
            self._slot = slot
            self.update()

    def _is_settled(self) -> bool:
        return all(typesetting.is_settled(piece) for piece in self._pieces())

    def _after_drawing(self) -> None:
        """Formulas have been drawn. Update the layout only if this one is among them."""
        if not self._settled and self._is_settled():
            self._settled = True
            self._restyle()

    def _pieces(self) -> tuple[str, ...]:
        return language.lines(typesetting.display_style(self._latex) if self._own else self._latex)

    def _rows(self, room_px: float) -> list[_Row]:
        """The pieces broken into lines of at most ``room_px``."""
        gap = _GAP * size_of(self._role)
        rows: list[_Row] = []
        row: list[tuple[str, float]] = []
        x = 0.0
        for piece in self._pieces():
            wide = width(piece, self._role)
            if row and x + gap + wide > room_px:
                rows.append(_Row(tuple(row), x))
                row, x = [], 0.0
            start = x + gap if row else 0.0
            row.append((piece, start))
            x = start + wide
        if row:
            rows.append(_Row(tuple(row), x))
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
        with painting(self, smooth=True) as painter:
            size = size_of(self._role)
            over, under = extents(self._latex, self._own)
            # One scale for all of it: for lines too wide or too high, and for more lines than fit
            widest = max(row.wide for row in rows)
            scale = min(
                1.0, (self.width() - 2) / max(1.0, widest), self.height() / max(1.0, len(rows) * self._line_px())
            )
            for row in rows:
                for piece, _ in row.pieces:
                    drawing = typesetting.drawing(piece)
                    if drawing is not None:
                        scale = min(scale, over / max(over, drawing.ascent), under / max(under, drawing.descent))
            for at, row in enumerate(rows):
                baseline = at * self._line_px() * min(1.0, scale) + over * size * scale
                if len(rows) == 1:  # vertically centred in the widget
                    baseline = (self.height() - (over + under) * size * scale) / 2 + over * size * scale
                for piece, x in row.pieces:
                    self._paint_piece(painter, piece, QPointF(x * scale, baseline), size * scale)

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
    """One line of words with ``$formulas$``, cut with an ellipsis where it does not fit; its tooltip has all of it."""

    def __init__(self, prose: str = "", role: str = "caption", token: str = "text_3") -> None:
        super().__init__()
        self._prose, self._role, self._token = "", role, token
        self._settled = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_prose(prose)
        typesetting.notifier.drawn.connect(self._after_drawing)

    def set_prose(self, prose: str) -> None:
        """Set the sentence."""
        if prose != self._prose:
            self._prose = prose
            self.setAccessibleName(language.spoken(prose))
            self._settled = self._is_settled()
            self._restyle()

    def text(self) -> str:
        """The plain reading of the sentence."""
        return language.spoken(self._prose)

    def _restyle(self) -> None:
        super()._restyle()
        self._update_tip()

    def _is_settled(self) -> bool:
        return all(typesetting.is_settled(piece.text) for piece in language.pieces(self._prose) if piece.is_formula)

    def _after_drawing(self) -> None:
        if not self._settled and self._is_settled():
            self._settled = True
            self._restyle()

    def _update_tip(self) -> None:
        self.setToolTip(self.text() if self.sizeHint().width() > self.width() + 2 else "")

    def _wide(self, piece: language.Piece) -> float:
        if piece.is_formula:
            return width(piece.text, self._role)
        return paint.wide(piece.text, self._role)

    def sizeHint(self) -> QSize:
        wide = sum(self._wide(piece) for piece in language.pieces(self._prose))
        return QSize(math.ceil(wide) + 2, math.ceil(sum(LETTER_EXTENTS) * size_of(self._role)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(16), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, smooth=True) as painter:
            x, color = 0.0, theme.current().token(self._token)
            for piece in language.pieces(self._prose):
                area = QRectF(x, 0, max(0.0, self.width() - x), self.height())
                if area.width() < theme.px(8):
                    break
                wide = self._wide(piece)
                if piece.is_formula and wide <= area.width():
                    line(painter, area, piece.text, self._role, self._token)
                else:
                    words = language.plain(piece.text) if piece.is_formula else piece.text
                    paint.text(painter, area, words, self._role, color)
                x += wide
