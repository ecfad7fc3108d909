"""The left panel: names of lanes, fields that are not cut, what a knob says of a restart."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from core.datasets.base import SOURCES, load
from gui.drawing import theme
from gui.shell.events_dialog import EventsDialog
from gui.side_panels.beta import BetaCard
from gui.side_panels.experiment import DatasetCard
from gui.side_panels.parameters import TITLE_GAP_PX, Parameters
from gui.widgets.buttons import Button, LinkButton
from gui.widgets.knob_row import KnobRow
from tests.gui.conftest import Stage

Open = Callable[..., Stage]


def _tabs(panel: Parameters) -> list[Button]:
    widgets = (item.widget() for i in range(panel._tabs.count()) if (item := panel._tabs.itemAt(i)) is not None)
    return [widget for widget in widgets if isinstance(widget, Button)]


def test_tabs_have_the_names_of_the_heads_where_they_fit(desk_window: Open) -> None:
    stage = desk_window(("ae", "ae"))
    desk, panel = stage.desk, stage.window.findChild(Parameters)
    desk.set_knob(desk.runs[1], "lr", 0.01)
    stage.until(lambda: desk.names.of(desk.runs[1]).full == "AE · lr 0.01")
    full = ["AE · lr 0.001", "AE · lr 0.01"]
    panel.setFixedWidth(theme.px(480))
    stage.until(lambda: [tab.text() for tab in _tabs(panel)] == full)
    panel.setFixedWidth(theme.px(264))
    stage.until(lambda: [tab.text() for tab in _tabs(panel)] == ["AE 1", "AE 2"])
    tips = ["Autoencoder · lr 0.001  (1)", "Autoencoder · lr 0.01  (2)"]
    stage.until(lambda: [tab.toolTip() for tab in _tabs(panel)] == tips)


@pytest.mark.parametrize("models", [("ae", "ae", "vae"), ("ae", "vae", "gan"), ("vae", "vae")])
def test_the_title_keeps_its_distance_from_the_tabs(desk_window: Open, models: tuple[str, ...]) -> None:
    stage = desk_window(models)
    panel = stage.window.findChild(Parameters)

    def gap() -> int:
        end = panel._title.geometry().left() + panel._title.sizeHint().width()
        return _tabs(panel)[0].geometry().left() - end

    for size in ((1440, 900), (1280, 800), (1100, 700)):
        stage.window.resize(*size)
        QApplication.processEvents()
        stage.until(lambda: gap() >= theme.px(TITLE_GAP_PX))
        assert _tabs(panel)[-1].geometry().right() < panel.width()


@pytest.mark.parametrize("scale", [1.0, 1.15, 1.3])
def test_fields_keep_their_right_edge(desk_window: Open, scale: float) -> None:
    stage = desk_window(("ae", "vae", "gan"), size=(1100, 700), scale=scale)
    scroll = next(
        area for area in stage.window.findChildren(QScrollArea) if area.widget().objectName() == "parameter list"
    )
    for size, run in itertools.product(((1100, 700), (1280, 800)), stage.desk.runs):
        stage.window.resize(*size)
        stage.desk.select(run)
        stage.rest()
        fields = [row._field for row in scroll.findChildren(KnobRow) if row.isVisible()]
        assert fields
        rights = [lambda field=field: field.mapTo(scroll.viewport(), QPoint(field.width(), 0)).x() for field in fields]
        stage.until(lambda rights=rights: all(right() <= scroll.viewport().width() for right in rights))


@pytest.mark.parametrize("data", ["mixture", "moons"])
def test_the_sizes_of_the_data_are_not_cut(desk_window: Open, data: str) -> None:
    loaded = load(data, SOURCES.get(data).Config())
    stage = desk_window(("ae",), dataset=loaded, size=(1100, 700))
    count = stage.window.findChild(DatasetCard)._count
    for size in ((1100, 700), (1440, 900)):
        stage.window.resize(*size)
        QApplication.processEvents()
        assert count._wide() <= count.contentsRect().width() + 1
    assert f"{len(loaded.train):,}" in count.text()
    assert f"{len(loaded.test):,}" in count.text()
    assert count.toolTip() == f"{len(loaded.train):,} training and {len(loaded.test):,} test points"


def test_a_knob_says_when_it_restarts(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    assert "A change restarts every lane." in stage.find(KnobRow, "row latent").toolTip()
    assert "Restart to apply." in stage.find(KnobRow, "row hidden").toolTip()
    before = stage.desk.runs[0].setup.latent
    stage.desk.set_setup("latent", before + 1)
    stage.until(stage.all_are("ready"))
    assert stage.desk.runs[0].setup.latent == before + 1


def test_a_restart_is_offered_until_its_knobs_are_in_force(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    run, link = stage.desk.runs[0], stage.find(LinkButton, "restart to apply")
    stage.window.clock.second.disconnect()  # it follows the lane, not the time
    stage.desk.set_knob(run, "hidden", "32")
    assert link.isVisible()
    stage.desk.restart_lane(run)
    stage.until(lambda: not link.isVisible())
    assert run.view.config.hidden == "32"


def test_the_list_of_events_has_a_title(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    dialog = EventsDialog(stage.window, ())
    assert dialog.windowTitle() in [label.text() for label in dialog.findChildren(QLabel)]
    dialog.deleteLater()


def test_no_row_is_cut_off_in_the_narrowest_panel(desk_window: Open) -> None:
    """The words at the ends of β's slider had made the list wider than its panel: every field lost its arrows."""
    stage = desk_window(("vae", "gan"))
    for scale, lane in itertools.product((1.0, 1.15, 1.3), ("1", "2")):
        stage.window.set_text_scale(scale)
        stage.window.resize(stage.window.minimumSize())
        stage.key(lane)
        rows = stage.find(QWidget, "parameter list")
        stage.until(lambda rows=rows: rows.width() <= rows.parentWidget().width())
        assert rows.minimumSizeHint().width() <= rows.parentWidget().width()


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900), (1920, 1080), (2560, 1440)])
def test_fields_of_the_left_panel_end_at_one_line(desk_window: Open, size: tuple[int, int]) -> None:
    """Those with a slider, those without, the card of the data and that of β; they ended 1 to 7 px apart."""
    window = desk_window(("vae",), size=size).window
    shown = [each for each in window.findChildren(QWidget) if each.isVisible()]
    ends = [each for each in shown if isinstance(each, KnobRow) and not isinstance(each.parent(), BetaCard)]
    ends = [row._field for row in ends] + [each for each in shown if isinstance(each, BetaCard | DatasetCard)]
    assert len(ends) > 8
    assert len({each.mapTo(window, QPoint(each.width(), 0)).x() for each in ends}) == 1
