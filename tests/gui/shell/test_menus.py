"""One tree of menus in two views, the menu bar and the menu behind ☰; what entries say; the palette of a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar

from gui.shell.menu_tree import MENUS
from gui.widgets.palette import Palette
from tests.gui.shell.opened import close_popups

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
TITLES = ["&File", "&Edit", "&View", "&Run", "&Lanes", "&Tools", "&Help"]


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:  # noqa: F821
    return module_window(("ae", "vae"))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Iterator[Stage]:  # noqa: F821
    yield again(window)
    close_popups()


def bar_of(stage: Stage) -> QMenuBar | None:  # noqa: F821
    return stage.window.findChild(QMenuBar)


def test_there_are_seven_menus() -> None:
    assert [menu.words for menu in MENUS] == TITLES
    letters = [menu.words[menu.words.index("&") + 1].lower() for menu in MENUS]
    assert sorted(letters) == sorted(set(letters))  # Alt and a letter open one menu


def test_at_first_the_bar_takes_no_room_and_f10_opens_the_same_menus(stage: Stage) -> None:  # noqa: F821
    assert bar_of(stage) is None or bar_of(stage).isHidden()
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == TITLES
    close_popups()


def test_the_menus_open_again_and_again_here_and_in_the_bar(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    for _ in range(3):
        stage.key("F10")
        QApplication.activePopupWidget().setActiveAction(QApplication.activePopupWidget().actions()[0])
        close_popups()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    stage.window.menus.show_bar(True)
    stage.key("F10")
    recent = QApplication.activePopupWidget().actions()[1].menu()
    assert [action.text() for action in recent.actions()] == ["None yet"]
    close_popups()


def test_the_bar_shows_the_menus_of_the_button_and_is_remembered(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    tall = stage.window.pages.height()
    stage.window.commands.action("toggle_menu_bar").trigger()
    QApplication.processEvents()
    bar = bar_of(stage)
    assert bar is not None
    assert bar.isVisible()
    assert [action.menu() for action in bar.actions()] == stage.window.menus.all()
    assert stage.window.pages.height() == tall - bar.height()  # the pages, not the bars, give the room
    assert stage.window.settings.read("menu bar", False) is True
    stage.window.commands.action("toggle_menu_bar").trigger()
    QApplication.processEvents()
    assert bar.isHidden()
    assert stage.window.pages.height() == tall
    assert stage.window.settings.read("menu bar", True) is False


def test_f10_goes_to_the_bar_where_it_is_shown(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.window.menus.show_bar(True)
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    assert menu is stage.window.menus.all()[0]
    close_popups()


def test_entries_are_grey_only_while_a_menu_is_open_also_on_the_way_along_the_bar(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.window.menus.show_bar(True)
    bar, undo = bar_of(stage), stage.window.commands.action("undo")
    for menu in bar.actions():
        bar.setActiveAction(menu)
        assert not undo.isEnabled(), menu.text()
    close_popups()
    bar.setActiveAction(None)
    QApplication.processEvents()
    assert undo.isEnabled()


def test_the_status_line_says_what_an_entry_does_until_the_menu_closes(stage: Stage) -> None:  # noqa: F821
    before = stage.window.status._text.text()
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    run = next(each for each in menu.actions() if each.text() == "&Run")
    menu.setActiveAction(run)
    run.menu().setActiveAction(stage.window.commands.action("step"))
    assert stage.window.status._text.text() == "Train every lane for one step, then pause."
    stage.desk.told.emit("Something happened meanwhile.", "note")
    assert stage.window.status._text.text() == "Train every lane for one step, then pause."
    close_popups()
    assert "Something happened meanwhile." in stage.window.status._text.text() != before


def test_a_grey_entry_says_why_in_its_tooltip(stage: Stage) -> None:  # noqa: F821
    redo, step = (stage.window.commands.action(name) for name in ("redo", "step"))
    stage.key("F10")
    assert redo.toolTip() == "Not now: nothing was taken back"
    assert "Not now" not in step.toolTip()
    assert all(menu.toolTipsVisible() for menu in stage.window.menus.all())


def test_quit_has_its_place_on_a_mac_and_no_other_entry_is_taken_there(stage: Stage) -> None:  # noqa: F821
    commands = stage.window.commands
    roles = {command.name: commands.action(command.name).menuRole() for command in commands.table}
    assert roles.pop("quit") == QAction.MenuRole.QuitRole
    places = {"show_about": QAction.MenuRole.AboutRole, "show_preferences": QAction.MenuRole.PreferencesRole}
    for name, role in roles.items():
        assert role == places.get(name, QAction.MenuRole.NoRole), name


def test_alt_alone_opens_the_menu_and_alt_with_another_key_does_not(stage: Stage) -> None:  # noqa: F821
    handle = stage.window.windowHandle()
    QTest.keyPress(handle, Qt.Key.Key_Alt)
    QTest.keyRelease(handle, Qt.Key.Key_Alt)
    assert isinstance(QApplication.activePopupWidget(), QMenu)
    close_popups()
    z = stage.desk.point.z.copy()
    QTest.keyPress(handle, Qt.Key.Key_Alt)
    QTest.keyClick(handle, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    QTest.keyRelease(handle, Qt.Key.Key_Alt)
    assert QApplication.activePopupWidget() is None
    assert stage.desk.point.z[0] > z[0]
    QTest.keyPress(handle, Qt.Key.Key_Alt)
    QTest.mouseClick(handle, Qt.MouseButton.RightButton, Qt.KeyboardModifier.AltModifier)
    close_popups()
    QTest.keyRelease(handle, Qt.Key.Key_Alt)
    assert QApplication.activePopupWidget() is None


# The palette


def open_palette(stage: Stage) -> Palette:  # noqa: F821
    stage.key("Ctrl+Shift+P")
    palette = QApplication.activePopupWidget()
    assert isinstance(palette, Palette)
    return palette


def test_the_palette_finds_every_command_that_is_no_alias(stage: Stage) -> None:  # noqa: F821
    palette = open_palette(stage)
    listed = {entry.name: entry for entry in palette.shown()}
    commands = {each.name: each for each in stage.window.commands.table if not each.alias_of}
    assert set(commands) - set(listed) == {"show_palette", "open_menu", "open_context_menu"}
    assert {name: listed[name].keys for name in set(commands) & set(listed)} == {
        name: commands[name].keys for name in set(commands) & set(listed)
    }
    words = [entry.words for entry in palette.shown()]
    assert sorted(words) == sorted(set(words))  # no two read alike
    close_popups()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("theme light", "Theme: Light"),
        ("restart", "Restart with the same seed"),
        ("inf slow", "Information: Slow motion"),
        ("wasser", "Add a lane: Wasserstein autoencoder"),
        ("moons", "Data: Two moons"),
        ("lesson 1", "Lesson 1"),
    ],
)
def test_the_palette_finds_themes_pages_models_data_and_lessons(stage: Stage, typed: str, words: str) -> None:  # noqa: F821
    stage.until(lambda: bool(stage.window.lessons.lessons))
    palette = open_palette(stage)
    QTest.keyClicks(palette.field, typed)
    assert palette.chosen() is not None
    assert palette.chosen().words.startswith(words)
    close_popups()


def test_the_palette_remembers_what_was_used_and_shows_why_something_cannot_be(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    palette = open_palette(stage)
    greys = {entry.name: entry.why_not for entry in palette.shown() if entry.why_not}
    assert greys["undo"] == "nothing was done yet that can be taken back"
    assert greys["close_lane"] == "the last lane stays open"
    QTest.keyClicks(palette.field, "compare")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert stage.window.pages.tab == "compare"
    assert open_palette(stage).shown()[0].name == "tab_compare"
    assert stage.window.settings.read("recent commands", []) == ["tab_compare"]
    close_popups()


def test_the_palette_gives_the_keyboard_back(stage: Stage) -> None:  # noqa: F821
    stage.window.top.train.setFocus(Qt.FocusReason.TabFocusReason)
    palette = open_palette(stage)
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    assert QApplication.focusWidget() is stage.window.top.train
