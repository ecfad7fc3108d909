"""The plots of the ELBO and the reparameterization page in people's hands: zoom, pan, fit, read, take away."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from core.foundation.slices import finish
from gui.desk.export import pdf, picture_of, svg
from gui.drawing import paint, theme
from gui.widgets.rescale import rescale
from tests.gui.desk.test_export import entries, menu_of
from tests.gui.information.plot_hands import Hands

Key = Qt.Key
PLOTS = ("bounds", "draws of z", "estimates", "variance")
SVG = "{http://www.w3.org/2000/svg}"
SIDEWAYS = ("draws of z", "estimates")
"""Plots whose y has no unit: they are zoomed and panned sideways alone."""


@pytest.fixture(params=PLOTS)
def hands(request: pytest.FixtureRequest, open_plot: Callable[[str], Hands]) -> Hands:
    return open_plot(request.param)


def test_the_wheel_zooms_about_the_pointer_once_the_mouse_has_moved(hands: Hands) -> None:
    plot, spot, home = hands.plot, hands.at(0.3, 0.6), hands.ranges
    button = plot._fit_button
    assert not hands.wheel(spot, 1)  # the page scrolls on
    assert hands.ranges == home
    assert not button.isVisible()
    hands.move(spot)
    under = plot.to_point(spot)
    assert hands.wheel(spot, 3)
    x, y = hands.ranges
    assert x[1] - x[0] == pytest.approx((home[0][1] - home[0][0]) / 1.2**3)
    if plot.objectName() in SIDEWAYS:
        assert y == home[1]
        assert plot.to_point(spot)[0] == pytest.approx(under[0])
    else:
        assert y[1] - y[0] == pytest.approx((home[1][1] - home[1][0]) / 1.2**3)
    assert button.isVisible()
    hands.double_click(spot)
    assert hands.ranges == home
    assert not button.isVisible()
    hands.wheel(spot, 2)
    button.click()
    assert hands.ranges == home


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_a_drag_takes_the_plot_along(hands: Hands, button: Qt.MouseButton) -> None:
    plot, home = hands.plot, hands.ranges
    spot, by = hands.at(0.5), QPointF(-40, 12)
    hands.drag(spot, by, button)
    x, y = hands.ranges
    unit = plot.inner.width() / (home[0][1] - home[0][0])
    assert x[0] - home[0][0] == pytest.approx(40 / unit, rel=0.05)
    assert x[1] - x[0] == pytest.approx(home[0][1] - home[0][0])
    assert (y == home[1]) == (plot.objectName() in SIDEWAYS)
    plot.fit()


def test_keys_zoom_pan_and_fit(hands: Hands) -> None:
    home = hands.ranges
    hands.key("+")
    hands.key("=")
    hands.key("-")
    (left, right), y = hands.ranges
    assert right - left == pytest.approx((home[0][1] - home[0][0]) / 1.2)
    hands.key("Right")
    assert hands.plot.x_range[0] > left
    hands.key("Left")
    assert hands.plot.x_range[0] == pytest.approx(left)
    hands.key("Up")
    assert (hands.plot.y_range[0] > y[0]) == (hands.plot.objectName() not in SIDEWAYS)
    hands.key("0")
    assert hands.ranges == home


UNITS = {"bounds": "nats", "draws of z": "of 5,000 draws", "estimates": "of 1,000 draws", "variance": "exact"}


def test_it_is_read_where_the_mouse_is(hands: Hands) -> None:
    plot = hands.plot
    before = hands.words
    hands.move(hands.at(0.4))
    read = [words for words in hands.words if words not in before]
    assert any(UNITS[plot.objectName()] in words for words in read)
    assert plot.accessibleDescription().endswith(read[-1])
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert hands.words == before
    assert not plot.accessibleDescription().endswith(read[-1])


def test_it_is_read_by_keys(hands: Hands) -> None:
    plot = hands.plot
    hands.key("Shift+Right")
    assert plot.link.pointer is not None
    first, stops = plot.link.pointer, plot.stops()
    middle = sum(plot.x_range) / 2
    assert abs(first - middle) == pytest.approx(np.abs(stops - middle).min())
    hands.key("Shift+Right")
    second = plot.link.pointer
    assert second == stops[stops > first].min()
    assert any(UNITS[plot.objectName()] in words for words in hands.words)
    for _ in range(len(stops)):
        hands.key("Shift+Left")
    assert plot.link.pointer == stops[stops >= plot.x_range[0]].min()
    plot.clearFocus()
    assert plot.link.pointer is None


def test_pictures_of_it(hands: Hands) -> None:
    plot = hands.plot
    for ratio in (1, 2, 4):
        assert finish(picture_of(plot, ratio)).size() == plot.size() * ratio
    assert finish(pdf(plot)).startswith(b"%PDF")
    root = ElementTree.fromstring(finish(svg(plot))())
    texts = {"".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")}
    assert {words for words in hands.words if "ε" not in words} <= texts  # formulas are drawings of their own
    shapes = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert shapes & {"path", "polyline", "rect"}
    plot.zoom(1.5)
    menu = menu_of(plot.viewport())
    found = entries(menu)
    assert {"PNG …", "PNG, 2 × as large …", "PNG, 4 × as large …", "SVG …", "PDF …", "Copy picture"} <= set(found)
    assert {"Copy data", "Save data as CSV …", "Save all data as CSV …", "Fit", "Zoom in", "Zoom out"} <= set(found)
    found["Fit"].trigger()
    menu.close()
    assert plot.is_home


def test_its_tooltip_is_there(hands: Hands) -> None:
    port = hands.plot.viewport()
    spot = hands.at(0.5).toPoint()
    QApplication.sendEvent(port, QHelpEvent(QEvent.Type.ToolTip, spot, port.mapToGlobal(spot)))
    assert QToolTip.text()
    QToolTip.hideText()
    hands.stage.until(lambda: "qtooltip_label" not in {each.objectName() for each in QApplication.topLevelWidgets()})


@pytest.mark.parametrize(("theme_name", "scale"), [("dark", 1.0), ("light", 1.15)])
def test_no_word_is_cut_off_wherever_it_is_zoomed(
    open_plot: Callable[[str], Hands], trained_window: Any, scale: float, theme_name: str
) -> None:
    """All plots in one look: a style sheet for every widget of a window takes half a second or more."""
    window = trained_window.window
    for name in PLOTS:
        open_plot(name)
    rescale(window, scale / theme.text_scale())  # as `set_text_scale`, with one style sheet for it and the theme
    window.set_theme(theme_name, scale)
    try:
        for name in PLOTS:
            hands = open_plot(name)
            spot = hands.at(0.62, 0.4)
            hands.move(spot)
            for notches in (0, 4, 9, 20, -60):
                hands.wheel(spot, notches)
                hands.move(spot)
                assert_no_word_is_cut_off(hands.plot, scale, (name, notches))
            hands.plot.fit()
    finally:
        rescale(window, 1 / scale)
        window.set_theme("dark", 1.0)


def assert_no_word_is_cut_off(plot: Any, scale: float, where: tuple[str, int]) -> None:
    area = QRectF(plot.rect()).adjusted(-1, -1, 1, 1)
    for place, words in paint.words_on(plot.viewport()):
        role = "tick" if place.height() < 16 * scale else "caption_strong"
        assert area.contains(place), (where, words, place)
        assert place.width() >= min(paint.wide(words, "tick"), paint.wide(words, role)) - 1.5, (where, words)


def test_labels_of_x_do_not_touch(hands: Hands) -> None:
    plot = hands.plot
    for notches in (0, 6, -30):
        hands.move(hands.at(0.5))
        hands.wheel(hands.at(0.5), notches)
        QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
        below = [place for place, _ in paint.words_on(plot.viewport()) if place.top() >= plot.inner.bottom()]
        ends = sorted({(place.left(), place.right()) for place in below})
        assert len(ends) >= 2
        assert all(right <= left for (_, right), (left, _) in itertools.pairwise(ends))
    plot.fit()


def test_nothing_is_set_that_did_not_change(open_plot: Callable[[str], Hands], monkeypatch: Any) -> None:
    for name in ("bounds", "variance"):
        hands = open_plot(name)
        plot: Any = hands.plot
        curves = [plot._curve] if name == "bounds" else [*plot._exact.values(), *plot._estimated.values()]
        items = [curve.item for curve in curves]
        pens = [item.opts["pen"] for item in items if item.isVisible()]
        assert all(pen.width() == 1 and pen.isCosmetic() for pen in pens)
        sets: list[object] = []

        def note(*args: object, kept: list[object] = sets, **options: object) -> None:
            kept.append(args)

        for item in items:
            monkeypatch.setattr(item, "setData", note)
        plot.redraw()
        assert not sets
        plot.zoom(1.2)
        assert sets
        plot.fit()


def test_a_chosen_range_ends_with_what_it_was_of(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("variance")
    hands.plot.zoom(2.0)
    hands.page.lab.set_count(300)
    assert not hands.plot.is_home
    hands.page.lab.set_function("sine")
    assert hands.plot.is_home
    hands = open_plot("bounds")
    hands.plot.zoom(2.0)
    hands.page.image.on.click()
    assert hands.plot.is_home
    assert hands.plot.offer().table is None
    assert "Measuring" in hands.words
    before = hands.ranges
    hands.move(hands.at(0.5))
    assert not hands.wheel(hands.at(0.5), 1)
    hands.key("+")
    assert hands.ranges == before
    hands.stage.until(lambda: hands.plot.shown is not None)  # type: ignore[attr-defined]
    assert "Measuring" not in hands.words


def test_the_wheel_over_the_pictures_scrolls_the_page(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("draws of z")
    spot = QPointF(30, 20)
    hands.move(spot)
    assert not hands.wheel(spot, 1)
    assert hands.plot.is_home


def test_axes_move_in_steps(open_plot: Callable[[str], Hands]) -> None:
    """A drag of μ by a hair repaints no labels."""
    hands = open_plot("estimates")
    lab = hands.page.lab
    homes = set()
    for step in range(20):
        lab.place(0.4 + 0.001 * step, 0.8)
        homes.add(hands.plot.home)
    assert len(homes) <= 4
    assert math.isfinite(sum(hands.plot.x_range))


def test_focus_is_reached_by_tab(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("estimates")
    hands.page.estimates.by.setFocus()
    for _ in range(4):
        if hands.plot.hasFocus():
            break
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Tab)
    assert hands.plot.hasFocus()
