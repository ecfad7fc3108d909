"""A screen reader hears a name, a role and a value of everything that can have the focus, and what keys have done."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent, QAccessibleValueChangeEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QWidget

from gui.bench.reactions import all_reactions
from gui.files.draw_points import DrawPoints
from gui.information.page import PAGES
from gui.shell.pages import KEYS as TABS
from gui.widgets import accessible
from gui.widgets.combo import Combo
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.mosaic import Mosaic
from gui.widgets.sections import Card, SectionHeader
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField
from tests.conftest import deliver_deletes
from tests.gui.hands import Key
from tests.gui.shell.opened import close_popups
from tests.gui.spoken import Role, Spoken, focusable, silent, told

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
MOST_TABS = 150
DIALOGS = ("show_keys", "ask_dataset", "make_film", "show_events", "choose_machine")
pytestmark = pytest.mark.usefixtures("dark")


@pytest.fixture(scope="module")
def lanes(module_window: Open) -> Stage:  # noqa: F821
    stage = module_window(("ae", "vae", "gan"))
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.rest()
    return stage


@pytest.fixture
def stage(lanes: Stage, again: Callable[[object], Stage]) -> Stage:  # noqa: F821
    return again(lanes)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a screen reader is told from now on: announcements, and values of the control with the focus."""
    words: list[str] = []

    def listen(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            words.append(event.message())
        elif isinstance(event, QAccessibleValueChangeEvent):
            words.append(str(event.value()))

    accessible.install()
    monkeypatch.setattr(accessible, "send", listen)
    QAccessible.setActive(True)
    yield words
    QAccessible.setActive(False)


# -- everything has a name, a role and a value


@pytest.mark.parametrize("tab", TABS)
def test_nothing_on_a_tab_is_silent(stage: Stage, tab: str) -> None:  # noqa: F821
    stage.window.show_tab(tab)
    stage.until(lambda: len(focusable(stage.tab)) > 1)
    assert silent(stage.window) == []


@pytest.mark.parametrize("page", PAGES.names())
def test_nothing_on_a_page_of_the_information_tab_is_silent(stage: Stage, page: str) -> None:  # noqa: F821
    stage.window.show_tab("information")
    stage.window.information.open_page(page)
    shown = stage.window.information.page(page)
    stage.until(lambda: shown.isVisible() and len(focusable(shown)) > 1)
    assert silent(stage.window.information) == []


def test_nothing_of_the_lessons_is_silent(stage: Stage) -> None:  # noqa: F821
    sheet = stage.window.lessons
    stage.window.middle.toggle_lessons()
    stage.until(lambda: sheet.isVisible() and len(focusable(sheet)) > 5)
    assert silent(sheet) == []
    sheet.tabs.segment("glossary").click()
    stage.until(lambda: not sheet._is_building)
    assert silent(sheet) == []
    stage.window.middle.toggle_lessons()


@pytest.mark.parametrize("command", DIALOGS)
def test_nothing_in_a_dialog_is_silent(stage: Stage, command: str) -> None:  # noqa: F821
    stage.window.commands[command].do()
    stage.until(lambda: QApplication.activeWindow() not in (None, stage.window))
    dialog = QApplication.activeWindow()
    assert dialog is not None
    stage.until(lambda: len(focusable(dialog)) > 1)
    assert silent(dialog) == []
    dialog.close()
    stage.until(stage.window.isActiveWindow)


@pytest.mark.parametrize(
    "make", [lambda window: ErrorDialog(window, "Wrong", "It is wrong.", "details"), lambda window: DrawPoints(window)]
)
def test_nothing_in_other_dialogs_is_silent(stage: Stage, make: Callable[[QWidget], QWidget]) -> None:  # noqa: F821
    dialog = make(stage.window)
    dialog.show()
    stage.until(dialog.isVisible)
    for button in dialog.findChildren(QAbstractButton):
        if button.text() == "Show details":
            button.click()
    lines = silent(dialog)
    dialog.close()
    stage.until(stage.window.isActiveWindow)
    assert lines == []


OPENED = ("palette", "models", "samplers", "verdicts", "preferences", "about", "make_film", "paste_experiment")


@pytest.mark.parametrize("name", OPENED)
def test_nothing_that_opens_is_silent(stage: Stage, tmp_path: Path, name: str) -> None:  # noqa: F821
    reaction = next(each for each in all_reactions(tmp_path) if each.name == name)
    reaction.prepare(stage.window)
    reaction.press(stage.window)
    stage.until(lambda: reaction.answer(stage.window) is not None)
    opened = reaction.answer(stage.window)
    assert opened is not None
    lines = silent(opened)
    reaction.back(stage.window)
    close_popups()
    assert lines == []


def test_a_question_is_not_silent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F821
    documents = stage.window.documents
    monkeypatch.setattr("gui.files.documents.WORTH_ASKING_S", -1.0)
    documents.ask_before("Quitting", lambda: None)
    box = stage.window.findChild(QMessageBox, "keep experiment")
    stage.until(box.isVisible)
    lines, texts = silent(box), {button.text() for button in box.buttons()}
    box.close()
    assert lines == []
    assert texts == {"Keep", "Discard", "Cancel"}


def test_the_loss_explorer_is_not_silent(stage: Stage) -> None:  # noqa: F821
    stage.desk.explored.emit(stage.run("vae"))
    stage.until(stage.window.pages.is_exploring)
    assert silent(stage.window.pages) == []
    stage.window.pages.leave_explore()


# -- what each control says


def test_maps_say_the_point_and_what_they_show(stage: Stage) -> None:  # noqa: F821
    plot = stage.panel("map", "vae").plot
    spoken = Spoken.of(plot)
    assert spoken.role == Role.Canvas
    assert spoken.name == "Latent map of Variational autoencoder"
    assert spoken.value == "z = (0.00, 0.00)"
    assert "decoded tiles" in spoken.description
    assert "y from -2.5 to 2.5" in spoken.description
    stage.desk.point.move([0.5, -1.25])
    assert Spoken.of(plot).value == "z = (0.50, −1.25)"
    chart = Spoken.of(stage.panel("loss", "vae").plot)
    assert chart.role == Role.Chart
    assert chart.description


def test_a_mosaic_says_which_image_the_keyboard_is_on(stage: Stage) -> None:  # noqa: F821
    grid = next(each for each in stage.window.lineup.findChildren(Mosaic) if each.isVisible())
    stage.until(lambda: grid.shown() > 2)
    assert Spoken.of(grid).value == f"{grid.shown()} shown"
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(grid, Key.Key_Right)
    QTest.keyClick(grid, Key.Key_Right)
    assert Spoken.of(grid).value == f"2 of {grid.shown()}"
    grid.clearFocus()


def test_heads_and_cards_say_what_they_are(stage: Stage) -> None:  # noqa: F821
    head = stage.find(SectionHeader, "input")
    assert Spoken.of(head).role == Role.Button
    assert told(head).state().expanded
    head.set_open(False)
    assert told(head).state().collapsed
    head.set_open(True)
    card = next(each for each in stage.window.findChildren(Card) if each.isVisible())
    assert Spoken.of(card).role == Role.Grouping


def test_what_a_screen_reader_was_told_ends_with_its_widget(qapp: QApplication) -> None:
    """PySide keeps the Python side of an interface: it must not reach for a widget that is gone."""
    for _ in range(50):
        slider, head = Slider(0, 1, default=0.5), SectionHeader("Input", "input")
        asked = told(slider), told(head)
        assert asked[0].valueInterface().currentValue() == 0.5
        slider.deleteLater()
        head.deleteLater()
        del slider, head, asked
        deliver_deletes()
        gc.collect(0)
    last = Slider(0, 1, default=0.25)
    assert Spoken.of(last).value == "0.25"
    last.deleteLater()


@pytest.mark.parametrize("make", [lambda: Slider(0, 1, default=0.5), lambda: SectionHeader("Input", "input"), Mosaic])
def test_a_part_that_a_widget_lacks_is_none(qapp: QApplication, make: Callable[[], QWidget]) -> None:
    """The window ended as soon as a screen reader on Linux asked a slider for its text."""
    widget = make()
    asked = told(widget)
    assert asked.textInterface() is None
    assert asked.editableTextInterface() is None
    assert asked.selectionInterface() is None
    assert (asked.valueInterface() is None) == (not isinstance(widget, Slider))
    assert asked.actionInterface().actionNames()
    widget.deleteLater()


def test_it_costs_nothing_while_nobody_listens(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F821
    def fail(*_: object) -> None:
        raise AssertionError("words for a screen reader were made")

    assert not QAccessible.isActive()
    monkeypatch.setattr(accessible, "send", fail)
    monkeypatch.setattr(type(stage.panel("map", "vae").plot), "spoken_value", fail)
    plot = stage.panel("map", "vae").plot
    plot.setFocus()
    stage.desk.point.move([0.5, 0.5])
    stage.desk.told.emit("Something happened.", "note")
    stage.key("=")
    stage.key("-")


# -- the five minutes of README by keyboard alone


def tab_to(stage: Stage, target: QWidget) -> None:  # noqa: F821
    for _ in range(MOST_TABS):
        if QApplication.focusWidget() is target:
            return
        stage.key("Tab")
    raise AssertionError(f"{target} is not reached by {MOST_TABS} Tabs")


def test_five_minutes_by_keyboard_are_told(desk_window: Open, said: list[str]) -> None:
    stage = desk_window()

    def hears(*parts: str) -> None:
        """Wait until all of this has been said since the last call."""
        stage.until(lambda: all(any(part in words for words in said) for part in parts))
        said.clear()

    stage.key("Space")  # 1
    hears("Training.")
    stage.until(stage.stepped(10))
    stage.key("Space")
    hears("Training has stopped.")
    plot = stage.panel("map", "vae").plot  # 2
    tab_to(stage, plot)
    assert Spoken.of(plot).value == "z = (0.00, 0.00)"
    stage.key("Shift+Right")
    hears("z = (0.25, 0.00)")
    tab_to(stage, stage.window.top.train)  # a map in focus zooms by + and −
    stage.key("2")  # 3
    stage.key("=")
    hears("KL weight β 4")
    stage.key("=")
    hears("KL weight β 10")
    stage.key("A")  # 4
    hears("A is at (0.25, 0.00)")
    stage.key("Shift+Up")
    hears("z = (0.25, 0.25)")
    stage.key("B")
    hears("B is at (0.25, 0.25)")
    stage.key("L")
    hears("The point moves.")
    stage.key("L")
    hears("The point rests.")
    stage.key("E")  # 5
    hears("z = (")
    stage.key("T")
    hears("Maps show ")
    stage.key("Ctrl+D")  # 6
    sheet = stage.window.data.sheet
    assert sheet is not None
    stage.until(sheet.isActiveWindow)
    QTest.keyClick(sheet, Key.Key_Escape)
    stage.until(stage.window.isActiveWindow)
    field = stage.find(SpinField, "latent")  # 7
    tab_to(stage, field)
    assert Spoken.of(field) == Spoken("Latent dims", Role.SpinBox, "2", "")
    for key in ("3", "Return"):
        stage.key(key)
    stage.until(lambda: stage.desk.experiment.setup.latent == 3)
    said.clear()
    stage.key("Ctrl+3")  # 8
    hears("Compare page.")
    chooser = stage.find(Combo, "sampler", stage.tab)
    tab_to(stage, chooser)
    assert Spoken.of(chooser).role == Role.ComboBox
    stage.key("Ctrl+1")
    hears("Lineup page.")
    stage.run("vae").board.tell("Collapsed. The code carries no information.", "VAE", "warn")  # 9, as a verdict does
    stage.until(stage.all_are("ready", "paused"))
    hears("VAE: Collapsed. The code carries no information.")


def test_an_error_interrupts_what_is_being_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F821
    urgent: list[bool] = []

    def listen(event: QAccessibleEvent) -> None:
        assert isinstance(event, QAccessibleAnnouncementEvent)
        urgent.append(event.politeness() == QAccessible.AnnouncementPoliteness.Assertive)

    monkeypatch.setattr(accessible, "send", listen)
    QAccessible.setActive(True)
    stage.desk.told.emit("The disk is full.", "error")
    stage.desk.told.emit("It is saved.", "note")
    QAccessible.setActive(False)
    assert urgent == [True, False]
