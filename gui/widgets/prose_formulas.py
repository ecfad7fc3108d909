"""Formulas in prose: ``$…$`` and ``$$…$$`` in a text document, and tooltips with formulas."""

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
from gui.drawing.painting import painting

_FIRST = 0xE000
"""The first marker character. Markers are private-use characters, one per formula."""
_MOST = 0x1000
"""Largest number of formulas in one text."""
TIP_PX = 420
"""Largest width of a tooltip with formulas."""


def extract_formulas(prose: str) -> tuple[str, tuple[Piece, ...]]:
    """Markdown with a marker in place of each formula, and the formulas, which must not be read as Markdown."""
    formulas: list[Piece] = []
    text = ""
    for piece in language.pieces(prose):
        if not piece.is_formula or len(formulas) == _MOST:
            text += piece.text.replace(" %", "\N{NO-BREAK SPACE}%")  # "5 %" stays on one line
            continue
        marker = chr(_FIRST + len(formulas))
        text += f"\n\n{marker}\n\n" if piece.on_its_own else marker
        formulas.append(piece)
    return text, tuple(formulas)


def formula_lines(prose: str) -> list[str]:
    """The lines of the formulas in a text, as `typesetting.want` takes them."""
    return [line for piece in language.pieces(prose) if piece.is_formula for line in _lines(piece)]


def _lines(piece: Piece) -> tuple[str, ...]:
    return language.lines(typesetting.display_style(piece.text) if piece.on_its_own else piece.text)


def widest(formulas: Sequence[Piece], role: str) -> float:
    """Width of the widest line of these formulas that is drawn, at its full size, px; 0 if none is."""
    drawings = (typesetting.drawing(line) for piece in formulas for line in _lines(piece))
    return max((each.width * formula_line.size_of(role) for each in drawings if each is not None), default=0.0)


def are_settled(formulas: Sequence[Piece]) -> bool:
    """Whether every formula is drawn or has failed."""
    return all(typesetting.is_settled(line) for piece in formulas for line in _lines(piece))


def insert_formulas(
    document: QTextDocument,
    formulas: Sequence[Piece],
    role: str,
    token: str,
    slot: int | None = None,
    width: float = math.inf,
    ratio: float = 1.0,
) -> bool:
    """Replace markers by formulas: typeset on the baseline of the text, or as plain reading while not drawn.

    Returns whether every formula is drawn or has failed.
    """
    complete = True
    cursor = QTextCursor(document)
    text = document.toPlainText()
    for at in range(len(text) - 1, -1, -1):
        index = ord(text[at]) - _FIRST
        if not 0 <= index < len(formulas):
            continue
        cursor.setPosition(at)
        cursor.setPosition(at + 1, QTextCursor.MoveMode.KeepAnchor)
        text_format = cursor.charFormat()
        formula = _lines(formulas[index])
        if any(typesetting.drawing(line) is None for line in formula):
            cursor.insertText(" ".join(typesetting.reading(line) for line in formula), text_format)
            complete = complete and all(typesetting.is_settled(line) for line in formula)
            continue
        cursor.removeSelectedText()
        for number, line in enumerate(formula):
            if number:
                cursor.insertText("  ", text_format)
            _insert(cursor, line, text_format, role, token, slot, width, ratio)
    return complete


