"""Keys that a user chooses: in the table, in menus, tooltips and the list of keys, and when two want the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QKeySequenceEdit, QMainWindow

from gui.shell.commands import Command, Commands, why_not
from gui.shell.preferences.dialog import PreferencesDialog
from gui.shell.preferences.keys import COMMAND, KEY, KeysPage
from gui.widgets import key_hints
from tests.architecture.test_borders import GUI, nodes
from tests.gui.conftest import Stage

Open = Callable[..., Stage]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:
    return module_window(("ae",))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Iterator[Stage]:
    yield again(window)
    for dialog in window.window.findChildren(PreferencesDialog):
        dialog.reject()
    window.window.preferences.reset()


def page_of(stage: Stage) -> KeysPage:
    stage.key("Ctrl+,")
    dialog = stage.find(PreferencesDialog, "preferences")
    stage.until(dialog.isVisible)
    dialog.list.setCurrentRow(1)
    page: KeysPage = dialog.keys
    return page


def row_of(page: KeysPage, name: str) -> int:
    return [each.name for each in page._shown].index(name)


def press_new(stage: Stage, page: KeysPage, name: str, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    """Choose a row by keyboard, Enter, and the new key."""
    page.table.setFocus()
    page.table.setCurrentCell(row_of(page, name), COMMAND)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    stage.until(lambda: bool(page.table.findChildren(QKeySequenceEdit)))
    editor = page.table.findChildren(QKeySequenceEdit)[0]
    stage.until(lambda: QApplication.focusWidget() is not page.table)
    QTest.keyClick(QApplication.focusWidget() or editor, key, modifier)
    stage.until(lambda: not page.table.findChildren(QKeySequenceEdit))


CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def test_the_table_lists_every_command_with_its_key(stage: Stage) -> None:
    page = page_of(stage)
    commands = stage.window.commands.table
    shown = [(page.table.cell(row, COMMAND).text(), page.table.cell(row, KEY).text()) for row in range(len(commands))]
    assert shown == [(each.words, each.keys) for each in commands]


def test_a_new_key_acts_and_is_shown_everywhere(stage: Stage) -> None:
    page = page_of(stage)
    press_new(stage, page, "new_seed", Qt.Key.Key_K, CTRL)
    assert page.sentence.text() == "“Restart with a new seed” has Ctrl+K now."
    assert page.table.cell(row_of(page, "new_seed"), KEY).text() == "Ctrl+K •"
    stage.find(PreferencesDialog, "preferences").reject()
    seed = stage.desk.experiment.setup.seed
    stage.key("Shift+R")
    assert stage.desk.experiment.setup.seed == seed
    stage.key("Ctrl+K")
    assert stage.desk.experiment.setup.seed != seed
    window = stage.window
    assert ("Ctrl+K", "Restart with a new seed") in window.commands.key_list()
    assert window.commands.action("new_seed").text().endswith("\tCtrl+K")
    tips = {button.toolTip() for button in window.top.findChildren(QAbstractButton)}
    assert "Restart with a new seed  (Ctrl+K)" in tips
    assert window.settings.read("keys", {}) == {"new_seed": "Ctrl+K"}


def test_tooltips_outside_the_bar_follow_too(stage: Stage) -> None:
    close, lane = stage.window.lineup.bar.add, stage.window.findChild(QAbstractButton, "now")
    assert close.toolTip().endswith("(Ctrl+T)")
    stage.window.preferences.set("keys", {"add_lane": "F8", "cancel": ""})
    assert close.toolTip().endswith("(F8)")
    assert lane is not None
    assert lane.toolTip() == "Show the lanes as they are now"
    stage.window.preferences.reset("keys")
    assert close.toolTip().endswith("(Ctrl+T)")


def test_no_words_on_screen_write_a_key_of_a_command_themselves() -> None:
    key = re.compile(r"\b(Ctrl|Alt)\+\S|\(Shift\+|\bF\d+\b")
    found = []
    for path in GUI:
        if path.name in ("command_table.py", "plot.py") or "bench" in path.parts:
            continue
        docstrings = {ast.get_docstring(node, clean=False) for node in nodes(path) if isinstance(node, DOCUMENTED)}
        words = [node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        found += [f"{path.name}: {each}" for each in words if key.search(each) and each not in docstrings]
    # a drawing has its own list of strokes, and its own Undo
    assert found == ["draw_points.py: Take the last stroke back  (Ctrl+Z)"]


def test_a_key_of_another_command_is_offered_and_not_taken(stage: Stage) -> None:
    page = page_of(stage)
    commands = stage.window.commands
    press_new(stage, page, "new_seed", Qt.Key.Key_S, CTRL)
    assert page.sentence.text() == "Ctrl+S is the key of “Save the experiment”, which would be left without one."
    assert page.take_over.isVisible()
    assert (commands["new_seed"].keys, commands["save_experiment"].keys) == ("Shift+R", "Ctrl+S")
    page.take_over.click()
    assert not page.take_over.isVisible()
    assert (commands["new_seed"].keys, commands["save_experiment"].keys) == ("Ctrl+S", "")
    assert key_hints.key("save_experiment") == ""
    bound = [action.shortcut().toString() for action in map(commands.action, ("new_seed", "save_experiment"))]
    assert bound == ["Ctrl+S", ""]


def test_an_offer_goes_with_the_row(stage: Stage) -> None:
    page = page_of(stage)
    page.table.setCurrentCell(row_of(page, "new_seed"), COMMAND)
    page.choose("new_seed", "Ctrl+S")
    page.table.setCurrentCell(row_of(page, "restart"), COMMAND)
    assert not page.take_over.isVisible()


def test_back_to_a_default_that_another_has_is_offered_too(stage: Stage) -> None:
    page = page_of(stage)
    commands = stage.window.commands
    page.choose("new_seed", "Ctrl+S")
    page.take_over.click()
    page.table.setCurrentCell(row_of(page, "save_experiment"), COMMAND)
    page._default.click()
    assert page.take_over.isVisible()
    page.take_over.click()
    assert (commands["new_seed"].keys, commands["save_experiment"].keys) == ("", "Ctrl+S")
    page.table.setCurrentCell(row_of(page, "new_seed"), COMMAND)
    page._default.click()
    assert commands["new_seed"].keys == "Shift+R"
    assert stage.window.preferences.value("keys") == {}


def test_delete_takes_a_key_away_and_escape_leaves_it(stage: Stage) -> None:
    page = page_of(stage)
    commands = stage.window.commands
    page.table.setCurrentCell(row_of(page, "restart"), COMMAND)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert commands["restart"].keys == ""
    page._default.click()
    assert commands["restart"].keys == "R"
    press_new(stage, page, "restart", Qt.Key.Key_Escape, NONE)
    assert commands["restart"].keys == "R"
    assert stage.find(PreferencesDialog, "preferences").isVisible()


@pytest.mark.parametrize("keys", ["Tab", "Return", "Shift+Tab", "Esc", "Ctrl", "Nonsense", "A, B", "Ctrl+K, Ctrl+S"])
def test_keys_that_lead_through_the_window_are_refused(keys: str, stage: Stage) -> None:
    assert why_not(keys)
    page = page_of(stage)
    page.choose("restart", keys)
    assert stage.window.commands["restart"].keys == "R"
    assert page.sentence.token() == "error"


def test_escape_may_come_back_to_its_own_command(stage: Stage) -> None:
    page = page_of(stage)
    page.choose("cancel", "F9")
    page.choose("cancel", "Esc")
    assert stage.window.commands["cancel"].keys == "Esc"


def test_macos_finds_its_three_entries_by_their_roles(stage: Stage) -> None:
    commands = stage.window.commands
    roles = {each.name: commands.action(each.name).menuRole() for each in commands.table}
    role = type(roles["quit"])
    special = {name: found for name, found in roles.items() if found != role.NoRole}
    assert special == {
        "show_about": role.AboutRole,
        "show_preferences": role.PreferencesRole,
        "quit": role.QuitRole,
    }


# The table alone


@pytest.fixture
def commands(qapp: QApplication) -> Iterator[Commands]:
    window = QMainWindow()
    table = [Command(name, name.capitalize(), keys, lambda: None) for name, keys in (("a", "A"), ("b", "B"), ("c", ""))]
    yield Commands(window, table)
    window.deleteLater()


@pytest.mark.parametrize(
    ("chosen", "keys", "trouble"),
    [
        ({}, "A B ", ""),
        ({"c": "C"}, "A B C", ""),
        ({"c": "A"}, "– B A", ""),
        ({"a": "B", "b": "A"}, "B A ", ""),
        ({"a": "X", "b": "X"}, "X B ", "X is the key of “A” already"),
        ({"a": "Tab"}, "A B ", "leads through the window"),
        ({"a": "hello world"}, "A B ", "is no key"),
        ({"gone": "X"}, "A B ", ""),
        ({"a": ""}, "– B ", ""),
    ],
)
def test_any_choice_of_a_file_leaves_no_key_twice(
    chosen: dict[str, str], keys: str, trouble: str, commands: Commands
) -> None:
    commands.bind(chosen)
    found = [each.keys for each in commands.table]
    assert found == [each.replace("–", "") for each in (*keys.split(" "), "")[:3]]
    assert trouble in commands.trouble
    assert bool(trouble) == bool(commands.trouble)
    bound = [commands.action(each.name).shortcut() for each in commands.table]
    assert bound == [QKeySequence(each.keys) for each in commands.table]
    commands.bind({})
    assert [each.keys for each in commands.table] == ["A", "B", ""]


def test_the_owner_of_a_key_is_found_however_it_is_written(commands: Commands) -> None:
    commands.bind({"c": "Ctrl+Shift+K"})
    owner = commands.owner("shift+ctrl+k")
    assert owner is not None
    assert owner.name == "c"
    assert commands.owner("Ctrl+K") is None
