"""What somebody new does to a plot in the window: clicks it, zooms far and fast, fits it, takes other data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.datasets.base import SOURCES, load
from core.probes.codes import LatentCodesLook
from core.probes.pictures import TilesLook
from gui.drawing import paint
from gui.drawing.chart import Line
from gui.lineup.map_layers import PlaneCodes, marks_of, placed_badges
from gui.plots.chart import Chart
from gui.plots.link import Link
from gui.plots.plane import Plane
from tests.gui.conftest import Stage
from tests.gui.hands import show
from tests.gui.plots.test_every_plot import send

pytestmark = pytest.mark.usefixtures("qapp", "hush")
Open = Callable[..., Stage]
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
PRESS, RELEASE, TWICE = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
)


def test_classes_that_lie_beside_the_part_in_sight_have_no_badge_there() -> None:
    points = np.array([[50.0, 50.0], [500.0, 50.0]], np.float32)
    codes, area = PlaneCodes(points, np.array([3, 7])), QRect(0, 0, 100, 100)
    for is_part, shown in ((True, ["3"]), (False, ["3", "7"])):
        badges = placed_badges(codes, marks_of(codes, ()), lambda spots: spots, area, is_part=is_part)
        assert [each.mark for each in badges] == shown


def test_a_click_on_a_chart_leaves_its_keys_to_beta_and_tab_gives_them_to_the_chart(desk_window: Open) -> None:
    """Nothing shows which chart was clicked last: = must not zoom it unseen, while somebody looks at β."""
    stage = desk_window(("vae",))
    run, chart, latent = stage.run("vae"), stage.panel("loss", "vae").plot, stage.panel("map", "vae").plot
    beta, home = run.view.config.beta, chart.x_range
    QTest.mouseClick(chart.viewport(), LEFT, NONE, chart.inner.center().toPoint())
    QTest.keyClick(QApplication.focusWidget() or stage.window, Qt.Key.Key_Equal)
    stage.until(lambda: run.view.config.beta > beta)
    assert chart.x_range == home
    beta = run.view.config.beta
    chart.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.x_range[1] - chart.x_range[0] < home[1] - home[0]
    send(latent, PRESS, latent.inner.center(), LEFT)
    send(latent, RELEASE, latent.inner.center(), LEFT)
    assert not isinstance(QApplication.focusWidget(), Chart)
    QTest.keyClick(stage.window, Qt.Key.Key_Plus)
    stage.until(lambda: run.view.config.beta > beta)


def test_a_double_click_that_fits_a_map_leaves_the_point_where_it_was(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    plot, point = stage.panel("map", "vae").plot, stage.desk.point
    point.move(np.full_like(point.z, 0.5))
    plot.zoom(3.0)
    spot = plot.inner.center() + QPointF(30, 20)
    send(plot, PRESS, spot, LEFT)
    assert not np.allclose(point.z, 0.5)
    send(plot, RELEASE, spot, LEFT)
    send(plot, TWICE, spot, LEFT)
    send(plot, RELEASE, spot, LEFT)
    assert plot.is_home
    assert np.allclose(point.z, 0.5)


def test_other_data_show_maps_whole(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    plot = stage.panel("map", "vae").plot
    plot.pan(500.0, 0.0)
    assert not plot.is_home
    stage.desk.set_dataset(load("mixture", SOURCES.get("mixture").Config(train_images=1000)))
    assert stage.panel("map", "vae").plot.is_home


def test_the_button_that_fits_a_map_is_not_under_the_note_of_its_age(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    panel = stage.panel("map", "vae")
    panel.plot.zoom(2.0)
    panel.stamp.set_words("step 12,345")
    button = panel.plot._fit_button
    assert button.isVisible()
    assert not button.geometry().intersects(panel.stamp.geometry())


def test_the_image_of_the_nearest_code_leaves_what_is_read_free(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    stage.desk.set_map_style("both")
    panel = stage.panel("map", "vae")
    stage.until(lambda: panel.lane.view.looks.value(LatentCodesLook) is not None)
    spots = panel.to_screen(panel._shown_codes().points)
    lowest = spots[(spots[:, 1] < panel.plot.height()) & (spots[:, 0] > 0) & (spots[:, 0] < panel.plot.width())]
    at = lowest[lowest[:, 1].argmax()]
    panel.plot.pan(0.0, float(panel.plot.height() - 4 - at[1]))  # now it is at the lower edge
    panel._show_hover(QPointF(float(at[0]), float(panel.plot.height() - 4)))
    assert panel._near.isVisible()
    assert not panel._near.sceneBoundingRect().intersects(panel._hover.sceneBoundingRect())


def test_a_map_that_rests_asks_for_the_same_tiles(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    panel = stage.panel("map", "vae")
    first = panel._tiles_look()
    assert isinstance(first, TilesLook)
    assert panel._tiles_look() is first
    panel.plot.zoom(2.0)
    assert panel._tiles_look().points.max() < first.points.max()
    panel.plot.fit()
    stage.desk.point.move(stage.desk.point.z + 1.0)
    assert panel._tiles_look() is not first


def test_a_chart_that_has_nothing_in_the_range_of_another_lane_says_so(qtbot: QtBot) -> None:
    link = Link()
    slow = Chart("slow", link=link)
    show(qtbot, slow)
    slow.set_home((0.0, 100.0), (0.0, 10.0))
    slow.show_lines([Line(np.arange(50.0), np.full(50, 5.0), "#ff8800")])
    assert not slow._is_bare
    link.choose((60.0, 80.0), None, slow.family)
    assert slow._is_bare
    slow.show_lines([Line(np.arange(70.0), np.full(70, 5.0), "#ff8800")])  # it has trained on
    assert not slow._is_bare
    link.choose((20.5, 20.6), None, slow.family)  # between two values
    assert not slow._is_bare


def test_what_is_panned_is_read_when_it_is_let_go(qtbot: QtBot) -> None:
    plot = Chart("loss")
    show(qtbot, plot)
    plot.set_home((0.0, 100.0), (0.0, 10.0))
    plot.show_lines([Line(np.arange(100.0), np.full(100, 5.0), "#ff8800")])
    read: list[object] = []
    plot.read = read.append  # type: ignore[method-assign]
    middle, spot = Qt.MouseButton.MiddleButton, plot.inner.center()
    send(plot, PRESS, spot, middle)
    for step in range(1, 5):
        send(plot, QEvent.Type.MouseMove, spot + QPointF(5.0 * step, 0.0), middle)
    assert read == []
    send(plot, RELEASE, spot + QPointF(20.0, 0.0), middle)
    assert read == [spot + QPointF(20.0, 0.0)]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_pixels_of_points_keep_their_precision(kind: type, qtbot: QtBot) -> None:
    plot = Chart("loss")
    show(qtbot, plot)
    plot.set_home((0.0, 100.0), (0.0, 10.0))
    pixels = plot.to_pixels(np.array([[0.0, 0.0], [100.0, 10.0], [np.nan, np.inf]], kind))
    inner = plot.inner
    assert pixels.dtype == kind
    assert pixels[:2].tolist() == [[inner.left(), inner.bottom()], [inner.right(), inner.top()]]
    assert np.isfinite(pixels).all()


@pytest.mark.parametrize("shape", [(2,), (5, 2), (4, 5, 2), (2, 4, 5, 2)])
def test_lines_and_ellipses_have_their_pixels_too(shape: tuple[int, ...], qtbot: QtBot) -> None:
    """Grids, contours and ellipses come as many lines of many points."""
    plot = Plane("map")
    show(qtbot, plot)
    points = np.random.default_rng(0).uniform(-2.0, 2.0, shape)
    pixels = plot.to_pixels(points)
    assert pixels.shape == shape
    alone = [plot.to_pixel(x, y).toTuple() for x, y in points.reshape(-1, 2).tolist()]
    assert np.allclose(pixels.reshape(-1, 2), alone)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_map_without_a_size_has_places_too(kind: type, qtbot: QtBot) -> None:
    plot = Plane("map")
    qtbot.addWidget(plot)
    pixels = plot.to_pixels(np.array([[2.0, -3.0], [1e30, np.inf]], kind))
    assert np.isfinite(pixels).all()


def test_zoomed_out_far_badges_do_not_cover_the_codes(desk_window: Open) -> None:
    stage = desk_window(("vae",), size=(1100, 700))
    run, plot = stage.run("vae"), stage.panel("map", "vae").plot
    stage.until(lambda: stage.answer(run, LatentCodesLook) is not None)

    def badges() -> int:
        words = [said for _, said in paint.words_on(plot.viewport())]
        return sum(said in words for said in "0123456789")

    for factor, expected in ((1.0, 10), (0.8, 10), (0.25, 0)):
        plot.fit()
        plot.zoom(factor)
        assert badges() == expected, factor
