"""Formulas in prose: ``$…$`` and ``$$…$$`` in a text document, and tooltips with formulas in them."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QObject, QSize, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPalette,
    QPixmap,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
)
from PySide6.QtWidgets import QToolTip, QWidget

from core.text import formulas as language
from core.text.formulas import Piece
from gui.drawing import formula_line, theme, typesetting

_FIRST = 0xE000
"""Marks are private characters, one for each formula; no text of ours has them."""
_MOST = 0x1000
TIP_PX = 420
"""No tooltip with formulas is wider."""


def mark(prose: str) -> tuple[str, tuple[Piece, ...]]:
    """Markdown with a mark for each formula, and the formulas: what they say is no Markdown."""
    found: list[Piece] = []
    text = ""
    for each in language.pieces(prose):
        if not each.is_formula or len(found) == _MOST:
            text += each.text
            continue
        sign = chr(_FIRST + len(found))
        text += f"\n\n{sign}\n\n" if each.on_its_own else sign
        found.append(each)
    return text, tuple(found)


def wanted(prose: str) -> list[str]:
    """The lines of formulas that a text will ask for."""
    return [key for each in language.pieces(prose) if each.is_formula for key in _keys(each)]


def _keys(each: Piece) -> tuple[str, ...]:
    return language.lines(typesetting.display_style(each.text) if each.on_its_own else each.text)


def put(
    document: QTextDocument,
    found: Sequence[Piece],
    role: str,
    token: str,
    slot: int | None = None,
    width: float = math.inf,
    ratio: float = 1.0,
) -> bool:
    """Put formulas where their marks are: typeset on the baseline of the text, or in plain reading until drawn.

    Returns whether all of them were drawn.
    """
    complete = True
    cursor = QTextCursor(document)
    text = document.toPlainText()
    for at in range(len(text) - 1, -1, -1):
        index = ord(text[at]) - _FIRST
        if not 0 <= index < len(found):
            continue
        cursor.setPosition(at)
        cursor.setPosition(at + 1, QTextCursor.MoveMode.KeepAnchor)
        words = cursor.charFormat()
        keys = _keys(found[index])
        if any(typesetting.drawing(key) is None for key in keys):
            cursor.insertText(" ".join(typesetting.reading(key) for key in keys), words)
            complete = complete and all(typesetting.is_settled(key) for key in keys)
            continue
        cursor.removeSelectedText()
        for number, key in enumerate(keys):
            if number:
                cursor.insertText("  ", words)
            _insert(cursor, key, words, role, token, slot, width, ratio)
    return complete


def _insert(
    cursor: QTextCursor,
    key: str,
    words: QTextCharFormat,
    role: str,
    token: str,
    slot: int | None,
    width: float,
    ratio: float,
) -> None:
    drawn = typesetting.drawing(key)
    assert drawn is not None
    size = formula_line.size_of(role)
    size *= min(1.0, width / max(1.0, drawn.width * size))
    if words.fontWeight() > QFont.Weight.Medium or words.isAnchor():
        token = "accent" if words.isAnchor() else "text"
    image = typesetting.pixmap(key, size, token, slot, ratio)
    name = QUrl(f"formula:{theme.current().name}/{token}/{slot}/{size:.2f}/{ratio:g}/{key}")
    cursor.document().addResource(QTextDocument.ResourceType.ImageResource.value, name, image)
    look = QTextImageFormat()
    look.setName(name.toString())
    tall = image.height() / ratio
    look.setWidth(image.width() / ratio)
    look.setHeight(tall)
    # Qt puts as much of an image below the baseline as its own font has there: take a font that has as much as we need
    below = tall - typesetting.above(key, size, ratio)
    face = theme.font(role)
    metrics = QFontMetricsF(face)
    face.setPixelSize(max(1, round(face.pixelSize() * below / max(0.1, metrics.descent()))))
    look.setFont(face)
    look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    look.setToolTip(words.toolTip())
    if words.isAnchor():
        look.setAnchor(True)
        look.setAnchorHref(words.anchorHref())
    cursor.insertImage(look)


# --- tooltips --------------------------------------------------------------------------------------------------------


def explain(widget: QWidget, prose: str, slot: int | None = None) -> None:
    """Say something of a widget when the mouse rests on it, with ``$formulas$``.

    Its tooltip is the plain reading, for voices and until the formulas are drawn, which begins when the mouse enters.
    """
    widget.setToolTip(language.spoken(prose))
    told = widget.findChild(_Tip, "", Qt.FindChildOption.FindDirectChildrenOnly)
    if told is None:
        told = _Tip(widget)
        widget.installEventFilter(told)
    told.prose, told.slot = prose, slot


def wear(widget: QWidget, slot: int | None) -> None:
    """Let the formulas in all tooltips of a card and what is in it wear the colour of a lane."""
    for told in widget.findChildren(_Tip):
        told.slot = slot


def formula_of(widget: QWidget) -> str:
    """What `explain` says of a widget, with its formulas; "" where it says nothing."""
    told = widget.findChild(_Tip, "", Qt.FindChildOption.FindDirectChildrenOnly)
    return "" if told is None else told.prose


class _Tip(QObject):
    """A child of the widget that it explains."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.prose = ""
        self.slot: int | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Enter:
            typesetting.want(wanted(self.prose))
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and isinstance(watched, QWidget):
            if watched.toolTip() != language.spoken(self.prose):  # somebody has put other words there since
                return False
            keys = wanted(self.prose)  # words alone need no picture
            if keys and all(typesetting.drawing(key) is not None for key in keys):
                image = tip_pixmap(self.prose, self.slot, watched.devicePixelRatioF())
                QToolTip.showText(event.globalPos(), _as_html(image), watched)
                return True
        return False


def tip_pixmap(prose: str, slot: int | None, ratio: float) -> QPixmap:
    """A tooltip's text with its formulas, as a picture on the ground of tooltips."""
    colors = theme.current()
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(theme.font("body"))
    marked, found = mark(prose)
    document.setPlainText(marked.replace("\n\n", "\n").strip("\n"))
    put(document, found, "body", "text", slot, theme.px(TIP_PX), ratio)
    document.setTextWidth(theme.px(TIP_PX))
    if document.idealWidth() < theme.px(TIP_PX):
        document.setTextWidth(math.ceil(document.idealWidth()) + 1)
    size = document.size().toSize() + QSize(1, 1)
    image = QPixmap(size * ratio)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(colors.control))
    painter = QPainter(image)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, QColor(colors.text))
    document.documentLayout().draw(painter, context)
    painter.end()
    return image


def _as_html(image: QPixmap) -> str:
    """Qt's tooltips take pictures as HTML only."""
    raw = QByteArray()
    buffer = QBuffer(raw)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    ratio = image.devicePixelRatio()
    data = base64.b64encode(raw.data()).decode()
    wide, tall = image.width() / ratio, image.height() / ratio
    return f'<img src="data:image/png;base64,{data}" width="{wide:g}" height="{tall:g}">'
