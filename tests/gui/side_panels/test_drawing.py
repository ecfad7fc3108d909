"""An input image drawn by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtWidgets import QWidget

from gui.lineup.rows.decoded_image import ImageAtCursor
from gui.side_panels.canvas import CANVAS_PX, Canvas, framed
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def test_drawing(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.key("D")
    sheet = stage.window.findChild(Canvas)
    stage.until(sheet.isVisible)
    card = stage.window.input
    assert card.image() is None
    assert card._number.isHidden()  # the number is the test image's
    assert card._drawing.isVisible()
    assert stage.button("Move the ring", inside=card.sheet).isVisible()  # the words of the card's own button
    row = card._rows[stage.run("vae")]
    assert row._reconstruction.image() is None  # nothing is drawn yet, and the test image is no longer the input
    assert row._nats.text() == row._code.text() == ""
    for start, end in (((140, 40), (140, 240)), ((90, 90), (140, 40))):
        stage.press(sheet, QPointF(*start))
        stage.move(sheet, QPointF(*end))
        stage.release(sheet, QPointF(*end))
    drawn = card.image()
    assert drawn.shape == (1, 28, 28)
    assert drawn.max() > 0.9
    codes = stage.run("vae").encode(drawn[None])
    assert np.array_equal(row._reconstruction.image(), stage.run("vae").show(codes.mu)[0])
    stage.key("2")
    stage.key("E")
    assert sheet.isVisible()
    assert stage.desk.point.z == pytest.approx(np.clip(codes.mu[0], -4, 4), abs=1e-4)
    stage.key("Esc")
    assert not sheet.isVisible()
    assert card.image() is drawn
    stage.key("D")
    assert sheet.isVisible()
    stage.window.input._canvas.clear()
    assert card.image() is None
    stage.key("E")
    assert "Nothing drawn yet" in stage.window.status.events[-1].text
    card._show_test(3)
    assert not sheet.isVisible()
    assert card._number.isVisible()
    assert card._drawing.isHidden()


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900)])
@pytest.mark.parametrize("tab", ["lineup", "latent"])
def test_the_drawing_sheet_covers_nothing_that_it_feeds(desk_window: Open, size: tuple[int, int], tab: str) -> None:
    stage = desk_window(size=size)
    window = stage.window
    window.show_tab(tab)
    pictures = [cell for cell in window.pages.currentWidget().findChildren(ImageAtCursor) if cell.isVisible()]
    assert len(pictures) == 3
    stage.until(lambda: all(cell._pixels is not None for cell in pictures))
    stage.key("D")
    sheet = window.input.sheet
    assert sheet.isVisible()

    def area(widget: QWidget) -> QRect:
        return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())

    rows = [row._reconstruction for row in window.input._rows.values()]
    for fed in (window.input._picture, *rows, *pictures):
        assert not area(fed).intersects(area(sheet)), fed
    for fed in (window.input._picture, *rows):  # the card is scrolled to
        stage.until(lambda fed=fed: fed.visibleRegion().boundingRect() == fed.rect())
    assert window.rect().contains(area(sheet))
    before = [cell._pixels.tobytes() for cell in pictures]
    hands.drag(sheet.findChild(Canvas), QPoint(140, 60), QPoint(140, 140), QPoint(140, 220))
    stage.key("E")
    assert all(old != cell._pixels.tobytes() for old, cell in zip(before, pictures, strict=True))
    stage.key("Space")
    stage.until(stage.stepped(3))
    window.resize(1280, 760)
    stage.until(lambda: window.width() == 1280)
    assert window.rect().contains(area(sheet))
    window.show_tab("compare")
    assert not sheet.isVisible()  # its input card is hidden


def test_a_drawing_is_framed_as_mnist_is() -> None:
    sheet = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    assert not framed(sheet, (1, 28, 28)).any()
    sheet[10:110, 20:50] = 255
    image = framed(sheet, (1, 28, 28))[0]
    rows, columns = np.flatnonzero(image.max(1)), np.flatnonzero(image.max(0))
    assert (len(rows), len(columns)) == (20, 6)
    y, x = np.mgrid[:28, :28]
    middle = (y * image).sum() / image.sum(), (x * image).sum() / image.sum()
    assert middle == pytest.approx((13.5, 13.5), abs=0.5)
    assert framed(sheet, (3, 32, 32)).shape == (3, 32, 32)
