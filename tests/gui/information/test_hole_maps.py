"""The hole maps in the hands: zoom, pan, readings and what they give away, by mouse and keys."""

from __future__ import annotations

import csv
import gc
import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from core.foundation.slices import finish
from core.probes import hole_maps
from gui.desk.export import svg
from gui.drawing import numbers, theme
from gui.information.pages.holes.map_plot import reading, written
from gui.information.pages.holes.page import HolesPage
from gui.plots.items import Layer
from gui.plots.plane import STEP_PX
from gui.widgets.offer import offer_at
from tests.gui import hands
from tests.gui.information.test_holes_page import choose, mapped

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture(scope="module")
def window(module_window: Open) -> Any:
    return module_window(("ae", "vae"))


@pytest.fixture
def page(window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, HolesPage]:
    return mapped(with_new_pages(window))


def test_every_map_zooms_pans_and_fits_with_the_others(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    one, other = (card.plot for card in page_.cards)
    before, point = one.home, stage.desk.point.z.copy()
    assert not hands.wheel(one.viewport(), 1)  # the page scrolls on under a mouse that rests
    QTest.mouseMove(one.viewport(), one.rect().center())
    assert hands.wheel(one.viewport(), 2)
    assert other.y_range == one.y_range != before[1]
    assert other.x_range == one.x_range
    assert one._fit_button.isVisible()
    low = one.y_range[0]
    middle = one.rect().center()
    QTest.mousePress(one.viewport(), Qt.MouseButton.MiddleButton, hands.NONE, middle)
    QTest.mouseMove(one.viewport(), middle - QPoint(0, 30))
    QTest.mouseRelease(one.viewport(), Qt.MouseButton.MiddleButton, hands.NONE, middle - QPoint(0, 30))
    assert other.y_range[0] == one.y_range[0] < low
    one._fit_button.click()
    assert (other.x_range, other.y_range) == before
    np.testing.assert_array_equal(stage.desk.point.z, point)


def test_the_keys_zoom_pan_read_and_fit(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    plot, other = (card.plot for card in page_.cards)
    stage.desk.point.move(np.zeros(2, np.float32))
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("+")
    tall = plot.y_range[1] - plot.y_range[0]
    assert tall < 2 * hole_maps.REACH
    stage.key("Ctrl+Right")
    assert plot.x_range[0] > -tall / 2
    assert other.x_range == plot.x_range
    assert stage.desk.point.z[0] == 0
    stage.key("Right")
    assert stage.desk.point.z[0] == pytest.approx(0.05)  # arrows alone are the point's
    stage.key("Shift+Right")
    assert stage.desk.point.z[0] == pytest.approx(0.05)
    x, y = page_.state.point
    np.testing.assert_allclose([x, y], plot.to_point(plot.inner.center() + QPointF(STEP_PX, 0)), atol=1e-5)
    for card in page_.cards:
        assert card.where.text() == f"at the cross ({numbers.number(float(x), 2)}, {numbers.number(float(y), 2)})"
        assert card.plot._cross.isVisible()
        value, _ = reading(card.plot.hole_map, page_.state.point)
        assert written(page_.state.kind, value) in card.value.text()
    stage.key("-")
    stage.key("0")
    assert (plot.x_range, plot.y_range) == plot.home
    assert stage.desk.point.z[0] == pytest.approx(0.05)  # the key 0 was the map's
    plot.clearFocus()
    assert page_.state.hover is None
    assert not plot._cross.isVisible()


def test_the_mouse_is_marked_on_the_other_maps(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page
    one, other = (card.plot for card in page_.cards)
    QTest.mouseMove(one.viewport(), one.spot(np.array([1.0, -1.0], np.float32)).toPoint())
    assert other._cross.isVisible()
    assert not one._cross.isVisible()
    page_.state.set_hover(None)
    assert not other._cross.isVisible()


def test_a_press_on_a_map_that_is_zoomed_puts_the_point_there(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    plot = page_.cards[0].plot
    plot.zoom(8.0, plot.spot(np.array([1.0, 1.0], np.float32)))
    where = np.array([1.1, 0.9], np.float32)
    stage.press(plot, plot.spot(where))
    stage.release(plot, plot.spot(where))
    np.testing.assert_allclose(stage.desk.point.z, where, atol=0.01)
    assert plot._ring.pos() == plot.spot(plot._point)
    plot.fit()


def test_the_nearest_view_of_a_map_is_painted(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page
    plot = page_.cards[0].plot
    for _ in range(120):
        plot.zoom(1.2, plot.to_pixel(0.6, 0.8))
    x, y = plot.to_pixel(0.6, 0.8).toPoint().toTuple()
    middle = hands.pixels(plot.viewport()).copy(x - 4, y - 4, 8, 8)
    seen = {middle.pixelColor(x, y).lightness() for x in range(8) for y in range(8)}
    assert max(seen) > 0.8 * QColor(theme.current().info_p).lightness()  # the ring of 1 σ goes through it
    plot.fit()


@pytest.mark.parametrize("kind", ["density", "stretch"])
def test_the_table_of_a_map_reads_back(page: tuple[Any, HolesPage], kind: str) -> None:
    stage, page_ = page
    choose(stage, page_, kind)
    plot = page_.cards[0].plot
    found = offer_at(plot.viewport())
    assert found is not None
    assert found[0] is plot
    assert found[1].table is not None
    rows = list(csv.DictReader(io.StringIO(found[1].table())))
    name = "log10 density" if kind == "density" else kind
    assert list(rows[0]) == ["x", "y", name, "r"]
    read = {key: np.array([row[key] for row in rows], np.float32) for key in rows[0]}
    np.testing.assert_array_equal(read[name], plot.hole_map.values.ravel())
    np.testing.assert_array_equal(read["r"], plot.hole_map.ratio.ravel())
    for x, y, value in zip(read["x"], read["y"], read[name], strict=True):
        assert reading(plot.hole_map, np.array([x, y]))[0] == value


def test_the_menu_of_a_map_saves_picture_and_values(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page
    view = page_.cards[0].plot.viewport()
    at = view.rect().center()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at))
    QApplication.sendEvent(view, asked)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    words = [act.text() for act in menu.actions() if act.text()]
    menu.close()
    given = ["Copy picture", "Save picture", "Copy data", "Save data as CSV …", "Save data as NPY …"]
    assert words == [*given, "Fit", "Zoom in", "Zoom out"]


def test_a_drawing_of_a_map_holds_its_words(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page
    drawn = finish(svg(page_.cards[0].plot))()
    words = [each.text for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert {"1σ", "2σ"} <= set(words)


def test_maps_of_earlier_lanes_are_gone(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page

    def living() -> int:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        return sum(isinstance(each, Layer) for each in gc.get_objects())

    page_.rebuild()
    before = living()
    for _ in range(10):
        page_.rebuild()
    assert living() == before
