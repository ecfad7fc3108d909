"""Typeset Markdown in the theme's fonts and colours, as high as it needs; terms of the glossary explain themselves."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QHelpEvent, QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QToolTip

from core import formulas as language
from core import glossary
from gui import formulas, theme
from gui.widgets import typeset


class Prose(QTextBrowser):
    """Set it with `set_markdown`. ``term_wanted`` is a click on a term, ``term_hovered`` the mouse on it ("": gone)."""

    term_wanted = Signal(str)
    term_hovered = Signal(str)

    def __init__(self, role: str = "body", token: str = "text_2") -> None:
        super().__init__()
        self.setObjectName("plain")
        self._role, self._token, self._markdown = role, token, ""
        self._marked, self._formulas = "", typeset.mark("")[1]
        self._slot: int | None = None
        self._missing = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setStyleSheet("QTextBrowser { padding: 0; }")  # of the fields that it is not
        self.anchorClicked.connect(lambda url: self.term_wanted.emit(_key(url)))
        self.highlighted.connect(lambda url: self.term_hovered.emit(_key(url)))
        theme.changes.changed.connect(self._restyle)
        formulas.made.made.connect(self._drawn)

    def set_markdown(self, markdown: str) -> None:
        """Another text."""
        if markdown != self._markdown:
            self._markdown = markdown
            self._marked, self._formulas = typeset.mark(markdown)
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
        self._dress_words()
        self._missing = not typeset.put(
            document, self._formulas, self._role, "text", self._slot, self._room(), self.devicePixelRatioF()
        )
        self._fit()

    def _dress_words(self) -> None:
        """Terms in the accent colour with their explanation; strong words in the colour of values."""
        colors = theme.current()
        block = self.document().begin()
        spans: list[tuple[int, int, QTextCharFormat]] = []
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                look = piece.charFormat()
                dress = QTextCharFormat()
                if look.isAnchor():
                    dress.setForeground(QColor(colors.accent))
                    dress.setFontUnderline(False)
                    dress.setToolTip(glossary.tip(_key(QUrl(look.anchorHref()))))
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

    def event(self, event: QEvent) -> bool:
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
