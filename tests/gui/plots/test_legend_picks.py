"""Entries of a legend that a click or their number picks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.drawing import paint, theme
from gui.drawing.chart import Line
from gui.plots.chart import Chart
from gui.plots.legend import Entry
from tests.gui.hands import LEFT, NONE, Key, claims, has_color, heard, pixels, show

pytestmark = pytest.mark.usefixtures("hush")

ENTRIES = tuple(Entry("line", "#FF0000", name, "1.00") for name in ("train", "test", "rate"))


def shown(qtbot: QtBot, picks: bool = True) -> Chart:
    plot = Chart("loss", picks=picks)
    plot.setFixedSize(400, 300)
    show(qtbot, plot)
    plot.show_lines([Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "#FF0000", label="train")])
    plot.set_legend(ENTRIES, {})
    return plot


def at(plot: Chart, name: str) -> QPoint:
    """The middle of a name in the legend."""
    return next(place.center().toPoint() for place, words in paint.words_on(plot.viewport()) if words == name)


def test_a_click_picks_what_is_under_it(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    picked = heard(plot.picked)
    for name in ("rate", "train", "test"):
        QTest.mouseClick(plot.viewport(), LEFT, NONE, at(plot, name))
    assert picked == [2, 0, 1]
    QTest.mouseClick(plot.viewport(), LEFT, NONE, QPoint(390, at(plot, "rate").y()))
    QTest.mouseClick(plot.viewport(), LEFT, NONE, QPoint(200, 150))
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.RightButton, NONE, at(plot, "rate"))
    assert picked == [2, 0, 1]


def test_the_second_click_of_a_double_click_picks_too(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    picked, opened = heard(plot.picked), heard(plot.opened)
    QTest.mouseDClick(plot.viewport(), LEFT, NONE, at(plot, "test"))
    assert (picked[-1], opened) == (1, [])


def test_each_line_of_a_legend_can_be_picked(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    plot.setFixedWidth(130)
    assert plot.legend.layout(130).lines > 1
    picked = heard(plot.picked)
    for name in ("train", "test", "rate"):
        QTest.mouseClick(plot.viewport(), LEFT, NONE, at(plot, name))
    assert picked == [0, 1, 2]


def test_numbers_pick_while_the_chart_has_the_focus(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    picked = heard(plot.picked)
    assert not claims(plot, Key.Key_2)
    plot.setFocus()
    assert claims(plot, Key.Key_2)
    for key in (Key.Key_3, Key.Key_1, Key.Key_9):
        QTest.keyClick(plot, key)
    assert picked == [2, 0]
    assert claims(plot, Key.Key_0)  # it fits


@pytest.mark.parametrize("key", [Key.Key_1, Key.Key_5])
def test_another_chart_leaves_numbers_to_the_window(qtbot: QtBot, key: Qt.Key) -> None:
    plot = shown(qtbot, picks=False)
    picked = heard(plot.picked)
    plot.setFocus()
    assert not claims(plot, key)
    QTest.keyClick(plot, key)
    QTest.mouseClick(plot.viewport(), LEFT, NONE, at(plot, "train"))
    assert picked == []
    assert "train" not in plot.accessibleDescription()


def test_a_hidden_entry_is_struck_out_and_said_to_be_hidden(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    assert plot.accessibleDescription().endswith("1 train; 2 test; 3 rate")
    before = has_color(pixels(plot), theme.current().text_3)
    plot.set_legend((*ENTRIES[:2], dataclasses.replace(ENTRIES[2], is_hidden=True)), {})
    assert plot.accessibleDescription().endswith("1 train; 2 test; 3 rate, hidden")
    assert has_color(pixels(plot), theme.current().text_3) > before + paint.wide("rate", "caption")
    assert has_color(pixels(plot), theme.current().track) >= 20


def test_the_hand_shows_what_can_be_picked(qtbot: QtBot) -> None:
    plot = shown(qtbot)
    for spot, shape in (
        (at(plot, "test"), Qt.CursorShape.PointingHandCursor),
        (QPoint(200, 150), Qt.CursorShape.ArrowCursor),
    ):
        QTest.mouseMove(plot.viewport(), spot)
        assert plot.viewport().cursor().shape() == shape
