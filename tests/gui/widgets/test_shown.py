"""Sections, pictures, lists and popovers under mouse, keyboard and bad input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.drawing import icons, paint, pictures, theme
from gui.widgets.buttons import Button, IconButton
from gui.widgets.combo import Combo
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.popover import Popover
from gui.widgets.sections import Card, Divider, Section, SectionHeader, Strip
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField
from tests.gui.hands import LEFT, NONE, Key, all_buttons, claims, color_at, colors_of, heard, pixels, show, wheel
from tests.gui.spoken import told

pytestmark = pytest.mark.usefixtures("dark")


# -- sections


@pytest.mark.parametrize("make", [lambda: SectionHeader("Input", "input"), lambda: Strip("Loss", "in nats")])
def test_headers_fold_by_click_and_key(qtbot: QtBot, make: object) -> None:
    header = make()  # type: ignore[operator]
    action = IconButton("more", "More")
    header.add_action(action)
    show(qtbot, header)
    toggled = heard(header.toggled)
    QTest.mouseClick(header, LEFT, NONE, QPoint(20, 10))
    assert toggled == [False]
    assert not header.is_open()
    state = told(header).state()
    assert (state.expandable, state.collapsed, state.expanded) == (1, 1, 0)
    told(header).actionInterface().doAction("Press")
    assert header.is_open()
    told(header).actionInterface().doAction("Press")
    toggled.clear()
    header.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(header, Key.Key_Space)
    QTest.keyClick(header, Key.Key_Return)
    assert toggled == [True, False]
    QTest.mouseClick(action, LEFT)
    QTest.mouseClick(header, Qt.MouseButton.RightButton, NONE, QPoint(20, 10))
    header.set_open(False)
    assert toggled == [True, False]
    header.set_foldable(False)
    QTest.mouseClick(header, LEFT, NONE, QPoint(20, 10))
    assert not header.is_open()


def test_strip_note_and_heights(qtbot: QtBot) -> None:
    strip, header = Strip("Loss", "first"), SectionHeader("Input", "input")
    window = show(qtbot, strip, header)
    window.resize(300, 80)
    assert (strip.height(), header.height()) == (24, 32)
    assert header.objectName() == "input"
    before = pixels(strip)
    strip.set_note("second")
    assert strip.note() == "second"
    assert pixels(strip) != before


class WatchedStrip(Strip):
    """Notes which part of it was painted last."""

    painted = QRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted = event.rect()


def test_a_strip_is_painted_whole_after_its_controls_moved(qtbot: QtBot) -> None:
    """They repaint only what they uncover: the row's note had holes after the window got narrower."""
    strip, action = WatchedStrip("Loss", "nats, mean of about 10 batches"), Button("Steps")
    strip.add_action(action)
    show(qtbot, strip).resize(500, 60)
    QApplication.processEvents()
    action.move(60, 0)
    qtbot.waitUntil(lambda: strip._painted_stop == 60)
    QApplication.processEvents()
    assert strip.painted == strip.rect()


def test_a_note_takes_the_wording_that_fits(qtbot: QtBot) -> None:
    header = SectionHeader("Latent point", "point")
    window, least = show(qtbot, header), header.minimumSizeHint()
    header.set_note("VAE codes, step 12,345", "VAE, step 12,345", "step 12,345")
    assert header.minimumSizeHint() == least  # a longer note makes no panel wider
    for width, note in ((300, "VAE codes, step 12,345"), (185, "step 12,345"), (130, None)):
        window.setFixedWidth(width)
        qtbot.waitUntil(lambda wide=width: window.width() == wide)
        QApplication.processEvents()
        assert [words for _, words in paint.words_on(header)][1:] == ([note] if note else [])


def test_section_hides_its_body(qtbot: QtBot) -> None:
    section, inside = Section("Classes", "classes"), Label("inside")
    section.body.addWidget(inside)
    show(qtbot, section)
    assert inside.isVisible()
    section.set_open(False)
    assert not inside.isVisible()
    QTest.mouseClick(section.header, LEFT, NONE, QPoint(20, 10))
    assert inside.isVisible()


def test_lines_of_card_and_divider_are_one_pixel_wide(qtbot: QtBot) -> None:
    card, divider = Card(), Divider()
    card.setFixedSize(60, 40)
    show(qtbot, card, divider)
    image = pixels(card)
    assert [image.pixelColor(x, 20).name().upper() for x in (0, 1, 58, 59)] == [
        theme.DARK.line,
        theme.DARK.card,
        theme.DARK.card,
        theme.DARK.line,
    ]
    assert colors_of(divider) == {theme.DARK.line}


# -- pictures


