"""Typeset Markdown in the theme's fonts and colours, as high as it needs; terms of the glossary explain themselves."""

from __future__ import annotations

import math
from typing import Any, cast

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QTextBrowser, QToolTip

from core.text import formulas as language
from core.text import glossary
from gui.drawing import paint, theme, typesetting
from gui.widgets import focus, prose_formulas

_STAYS_MS = 600_000
_KEYS = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter})


class Prose(QTextBrowser):
    """Set it with `set_markdown`. ``term_wanted`` is a click on a term, ``term_hovered`` the mouse on it ("": gone).

    By keyboard, Tab goes from term to term and each explains itself; Esc hides that, Enter turns to its entry.
    """

    term_wanted = Signal(str)
    term_hovered = Signal(str)

    def __init__(self, role: str = "body", token: str = "text_2") -> None:
        self._terms: list[tuple[int, int, str]] = []  # from, to, key of each in the document
        self._at = -1  # which of them has the keyboard
        super().__init__()
        self.setObjectName("plain")
        self._role, self._token, self._markdown = role, token, ""
        self._marked, self._formulas = "", prose_formulas.extract_formulas("")[1]
        self._slot: int | None = None
        self._missing = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # until there are terms
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setStyleSheet("QTextBrowser { padding: 0; }")  # of the fields that it is not
        self.anchorClicked.connect(lambda url: self.term_wanted.emit(_key(url)))
        self.highlighted.connect(lambda url: self.term_hovered.emit(_key(url)))
        theme.changes.changed.connect(self._restyle)
        typesetting.notifier.drawn.connect(self._drawn)

    def set_markdown(self, markdown: str) -> None:
        """Another text."""
        if markdown != self._markdown:
            self._markdown = markdown
            self._marked, self._formulas = prose_formulas.extract_formulas(markdown)
            self.setAccessibleDescription(language.spoken(markdown) if self._formulas else "")
            self._restyle()

    def markdown(self) -> str:
        """The text as it was set."""
        return self._markdown

    def _drawn(self) -> None:
        if self._missing:
            self._restyle()

    def _restyle(self) -> None:
        colors = theme.current()
        document = self.document()
        document.setDefaultFont(theme.font(self._role))
        self.setMarkdown(self._marked)
        whole = QTextCursor(document)
        whole.select(QTextCursor.SelectionType.Document)
        ink = QTextCharFormat()
        ink.setForeground(QColor(colors.token(self._token)))
        whole.mergeCharFormat(ink)
        room = QTextBlockFormat()
        room.setLineHeight(140.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        room.setBottomMargin(theme.px(6))
        room.setTopMargin(0)
        whole.mergeBlockFormat(room)
        self._missing = not prose_formulas.insert_formulas(
            document, self._formulas, self._role, "text", self._slot, self._room(), self.devicePixelRatioF()
        )
        self._dress_words()  # last: it remembers where terms stand
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._terms else Qt.FocusPolicy.NoFocus)
        self._fit()

    def _dress_words(self) -> None:
        """Terms in the accent colour with their explanation; strong words in the colour of values."""
        colors = theme.current()
        block = self.document().begin()
        spans: list[tuple[int, int, QTextCharFormat]] = []
        self._terms = []
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                look = piece.charFormat()
                dress = QTextCharFormat()
                if look.isAnchor():
                    dress.setForeground(QColor(colors.accent))
                    dress.setFontUnderline(False)
                    start, key = piece.position(), _key(QUrl(look.anchorHref()))
                    self._terms.append((start, start + piece.length(), key))
                elif look.fontWeight() > 500 or look.fontFixedPitch():
                    dress.setForeground(QColor(colors.text))
                spans.append((piece.position(), piece.length(), dress))
                pieces += 1
            block = block.next()
        cursor = QTextCursor(self.document())
        for start, length, dress in spans:
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(dress)

    # --- by keyboard -------------------------------------------------------------------------------------------------

    def term(self) -> str:
        """The key of the term that the keyboard is on, "" where it is on none."""
        return self._terms[self._at][2] if 0 <= self._at < len(self._terms) else ""

    def _go(self, to: int) -> None:
        """Another of the terms; −1 is none."""
        self._at = to
        if self.term():
            self._explain()
        else:
            QToolTip.hideText()
        self.term_hovered.emit(self.term())
        self.viewport().update()

    def _explain(self) -> None:
        """The term's entry under the term, until the focus leaves or Esc."""
        below = self._boxes()[0].bottomLeft().toPoint() + QPoint(0, 2)
        above = self.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea) and (sheet := above.widget()) is not None:
                inside = sheet.mapFromGlobal(self.viewport().mapToGlobal(below))
                above.ensureVisible(inside.x(), inside.y(), 0, theme.px(24))
            above = above.parentWidget()
        spot = self.viewport().mapToGlobal(below)
        QToolTip.showText(spot, glossary.tip(self.term()), self, QRect(), _STAYS_MS)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._go(0 if event.reason() == Qt.FocusReason.TabFocusReason else len(self._terms) - 1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.term():
            self._go(-1)

    def focusNextPrevChild(self, forward: bool) -> bool:
        to = self._at + (1 if forward else -1)
        if self.term() and 0 <= to < len(self._terms):
            self._go(to)
            return True
        above = self.parentWidget()
        return above is not None and above.focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.term():
            QToolTip.hideText()
            self.term_hovered.emit("")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.term():
            self.term_wanted.emit(self.term())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.term():
            return
        painter = paint.begin(self.viewport())
        painter.setPen(QPen(QColor(theme.current().accent), 1.5))
        for area in self._boxes():
            painter.drawRoundedRect(area.adjusted(-2.0, 0.0, 2.0, 0.0), 3, 3)
        painter.end()

    def _boxes(self) -> list[QRectF]:
        """Where the term is that the keyboard is on: one box for each line of it."""
        start, end, _ = self._terms[self._at]
        block = self.document().findBlock(start)
        layout, metrics, found = block.layout(), self.fontMetrics(), []
        corner = layout.position() - QPointF(0, self.verticalScrollBar().value())
        for i in range(layout.lineCount()):
            line = layout.lineAt(i)
            first = max(start - block.position(), line.textStart())
            last = min(end - block.position(), line.textStart() + line.textLength())
            if first < last:
                left, right = (float(cast(Any, line.cursorToX(at))[0]) for at in (first, last))
                top = line.y() + line.ascent() - metrics.ascent()
                found.append(QRectF(left, top, right - left, metrics.height()).translated(corner))
        return found

    # --- by mouse ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if self.term() and focus.claims(event, _KEYS):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            anchor = self.anchorAt(self.viewport().mapFrom(self, event.pos()))
            words = glossary.tip(_key(QUrl(anchor))) if anchor else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def set_slot(self, slot: int | None) -> None:
        """The lane whose colour symbols of formulas wear."""
        if slot != self._slot:
            self._slot = slot
            if self._formulas:
                self._restyle()

    def _room(self) -> int:
        return max(40, self.viewport().width())

    def _fit(self) -> None:
        self.document().setTextWidth(self._room())
        self.setFixedHeight(math.ceil(self.document().size().height()) + theme.px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            if self._formulas:  # they are as large as there is room for
                self._restyle()
            else:
                self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(48), theme.line_height(self._role))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the sheet scrolls, not its paragraphs


def _key(url: QUrl) -> str:
    return url.toString().removeprefix(glossary.SCHEME)
