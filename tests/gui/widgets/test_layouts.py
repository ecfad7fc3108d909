"""Rows, columns, scroll areas, names and lane marks as constructors use them."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLayout, QLayoutItem, QWidget
from pytestqt.qtbot import QtBot

import gui
from gui.drawing import lane_shapes, theme
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.lane_mark import LaneMark
from gui.widgets.naming import named
from tests.gui.hands import show

pytestmark = pytest.mark.usefixtures("dark")


def blocks(count: int) -> list[QWidget]:
    """Widgets of 20 × 10 pixels at least."""
    made = [QWidget() for _ in range(count)]
    for each in made:
        each.setMinimumSize(20, 10)
    return made


def test_a_row_has_gaps_shares_and_room_that_nothing_takes(qtbot: QtBot) -> None:
    a, b, c = blocks(3)
    for fixed in (a, c):
        fixed.setFixedWidth(20)
    holder = QWidget()
    layouts.row(a, 7, (b, 1), layouts.STRETCH, c, spacing=3, margins=(5, 1, 2, 1), on=holder)
    holder.setFixedSize(220, 20)
    show(qtbot, holder)
    assert a.x() == 5
    assert b.x() == a.geometry().right() + 1 + 7 + 3  # a gap comes on top of the spacing
    assert c.geometry().right() + 1 == 220 - 2
    assert b.width() > a.width() == 20
    assert c.x() - b.geometry().right() - 1 > 20  # half of what is spare


def test_a_column_takes_layouts_too(qtbot: QtBot) -> None:
    a, b, c = blocks(3)
    holder = QWidget()
    layouts.column(layouts.row(a, b, spacing=0), (c, 1), spacing=4, margins=layouts.NO_MARGINS, on=holder)
    holder.setFixedSize(100, 100)
    show(qtbot, holder)
    assert a.y() == b.y() == 0
    assert c.geometry().bottom() + 1 == 100
    assert c.height() > a.height()


def test_a_scrolled_widget_is_as_wide_as_its_place(qtbot: QtBot) -> None:
    inside = QWidget()
    inside.setMinimumHeight(500)
    area = layouts.scrolled(inside, "Inside")
    area.setFixedSize(120, 100)
    show(qtbot, area)
    assert area.frameShape() == QFrame.Shape.NoFrame
    assert inside.width() == area.viewport().width()
    assert area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert area.verticalScrollBar().maximum() == 400


def test_clear_empties_a_layout_and_what_was_in_it_goes(qtbot: QtBot) -> None:
    a, b = blocks(2)
    holder = QWidget()
    box = layouts.column(a, 3, b, layouts.STRETCH, on=holder)
    show(qtbot, holder)
    layouts.clear(box)
    assert box.count() == 0
    assert not a.isVisible()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not shiboken6.isValid(a)
    assert shiboken6.isValid(holder)


def test_names_are_given_as_far_as_there_are_any(qtbot: QtBot) -> None:
    button = named(Button("Fit"), "fit", tip="Fit q to p")
    qtbot.addWidget(button)
    assert (button.objectName(), button.accessibleName(), button.toolTip()) == ("fit", "", "Fit q to p")
    named(button, spoken="Fit the curve")
    assert (button.objectName(), button.accessibleName(), button.toolTip()) == ("fit", "Fit the curve", "Fit q to p")


def test_a_lane_mark_wears_the_colour_of_its_lane_and_theme(qtbot: QtBot, qapp: QApplication) -> None:
    mark = LaneMark()
    qtbot.addWidget(mark)
    assert mark.pixmap().isNull()
    for slot in (1, 3):
        mark.set_slot(slot)
        wanted = lane_shapes.shape_pixmap(slot, 8, theme.DARK.lanes[slot]).toImage()
        assert mark.pixmap().toImage() == wanted
    theme.apply(qapp, theme.LIGHT)
    assert mark.pixmap().toImage() == lane_shapes.shape_pixmap(3, 8, theme.LIGHT.lanes[3]).toImage()


def items() -> list[QLayoutItem]:
    """The items of layouts, layouts aside, of which Python holds an object."""
    found = (
        each for each in gc.get_objects() if issubclass(type(each), QLayoutItem)
    )  # some objects warn of their class
    return [each for each in found if not isinstance(each, QLayout)]


def test_the_widgets_of_a_layout_in_their_order(qtbot: QtBot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    outer, inner = QHBoxLayout(owner), QHBoxLayout()
    first, second, third, aside = (QWidget(owner) for _ in range(4))
    second.setObjectName("second")
    outer.addLayout(inner)
    for widget in (third, first):
        inner.addWidget(widget)
    inner.addStretch(1)
    inner.insertWidget(1, second)
    assert layouts.widgets(owner, inner) == [third, second, first]
    assert layouts.widgets(owner, outer) == []
    assert aside.parentWidget() is owner
    layouts.clear(inner)
    assert layouts.widgets(owner, inner) == []
    assert layouts.widgets(owner, QHBoxLayout()) == []
    assert items() == []


def test_nothing_asks_a_layout_for_its_items() -> None:
    """Python's object of an item is released with its layout, not with its item: see `layouts.widgets`."""
    paths = [path for path in Path(gui.__file__).parent.rglob("*.py")]
    assert len(paths) > 100
    asked = re.compile(r"\.(itemAt|itemAtPosition|itemAtRowColumn)\(")
    assert [path.name for path in paths if asked.search(path.read_text(encoding="utf-8"))] == []