def test_image_view_zoom(qtbot: QtBot) -> None:
    view = ImageView(120)
    show(qtbot, view)
    view.set_image(np.eye(28, dtype=np.uint8) * 255)
    assert view.zoom() == 4
    left = (120 - 112) // 2
    lit = "#{:02X}{:02X}{:02X}".format(*theme.DARK.image_table[255])
    for x, y, expected in ((0, 0, lit), (3, 3, lit), (4, 3, theme.DARK.plot), (4, 4, lit)):
        assert color_at(view, left + x, left + y) == expected
    view.set_dim(True)
    assert color_at(view, left, left) == "#{:02X}{:02X}{:02X}".format(*theme.DARK.image_dim[255])
    view.set_dim(False)
    view.set_image(np.zeros((240, 240), np.uint8))
    assert view.zoom() == 0.5
    view.set_image(np.zeros((28, 28), np.uint8))
    view.set_smooth(True)
    assert view.zoom() == pytest.approx(120 / 28)


def test_image_view_recolours_grey_images_only(qtbot: QtBot, qapp: QApplication) -> None:
    view = ImageView(56)
    show(qtbot, view)
    view.set_image(np.full((28, 28), 255, np.uint8))
    assert color_at(view, 28, 28) == theme.DARK.picture
    theme.apply(qapp, theme.LIGHT)
    assert color_at(view, 28, 28) == theme.LIGHT.picture
    view.set_image(np.full((28, 28, 3), (10, 20, 30), np.uint8))
    assert color_at(view, 28, 28) == "#0A141E"


def test_image_view_copies_its_image_and_can_be_emptied(qtbot: QtBot) -> None:
    view = ImageView(56, "Draw here")
    show(qtbot, view)
    empty = pixels(view)
    image = np.full((28, 28), 255, np.uint8)
    view.set_image(image)
    image[:] = 0
    assert view.image() is not None
    assert view.image().max() == 255  # type: ignore[union-attr]
    view.set_image(None)
    assert pixels(view) == empty
    assert theme.DARK.line_strong in colors_of(view)


@pytest.mark.parametrize(
    "bad", [np.zeros((28, 28)), np.zeros((28,), np.uint8), np.zeros((28, 28, 4), np.uint8), np.zeros((0, 5), np.uint8)]
)
def test_image_view_refuses_other_arrays(qtbot: QtBot, bad: np.ndarray) -> None:
    view = ImageView(56)
    qtbot.addWidget(view)
    with pytest.raises(ValueError, match="images"):
        view.set_image(bad)
    assert view.image() is None


def test_scaling_keeps_brightness() -> None:
    batch = np.random.default_rng(0).integers(0, 255, (3, 28, 28, 3), dtype=np.uint8)
    small = pictures.scaled(batch, 19, 19)
    assert np.array_equal(pictures.scaled(batch[..., 0], 19, 19), small[..., 0])
    assert small.shape == (3, 19, 19, 3)
    assert small.mean() == pytest.approx(batch.mean(), abs=2)
    assert np.array_equal(pictures.scaled(batch, 56, 56)[:, ::2, ::2], batch)
    flat = pictures.scaled(np.full((1, 28, 28, 3), 200, np.uint8), 40, 17)
    assert set(np.unique(flat)) == {200}


def mosaic(qtbot: QtBot) -> Mosaic:
    grid = Mosaic(28, 2)
    grid.set_grid(4, 2)
    images = np.stack([np.full((28, 28), 30 * k, np.uint8) for k in range(7)])
    grid.set_images(images)
    window = show(qtbot, grid)
    window.adjustSize()
    return grid


