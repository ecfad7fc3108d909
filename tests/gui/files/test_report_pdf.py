"""A report on paper: everything that stands in it is drawn, on pages of A4, in the colours of the light theme."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QColor, QImage, QPainter, QTextCursor
from PySide6.QtWidgets import QApplication

from core.exports.charts import Curve, LineChart, line_chart, point_chart
from core.exports.contact_sheet import png_grid
from core.exports.document import Cell, Code, Document, Drawing, Grid, Picture, Row, Section, Words
from core.exports.palette import DARK, LIGHT
from gui.drawing import lane_shapes, theme
from gui.files.report_pdf import Layout, pdf_bytes

HEADINGS = ("One", "Two", "Three", "Four")
PAGE = QSizeF(670, 900)


@pytest.fixture
def document() -> Document:
    x = np.arange(200.0)
    svg, height = line_chart(LineChart("nats", (Curve("VAE: −ELBO", 1, x, 100 + x),)))
    plane = Drawing(point_chart(np.zeros((3, 2)), np.ones((3, 2)), 2), 200, 200, "Points", 2)
    images = np.full((4, 28, 28), 60, np.uint8)  # between them is black
    grid = Grid(
        (Cell("Measure"), Cell("VAE", lane=1)), ((Cell("Rate", "nats"), Cell("5.04", "5.01 to 5.08", True)),), True
    )
    blocks = (grid, Words("All is <well>.", "warn", 1), Drawing(svg, 680, height, "A curve"), Row((plane,) * 4))
    pictures = (Picture(png_grid(images, 2), 116, 116, "Black by night", True, 0), Code("a  b\nc", "Lines"), grid)
    return Document(
        "Title & more", "today", (Section("One", blocks), Section("Two", pictures), Section("Three", (grid,)))
    )


def places_of(layout: Layout) -> list[tuple[str, float, float]]:
    """Words, top and bottom of every paragraph outside of tables, and of the first cell of each table, px."""
    text, places, before = layout._text, [], None
    block = text.begin()
    while block.isValid():
        table = QTextCursor(block).currentTable()
        if block.text() and (table is None or table != before):
            rect = text.documentLayout().blockBoundingRect(block)
            places.append((block.text(), rect.top(), rect.bottom()))
        before = table
        block = block.next()
    return places


def painted(layout: Layout, number: int) -> QImage:
    image = QImage(int(PAGE.width()), int(PAGE.height()) + 30, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    layout.paint(painter, number)
    painter.end()
    return image


def ink_of(layout: Layout, number: int, page: QSizeF) -> NDArray[np.bool_]:
    """Where a page is not white, (H, W), without its number."""
    image = QImage(int(page.width()), int(page.height()), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    layout.paint(painter, number)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32)  # type: ignore[call-overload]
    return pixels.reshape(image.height(), image.width()) != 0xFFFFFFFF


def colors_of(image: QImage) -> set[str]:
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(-1)  # type: ignore[call-overload]
    return {f"#{value & 0xFFFFFF:06X}" for value in np.unique(pixels).tolist()}


def test_curves_shapes_and_words_are_drawn(qapp: QApplication, document: Document) -> None:
    layout = Layout(document, PAGE)
    assert layout.pages == 2
    shown = colors_of(painted(layout, 0)) | colors_of(painted(layout, 1))
    for role in ("lane-2", "lane-3", "lane-1", "text", "text-3", "panel"):
        assert LIGHT[role] in shown, role
    assert "#000000" not in shown  # the grey picture is ink on paper


def test_every_word_is_drawn_where_room_was_left_for_it(qapp: QApplication, document: Document) -> None:
    """On pages of any height, and no heading is left alone at the end of a page."""
    lines = Code("a line", "A caption"), Code("another", "Another caption")
    document = dataclasses.replace(document, sections=(*document.sections, Section("Four", lines)) * 2)
    for height in range(300, 900, 60):
        page = QSizeF(PAGE.width(), height)
        layout = Layout(document, page)
        places = places_of(layout)
        ink = np.concatenate([ink_of(layout, number, page) for number in range(layout.pages)])  # (H, W)
        assert [words for words, _, _ in places if words in HEADINGS] == [*HEADINGS] * 2
        for (words, top, bottom), (following, at, _) in itertools.pairwise(places):
            assert at >= bottom - 1, f"{following} lies over {words} on pages of {height} px"
            assert ink[int(top) : int(at)].any(), f"{words} is not drawn on pages of {height} px"
            if words in HEADINGS:
                assert int(top // height) == int(at // height), f"{words} is left alone on pages of {height} px"


def test_a_file_is_the_same_for_the_same_report(qapp: QApplication, document: Document) -> None:
    content = pdf_bytes(document)
    assert content.startswith(b"%PDF-")
    assert b"/FontFile" in content
    assert abs(len(pdf_bytes(document)) - len(content)) < 64  # but for its date


def test_colours_and_shapes_are_those_of_the_window() -> None:
    tokens = {"page": "plot", "note": "text_2", "good": "ok"}
    for colors, window in ((LIGHT, theme.LIGHT), (DARK, theme.DARK)):
        for role, color in colors.items():
            if role.startswith("lane-"):
                assert color == window.lanes[int(role[-1]) - 1]
            else:
                assert color == window.token(tokens.get(role, role.replace("-", "_"))), role
    assert lane_shapes.NAMES == ("circle", "square", "triangle", "diamond", "hexagon")
