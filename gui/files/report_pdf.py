"""A report as PDF: laid out by Qt on A4, with its charts as vectors. It needs no window and no display."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QEventLoop, QIODevice, QMarginsF, QRect, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPyTextObject,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from core.engine.lane_names import MOST_LANES
from core.exports.charts import FONTS, shape
from core.exports.document import Block, Cell, Code, Document, Drawing, Grid, Picture, Row, Words
from core.exports.palette import LIGHT, with_colors
from core.foundation.files import write_file
from gui.drawing import theme
from gui.drawing.painting import painting

RESOLUTION = 1200
"""Dots per inch of the file; its layout is in px of `LAYOUT_DPI`."""
LAYOUT_DPI = 96
MARGIN_MM = 16.0
FOOTER_PX = 26
"""Room below the text for the number of the page."""
MARK_PX = 9
FINER = 2
"""Pictures have so many px per pixel, for viewers that would smooth them."""
SVG = QTextFormat.ObjectTypes.UserObject + 1
DRAWING = QTextFormat.Property.UserProperty + 1
MONO = "'DejaVu Sans Mono', Consolas, Menlo, monospace"
OBJECT = "\ufffc"
_XMLNS = '<svg xmlns="http://www.w3.org/2000/svg" '


def write_pdf(document: Document, path: Path) -> None:
    """Write a report. Raises `FileError`."""
    app = QGuiApplication.instance() or QGuiApplication(["latent-playground"])
    write_file(path, pdf_bytes(document))
    del app  # it had to live until here


def pdf_bytes(document: Document) -> bytes:
    """The PDF of a report. A ``QGuiApplication`` must exist."""
    events = QEventLoop()  # the layout starts timers, and a thread of Python's has no events before
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(RESOLUTION)
    writer.setTitle(document.title)
    writer.setCreator("Latent Playground")
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    writer.setPageLayout(QPageLayout(a4, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter))
    scale = RESOLUTION / LAYOUT_DPI
    page = QSizeF(writer.width() / scale, writer.height() / scale - FOOTER_PX)
    text = Layout(document, page)
    with painting(writer) as painter:
        painter.scale(scale, scale)
        for number in range(text.pages):
            if number:
                writer.newPage()
            text.paint(painter, number)
    del text, events
    return bytes(buffer.data().data())


class Layout:
    """A report laid out on pages of a size, px."""

    def __init__(self, document: Document, page: QSizeF) -> None:
        self._page = page
        self._drawings: list[Drawing] = []
        self._pictures = 0
        self._text = QTextDocument()
        self._text.setUndoRedoEnabled(False)
        self._text.setUseDesignMetrics(True)
        self._text.setDocumentMargin(0)
        self._text.setDefaultFont(_font("body", 12))
        self._text.setDefaultStyleSheet(_STYLE)
        self._object = _SvgObject(self._drawings, page.width())
        self._text.documentLayout().registerHandler(SVG, self._object)
        for slot in range(MOST_LANES):
            self._add_image(f"mark:{slot}", _mark_image(slot))
        self._text.setHtml("".join(self._html(document)))
        self._put_drawings()
        self._lay_out()
        self._keep_headings()

    @property
    def pages(self) -> int:
        """Number of pages."""
        return self._text.pageCount()

    def paint(self, painter: QPainter, number: int) -> None:
        """Paint one page, counted from 0, and its number below it."""
        width, height = self._page.width(), self._page.height()
        painter.save()
        painter.translate(0, -number * height)
        self._text.drawContents(painter, QRectF(0, number * height, width, height))
        painter.restore()
        painter.setFont(_font("caption", 10))
        painter.setPen(QColor(LIGHT["text-3"]))
        below = QRectF(0, height, width, FOOTER_PX)
        painter.drawText(
            below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{number + 1} / {self.pages}"
        )

    # --- words -------------------------------------------------------------------------------------------------------

    def _html(self, document: Document) -> Iterator[str]:
        yield f'<h1>{escape(document.title)}</h1><p class="sub">{escape(document.subtitle)}</p>'
        for section in document.sections:
            yield f"<h2>{escape(section.title)}</h2>"
            yield from map(self._block, section.blocks)

    def _block(self, block: Block) -> str:
        writers: dict[type, Callable[[Any], str]] = {
            Words: self._words,
            Grid: self._grid,
            Drawing: self._drawing,
            Picture: self._picture,
            Row: self._row,
            Code: self._code,
        }
        return writers[type(block)](block)

    def _words(self, words: Words) -> str:
        return f'<p class="{words.tone}">{_mark(words.lane)}{escape(words.text)}</p>'

    def _grid(self, grid: Grid) -> str:
        head = "".join(f'<td class="head"{_side(grid, at)}>{_cell(cell)}</td>' for at, cell in enumerate(grid.head))
        rows = "".join(
            f"<tr>{''.join(f'<td{_side(grid, at)}>{_cell(cell)}</td>' for at, cell in enumerate(row))}</tr>"
            for row in grid.rows
        )
        top = f"<thead><tr>{head}</tr></thead>" if head else ""
        return f'<table cellspacing="0" cellpadding="3">{top}{rows}</table>'

    def _drawing(self, drawing: Drawing) -> str:
        self._drawings.append(drawing)
        place = _place(len(self._drawings) - 1)
        return f'<p>{place}</p><p class="sub">{_mark(drawing.lane)}{escape(drawing.caption)}</p>'

    def _picture(self, picture: Picture) -> str:
        depth = QImage.Format.Format_Grayscale8 if picture.grey else QImage.Format.Format_RGB888
        image = QImage.fromData(picture.png).convertToFormat(depth)
        if picture.grey:
            image.invertPixels()  # ink on paper, as in the light theme
        wide, high = FINER * picture.width, FINER * picture.height
        finer = image.scaled(wide, high, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation)
        name = f"picture:{self._pictures}"
        self._pictures += 1
        self._add_image(name, finer)
        shrink = min(1.0, self._page.width() / picture.width)
        size = f'width="{shrink * picture.width:.0f}" height="{shrink * picture.height:.0f}"'
        caption = f'<p class="sub">{_mark(picture.lane)}{escape(picture.caption)}</p>'
        return f'<p><img src="{name}" {size}></p>{caption}'

    def _row(self, row: Row) -> str:
        lines = [row.blocks[at : at + 3] for at in range(0, len(row.blocks), 3)]
        cells = "".join(f"<tr>{''.join(f'<td>{self._block(block)}</td>' for block in line)}</tr>" for line in lines)
        return f'<table cellspacing="0" cellpadding="6">{cells}</table>'

    def _code(self, code: Code) -> str:
        lines = escape(code.text.rstrip("\n")).replace("\n", "<br>").replace("  ", "&nbsp; ")
        box = f'<table width="100%" cellspacing="0" cellpadding="6"><tr><td class="code">{lines}</td></tr></table>'
        return f'<p class="sub">{escape(code.caption)}</p>{box}'

    def _add_image(self, name: str, image: QImage) -> None:
        self._text.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)

    # --- places ------------------------------------------------------------------------------------------------------

    def _put_drawings(self) -> None:
        """Put the drawings where their places stand in the text."""
        for number in range(len(self._drawings)):
            char = QTextCharFormat()
            char.setObjectType(SVG)
            char.setProperty(DRAWING, number)
            self._text.find(_place(number)).insertText(OBJECT, char)

    def _keep_headings(self) -> None:
        """Move a heading to the next page where what it heads begins there."""
        breaking = QTextBlockFormat()
        breaking.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
        block = self._text.begin()
        while block.isValid():
            following = block.next()
            is_heading = block.blockFormat().headingLevel() == 2 and following.isValid()
            if is_heading and self._page_of(block) != self._page_of(following, end=True):
                QTextCursor(block).mergeBlockFormat(breaking)
                self._lay_out()
            block = following

    def _lay_out(self) -> None:
        """Lay all out from the beginning: after a change Qt moves tables, and not the paragraphs between them."""
        self._text.setPageSize(QSizeF(self._page.width(), 2 * self._page.height()))
        self._text.setPageSize(self._page)

    def _page_of(self, block: QTextBlock, end: bool = False) -> int:
        place = self._text.documentLayout().blockBoundingRect(block)
        return int((place.bottom() - 1 if end else place.top()) // self._page.height())


class _SvgObject(QPyTextObject):
    """Draws SVG within a text, at most ``width`` px wide."""

    def __init__(self, drawings: Sequence[Drawing], width: float) -> None:
        super().__init__()
        self._drawings, self._width = drawings, width

    def intrinsicSize(self, document: QTextDocument, position: int, char: QTextFormat) -> QSizeF:
        drawing = self._drawings[char.property(DRAWING)]
        shrink = min(1.0, self._width / drawing.width)
        return QSizeF(shrink * drawing.width, shrink * drawing.height)

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, document: QTextDocument, position: int, char: QTextFormat
    ) -> None:
        drawing = self._drawings[char.property(DRAWING)]
        svg = with_colors(drawing.svg, LIGHT).replace("<svg ", _XMLNS, 1).replace(FONTS, "Inter", 1)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(rect))


def _font(role: str, size_px: int) -> QFont:
    """The window's font of a role, in a size of its own: paper does not follow the text size on screen."""
    font = theme.font(role)
    font.setPixelSize(size_px)
    return font


