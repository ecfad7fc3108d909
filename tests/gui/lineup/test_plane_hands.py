"""The plane of 2-D data in the user's hands: zoom, pan, fit, reading, picking, and what it gives away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from core.datasets.base import SOURCES, Dataset, load
from core.foundation.pixels import FRAME
from core.foundation.slices import finish
from core.probes.data_plane import Arrows, Heat, PlaneLayers, Wanted, cells
from core.probes.samples import SamplesLook
from gui.desk.export import picture_of, svg
from gui.drawing import paint, theme
from gui.lineup.plane_plot import LEAST_SPAN, NEAR_PX, PlanePlot
from gui.plots.link import Link
from gui.widgets.offer import offer_at
from tests.gui.conftest import Stage
from tests.gui.hands import LEFT, NONE, SHIFT, Key, drag, heard, show, wheel

Open = Callable[..., Stage]
HOME = (-FRAME, FRAME)
POINTS = np.array([[0.5, 0.5], [-1.0, 0.25], [0.5, -1.2]], np.float32)
CODES = np.array([[0.25, -1.5, 2.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], np.float32)


@pytest.fixture(scope="module")
def moons() -> Dataset:
    return load("moons", SOURCES.get("moons").Config(train_images=1000))


@pytest.fixture
def planes(qtbot: QtBot, dark: None) -> list[PlanePlot]:
    """Two linked planes with three samples and the heat map of a D that rises to the right."""
    link = Link()
    made = [PlanePlot(slot, "probability", link) for slot in (1, 2)]
    x, _ = cells()
    values = np.broadcast_to(1 / (1 + np.exp(-3 * x)), (64, 64)).astype(np.float32)
    heat = Heat("D", values, np.zeros((0, 2, 2), np.float32))
    for each in made:
        each.setFixedSize(304, 180)
        each.set_background(np.array([[-0.5, -0.5]], np.float32))
        each.set_points(POINTS, PlaneLayers(Wanted("judge"), heat), CODES)
        each.set_shown_layers(Wanted("judge"))
    show(qtbot, *made)
    return made


def spot(plot: PlanePlot, x: float, y: float) -> QPoint:
    return plot.to_pixel(x, y).toPoint()


def said(plot: PlanePlot) -> list[str]:
    return [words for _, words in paint.words_on(plot.viewport())]


def enter(plot: PlanePlot, at: QPoint | None = None) -> None:
    """Move the mouse over it."""
    middle = plot.viewport().rect().center()
    QTest.mouseMove(plot.viewport(), middle + QPoint(1, 1))
    QTest.mouseMove(plot.viewport(), middle if at is None else at)
    QApplication.processEvents()
    plot._pace.flush()  # a hand that moves faster than the screen shows waits for a frame


def test_the_wheel_zooms_all_planes_about_the_pointer(planes: list[PlanePlot]) -> None:
    plot, other = planes
    plot.leaveEvent(None)  # type: ignore[arg-type]  # wherever the mouse of the test before was
    assert not wheel(plot.viewport(), 1)  # a page that scrolls brings it under a pointer at rest
    assert plot.is_home
    enter(plot)
    middle = QPointF(plot.viewport().rect().center())
    before = plot.to_point(middle)
    assert wheel(plot.viewport(), 2)
    assert plot.to_point(middle) == pytest.approx(before, abs=1e-6)
    assert plot.y_range[1] - plot.y_range[0] == pytest.approx(2 * FRAME / 1.2**2)
    assert (other.x_range, other.y_range) == (plot.x_range, plot.y_range)
    assert plot._fit_button.isVisible()
    assert other._fit_button.isVisible()
    QTest.mouseDClick(plot.viewport(), LEFT, NONE, middle.toPoint())
    assert (plot.x_range, plot.y_range) == (HOME, HOME)
    assert not plot._fit_button.isVisible()


def test_no_nearer_than_a_cell_of_a_heat_map(planes: list[PlanePlot]) -> None:
    plot = planes[0]
    enter(plot)
    for _ in range(40):
        wheel(plot.viewport(), 3)
    assert plot.y_range[1] - plot.y_range[0] == pytest.approx(LEAST_SPAN)
    plot.grab()
    QTest.mouseClick(plot._fit_button, LEFT)
    assert plot.y_range == HOME


def test_drags_pan_and_only_clicks_pick(planes: list[PlanePlot]) -> None:
    plot, other = planes
    picked = heard(plot.picked)
    at = spot(plot, *POINTS[0])
    drag(plot.viewport(), at, at + QPoint(2, 0), at + QPoint(20, 10), at + QPoint(40, 20))
    assert plot.x_range[0] == pytest.approx(-FRAME - 40 / plot.unit_px()[0])
    assert plot.y_range[0] == pytest.approx(-FRAME + 20 / plot.unit_px()[1])
    assert other.x_range == plot.x_range
    assert not picked
    enter(plot)
    QTest.mousePress(plot.viewport(), Qt.MouseButton.MiddleButton, NONE, at)
    QTest.mouseMove(plot.viewport(), at - QPoint(40, 20))
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.MiddleButton, NONE, at - QPoint(40, 20))
    assert plot.x_range == pytest.approx(HOME)
    assert not picked
    at = spot(plot, *POINTS[1])
    drag(plot.viewport(), at, at + QPoint(2, 1))  # a hand is not that still
    assert picked == [1]
    QTest.mouseClick(plot.viewport(), LEFT, NONE, at + QPoint(0, round(NEAR_PX) + 2))
    assert picked == [1]
    plot.fit()
    plot.zoom(4, plot.to_pixel(0, 0))
    QTest.mouseClick(plot.viewport(), LEFT, NONE, spot(plot, 0.5, 0.5) + QPoint(-8, 0))  # out of sight by 42 px
    assert picked == [1]


def test_keys_zoom_pan_and_fit(planes: list[PlanePlot]) -> None:
    plot, other = planes
    plot.setFocus()
    QTest.keyClick(plot, Key.Key_Plus)
    assert plot.y_range == pytest.approx((-FRAME / 1.2, FRAME / 1.2))
    QTest.keyClick(plot, Key.Key_Right)
    QTest.keyClick(plot, Key.Key_Up)
    step = 0.1 * 2 * FRAME / 1.2
    assert plot.x_range == pytest.approx((-FRAME / 1.2 + step, FRAME / 1.2 + step))
    assert plot.y_range == pytest.approx((-FRAME / 1.2 + step, FRAME / 1.2 + step))
    assert other.x_range == plot.x_range
    QTest.keyClick(plot, Key.Key_Minus)
    assert plot.y_range[1] - plot.y_range[0] == pytest.approx(2 * FRAME)
    QTest.keyClick(plot, Key.Key_0)
    assert plot.is_home


def test_the_mouse_reads_the_place_and_the_sample(planes: list[PlanePlot]) -> None:
    plot = planes[0]
    seen = heard(plot.hovered)
    enter(plot, spot(plot, 1.0, 1.0))
    assert not seen
    place = plot.to_point(QPointF(spot(plot, 1.0, 1.0)))
    words = plot.reading(QPointF(spot(plot, 1.0, 1.0)))
    assert words in said(plot)
    assert words.split()[-2:] == ["D", f"{1 / (1 + np.exp(-3 * place[0])):.2f}"]
    enter(plot, spot(plot, 0.5, 0.5) + QPoint(4, 0))
    assert seen == [0]
    assert "sample z = (0.25, −1.50, …)" in said(plot)
    assert plot._ring.isVisible()
    assert plot._ring.pos().toPoint() == spot(plot, 0.5, 0.5)
    moved = POINTS + np.float32([0.0, 0.4])
    plot.set_points(moved, None, CODES)  # it was trained on under the mouse at rest
    assert seen == [0, -1]
    assert not plot._ring.isVisible()
    notes = [each for each in (plot._reading, plot._sample_reading) if each.isVisible()]
    assert len(notes) == 1
    QTest.mouseMove(plot.viewport(), QPoint(plot.width() - 4, 20))  # over the legend
    plot._pace.flush()
    assert not [words for words in said(plot) if words.startswith("(")]


def test_keys_read_and_pick(planes: list[PlanePlot]) -> None:
    plot = planes[0]
    picked = heard(plot.picked)
    plot.setFocus()
    while plot._near != 0:  # from the middle to the sample at (0.5, 0.5)
        QTest.keyClick(plot, Key.Key_Right, SHIFT)
        QTest.keyClick(plot, Key.Key_Up, SHIFT)
        assert plot._spot is not None
        assert plot._spot.x() < plot.inner.right()
    assert plot.is_home
    assert plot._cross.isVisible()
    assert "sample z = (0.25, −1.50, …)" in said(plot)
    assert "sample z = (0.25" in plot.accessibleDescription()
    QTest.keyClick(plot, Key.Key_Return)
    assert picked == [0]
    QTest.keyClick(plot, Key.Key_Plus)  # the reading stays at its pixel
    words = plot.reading(plot._spot)
    assert words in said(plot)
    plot.clearFocus()
    assert not [words for words in said(plot) if words.startswith("(")]
    assert not plot._cross.isVisible()


def test_what_is_zoomed_lies_where_it_belongs(planes: list[PlanePlot]) -> None:
    plot = planes[0]
    plot.link.choose((0.2, 0.8), (0.2, 0.8))
    image = plot.grab().toImage()
    lane = QColor(theme.current().lanes[1])
    at = spot(plot, 0.5, 0.5)
    around = [image.pixelColor(at.x() + dx, at.y() + dy) for dx in (-1, 0) for dy in (-1, 0)]
    assert lane in around
    table = theme.current().heat(1)
    for x in (0.25, 0.7):
        pixel = spot(plot, x, 0.3)
        wanted = table[round(255 / (1 + np.exp(-3 * plot.to_point(QPointF(pixel) + QPointF(0.5, 0.5))[0])))]
        assert image.pixelColor(pixel).getRgb()[:3] == pytest.approx(tuple(int(v) for v in wanted), abs=3)
    plot.link.choose((-4, 4), (-4, 4))
    image = plot.grab().toImage()
    assert image.pixelColor(spot(plot, -1.4, 1.4)) != QColor(theme.current().plot)
    for x, y in ((-1.6, 0), (1.6, 0), (0, 1.6), (0, -1.6)):  # no heat was computed there
        assert image.pixelColor(spot(plot, x, y)) == QColor(theme.current().plot)


def test_nothing_leaves_the_square(planes: list[PlanePlot]) -> None:
    plot = planes[0]
    lines = np.array([[[-9, 0.1], [9, 0.1]]], np.float32)
    arrows = Arrows("pull", np.array([[1.45, 0]], np.float32), np.array([[5, 0]], np.float32))
    plot.set_background(np.zeros((0, 2), np.float32))
    bare = plot.grab().toImage()
    plot.set_points(POINTS, PlaneLayers(Wanted("", True, True), None, lines, arrows))
    square = plot.area().toAlignedRect()
    for wanted in (Wanted(), Wanted("", True), Wanted("", False, True)):
        plot.set_shown_layers(wanted)
        for half in (FRAME, 0.3, 5.0):
            plot.link.choose((-half, half), (-half, half))
            left = QRectF(0, 0, square.left(), plot.height()).toRect()
            assert plot.grab(left).toImage() == bare.copy(left)
        legend = [area for area, words in paint.words_on(plot.viewport()) if words in ("data", "samples", "grid of z")]
        assert all(area.left() > square.right() and area.right() < plot.width() for area in legend)
        plot.fit()


@pytest.mark.parametrize("kind", [theme.DARK, theme.LIGHT])
def test_another_theme_and_text_size(planes: list[PlanePlot], qapp: QApplication, kind: theme.Theme) -> None:
    plot = planes[0]
    before = plot.inner.width()
    theme.apply(qapp, kind, 1.15)
    assert plot.inner == plot.area()
    assert plot.inner.width() <= before
    image = plot.grab().toImage()
    assert image.pixelColor(plot.width() - 6, plot.height() // 2) == QColor(kind.plot)
    assert image.pixelColor(spot(plot, *POINTS[2])) == QColor(kind.lanes[1])
    for area, words in paint.words_on(plot.viewport()):
        assert QRectF(plot.rect()).contains(area), words


# --- in the window ---------------------------------------------------------------------------------------------------


def test_lanes_show_one_part_and_one_sample(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("ae", "gan"), dataset=moons)
    first, other = (stage.panel("samples", name)._plot for name in ("ae", "gan"))
    stage.until(lambda: len(first._points) == 500 and len(other._points) == 500)
    index = int(np.flatnonzero(first._is_seen() & other._is_seen())[0])
    at = spot(first, *first._points[index])
    enter(first, at)
    assert first._near >= 0
    assert other._highlight == first._near
    assert wheel_at(first, at)
    assert other.y_range == first.y_range != HOME
    stage.desk.dataset_changed.emit()
    assert first.is_home
    first.leaveEvent(None)
    assert other._highlight == -1


def wheel_at(plot: PlanePlot, at: QPoint) -> bool:
    enter(plot, at)
    return wheel(plot.viewport(), 1)


def test_a_plane_gives_what_it_draws(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("vae",), dataset=moons)
    panel, (run,) = stage.panel("samples", "vae"), stage.desk.runs
    plot = panel._plot
    stage.until(lambda: len(plot._points) == 500 and plot._points is run.view.looks.value(SamplesLook).points)
    found = offer_at(plot.viewport())
    assert found is not None
    assert found[0] is panel
    assert found[1].table is not None
    rows = list(csv.reader(io.StringIO(found[1].table())))
    assert rows[0] == ["drawn", "x1", "x2", "z1", "z2"]
    read = {kind: [row[1:] for row in rows[1:] if row[0] == kind] for kind in ("sample", "data")}
    shown = run.view.looks.value(SamplesLook)
    samples = np.array(read["sample"], np.float32)
    assert np.array_equal(samples[:, :2], plot._points)
    assert np.array_equal(samples[:, 2:], shown.z)
    assert np.array_equal(np.array([row[:2] for row in read["data"]], np.float32), plot.background)
    assert all(row[2:] == ["", ""] for row in read["data"])

    drawn = ElementTree.fromstring(finish(svg(panel))())
    words = {element.text for element in drawn.iter() if element.tag.endswith("}text")}
    assert {"data", "samples"} <= words
    assert any(word is not None and word.startswith("r(x) − x × ") for word in words)
    assert sum(element.tag.endswith("}image") for element in drawn.iter()) >= 2  # data, samples

    middle = plot.viewport().rect().center()
    QApplication.sendEvent(
        plot.viewport(),
        QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, plot.viewport().mapToGlobal(middle)),
    )
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = [action.text() for each in (menu, *menu.findChildren(QMenu)) for action in each.actions()]
    menu.close()
    assert {"Save data as CSV …", "PNG …", "PNG, 2 × as large …", "PNG, 4 × as large …", "SVG …", "PDF …"} <= set(
        entries
    )


def test_a_picture_shows_no_reading(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("vae",), dataset=moons)
    panel = stage.panel("samples", "vae")
    plot = panel._plot
    stage.until(lambda: len(plot._points) == 500)
    enter(plot, spot(plot, 0.0, 0.0))
    assert plot._reading.isVisible()
    plot.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    image = finish(picture_of(panel, 2))
    assert not image.isNull()
    assert not plot._reading.isVisible()
