"""Markdown with typeset formulas, in the theme's fonts and colours. Glossary terms in it have tooltips."""

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
from gui.drawing import theme, typesetting
from gui.drawing.painting import painting
from gui.widgets import focus, prose_formulas

_TIP_MS = 600_000
"""How long a tooltip shown by keyboard stays."""
_KEYS = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter})


class Prose(QTextBrowser):
    """A text as high as its content. ``term_wanted`` carries a clicked term, ``term_hovered`` the term under the mouse
    or "".

    By keyboard, Tab goes from term to term and shows the entry; Esc hides it, Enter emits ``term_wanted``.
    """

    term_wanted = Signal(str)
    term_hovered = Signal(str)

    def __init__(self, role: str = "body", token: str = "text_2") -> None:
        self._terms: list[tuple[int, int, str]] = []  # start, end, key
        self._focused = -1  # index of the term with the keyboard focus
        super().__init__()
        self.setObjectName("plain")
        self._role, self._token, self._markdown = role, token, ""
        self._marked_text, self._formulas = "", prose_formulas.extract_formulas("")[1]
        self._slot: int | None = None
        self._is_incomplete = False
        self._fitted_width = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # until it has terms
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setStyleSheet("QTextBrowser { padding: 0; }")  # not that of text fields
        self.anchorClicked.connect(lambda url: self.term_wanted.emit(_key(url)))
        self.highlighted.connect(lambda url: self.term_hovered.emit(_key(url)))
        theme.changes.changed.connect(self._restyle)
        typesetting.notifier.drawn.connect(self._after_drawing)

    def set_markdown(self, markdown: str) -> None:
        """Set the text."""
        if markdown != self._markdown:
            self._markdown = markdown
            self._marked_text, self._formulas = prose_formulas.extract_formulas(markdown)
            self.setAccessibleDescription(language.spoken(markdown) if self._formulas else "")
            self._restyle()

    def markdown(self) -> str:
        """The text."""
        return self._markdown

    def _after_drawing(self) -> None:
        if self._is_incomplete and prose_formulas.are_settled(self._formulas):  # once, not with every formula
            self._restyle()

    def _restyle(self) -> None:
        colors = theme.current()
        document = self.document()
        document.setDefaultFont(theme.font(self._role))
        self.setMarkdown(self._marked_text)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        ink = QTextCharFormat()
        ink.setForeground(QColor(colors.token(self._token)))
        cursor.mergeCharFormat(ink)
        spacing = QTextBlockFormat()
        spacing.setLineHeight(140.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        spacing.setBottomMargin(theme.px(6))
        spacing.setTopMargin(0)
        cursor.mergeBlockFormat(spacing)
        self._is_incomplete = not prose_formulas.insert_formulas(
            document, self._formulas, self._role, "text", self._slot, self._text_width(), self.devicePixelRatioF()
        )
        self._format_words()  # last, because it stores the positions of terms
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._terms else Qt.FocusPolicy.NoFocus)
        self._fit()

    def _format_words(self) -> None:
        """Format terms in the accent colour and strong words in the text colour, and store where terms are."""
        colors = theme.current()
        block = self.document().begin()
        spans: list[tuple[int, int, QTextCharFormat]] = []
        self._terms = []
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                present = fragment.charFormat()
                change = QTextCharFormat()
                if present.isAnchor():
                    change.setForeground(QColor(colors.accent))
                    change.setFontUnderline(False)
                    start, key = fragment.position(), _key(QUrl(present.anchorHref()))
                    self._terms.append((start, start + fragment.length(), key))
                elif present.fontWeight() > 500 or present.fontFixedPitch():
                    change.setForeground(QColor(colors.text))
                spans.append((fragment.position(), fragment.length(), change))
                fragments += 1
            block = block.next()
        cursor = QTextCursor(self.document())
        for start, length, change in spans:
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(change)

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def term(self) -> str:
        """The key of the term with the keyboard focus; "" if none has it."""
        return self._terms[self._focused][2] if 0 <= self._focused < len(self._terms) else ""

    def _focus_term(self, index: int) -> None:
        """Move the keyboard focus to a term; −1 for none."""
        self._focused = index
        if self.term():
            self._show_entry()
        else:
            QToolTip.hideText()
        self.term_hovered.emit(self.term())
        self.viewport().update()

    def _show_entry(self) -> None:
        """Show the entry below the focused term, until Esc or the focus leaves."""
        below = self._boxes()[0].bottomLeft().toPoint() + QPoint(0, 2)
        ancestor = self.parentWidget()
        while ancestor is not None:
            if isinstance(ancestor, QScrollArea) and (content := ancestor.widget()) is not None:
                inside = content.mapFromGlobal(self.viewport().mapToGlobal(below))
                ancestor.ensureVisible(inside.x(), inside.y(), 0, theme.px(24))
            ancestor = ancestor.parentWidget()
        spot = self.viewport().mapToGlobal(below)
        QToolTip.showText(spot, glossary.tip(self.term()), self, QRect(), _TIP_MS)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._focus_term(0 if event.reason() == Qt.FocusReason.TabFocusReason else len(self._terms) - 1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.term():
            self._focus_term(-1)

    def focusNextPrevChild(self, forward: bool) -> bool:
        index = self._focused + (1 if forward else -1)
        if self.term() and 0 <= index < len(self._terms):
            self._focus_term(index)
            return True
        parent = self.parentWidget()
        return parent is not None and parent.focusNextPrevChild(forward)

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
        with painting(self.viewport(), smooth=True) as painter:
            painter.setPen(QPen(QColor(theme.current().accent), 1.5))
            for area in self._boxes():
                painter.drawRoundedRect(area.adjusted(-2.0, 0.0, 2.0, 0.0), 3, 3)

    def _boxes(self) -> list[QRectF]:
        """The rectangles of the focused term, one per line."""
        start, end, _ = self._terms[self._focused]
        block = self.document().findBlock(start)
        layout, metrics, boxes = block.layout(), self.fontMetrics(), []
        corner = layout.position() - QPointF(0, self.verticalScrollBar().value())
        for i in range(layout.lineCount()):
            line = layout.lineAt(i)
            first = max(start - block.position(), line.textStart())
            last = min(end - block.position(), line.textStart() + line.textLength())
            if first < last:
                left, right = (float(cast(Any, line.cursorToX(at))[0]) for at in (first, last))
                top = line.y() + line.ascent() - metrics.ascent()
                boxes.append(QRectF(left, top, right - left, metrics.height()).translated(corner))
        return boxes

    # --- mouse -------------------------------------------------------------------------------------------------------

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
        """Set the lane that colours the symbols of formulas."""
        if slot != self._slot:
            self._slot = slot
            if self._formulas:
                self._restyle()

    def _text_width(self) -> int:
        return max(40, self.viewport().width())

    def _fit(self) -> None:
        self._fitted_width = self._text_width()
        self.document().setTextWidth(self._fitted_width)
        self.setFixedHeight(math.ceil(self.document().size().height()) + theme.px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._text_width() != self._fitted_width:
            shrinks_at = prose_formulas.widest(self._formulas, self._role)  # below that a formula is made smaller
            if min(self._text_width(), self._fitted_width) < shrinks_at:
                self._restyle()
            else:
                self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(48), theme.line_height(self._role))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the scroll area scrolls, not the paragraph


def _key(url: QUrl) -> str:
    return url.toString().removeprefix(glossary.SCHEME)
