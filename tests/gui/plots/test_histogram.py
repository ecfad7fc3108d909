"""The histogram: bars between edges, zoomed, panned, read and given away, by mouse and keys."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.foundation.slices import finish
from gui.desk.export import svg
from gui.drawing import theme
from gui.plots.bins import Bins
from gui.plots.histogram import Histogram
from gui.widgets.offer import offer_at
from tests.gui import hands

pytestmark = pytest.mark.usefixtures("dark")
EDGES, COUNTS = np.linspace(-2.0, 2.0, 9), np.array([0, 3, 10, 40, 20, 0, 7, 1])
INK = "#4AA3FF"


def histogram(qtbot: QtBot) -> Histogram:
    made = Histogram("Activations", bin_words=lambda low, high, count: f"{low:g} to {high:g}: {count}")
    made.setFixedSize(400, 240)
    made.show_bins(Bins(EDGES, COUNTS), INK, [(0.0, theme.current().line_strong)])
    hands.show(qtbot, made)
    return made


def test_bars_stand_between_their_edges(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    image = hands.pixels(made.viewport())
    for low, high, count in zip(EDGES[:-1], EDGES[1:], COUNTS, strict=True):
        spot = made.to_pixel((low + high) / 2, count)
        for below, is_bar in ((3, count > 0), (-3, False)):
            y = min(round(spot.y()) + below, round(made.inner.bottom()) - 1)
            color = image.pixelColor(round(spot.x()), y).name().upper()
            assert (color == INK) == (is_bar and below > 0)


def test_it_zooms_pans_and_fits_by_mouse(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    view, middle, home = made.viewport(), made.inner.center().toPoint(), made.home
    assert not hands.wheel(view, 1)
    QTest.mouseMove(view, middle)
    assert hands.wheel(view, 2)
    assert made.x_range[1] - made.x_range[0] < home[0][1] - home[0][0]
    left = made.x_range[0]
    hands.drag(view, middle, middle + QPoint(50, 0))
    assert made.x_range[0] < left
    assert made._fit_button.isVisible()
    QTest.mouseDClick(view, hands.LEFT, hands.NONE, middle)
    assert (made.x_range, made.y_range) == home


def test_it_zooms_pans_and_fits_by_keys(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Plus)
    wide = made.x_range[1] - made.x_range[0]
    QTest.keyClick(made, hands.Key.Key_Right)
    assert made.x_range[0] > -wide / 2
    QTest.keyClick(made, hands.Key.Key_Minus)
    QTest.keyClick(made, hands.Key.Key_0)
    assert (made.x_range, made.y_range) == made.home


def test_bins_are_read_by_mouse_and_keys(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    QTest.mouseMove(made.viewport(), made.to_pixel(-0.3, 5).toPoint())
    assert made._reading._words == "-0.5 to 0: 40"
    QApplication.sendEvent(made, QEvent(QEvent.Type.Leave))
    assert not made._reading.isVisible()
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Right, hands.SHIFT)
    assert made._reading._words == "0 to 0.5: 20"
    for _ in range(2):
        QTest.keyClick(made, hands.Key.Key_Left, hands.SHIFT)
    assert made._reading._words == "-1 to -0.5: 10"
    for _ in range(9):
        QTest.keyClick(made, hands.Key.Key_Right, hands.SHIFT)
    assert made._reading._words == "1.5 to 2: 1"


def test_the_ends_belong_to_bins() -> None:
    bins = Bins(EDGES, COUNTS)
    assert [bins.at(x) for x in (-2.1, -2.0, -1.5, 1.99, 2.0, 2.1)] == [-1, 0, 1, 7, 7, 8]


def test_the_table_reads_back_and_the_drawing_holds_words(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    found = offer_at(made.viewport())
    assert found is not None
    assert found[1].table is not None
    rows = list(csv.DictReader(io.StringIO(found[1].table())))
    np.testing.assert_array_equal([float(row["from"]) for row in rows], EDGES[:-1])
    np.testing.assert_array_equal([float(row["to"]) for row in rows], EDGES[1:])
    np.testing.assert_array_equal([float(row["count"]) for row in rows], COUNTS)
    texts = [each.text for each in ElementTree.fromstring(finish(svg(made))()).iter("{http://www.w3.org/2000/svg}text")]
    assert {"−2", "0", "2", "20"} <= set(texts)


def test_its_range_grows_in_steps(qtbot: QtBot) -> None:
    made = histogram(qtbot)
    home = made.home
    made.show_bins(Bins(EDGES * 1.001, COUNTS), INK)
    assert made.home == home
    made.show_bins(Bins(EDGES * 1.1, COUNTS * 2), INK)
    assert made.home[0][1] > home[0][1]
    assert made.home[1][1] > home[1][1]
