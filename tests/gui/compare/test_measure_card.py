"""The history of one measure over the page: it opens from the small chart, is read, follows, and closes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from core.foundation.slices import finish
from gui.compare import measure_card
from gui.compare.measure_card import MeasureCard
from gui.desk.export import svg
from gui.drawing import paint, theme
from gui.drawing.chart import Line
from gui.plots.plot import ZOOM_A_NOTCH
from gui.widgets import focus
from gui.widgets.buttons import IconButton
from gui.widgets.offer import offer_at
from tests.gui.hands import has_color
from tests.gui.spoken import focusable, silent

LEFT, MIDDLE, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
NONE = Qt.KeyboardModifier.NoModifier


def row_of(stage: Any, name: str) -> int:
    return next(i for i, row in enumerate(stage.tab.table._rows) if row.metric.name == name)


def train(stage: Any, *steps: int, measure: str = "proxy_fd") -> None:
    """Train to each of these steps, and measure there."""
    for step in steps:
        stage.desk.experiment.step(step - stage.desk.runs[0].view.status.step)
        stage.until(stage.stepped(step))
        stage.rest()
        stage.measured(measure, step=step)
    stage.until(lambda: all(run.view.measures.trail.last("step") == steps[-1] for run in stage.desk.runs))
    stage.tab.table.read()


def click(stage: Any, name: str) -> MeasureCard:
    """Open a measure by a click on its small chart."""
    table = stage.tab.table
    spot = table.curve_rect(row_of(stage, name)).center().toPoint()
    QTest.mouseClick(table, LEFT, NONE, spot)
    card = stage.tab.card
    assert card.isVisible()
    QApplication.processEvents()
    return card


@pytest.fixture
def trained(opened: Callable[..., Any]) -> Any:
    stage = opened()
    stage.measured("proxy_fd")
    train(stage, 20, 40)
    return stage


def send(view: Any, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    QApplication.sendEvent(view, QMouseEvent(kind, spot, view.mapToGlobal(spot), button, held, NONE))


def values(card: MeasureCard) -> dict[str, str]:
    return {entry.name: entry.value for entry in card.chart.legend.entries}


def test_a_click_on_a_small_chart_opens_it(trained: Any) -> None:
    stage, table = trained, trained.tab.table
    assert not stage.tab.card.isVisible()
    card = click(stage, "proxy_fd")
    assert len(focusable(card)) > 1
    assert silent(card) == []
    words = [word for _, word in paint.words_on(card.chart.viewport())]
    assert card._title.text() == "Proxy-FD"
    assert card._note.text() == "lower is better · over steps"
    assert {"AE", "VAE", "GAN", "514.0", "240.0", "232.0"} <= set(words)
    assert len(card.chart.lines) == 3
    for line, small in zip(card.chart.lines, table._curves["proxy_fd"], strict=True):
        assert np.array_equal(line.x, small.x)
        assert np.array_equal(line.y, small.y)
        assert len(line.x) >= 3
    (left, right), (low, high) = card.chart.x_range, card.chart.y_range
    assert left == 0 < 40 <= right
    assert low < 232 < 514 < high
    picture = card.chart.grab().toImage()
    assert all(has_color(picture, theme.current().lanes[slot]) > 20 for slot in range(3))
    page = stage.tab._scroll
    area = page.rect().translated(page.mapTo(stage.window, QPoint(0, 0)))
    assert area.contains(card.geometry())
    title = table.title_rect(row_of(stage, "coverage"))
    QTest.mouseClick(table, LEFT, NONE, title.center().toPoint())
    assert card.measure.name == "proxy_fd"  # only a chart opens another
    click(stage, "coverage")
    assert card._title.text() == "Coverage"
    assert card._note.text().startswith("% · higher is better")
    assert card.chart.accessibleName() == "Coverage of every lane"


def test_it_opens_and_closes_by_keyboard_and_the_focus_goes_back(trained: Any) -> None:
    stage, table = trained, trained.tab.table
    table.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(row_of(stage, "proxy_fd") + 1):
        stage.key("Down")
    stage.key("Return")
    card = stage.tab.card
    assert card.isVisible()
    assert card.measure.name == "proxy_fd"
    assert focus.has_ring(card.chart)
    stage.key("Esc")
    assert not card.isVisible()
    assert focus.has_ring(table)
    assert table._row == row_of(stage, "proxy_fd")
    stage.key("Return")
    stage.key("Tab")  # Tab goes through the card, and on
    assert not card.isAncestorOf(QApplication.focusWidget())
    stage.key("Shift+Tab")
    assert card.chart.hasFocus()
    stage.key("Shift+Tab")
    assert QApplication.focusWidget().objectName() == "measure more"
    stage.key("Shift+Tab")
    assert isinstance(QApplication.focusWidget(), IconButton)
    stage.key("Space")
    assert not card.isVisible()


def test_esc_closes_it_wherever_the_keyboard_is(trained: Any) -> None:
    stage = trained
    card = click(stage, "proxy_fd")
    assert card.chart.hasFocus()
    assert not focus.has_ring(card.chart)  # it came by the mouse
    stage.tab.table.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Esc")
    assert not card.isVisible()
    click(stage, "proxy_fd")
    stage.key("Esc")
    assert not card.isVisible()
    assert stage.tab.table.hasFocus()
    click(stage, "proxy_fd")
    QTest.mouseClick(card.findChildren(IconButton)[0], LEFT)
    assert not card.isVisible()
    click(stage, "proxy_fd")
    stage.key("Ctrl+1")
    assert not card.isVisible()


def test_hands_zoom_pan_and_fit(trained: Any) -> None:
    card = click(trained, "proxy_fd")
    chart, view = card.chart, card.chart.viewport()
    home = chart.x_range, chart.y_range
    spot = chart.inner.center() + QPointF(30, 20)
    send(view, QEvent.Type.MouseMove, spot, NO_BUTTON, NO_BUTTON)
    before, phase = chart.to_point(spot), Qt.ScrollPhase.NoScrollPhase
    turned = QPoint(0, 120)
    event = QWheelEvent(spot, view.mapToGlobal(spot), QPoint(), turned, NO_BUTTON, NONE, phase, False)
    QApplication.sendEvent(view, event)
    assert chart.to_point(spot) == pytest.approx(before)
    assert chart.x_range[1] - chart.x_range[0] == pytest.approx((home[0][1] - home[0][0]) / ZOOM_A_NOTCH)
    for button in (MIDDLE, LEFT):
        before, there = chart.to_point(spot), spot + QPointF(-40, 10)
        send(view, QEvent.Type.MouseButtonPress, spot, button, button)
        send(view, QEvent.Type.MouseMove, there, NO_BUTTON, button)
        send(view, QEvent.Type.MouseButtonRelease, there, button, NO_BUTTON)
        assert chart.to_point(there) == pytest.approx(before)
    assert chart._fit_button.isVisible()
    send(view, QEvent.Type.MouseButtonDblClick, spot, LEFT, LEFT)
    assert (chart.x_range, chart.y_range) == home
    for key in ("+", "Right", "Up", "-"):
        trained.key(key)
    assert chart.x_range[0] > 0
    trained.key("0")
    assert (chart.x_range, chart.y_range) == home


def test_every_lane_is_read_at_one_place(trained: Any) -> None:
    stage = trained
    stage.desk.close_lane(stage.run("gan"))
    card = click(stage, "distortion")
    chart, view = card.chart, card.chart.viewport()
    newest = values(card)
    send(view, QEvent.Type.MouseMove, chart.to_pixel(20.0, np.mean(chart.y_range)), NO_BUTTON, NO_BUTTON)
    read = values(card)
    for run, line in zip(stage.desk.runs, chart.lines, strict=True):
        name, at = stage.desk.names.of(run).full, line.x.tolist().index(20.0)
        assert float(read[name]) == pytest.approx(line.y[at], rel=1e-2)
        assert read[name] != newest[name]
    assert "step 20" in [word for _, word in paint.words_on(view)]
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert values(card) == newest
    stage.key("Shift+Right")
    assert chart.link.pointer is not None
    for _ in range(900):
        stage.key("Shift+Right")
    assert "step 40" in [word for _, word in paint.words_on(view)]
    assert values(card) == newest
    for key in ("+", "+", "Right"):  # the line through the place moves with the chart
        before = chart._reading._x
        stage.key(key)
        assert not chart._reading.isVisible() or chart._reading._x != before


def test_the_reading_says_where_each_value_is_from(opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stage, lanes = opened("ae", "vae"), theme.current().lanes
    lines = [
        Line(np.array([10.0, 60.0]), np.array([5.0, 4.0]), lanes[0]),
        Line(np.array([12.0, 60.0]), np.array([3.0, 2.0]), lanes[1]),
    ]
    monkeypatch.setattr(measure_card, "curves", lambda *_: lines)
    monkeypatch.setattr(measure_card, "end_of", lambda *_: 100.0)
    card = stage.tab.card
    card.open_measure("slow")
    for place, foot, read in ((30.0, "steps 10, 12", ["5.0", "3.0"]), (50.0, "step 60", ["4.0", "2.0"])):
        card.chart.link.point(place)
        assert foot in [word for _, word in paint.words_on(card.chart.viewport())]
        assert [entry.value for entry in card.chart.legend.entries] == read
    stage.desk.set_chart(x_axis="seconds")
    card.chart.link.point(30.0)
    assert "10.0 s, 12.0 s" in [word for _, word in paint.words_on(card.chart.viewport())]


def test_it_follows_what_is_measured(trained: Any) -> None:
    stage = trained
    card = click(stage, "proxy_fd")
    before = [len(line.x) for line in card.chart.lines]
    end = card.chart.x_range[1]
    train(stage, 90)
    stage.until(lambda: all(len(line.x) > many for line, many in zip(card.chart.lines, before, strict=True)))
    stage.until(lambda: card.chart.x_range[1] > end)
    stage.until(lambda: all(line.x[-1] == 90 for line in card.chart.lines))
    assert card.isVisible()


def test_it_follows_the_choice_of_axis_names_and_lanes(trained: Any) -> None:
    stage = trained
    card = click(stage, "only_ae")
    assert values(card) == {"AE": "−7.5", "VAE": "—", "GAN": "—"}
    card.chart.zoom(3.0)
    stage.desk.set_chart(x_axis="seconds")
    assert card.chart.is_home  # a range of steps is none of seconds
    assert card._note.text().endswith("over seconds of training")
    ae = stage.run("ae")
    assert card.chart.lines[0].x.tolist() == ae.view.measures.trail.column("seconds").tolist()
    stage.desk.close_lane(stage.run("gan"))
    assert list(values(card)) == ["AE", "VAE"]
    stage.desk.close_lane(ae)
    stage.until(lambda: not card.isVisible())  # no lane has this measure any more


def test_nothing_measured_yet(opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stage, nothing = opened("ae"), np.empty(0)
    monkeypatch.setattr(measure_card, "curves", lambda *_: [Line(nothing, nothing, theme.current().lanes[0])])
    stage.tab.card.open_measure("slow")
    words = [word for _, word in paint.words_on(stage.tab.card.chart.viewport())]
    assert "Nothing measured yet" in words
    assert stage.tab.card.offer().table().splitlines() == ["lane,step,slow"]


def test_picture_and_numbers_are_those_that_are_seen(trained: Any) -> None:
    stage = trained
    card = click(stage, "proxy_fd")
    found = offer_at(card.chart.viewport())
    assert found is not None
    widget, offer = found
    assert widget is card
    assert offer.title == "Proxy-FD over training"

    def points() -> dict[str, list[tuple[float, float]]]:
        read: dict[str, list[tuple[float, float]]] = {}
        for row in csv.DictReader(io.StringIO(offer.table())):
            read.setdefault(row["lane"], []).append((float(row["step"]), float(row["proxy_fd"])))
        return read

    shown = {
        stage.desk.names.of(run).full: list(zip(line.x.tolist(), line.y.tolist(), strict=True))
        for run, line in zip(stage.desk.runs, card.chart.lines, strict=True)
    }
    assert points() == shown
    card.chart.link.choose((10.0, 30.0), None)
    assert points() == {name: [at for at in pairs if 10 <= at[0] <= 30] for name, pairs in shown.items()}
    root = ElementTree.fromstring(finish(svg(card))())
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"AE", "VAE", "GAN", "514.0", "lower is better · over steps"} <= texts
    spot = card.chart.rect().center()
    QApplication.sendEvent(
        card.chart.viewport(),
        QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, card.chart.viewport().mapToGlobal(spot)),
    )
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert {"Copy picture", "Save data as CSV …"} <= {action.text() for action in menu.actions()}
    menu.close()


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900)])
def test_it_fits_the_page_at_a_larger_text(opened: Callable[..., Any], size: tuple[int, int]) -> None:
    stage = opened(size=size)
    stage.measured("proxy_fd")
    card, page = stage.tab.card, stage.tab._scroll
    card.open_measure("proxy_fd")
    for change in (lambda: stage.window.set_text_scale(1.15), lambda: stage.window.set_theme("light"), lambda: None):
        change()
        QApplication.processEvents()
        area = page.rect().translated(page.mapTo(stage.window, QPoint(0, 0)))
        assert area.contains(card.geometry())
        assert card.rect().contains(card.chart.geometry())
        view = card.chart.viewport()
        assert all(view.rect().contains(place.toAlignedRect()) for place, _ in paint.words_on(view))
    assert {line.color for line in card.chart.lines} <= set(theme.LIGHT.lanes)
    stage.window.resize(1200, 740)
    QApplication.processEvents()
    area = page.rect().translated(page.mapTo(stage.window, QPoint(0, 0)))
    assert area.contains(card.geometry())


def test_many_openings_leave_nothing(trained: Any) -> None:
    card = click(trained, "proxy_fd")
    items = len(card.chart.scene().items())
    for name in ("coverage", "slow", "proxy_fd") * 10:
        card.open_measure(name)
        card.close_card()
    assert len(card.chart.scene().items()) == items
    assert len(trained.window.findChildren(MeasureCard)) == 1