def _insert(
    cursor: QTextCursor,
    line: str,
    text_format: QTextCharFormat,
    role: str,
    token: str,
    slot: int | None,
    width: float,
    ratio: float,
) -> None:
    drawing = typesetting.drawing(line)
    assert drawing is not None
    size = formula_line.size_of(role)
    size *= min(1.0, width / max(1.0, drawing.width * size))
    if text_format.fontWeight() > QFont.Weight.Medium or text_format.isAnchor():
        token = "accent" if text_format.isAnchor() else "text"
    image = typesetting.pixmap(line, size, token, slot, ratio)
    name = QUrl(f"formula:{theme.current().name}/{token}/{slot}/{size:.2f}/{ratio:g}/{line}")
    cursor.document().addResource(QTextDocument.ResourceType.ImageResource.value, name, image)
    look = QTextImageFormat()
    look.setName(name.toString())
    tall = image.height() / ratio
    look.setWidth(image.width() / ratio)
    look.setHeight(tall)
    # Qt puts as much of an image below the baseline as the descent of its font: take a font with the descent needed
    below = tall - typesetting.above(line, size, ratio)
    face = theme.font(role)
    metrics = QFontMetricsF(face)
    face.setPixelSize(max(1, round(face.pixelSize() * below / max(0.1, metrics.descent()))))
    look.setFont(face)
    look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    look.setToolTip(text_format.toolTip())
    if text_format.isAnchor():
        look.setAnchor(True)
        look.setAnchorHref(text_format.anchorHref())
    cursor.insertImage(look)


# --- tooltips --------------------------------------------------------------------------------------------------------


def explain(widget: QWidget, prose: str, slot: int | None = None) -> None:
    """Give a widget a tooltip with ``$formulas$``.

    Its plain reading serves screen readers, and everybody until the formulas are drawn; that begins when the mouse
    enters the widget.
    """
    widget.setToolTip(language.spoken(prose))
    tip = widget.findChild(_Tip, "", Qt.FindChildOption.FindDirectChildrenOnly)
    if tip is None:
        tip = _Tip(widget)
        widget.installEventFilter(tip)
    tip.prose, tip.slot = prose, slot


def set_tip_slot(widget: QWidget, slot: int | None) -> None:
    """Set the lane that colours the formulas in the tooltips inside a widget."""
    for tip in widget.findChildren(_Tip):
        tip.slot = slot


def formula_of(widget: QWidget) -> str:
    """The text given to `explain` for a widget; "" if none."""
    tip = widget.findChild(_Tip, "", Qt.FindChildOption.FindDirectChildrenOnly)
    return "" if tip is None else tip.prose


class _Tip(QObject):
    """Shows the tooltip of its parent widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.prose = ""
        self.slot: int | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Enter:
            typesetting.want(formula_lines(self.prose))
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and isinstance(watched, QWidget):
            if watched.toolTip() != language.spoken(self.prose):  # another tooltip was set since
                return False
            lines = formula_lines(self.prose)  # a tooltip without formulas needs no picture
            if lines and all(typesetting.drawing(line) is not None for line in lines):
                image = tip_pixmap(self.prose, self.slot, watched.devicePixelRatioF())
                QToolTip.showText(event.globalPos(), _as_html(image), watched)
                return True
        return False


def tip_pixmap(prose: str, slot: int | None, ratio: float) -> QPixmap:
    """A picture of a tooltip's text with its formulas, on the background of tooltips."""
    colors = theme.current()
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(theme.font("body"))
    text, formulas = extract_formulas(prose)
    document.setPlainText(text.replace("\n\n", "\n").strip("\n"))
    insert_formulas(document, formulas, "body", "text", slot, theme.px(TIP_PX), ratio)
    document.setTextWidth(theme.px(TIP_PX))
    if document.idealWidth() < theme.px(TIP_PX):
        document.setTextWidth(math.ceil(document.idealWidth()) + 1)
    size = document.size().toSize() + QSize(1, 1)
    image = QPixmap(size * ratio)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(colors.control))
    with painting(image) as painter:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, QColor(colors.text))
        document.documentLayout().draw(painter, context)
    return image


def _as_html(image: QPixmap) -> str:
    """HTML with the picture inline, the only form in which Qt's tooltips take one."""
    raw = QByteArray()
    buffer = QBuffer(raw)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    ratio = image.devicePixelRatio()
    data = base64.b64encode(raw.data()).decode()
    wide, tall = image.width() / ratio, image.height() / ratio
    return f'<img src="data:image/png;base64,{data}" width="{wide:g}" height="{tall:g}">'
