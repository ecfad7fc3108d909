"""The menus of the right button, the menu key and Shift+F10: one for each thing, with what is done with it first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from core.probes.nearest import NeighboursLook
from core.probes.samples import SamplesLook
from core.text import addresses
from gui.compare.reconstructions import FRAMES, Reconstructions
from gui.lineup.lane_header import LaneHeader
from gui.lineup.name_field import NameField
from gui.lineup.nearest_card import NearestCard
from gui.lineup.summary_table import SummaryTable
from gui.widgets.explanation import Explanation
from gui.widgets.offer import offer_at
from tests.gui.conftest import Stage
from tests.gui.shell.opened import close_popups

Open = Callable[..., Stage]
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:
    return module_window(("ae", "vae"))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Iterator[Stage]:
    yield again(window)
    close_popups()


def menu_at(widget: QWidget, spot: QPoint | None = None) -> QMenu:
    """The menu of the right button at a pixel; without one that of the menu key."""
    reason = QContextMenuEvent.Reason.Keyboard if spot is None else QContextMenuEvent.Reason.Mouse
    place = widget.rect().center() if spot is None else spot
    QApplication.sendEvent(widget, QContextMenuEvent(reason, place, widget.mapToGlobal(place)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def groups(menu: QMenu) -> list[list[str]]:
    """The words of a menu between its separators."""
    found: list[list[str]] = [[]]
    for action in menu.actions():
        if action.isSeparator():
            found.append([])
        else:
            found[-1].append(action.text())
    return found


def do(menu: QMenu, words: str) -> None:
    """Choose an entry by Enter, as a hand does."""
    menu.setActiveAction(next(action for action in menu.actions() if action.text() == words))
    QTest.keyClick(menu, Qt.Key.Key_Return)


def open_card(widget: QWidget, words: str, spot: QPoint | None = None) -> QWidget:
    """What an entry of the menu opens, without the menu: offscreen, a menu that closes takes other popups with it."""
    found = offer_at(widget, None if spot is None else widget.mapToGlobal(spot))
    assert found is not None
    next(act for act in found[1].here if act.words == words).do()
    card = QApplication.activePopupWidget()
    assert card is not None
    return card


# Maps


def test_a_map_has_one_menu_with_the_place_first(stage: Stage) -> None:
    plot = stage.panel("map", "vae").plot
    menu = menu_at(plot.viewport(), QPoint(150, 60))
    first, copies, *_, zooms = groups(menu)
    assert first == ["Point here", "Set A here", "Set B here"]
    assert copies == ["Copy picture", "Save picture"]
    assert zooms == ["Fit", "Zoom in", "Zoom out"]


@pytest.mark.parametrize(("words", "what"), [("Point here", "point"), ("Set A here", "a"), ("Set B here", "b")])
def test_the_menu_of_a_map_brings_point_and_pins_there_and_undo_takes_it_back(
    stage: Stage, words: str, what: str
) -> None:
    point, plot = stage.desk.point, stage.panel("map", "vae").plot

    def place() -> list[float]:
        return (point.z if what == "point" else point.pin(what)).tolist()

    stage.desk.point.move(np.array([0.25, -0.25], np.float32))  # a drag just before is an edit of its own
    before, spot = place(), QPoint(160, 70)
    do(menu_at(plot.viewport(), spot), words)
    wanted = plot.to_point(QPointF(plot.viewport().mapTo(plot, spot)))
    np.testing.assert_allclose(place(), wanted, atol=1e-3)
    stage.key("Ctrl+Z")
    np.testing.assert_allclose(place(), before, atol=1e-4)
    np.testing.assert_allclose(point.z, [0.25, -0.25], atol=1e-4)


def test_by_keyboard_the_pins_of_a_map_come_to_the_point(stage: Stage) -> None:
    plot = stage.panel("map", "vae").plot
    stage.desk.point.move(np.array([0.5, 0.75], np.float32))
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Shift+F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert groups(menu)[0] == ["Set A here", "Set B here"]
    do(menu, "Set B here")
    np.testing.assert_allclose(stage.desk.point.pin("b"), [0.5, 0.75])


def test_shift_f10_opens_the_menu_of_a_field_that_is_edited(stage: Stage) -> None:
    next(each for each in stage.window.findChildren(QLineEdit) if each.isVisible()).setFocus()
    stage.key("Shift+F10")
    assert isinstance(QApplication.activePopupWidget(), QMenu)


# Lane heads


def head_of(stage: Stage, model: str) -> LaneHeader:
    return next(head for head in stage.window.lineup.findChildren(LaneHeader) if head._run is stage.run(model))


def field_of(stage: Stage, model: str) -> NameField:
    return head_of(stage, model).findChild(NameField)


def test_a_lane_is_renamed_in_its_head(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    field = field_of(stage, "ae")
    menu = menu_at(head_of(stage, "ae"), QPoint(40, 40))
    assert groups(menu)[0] == ["Rename …", "Duplicate", "Train only this"]
    do(menu, "Rename …")
    assert field.hasFocus()
    assert field.selectedText() == "AE"
    QTest.keyClicks(field, "mine")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isHidden()
    assert stage.desk.names.of(stage.run("ae")).full == "mine"
    stage.key("Ctrl+Z")
    assert stage.desk.names.of(stage.run("ae")).full == "AE"


def test_a_double_click_renames_and_esc_does_not(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    head, field = head_of(stage, "ae"), field_of(stage, "ae")
    QTest.mouseDClick(head, LEFT, NONE, QPoint(100, 18))
    QTest.keyClicks(field, "mine")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.isHidden()
    assert stage.desk.names.of(stage.run("ae")).full == "AE"
    assert stage.desk.undo.undo_text == ""


def test_a_name_that_is_taken_is_refused_with_the_reason(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    field = field_of(stage, "ae")
    stage.desk.names.rename_wanted.emit(stage.run("ae"))
    field.setText("VAE")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible()
    assert field.property("refused") is True
    assert "Another lane is called VAE already" in stage.window.status.events[-1].text
    QTest.keyClicks(field, "x")
    assert field.property("refused") is False
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert stage.desk.names.of(stage.run("ae")).full == "VAEx"


def test_a_command_renames_from_another_tab_and_a_long_name_leaves_room(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    stage.window.show_tab("compare")
    stage.desk.select(stage.run("gan"))
    stage.window.commands.action("rename_lane").trigger()
    assert stage.window.pages.tab == "lineup"
    field = field_of(stage, "gan")
    QTest.keyClicks(field, "a name of forty letters, as long as it is")
    QTest.keyClick(field, Qt.Key.Key_Return)
    head = head_of(stage, "gan")
    assert len(stage.desk.names.of(stage.run("gan")).full) == 40
    assert head._menu.geometry().right() < head._pause.x()


def test_the_selected_lane_is_moved_and_trained_alone_by_commands(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.desk.select(stage.run("ae"))
    commands = stage.window.commands
    commands.action("move_right").trigger()
    assert [run.model_name for run in stage.desk.runs] == ["vae", "ae"]
    commands.action("move_right").trigger()  # there is no place further right
    assert [run.model_name for run in stage.desk.runs] == ["vae", "ae"]
    commands.action("train_only").trigger()
    assert [run.will_train for run in stage.desk.runs] == [False, True]
    commands.action("duplicate_lane").trigger()
    stage.until(lambda: [run.model_name for run in stage.desk.runs] == ["vae", "ae", "ae"])


# Samples


def test_a_sample_becomes_the_input_or_the_point(stage: Stage) -> None:
    run, mosaic = stage.run("vae"), stage.panel("samples", "vae")._mosaic
    stage.until(lambda: stage.answer(run, SamplesLook) is not None and mosaic.shown() > 8)
    z = run.view.looks.value(SamplesLook).z[8]
    spot = mosaic.tile_rect(8).center()
    assert groups(menu_at(mosaic, spot))[0] == ["Point here", "Use as input", "Nearest images …"]
    do(QApplication.activePopupWidget(), "Use as input")
    assert stage.desk.chosen.kind == "own"
    np.testing.assert_allclose(stage.desk.chosen.image, run.decode(z[None])[0], atol=1e-6)
    do(menu_at(mosaic, spot), "Point here")
    np.testing.assert_allclose(stage.desk.point.z, z, atol=1e-3)


def test_the_gaps_around_samples_have_the_menu_of_the_row_alone(stage: Stage) -> None:
    run, mosaic = stage.run("vae"), stage.panel("samples", "vae")._mosaic
    stage.until(lambda: stage.answer(run, SamplesLook) is not None and mosaic.shown() > 8)
    assert groups(menu_at(mosaic, QPoint(0, 0)))[0] == ["Copy picture", "Save picture"]


def test_the_nearest_images_of_a_sample_are_those_of_a_search_by_force(stage: Stage) -> None:
    run, panel = stage.run("vae"), stage.panel("samples", "vae")
    mosaic = panel._mosaic
    stage.until(lambda: stage.answer(run, SamplesLook) is not None and mosaic.shown() > 3)
    mosaic.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(mosaic, Qt.Key.Key_Home)
    QTest.keyClick(mosaic, Qt.Key.Key_Right)
    card = open_card(mosaic, "Nearest images …")  # of the one at the cursor of the keyboard
    assert isinstance(card, NearestCard)
    assert card.accessibleName() == "Training images nearest to Sample 2 of VAE"
    stage.until(lambda: card.mosaic.shown() == 10)
    found = stage.answer(run, NeighboursLook).value
    pixels = stage.desk.experiment.dataset.train.pixels / 255.0
    distances = np.sqrt(np.square(pixels - found.picture).sum((1, 2, 3)))
    assert [each.index for each in found.nearest] == np.argsort(distances, kind="stable")[:10].tolist()
    assert card.words().startswith(f"Training image #{found.nearest[0].index:,}")
    QTest.keyClick(card.mosaic, Qt.Key.Key_Right)
    QTest.keyClick(card.mosaic, Qt.Key.Key_Right)
    assert card.words().startswith(f"Training image #{found.nearest[1].index:,}")
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_the_image_at_the_cursor_becomes_the_input(stage: Stage) -> None:
    panel = stage.panel("image", "vae")
    stage.until(lambda: panel._image is not None)
    menu = menu_at(panel, panel._picture_rect().center())
    assert groups(menu)[0] == ["Use as input"]
    do(menu, "Use as input")
    given = stage.desk.chosen.image
    assert given is not None
    assert np.allclose(given, panel._image, atol=1e-6)


def test_a_reconstruction_of_compare_becomes_the_input_or_the_point(opened: Callable[..., Stage]) -> None:
    stage = opened("vae")
    cell = next(each for each in stage.window.findChildren(Reconstructions) if each.isVisible())
    stage.until(lambda: cell._pictures is not None and cell._mosaic.shown() > 3)
    spots = [cell._mosaic.mapTo(cell, cell._mosaic.tile_rect(index).center()) for index in (2, FRAMES + 2)]
    assert groups(menu_at(cell, spots[0]))[0] == ["Point to its code"]  # of the test image itself
    close_popups()
    menu = menu_at(cell, spots[1])
    assert groups(menu)[0] == ["Point to its code", "Use as input"]
    do(menu, "Use as input")
    np.testing.assert_allclose(
        stage.desk.chosen.image, stage.run("vae").decode(cell._pictures.z[2][None])[0], atol=1e-6
    )
    do(menu_at(cell, spots[1]), "Point to its code")
    assert np.allclose(stage.desk.point.z, cell._pictures.z[2], atol=1e-3)


# Measures


def test_a_value_below_the_lanes_is_explained_and_copied(stage: Stage) -> None:
    table, asked = stage.find(SummaryTable, "compare"), []
    stage.desk.manual_wanted.connect(asked.append)
    column = [each.title for each in table.columns].index("Distortion")
    run = stage.run("ae")
    row = stage.desk.runs.index(run)
    stage.until(lambda: table._value(table.columns[column], run) is not None)
    menu = menu_at(table, table._column_rect(column, row).center().toPoint())
    assert groups(menu)[0] == ["What is Distortion?", "Copy this value"]
    do(menu, "Copy this value")
    assert float(QGuiApplication.clipboard().text()) == pytest.approx(table._value(table.columns[column], run).number)
    do(menu_at(table, table._column_rect(column, row).center().toPoint()), "What is Distortion?")
    assert asked == [addresses.of_measure(table.columns[column].measure)]


def test_a_value_of_the_table_says_what_it_is_and_is_copied(opened: Callable[..., Stage]) -> None:
    stage = opened("ae", "vae")
    table = stage.tab.table
    stage.measured("coverage")
    row = next(i for i, each in enumerate(table._rows) if each.metric.name == "coverage")
    cell = table.cell_rect(row, 1).center().toPoint()
    title = table._rows[row].metric.title
    menu = menu_at(table, cell)
    assert groups(menu)[0] == [f"What is {title}?", "Copy this value"]
    do(menu, "Copy this value")
    value = table._rows[row].cells[1].measured.value
    assert float(QGuiApplication.clipboard().text()) == pytest.approx(value, rel=1e-8)
    card = open_card(table, f"What is {title}?", cell)
    assert isinstance(card, Explanation)
    assert card.accessibleName() == title
    assert "VAE" in card.accessibleDescription()
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_by_keyboard_the_chosen_row_is_explained_and_all_its_values_are_copied(opened: Callable[..., Stage]) -> None:
    stage = opened("ae", "vae")
    table = stage.tab.table
    stage.measured("coverage")
    table.setFocus(Qt.FocusReason.TabFocusReason)
    while table._row < 0 or table._rows[table._row].metric.name != "coverage":
        QTest.keyClick(table, Qt.Key.Key_Down)
    do(menu_at(table), "Copy the values of this row")
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["AE", "VAE"]
    assert all(float(line.split("\t")[1]) > 0 for line in lines)