def _place(number: int) -> str:
    """The word that stands for a drawing until it is put there."""
    return f"{OBJECT}{number}{OBJECT}"


def _side(grid: Grid, at: int) -> str:
    return ' align="right"' if grid.numbers and at else ""


def _cell(cell: Cell) -> str:
    text = f"<b>{escape(cell.text)}</b>" if cell.strong else escape(cell.text)
    note = f'<br><span class="small">{escape(cell.note)}</span>' if cell.note else ""
    return f"{_mark(cell.lane)}{text}{note}"


def _mark(lane: int | None) -> str:
    if lane is None:
        return ""
    return f'<img src="mark:{lane % MOST_LANES}" width="{MARK_PX}" height="{MARK_PX}">&nbsp;'


def _mark_image(slot: int) -> QImage:
    """The shape of a lane, fine enough for paper."""
    side = MARK_PX * 16
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    box = f'viewBox="0 0 {MARK_PX} {MARK_PX}"'
    mark = with_colors(shape(slot, MARK_PX / 2, MARK_PX / 2, MARK_PX - 1.5), LIGHT)
    with painting(image) as painter:
        QSvgRenderer(QByteArray(f"{_XMLNS}{box}>{mark}</svg>".encode())).render(painter)
    return image


_STYLE = (
    f"h1 {{ font-size: 20px; margin: 0; color: {LIGHT['text']}; }}"
    f"h2 {{ font-size: 14px; margin-top: 20px; margin-bottom: 4px; color: {LIGHT['text']}; }}"
    f"p {{ margin-top: 4px; margin-bottom: 4px; color: {LIGHT['text']}; }}"
    f".sub, .small {{ color: {LIGHT['text-3']}; font-size: 10px; }}"
    "table { margin-bottom: 6px; }"
    f"td {{ color: {LIGHT['text']}; }}"
    f".head {{ color: {LIGHT['text-2']}; font-weight: 600; }}"
    f".code {{ background-color: {LIGHT['panel']}; font-size: 10px; font-family: {MONO}; }}"
    + "".join(f".{tone} {{ color: {LIGHT[tone]}; }}" for tone in ("good", "note", "warn", "error"))
)