def test_mosaic_paints_every_tile_in_place(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    assert (grid.columns(), grid.rows(), grid.shown()) == (4, 2, 7)
    table = theme.DARK.image_table
    for index in range(7):
        rect = grid.tile_rect(index)
        for point in (rect.topLeft(), rect.bottomRight()):
            assert color_at(grid, point.x(), point.y()) == "#{:02X}{:02X}{:02X}".format(*table[30 * index])
        assert color_at(grid, rect.right() + 1, rect.top() + 3) == theme.DARK.plot or index % 4 == 3


def test_mosaic_hover_and_click(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    hovered, clicked = heard(grid.hovered), heard(grid.clicked)
    QTest.mouseMove(grid, grid.tile_rect(5).center())
    QApplication.processEvents()
    assert hovered[-1] == 5
    assert grid.highlight() == 5
    QTest.mouseClick(grid, LEFT, NONE, grid.tile_rect(5).center())
    QTest.mouseClick(grid, LEFT, NONE, grid.tile_rect(7).center())
    assert clicked == [5]
    QApplication.sendEvent(grid, QEvent(QEvent.Type.Leave))
    assert hovered[-1] == -1
    assert grid.highlight() == -1


def test_mosaic_keys(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    clicked = heard(grid.clicked)
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(grid, Key.Key_Left)
    for key, at in (
        (Key.Key_Right, 0),
        (Key.Key_Right, 1),
        (Key.Key_Down, 5),
        (Key.Key_Down, 5),
        (Key.Key_Right, 6),
        (Key.Key_Right, 6),
        (Key.Key_Up, 2),
    ):
        QTest.keyClick(grid, key)
        assert grid.highlight() == at
    QTest.keyClick(grid, Key.Key_Return)
    assert clicked == [2]
    QApplication.sendEvent(grid, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert grid.highlight() == -1


def test_mosaic_outlines(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    plain = pixels(grid)
    grid.set_highlight(1)
    assert theme.DARK.accent in colors_of(grid)
    grid.set_highlight(99)
    assert pixels(grid) == plain
    grid.set_selected(2)
    assert theme.DARK.text in colors_of(grid)


def test_mosaic_refuses_other_arrays_and_takes_any_count(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    for bad in (np.zeros((3, 28, 28)), np.zeros((28, 28), np.uint8)):
        with pytest.raises(ValueError, match="images"):
            grid.set_images(bad)
    with pytest.raises(ValueError):
        grid.set_grid(0, 3)
    grid.set_images(np.zeros((0, 28, 28), np.uint8))
    assert grid.shown() == 0
    QTest.mouseClick(grid, LEFT, NONE, QPoint(20, 20))
    QTest.keyClick(grid, Key.Key_Return)
    pixels(grid)
    grid.set_images(np.full((500, 32, 32, 3), 7, np.uint8))
    assert grid.shown() == 8
    pixels(grid)


# -- combo, popover


def test_combo_by_keys_and_with_other_options(qtbot: QtBot) -> None:
    combo = Combo([("adam", "Adam"), ("sgd", "SGD"), ("rms", "RMSprop")])
    show(qtbot, combo)
    chosen = heard(combo.chosen)
    combo.set_value("sgd")
    assert combo.value() == "sgd"
    assert chosen == []
    assert not wheel(combo, -1)
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(combo, Key.Key_Down)
    QTest.keyClick(combo, Key.Key_Down)
    combo.activated.emit(combo.currentIndex())  # the same option again
    assert chosen == ["rms"]
    combo.set_options([("x", "X"), ("rms", "RMSprop")])
    assert combo.value() == "rms"
    combo.set_options([("x", "X")])
    assert combo.value() == "x"
    assert chosen == ["rms"]
    with pytest.raises(KeyError, match="nope"):
        combo.set_value("nope")
    with pytest.raises(ValueError):
        combo.set_options([("x", "X"), ("x", "Y")])
    combo.set_options([])
    assert combo.value() == ""


def test_popover_opens_and_closes(qtbot: QtBot) -> None:
    button = Button("Open")
    window = show(qtbot, button)
    popover = Popover(window)
    popover.body.addWidget(Label("inside"))
    popover.open_below(button)
    assert popover.isVisible()
    assert color_at(popover, 0, popover.height() // 2) == theme.DARK.line_strong
    assert color_at(popover, 4, 4) == theme.DARK.card
    QTest.keyClick(popover, Key.Key_Escape)
    assert not popover.isVisible()


# -- all widgets


def test_widgets_import_neither_torch_nor_pyqtgraph() -> None:
    code = (
        "import sys; from gui.drawing import theme, icons, lane_shapes; from gui.widgets import slider, mosaic;"
        "bad = {'torch', 'pyqtgraph'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_everything_paints_at_every_text_size(qtbot: QtBot, qapp: QApplication) -> None:
    row = QWidget()
    layout = QHBoxLayout(row)
    spin_field, combo = SpinField(float, 0, 1, unit="nats"), Combo([("a", "A")])
    combo.set_icon("a", icons.icon("gear"))
    widgets: list[QWidget] = [*all_buttons(), spin_field, combo, Segmented([("a", "A"), ("b", "B")])]
    widgets += [Slider(0, 1, default=0, ticks=((0, "0"), (1, "1"))), HistogramSlider(), SectionHeader("A", "a")]
    for widget in widgets:
        layout.addWidget(widget)
    show(qtbot, row)
    for colors in (theme.LIGHT, theme.DARK):
        for scale in theme.TEXT_SCALES:
            theme.apply(qapp, colors, scale)
            QApplication.processEvents()
            for widget in widgets:
                assert widget.sizeHint().height() == widget.height() or widget.height() >= widget.sizeHint().height()
                assert len(colors_of(widget)) > 1, (type(widget).__name__, colors.name, scale)
