"""The rate-distortion plane: what it draws, reads and gives away, by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.foundation.slices import finish
from gui.compare.rate_distortion import ABOUT
from gui.compare.track_plot import Track, TrackPlot, clipped
from gui.desk.export import picture_of, svg
from gui.drawing import paint, theme
from gui.plots.plot import ZOOM_A_NOTCH
from tests.gui.hands import has_color

LEFT, MIDDLE, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key
AE: Any = SimpleNamespace(slot=0)
VAE: Any = SimpleNamespace(slot=1)
STEPS = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
TRACKS = (
    Track(AE, STEPS, np.full(5, np.nan), np.array([205.0, 190.0, 185.0, 183.0, 182.0])),
    Track(VAE, STEPS, np.array([0.5, 2.0, 4.0, 3.0, 5.0]), np.array([208.0, 196.0, 186.0, 180.0, 175.0])),
)
HOME = (0.0, 6.0), (170.0, 210.0)


def words(track: Track, row: int) -> str:
    return f"lane {track.run.slot + 1} at step {track.step[row]:.0f}"


@pytest.fixture
def plot(qtbot: QtBot, dark: None) -> TrackPlot:
    made = TrackPlot("Plane", lambda track, row: (words(track, row), "short"))
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show_tracks(TRACKS, *HOME)
    with qtbot.waitActive(made):
        made.show()
    return made


def send(plot: TrackPlot, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    view = plot.viewport()
    QApplication.sendEvent(view, QMouseEvent(kind, spot, view.mapToGlobal(spot), button, held, NONE))


def move(plot: TrackPlot, spot: QPointF) -> None:
    send(plot, QEvent.Type.MouseMove, spot, NO_BUTTON, NO_BUTTON)


def drag(plot: TrackPlot, button: Qt.MouseButton, *spots: QPointF) -> None:
    send(plot, QEvent.Type.MouseButtonPress, spots[0], button, button)
    for spot in spots[1:]:
        send(plot, QEvent.Type.MouseMove, spot, NO_BUTTON, button)
    send(plot, QEvent.Type.MouseButtonRelease, spots[-1], button, NO_BUTTON)


def turn(plot: TrackPlot, spot: QPointF, notches: int) -> bool:
    """Turn the wheel there; whether the plot took it."""
    view, phase = plot.viewport(), Qt.ScrollPhase.NoScrollPhase
    where, angle = view.mapToGlobal(spot), QPoint(0, 120 * notches)
    event = QWheelEvent(spot, where, QPoint(), angle, NO_BUTTON, NONE, phase, False)
    event.ignore()
    QApplication.sendEvent(view, event)
    return event.isAccepted()


def said(plot: TrackPlot) -> list[str]:
    return [word for _, word in paint.words_on(plot.viewport())]


def at(plot: TrackPlot, track: Track, row: int) -> QPointF:
    return plot.to_pixel(float(track.rate[row]), float(track.distortion[row]))


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_tracks_marks_diagonals_and_words_are_drawn(plot: TrackPlot) -> None:
    lanes, picture = theme.current().lanes, plot.grab().toImage()
    spot = plot.spot_of(VAE)
    assert spot == at(plot, TRACKS[1], -1)
    around = QRect(int(spot.x()) - 6, int(spot.y()) - 6, 12, 12)
    assert has_color(picture, lanes[1], around) > 20
    end = plot.spot_of(AE)
    assert end is not None
    assert (end.x(), end.y()) == (plot.inner.right(), plot.to_pixel(0.0, 182.0).y())
    row = QRect(int(plot.inner.left()), int(end.y()) - 1, int(plot.inner.width()) - 30, 3)
    dashes = has_color(picture, lanes[0], row)
    assert 0.4 * row.width() < dashes < 0.8 * row.width()  # four of seven
    shown = said(plot)
    assert {"Plane", "rate, nats", "distortion, nats", "180"} <= set(shown)
    assert sum(word.startswith("−ELBO ") for word in shown) == 1
    for place, _ in paint.words_on(plot.viewport()):
        assert plot.viewport().rect().contains(place.toAlignedRect())
    plot.show_tracks((), *HOME)
    assert "No lane has a distortion yet" in said(plot)
    assert plot.spot_of(VAE) is None
    assert has_color(plot.grab().toImage(), lanes[1]) == 0


def test_an_old_point_has_a_grey_mark(plot: TrackPlot) -> None:
    spot = plot.spot_of(VAE)
    assert spot is not None
    around = QRect(int(spot.x()) - 3, int(spot.y()) - 3, 7, 7)
    assert has_color(plot.grab().toImage(), theme.current().lanes[1], around) > 20
    old = Track(VAE, TRACKS[1].step, TRACKS[1].rate, TRACKS[1].distortion, is_old=True)
    plot.show_tracks((TRACKS[0], old), *HOME)
    assert has_color(plot.grab().toImage(), theme.current().text_3, around) > 20


def test_both_themes_and_a_larger_text(plot: TrackPlot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.LIGHT, 1.15)
    assert plot.inner.top() == theme.px(38)
    picture = plot.grab().toImage()
    assert has_color(picture, theme.LIGHT.lanes[1]) > 40
    assert has_color(picture, theme.DARK.lanes[1]) == 0
    for place, word in paint.words_on(plot.viewport()):
        assert plot.viewport().rect().contains(place.toAlignedRect()), word


def test_a_line_is_cut_where_it_leaves_a_square() -> None:
    points = np.array([[0.5, 0.5], [0.75, 0.75], [4.75, 2.75], [4.75, -3.0], [0.5, -3.0], [0.5, 0.25]])
    vertices, is_joined = clipped(points, 0.0, 1.0)
    within = np.array([[0.5, 0.5], [0.75, 0.75], [1.0, 0.875], [0.5, 0.0], [0.5, 0.25]])
    assert vertices == pytest.approx(within)
    assert is_joined.tolist() == [True, True, False, True, False]
    for few in (points[:0], points[:1]):
        assert len(clipped(few, 0.0, 1.0)[0]) == 0
    inside = np.random.default_rng(0).uniform(0, 1, (50, 2))
    vertices, is_joined = clipped(inside, 0.0, 1.0)
    assert np.array_equal(vertices, inside)
    assert is_joined[:-1].all()


def test_a_track_is_straight_however_near(plot: TrackPlot) -> None:
    """Ends that lie a million pixels away are cut on the line, not moved off it."""
    middle = plot.to_pixel(1.25, 202.0)  # half way from the first point to the second
    plot.zoom(1e4, middle)
    x, y = plot.to_point(middle)
    assert (x, y) == pytest.approx((1.25, 202.0), abs=1e-3)
    around = QRect(int(middle.x()) - 3, int(middle.y()) - 3, 7, 7)
    picture = plot.grab().toImage().copy(around)
    near = [picture.pixelColor(i, j).blue() for i in range(7) for j in range(7)]
    assert max(near) > 150
    assert not plot._in_sight(TRACKS[1]).size


# --- hands -----------------------------------------------------------------------------------------------------------


def test_the_mouse_zooms_pans_and_fits(plot: TrackPlot) -> None:
    spot = plot.inner.center() + QPointF(40, 20)
    assert not turn(plot, spot, 1)  # a page has brought it under a pointer at rest
    move(plot, spot)
    before = plot.to_point(spot)
    assert turn(plot, spot, 2)
    assert plot.to_point(spot) == pytest.approx(before)
    assert plot.x_range[1] - plot.x_range[0] == pytest.approx(6.0 / ZOOM_A_NOTCH**2)
    button = plot._fit_button
    assert button.isVisible()
    for which in (MIDDLE, LEFT):
        before = plot.to_point(spot)
        drag(plot, which, spot, spot + QPointF(10, 5), spot + QPointF(30, -20))
        assert plot.to_point(spot + QPointF(30, -20)) == pytest.approx(before)
    send(plot, QEvent.Type.MouseButtonDblClick, spot, LEFT, LEFT)
    assert (plot.x_range, plot.y_range) == HOME
    assert not button.isVisible()
    turn(plot, spot, -1)
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    assert plot.is_home


def test_keys_zoom_pan_and_fit(plot: TrackPlot) -> None:
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(plot, KEY.Key_Plus)
    assert plot.x_range[1] - plot.x_range[0] == pytest.approx(6.0 / ZOOM_A_NOTCH)
    before = plot.x_range
    QTest.keyClick(plot, KEY.Key_Right)
    assert plot.x_range[0] > before[0]
    low = plot.y_range[0]
    QTest.keyClick(plot, KEY.Key_Up)
    assert plot.y_range[0] > low
    QTest.keyClick(plot, KEY.Key_Minus)
    assert plot.x_range[1] - plot.x_range[0] == pytest.approx(6.0)
    QTest.keyClick(plot, KEY.Key_0)
    assert (plot.x_range, plot.y_range) == HOME


def test_the_nearest_point_is_read(plot: TrackPlot) -> None:
    spot = at(plot, TRACKS[1], 2)
    ring = QRect(int(spot.x()) - 8, int(spot.y()) - 8, 17, 17)
    assert has_color(plot.grab().toImage(), theme.current().accent, ring) == 0
    move(plot, spot + QPointF(3, -4))
    assert "lane 2 at step 30" in said(plot)
    assert "distortion, nats" not in said(plot)
    assert has_color(plot.grab().toImage(), theme.current().accent, ring) > 4
    move(plot, spot + QPointF(60, 60))
    assert plot.near is None
    move(plot, QPointF(plot.inner.left() + 30, plot.to_pixel(0.0, 182.0).y() + 5))
    assert "lane 1 at step 50" in said(plot)  # its line is that of its latest point
    move(plot, spot)
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert "distortion, nats" in said(plot)


def test_keys_read_along_a_track_and_across_tracks(plot: TrackPlot) -> None:
    plot.setFocus(Qt.FocusReason.TabFocusReason)

    def press(*keys: Qt.Key) -> str:
        for key in keys:
            QTest.keyClick(plot, key, SHIFT)
        assert plot.near is not None
        assert words(*plot.near) in said(plot)
        return words(*plot.near)

    assert press(KEY.Key_Left) == "lane 1 at step 50"  # the first lane, at its latest point
    assert press(KEY.Key_Down) == "lane 2 at step 50"
    assert press(KEY.Key_Left, KEY.Key_Left) == "lane 2 at step 30"
    assert plot.accessibleDescription() == "lane 2 at step 30"
    assert press(KEY.Key_Right) == "lane 2 at step 40"
    assert press(*[KEY.Key_Right] * 3) == "lane 2 at step 50"
    assert press(*[KEY.Key_Left] * 9) == "lane 2 at step 10"
    assert press(KEY.Key_Up) == "lane 1 at step 50"
    assert press(KEY.Key_Down) == "lane 2 at step 50"
    assert plot.is_home  # it is read, not panned
    grown = Track(VAE, np.r_[5.0, STEPS], np.r_[0.4, TRACKS[1].rate], np.r_[209.0, TRACKS[1].distortion])
    plot.show_tracks((TRACKS[0], grown), *HOME)
    assert plot.near == (grown, 5)  # the same step
    plot.clearFocus()
    assert plot.near is None


def test_only_what_is_in_sight_is_read_by_keyboard(plot: TrackPlot) -> None:
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    plot.link.choose((1.5, 3.5), (178.0, 200.0))
    QTest.keyClick(plot, KEY.Key_Down, SHIFT)
    seen = set()
    for key in [KEY.Key_Down, *[KEY.Key_Left] * 5, *[KEY.Key_Right] * 5]:
        QTest.keyClick(plot, key, SHIFT)
        assert plot.near is not None
        seen.add(words(*plot.near))
    assert seen == {"lane 2 at step 20", "lane 2 at step 40"}
    plot.link.choose((100.0, 101.0), (100.0, 101.0))
    assert plot.near is None


def test_the_picture_has_lines_and_words(plot: TrackPlot) -> None:
    root = ElementTree.fromstring(finish(svg(plot))())
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Plane", "rate, nats", "distortion, nats", "180"} <= texts
    assert theme.current().lanes[1].lower() in finish(svg(plot))().decode().lower()
    assert finish(picture_of(plot, 2)).size() == 2 * plot.size()


# --- in the window ---------------------------------------------------------------------------------------------------


def test_the_plane_shows_where_lanes_stand(opened: Callable[..., Any]) -> None:
    stage = opened()
    ae, vae, gan = stage.desk.runs
    for step in (15, 30):
        stage.desk.experiment.step(15)
        stage.until(stage.stepped(step))
        stage.rest()
        stage.until(lambda step=step: all(run.view.tests.last("step") == step for run in (ae, vae)))
    plane = stage.tab.plane
    plane.read()
    view = plane.plot.viewport()
    assert plane.spot_of(gan) is None
    spot = plane.spot_of(vae)
    QApplication.processEvents()
    picture = plane.grab().toImage()
    around = QRect(int(spot.x()) - 6, int(spot.y()) - 6, 12, 12)
    assert has_color(picture, theme.current().lanes[vae.slot], around) > 20
    assert has_color(picture, theme.current().lanes[ae.slot]) > 20  # dashes and a mark
    stage.mouse(view, QEvent.Type.MouseMove, spot)
    track, row = plane.plot.near
    assert track.run is vae
    reading = plane._words(track, row)
    assert f"D {vae.view.tests.last('distortion'):.1f}" in reading[0]
    assert reading[0].endswith(" nats")
    assert {*reading} & {*said(plane.plot)}
    found = list(csv.DictReader(io.StringIO(plane.offer().table())))
    for run in (ae, vae):
        mine = [row for row in found if row["lane"] == stage.desk.names.of(run).full]
        tests = run.view.tests
        shown = tests.column("step") > 0
        for name in ("step", "distortion") if run is ae else ("step", "rate", "distortion"):
            assert [float(row[name]) for row in mine] == pytest.approx(tests.column(name)[shown].tolist(), rel=1e-8)
    assert {row["rate"] for row in found if row["lane"] == "AE"} == {""}
    plane.plot.resize(208, 200)
    stage.mouse(view, QEvent.Type.MouseMove, plane.spot_of(vae))
    assert {*reading[1:]} & {*said(plane.plot)}
    plane.plot.zoom(2.0)
    stage.desk.restart()
    stage.until(lambda: plane.plot.is_home)  # what was looked at closely is gone


def test_it_is_explained_where_the_mouse_enters(opened: Callable[..., Any], heard: Callable[..., Any]) -> None:
    stage = opened("ae")
    helped, spot = heard(stage.desk.helped), QPointF(5, 5)
    QApplication.sendEvent(stage.tab.plane, QEnterEvent(spot, spot, spot))
    assert helped[-1][0] == ABOUT
    QApplication.sendEvent(stage.tab.plane, QEvent(QEvent.Type.Leave))
    assert helped[-1][0] is None


def test_a_gan_alone_has_no_place_in_the_plane(opened: Callable[..., Any]) -> None:
    stage = opened("gan")
    assert stage.tab.plane.plot.tracks == ()
    assert "No lane has a distortion yet" in said(stage.tab.plane.plot)
