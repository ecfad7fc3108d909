"""What cards of the Information tab share: wrapping bars, strips of pictures, figures at the foot, image names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.drawing import theme
from gui.information.card import Figure, TitledCard
from gui.information.control_group import Group, WrappingBar
from gui.information.image_choice import name_of
from gui.information.picture_strip import PictureStrip
from tests.gui.hands import LEFT, NONE, Key, claims, heard, show

SIDE, COUNT = 20, 4


def bar(qtbot: QtBot, ends: bool) -> tuple[WrappingBar, Group, Group]:
    """Groups of 100 and 60 pixels with at least 8 between them."""
    made = WrappingBar(8, ends=ends)
    first, second = Group(), Group()
    for group, width in ((first, 100), (second, 60)):
        inside = QWidget()
        inside.setFixedSize(width, 20)
        group.layout().addWidget(inside)
    made.set_groups(first, second)
    show(qtbot, made)
    return made, first, second


@pytest.mark.usefixtures("dark")
@pytest.mark.parametrize("ends", [False, True])
def test_a_bar_wraps_only_where_it_must(qtbot: QtBot, ends: bool) -> None:
    made, first, second = bar(qtbot, ends)
    assert [made.lines(width) for width in (300, 168, 167)] == [1, 1, 2]
    assert [made.heightForWidth(width) for width in (168, 167)] == [28, 60]
    made.resize(300, 28)
    assert (first.x(), first.y(), second.geometry().right() + 1, second.y()) == (0, 0, 300, 0)
    made.resize(150, 60)
    assert (first.y(), second.y(), second.x()) == (0, 32, 90 if ends else 0)


class Strip(PictureStrip):
    """Four squares in a row."""

    full = True

    def count(self) -> int:
        """Four."""
        return COUNT

    def index_at(self, spot: QPointF) -> int:
        """By twenty pixels."""
        index = int(spot.x() // SIDE)
        return index if 0 <= index < COUNT else -1

    def outline(self, index: int) -> QRectF | None:
        """Inside the square."""
        return QRectF(index * SIDE + 2, 2, SIDE - 4, SIDE - 4) if self.full else None

    def _still_key(self) -> tuple[object, ...]:
        return ()

    def _paint_still(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(theme.current().plot))


@pytest.mark.usefixtures("dark")
def test_mouse_and_keys_go_along_a_strip(qtbot: QtBot) -> None:
    strip = Strip("strip", "Four pictures")
    strip.setFixedSize(SIDE * COUNT + 20, SIDE)
    show(qtbot, strip)
    pointed, chosen = heard(strip.pointed), heard(strip.chosen)
    QTest.mouseMove(strip, QPoint(45, 10))
    QTest.mouseClick(strip, LEFT, NONE, QPoint(65, 10))
    QTest.mouseClick(strip, LEFT, NONE, QPoint(95, 10))  # beside them
    assert (pointed, chosen) == ([2, 3], [3])
    strip.clearFocus()
    strip.setFocus(Qt.FocusReason.TabFocusReason)  # Space is its own only when it was reached by keys
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Return, Key.Key_Space):
        assert claims(strip, key)
        QTest.keyClick(strip, key)
    assert (pointed, chosen) == ([2, 3, 2], [3, 2, 2])
    assert not claims(strip, Key.Key_Up)


@pytest.mark.usefixtures("dark")
def test_the_picture_under_the_keys_is_outlined_where_there_are_pictures(qtbot: QtBot) -> None:
    strip = Strip("strip", "Four pictures")
    strip.setFixedSize(SIDE * COUNT, SIDE)
    show(qtbot, strip)
    bare = strip.grab().toImage()
    strip.setFocus(Qt.FocusReason.OtherFocusReason)
    QTest.keyClick(strip, Key.Key_Right)
    lit = strip.grab().toImage()
    assert lit != bare
    assert lit.copy(SIDE, 0, SIDE * 3, SIDE) == bare.copy(SIDE, 0, SIDE * 3, SIDE)
    strip.full = False
    assert strip.grab().toImage() == bare


@pytest.mark.usefixtures("dark")
def test_figures_share_the_foot_of_a_card(qtbot: QtBot) -> None:
    card, figures = TitledCard("Card", "", "card"), [Figure(f"figure {i}") for i in range(3)]
    head = QWidget()
    head.setFixedWidth(30)
    card.add_figures(*figures, least=90, head=head)
    card.resize(500, 200)
    show(qtbot, card)
    widths = [each.width() for each in figures]
    assert max(widths) - min(widths) <= 1
    assert {each.minimumWidth() for each in figures} == {90}
    assert head.x() < figures[0].x() < figures[1].x()


def test_the_chosen_image_is_named_by_number_and_class(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae",))
    desk, data = stage.desk, stage.desk.experiment.dataset
    stage.window.input._show_test(17)
    assert name_of(desk) == f"#17, {data.class_name(int(data.test.labels[17]))}"
    stage.window.input.draw()
    assert name_of(desk) == "Your drawing"
