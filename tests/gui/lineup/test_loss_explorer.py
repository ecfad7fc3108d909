"""The loss explorer: one lane's curves over the whole page, by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from core.foundation.slices import finish
from core.probes.held_out import HeldOutLook
from gui.desk.export import svg
from gui.drawing import paint, theme
from gui.drawing.smoothing import smoothed
from gui.lineup import loss_explorer
from gui.lineup.loss_explorer import HINT, table_text
from gui.lineup.smooth_field import SmoothField
from gui.plots.chart import nearest
from gui.widgets.buttons import Button
from tests.gui.conftest import Stage
from tests.gui.hands import LEFT, NONE, wheel
from tests.gui.lineup.conftest import explorer, opened, shown

Open = Callable[..., Stage]
MIDDLE = Qt.MouseButton.MiddleButton


def at(stage: Stage, name: str) -> QPoint:
    """The middle of a name in the legend."""
    words = paint.words_on(explorer(stage).plot.viewport())
    return next(place.center().toPoint() for place, said in words if said == name)


def reading(stage: Stage) -> str:
    return explorer(stage)._reading.text()


# --- opening ---------------------------------------------------------------------------------------------------------


def test_the_frame_comes_before_the_curves(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae", "vae"))
    page = explorer(stage)
    waiting: list[Callable[[], object]] = []
    monkeypatch.setattr(loss_explorer.later, "after_frame", lambda widget, act: waiting.append(act))
    stage.desk.explored.emit(stage.run("ae"))
    assert stage.tab is page
    assert page._title.text().startswith("Loss of")
    assert page.plot is None
    waiting.pop()()
    assert page.plot.isVisible()
    stage.desk.explored.emit(stage.run("vae"))
    assert not page.curves  # the curves of the other lane do not stay under this lane's title
    assert not page.plot.isVisible()
    waiting.pop()()
    assert page.plot.isVisible()
    assert "rate" in [curve.column for curve in page.curves]
    assert page.plot.accessibleName() == page._title.text() == "Loss of Variational autoencoder"


def test_opened_twice_it_draws_once(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    for model in ("ae", "vae"):
        stage.desk.explored.emit(stage.run(model))
    stage.until(lambda: bool(explorer(stage).curves))
    assert explorer(stage).run is stage.run("vae")
    assert len(explorer(stage).plot.legend.entries) == len(explorer(stage).curves) == 4


def test_a_double_click_on_a_lane_opens_it_and_esc_goes_back(explored: Stage) -> None:
    explored.key("Esc")
    assert explored.window.pages.tab == "lineup"
    lane = explored.panel("loss", "vae").plot.viewport()
    QTest.mouseDClick(lane, LEFT, NONE, lane.rect().center())
    assert explored.tab is explorer(explored)
    explored.until(lambda: bool(explorer(explored).curves))
    assert QApplication.focusWidget() is explorer(explored).plot
    explored.button("Back").click()
    assert explored.window.pages.tab == "lineup"


def test_a_closed_lane_leaves_nothing(desk_window: Open) -> None:
    stage = opened(desk_window(("ae", "vae")))
    explorer(stage).plot.zoom(2.0)
    stage.desk.close_lane(stage.run("ae"))
    assert stage.window.pages.tab == "lineup"
    assert (explorer(stage).run, explorer(stage).curves) == (None, ())
    assert explorer(stage).plot.is_home
    assert explorer(stage).plot.offer() is None


def test_a_click_on_the_plot_brings_its_keys(explored: Stage) -> None:
    plot = explorer(explored).plot
    explored.find(SmoothField, "smooth", explorer(explored)).setFocus()
    assert not plot.hasFocus()
    QTest.mouseClick(plot.viewport(), LEFT, NONE, plot.viewport().rect().center())
    assert plot.hasFocus()


@pytest.mark.parametrize(("size", "scale"), [((1440, 900), 1.0), ((1100, 700), 1.0), ((1100, 700), 1.15)])
def test_nothing_is_cut_off(desk_window: Open, size: tuple[int, int], scale: float) -> None:
    stage = desk_window(("vae",), size=size, scale=scale)
    stage.run("vae").step(4)
    stage.until(lambda: stage.run("vae").view.history.last("step") == 4)
    page, plot = explorer(opened(stage)), explorer(stage).plot
    for button in page.findChildren(Button):
        assert page.rect().contains(button.geometry()), button.text()
        assert button.width() >= button.sizeHint().width(), button.text()
    assert page._title.width() >= page._title.sizeHint().width()
    words = paint.words_on(plot.viewport())
    assert all(plot.rect().contains(place.toAlignedRect()) for place, _ in words), words


# --- which curves ----------------------------------------------------------------------------------------------------


def test_a_click_on_a_name_hides_or_shows_its_curve(explored: Stage) -> None:
    plot = explorer(explored).plot
    assert shown(explored) == {"−ELBO", "distortion", "objective"}  # the rate is a few nats beside hundreds
    low, high = plot.y_range
    QTest.mouseClick(plot.viewport(), LEFT, NONE, at(explored, "rate"))
    assert shown(explored) == {"−ELBO", "distortion", "objective", "rate"}
    assert plot.y_range[0] < low  # it is in sight
    QTest.mouseClick(plot.viewport(), LEFT, NONE, at(explored, "rate"))
    assert shown(explored) == {"−ELBO", "distortion", "objective"}
    assert plot.y_range == (low, high)


def test_the_number_of_a_name_does_so_too(explored: Stage) -> None:
    names = [entry.name for entry in explorer(explored).plot.legend.entries]
    selected = explored.desk.selected
    explored.key(str(1 + names.index("rate")))
    explored.key(str(1 + names.index("−ELBO")))
    assert shown(explored) == {"distortion", "rate", "objective"}
    assert [entry.name for entry in explorer(explored).plot.legend.entries if entry.is_hidden] == ["−ELBO"]
    assert explored.desk.selected is selected
    for number in range(1, 5):
        explored.key(str(number))
    assert shown(explored) == {"−ELBO"}


def test_without_a_curve_there_are_axes(explored: Stage) -> None:
    for number in (1, 2, 4):
        explored.key(str(number))
    assert shown(explored) == set()
    assert explorer(explored).plot.y_range == (100.0, 200.0)


def test_every_curve_has_a_colour_of_its_own(explored: Stage) -> None:
    run, colors = explored.run("vae"), theme.current()
    inks = {entry.name: entry.color for entry in explorer(explored).plot.legend.entries}
    assert len(set(inks.values())) == 4
    assert colors.lanes[run.slot] in inks.values()
    assert inks["rate"] == colors.info_kl


def test_before_the_first_step_it_says_so(desk_window: Open) -> None:
    stage = opened(desk_window(("vae",)))
    plot = explorer(stage).plot
    assert "No steps yet" in [words for _, words in paint.words_on(plot.viewport())]
    stage.run("vae").step(3)
    stage.until(lambda: bool(shown(stage)))
    assert "No steps yet" not in [words for _, words in paint.words_on(plot.viewport())]


def test_tests_begin_with_the_first_step(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    run = stage.run("ae")
    run.step(5)
    stage.until(lambda: (table := run.view.looks.value(HeldOutLook)) is not None and table.last("step") == 5)
    opened(stage)
    line = next(line for line in explorer(stage).plot.lines if line.label == "test")
    assert line.x[0] > 0
    assert line.sampled


# --- zoom, pan, fit --------------------------------------------------------------------------------------------------


def test_the_mouse_zooms_pans_and_fits(explored: Stage) -> None:
    plot = explorer(explored).plot
    view, middle = plot.viewport(), plot.viewport().rect().center()
    home = plot.x_range, plot.y_range
    assert not wheel(view, 1)  # nobody has moved the mouse over it
    QTest.mouseMove(view, middle)
    before = plot.to_point(QPointF(middle))
    assert wheel(view, 2)
    assert plot.to_point(QPointF(middle)) == pytest.approx(before)
    assert np.ptp(plot.x_range) == pytest.approx(np.ptp(home[0]) / 1.44)
    for button in (MIDDLE, LEFT):
        held = plot.to_point(QPointF(middle))
        QTest.mousePress(view, button, NONE, middle)
        for gap in (4, 40):
            QTest.mouseMove(view, middle + QPoint(gap, -gap // 2))
        QTest.mouseRelease(view, button, NONE, middle + QPoint(40, -20))
        assert plot.to_point(QPointF(middle + QPoint(40, -20))) == pytest.approx(held, abs=0.5)
    assert plot._fit_button.isVisible()
    QTest.mouseDClick(view, LEFT, NONE, middle)
    assert (plot.x_range, plot.y_range) == home
    assert not plot._fit_button.isVisible()
    wheel(view, 1)
    explored.button("Fit").click()
    assert (plot.x_range, plot.y_range) == home


def test_fit_leaves_little_of_the_plot_empty(explored: Stage) -> None:
    page, curve = explorer(explored), explorer(explored).curves[0]
    page.hidden = frozenset(page.curves[1:])
    x = np.arange(100.0)
    page._values[curve] = x, np.linspace(181.0, 99.0, 100)  # was shown from 50 to 200: the lower third was empty
    page._show_curves()
    explored.button("Fit").click()
    low, high = page.plot.y_range
    assert 85.0 <= low <= 99.0
    assert 177.0 <= high <= 190.0


def test_keys_zoom_pan_and_fit(explored: Stage) -> None:
    plot = explorer(explored).plot
    home, z = (plot.x_range, plot.y_range), explored.desk.point.z.copy()
    explored.key("+")
    assert np.ptp(plot.x_range) == pytest.approx(np.ptp(home[0]) / 1.2)
    near = plot.x_range
    explored.key("Right")
    explored.key("Up")
    assert plot.x_range[0] > near[0]
    explored.key("-")
    explored.key("0")
    assert (plot.x_range, plot.y_range) == home
    assert np.array_equal(explored.desk.point.z, z)  # these keys are the plot's


def test_what_is_chosen_stays_while_it_trains(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    run = stage.run("vae")
    run.step(10)
    stage.until(lambda: run.view.history.last("step") == 10)
    opened(stage)
    plot = explorer(stage).plot
    assert plot.x_range == pytest.approx((0.0, 10.0), rel=0.05)
    run.step(10)
    stage.until(lambda: plot.x_range[1] >= 20)
    stage.key("+")
    chosen = plot.x_range
    run.step(10)
    stage.until(lambda: plot.home[0][1] >= 30)
    assert plot.x_range == chosen


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_pointer_reads_every_curve(explored: Stage) -> None:
    plot, view = explorer(explored).plot, explored.run("vae").view
    assert reading(explored) == HINT
    QTest.mouseMove(plot.viewport(), plot.to_pixel(30.0, sum(plot.y_range) / 2).toPoint())
    row = nearest(view.history.column("step"), plot.link.pointer)
    step = int(view.history.rows[row, 0])
    assert reading(explored).startswith(f"step {step}, nats, smoothed   ")
    for name in ("distortion", "rate"):
        value = smoothed(view.history.column(name), 0.9)[row]
        assert f"   {name} {value:.2f}   " in reading(explored) + "   "
    x, y = plot._marks.points.T
    assert np.array_equal(x, [step] * len(plot.lines))
    drawn = {line.label: line.y[row] for line in plot.lines}
    assert sorted(y) == sorted(drawn.values())
    assert plot.accessibleDescription().startswith(f"step {step}: ")
    assert f"distortion {drawn['distortion']:.1f}" in plot.accessibleDescription()
    QTest.mouseMove(explorer(explored), QPoint(5, 5))
    plot.leaveEvent(None)
    assert reading(explored) == HINT


def test_shift_and_arrows_read_on(explored: Stage) -> None:
    plot = explorer(explored).plot
    explored.key("Shift+Right")
    first = plot.link.pointer
    ends = [x for line in plot.lines if len(line.x) for x in line.x[[0, -1]].tolist()]
    assert first == pytest.approx((min(ends) + max(ends)) / 2)
    for _ in range(3):
        explored.key("Shift+Left")
    assert plot.link.pointer < first
    assert reading(explored) != HINT
    assert ": " in plot.accessibleDescription().split(";")[0]


# --- scales ----------------------------------------------------------------------------------------------------------


def test_a_logarithmic_axis(explored: Stage) -> None:
    page = explorer(explored)
    explored.key("3")
    linear = page.plot.y_range
    explored.button("Log axis").click()
    assert page.plot.is_log
    low, high = (10.0**end for end in page.plot.y_range)
    values = explored.run("vae").view.history
    assert low <= smoothed(values.column("rate"), 0.9)[10:].min() * 1.2
    assert smoothed(values.column("negative_elbo"), 0.9)[10:].max() <= high * 1.01
    labels = [words for place, words in paint.words_on(page.plot.viewport()) if place.right() < 36]
    assert {"10", "100"} <= set(labels)
    explored.button("Log axis").click()
    assert not page.plot.is_log
    assert page.plot.y_range == linear


def test_what_is_not_above_0_is_left_out_and_said(explored: Stage) -> None:
    page, curve = explorer(explored), explorer(explored).curves[0]
    x, y = page._values[curve]
    page.hidden = frozenset(page.curves[1:])
    page._values[curve] = x, y - y[20]
    page.set_log(True)
    assert "values above 0" in [words for _, words in paint.words_on(page.plot.viewport())]
    page._values[curve] = x, -y
    page._show_curves()
    assert "No values above 0" in [words for _, words in paint.words_on(page.plot.viewport())]
    assert page.plot.table("step").count("\n") == 1


def test_smoothing_is_that_of_the_lineup(explored: Stage) -> None:
    here, there = (explored.find(SmoothField, "smooth", page) for page in (explorer(explored), explored.window.lineup))
    before = explorer(explored).plot.lines[0].y
    here.setFocus()
    explored.key("Down")
    assert explored.desk.smooth == pytest.approx(0.85)
    assert there.value() == here.value() == explored.desk.smooth
    assert not np.array_equal(explorer(explored).plot.lines[0].y, before)
    raw = explored.run("vae").view.history.column("negative_elbo")
    explored.desk.set_chart(smooth=0.0)
    assert here.value() == 0.0
    drawn = {line.label: line.y for line in explorer(explored).plot.lines}
    assert np.array_equal(drawn["−ELBO"], raw)


# --- what it gives away ----------------------------------------------------------------------------------------------


def read_back(stage: Stage, text: str, separator: str = ",") -> None:
    """Check a table against what is drawn: the visible curves, within the range of x."""
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    assert rows[0] == ["curve", "step", "y"]
    plot = explorer(stage).plot
    curves = {name: list(group) for name, group in itertools.groupby(rows[1:], lambda row: row[0])}
    assert set(curves) == shown(stage)
    for line in plot.lines:
        seen = (line.x >= plot.x_range[0]) & (line.x <= plot.x_range[1])
        assert 0 < seen.sum() < len(line.x)
        x, y = np.array([row[1:] for row in curves[line.label]], float).T
        assert np.array_equal(x, line.x[seen])
        assert np.allclose(y, line.y[seen], rtol=1e-8)


def test_numbers_are_those_that_are_drawn(explored: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    explored.key("3")
    explorer(explored).plot.link.choose((10.0, 20.0), None)
    explored.button("Copy numbers").click()
    read_back(explored, QGuiApplication.clipboard().text(), "\t")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.csv"), ""))
    explored.button("Save CSV").click()
    read_back(explored, (tmp_path / "mine.csv").read_text("utf-8"))
    offer = explorer(explored).plot.offer()
    read_back(explored, offer.table())
    assert offer.whole() == table_text(explored.run("vae"), ",")


@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard])
def test_its_menu_has_picture_data_and_acts(explored: Stage, reason: QContextMenuEvent.Reason) -> None:
    plot = explorer(explored).plot
    view, spot = plot.viewport(), plot.viewport().rect().center()
    QApplication.sendEvent(view, QContextMenuEvent(reason, spot, view.mapToGlobal(spot)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    actions = {each.text(): each for each in menu.actions()}
    assert {"Copy picture", "Save picture", "Copy data", "Save data as CSV …", "Save all data as CSV …"} <= set(actions)
    assert not actions["Fit"].isEnabled()
    assert actions["Smooth"].isChecked()
    assert not actions["Log axis"].isChecked()
    actions["Log axis"].trigger()
    menu.close()
    assert plot.is_log
    assert explored.button("Log axis").isChecked()


def test_ctrl_c_copies_its_picture(explored: Stage) -> None:
    QGuiApplication.clipboard().clear()
    explored.key("Ctrl+C")
    assert QGuiApplication.clipboard().image().size() == explorer(explored).plot.size()


def test_its_drawing_has_words_and_lines(explored: Stage) -> None:
    plot = explorer(explored).plot
    for is_log in (False, True):
        explorer(explored).set_log(is_log)
        text = finish(svg(plot))().decode()
        root = ElementTree.fromstring(text)
        words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"−ELBO", "distortion", "rate"} <= set(words)
        assert any(each in words for each in ("10", "20", "40"))  # steps
        assert text.count("<polyline") + text.count("<path") > 1
