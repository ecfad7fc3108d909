"""The table of commands, and the keys, main menu, list of keys and enabled states built from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMainWindow, QMenu, QScrollArea
from pytestqt.qtbot import QtBot

from gui.plots.plot import HANDS
from gui.shell.command_tips import TIPS, WHY_NOT
from gui.shell.commands import Command, Commands
from gui.widgets.chips import KeyCap
from gui.widgets.dialogs import KeysDialog
from gui.widgets.label import Label
from gui.widgets.menus import popup
from tests.gui.shell.opened import close_popups, names_in_the_menu, open_menu

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

MENU = """\
&File
  Open an experiment\tCtrl+O
  Open a recent experiment
    None yet
  Save the experiment\tCtrl+S
  Save it under another name\tCtrl+Shift+S
  ---
  Choose a dataset\tCtrl+D
  Open a saved run\tCtrl+Shift+O
  Open a sweep
  Save every lane as a run
  ---
  Picture of the window
    Copy
    Picture of the window as PNG\tCtrl+E
    PNG, 2 × as large …
    PNG, 4 × as large …
    SVG …
    PDF …
  Make a film
  Write a report
  ---
  Quit\tCtrl+Q
&Edit
  Undo\tCtrl+Z
  Redo\tCtrl+Shift+Z
  ---
  Copy what has the focus\tCtrl+C
  Copy as text
    Selected lane as command line
    Selected lane as Python
    Experiment as text
  ---
  Paste a picture as the input\tCtrl+V
  Paste an experiment
  ---
  Preferences\tCtrl+,
&View
  Lineup\tCtrl+1
  Latent\tCtrl+2
  Compare\tCtrl+3
  Information\tCtrl+4
  ---
  Enlarge the selected lane's map\tF
  Tiles, codes or both\tT
  New samples\tG
  ---
  Show or hide both side panels\tCtrl+\\
  Fold the table\tCtrl+J
  Show or hide the help box\tF1
  Menu bar
  ---
  Theme
    Dark x
    Light
    System
  Text size
    As the screen x
    100 %
    115 %
    130 %
  Reduce motion
&Run
  Train or pause\tSpace
  One step in every lane\t.
  ---
  Restart with the same seed\tR
  Restart with a new seed\tShift+R
  ---
  Back in time by a moment\tCtrl+[
  On in time, up to now\tCtrl+]
  Fork the selected lane there
&Lanes
  Add a lane\tCtrl+T
  Duplicate the selected lane
  Rename the selected lane
  Close the selected lane\tCtrl+W
  ---
  Train or pause the selected lane\tP
  Train only the selected lane
  ---
  Select
    Select lane 1\t1
    Select lane 2\t2
    Select lane 3\t3
    Select lane 4\t4
    Select lane 5\t5
  Move the selected lane left
  Move the selected lane right
  ---
  β one preset up\t=
  β one preset down\t-
&Tools
  Find a command\tCtrl+Shift+P
  ---
  Latent point
    The point to zero\t0
    The point to a random place\tN
    Walk through the space\tW
    Stop motion, show the lanes as they are now\tEsc
  Path from A to B
    Pin A here\tA
    Pin B here\tB
    Back along the path\t[
    On along the path\t]
    Loop along the path\tL
  Input image
    Draw an input image\tD
    Move the ring to the code of the input\tE
  ---
  Train on another machine
  Start the engine again
&Help
  Lessons and glossary\tF3
  Manual
  More about this in the manual\tShift+F1
  ---
  All keys\tF2
  All events
  ---
  About Latent Playground"""


def read(menu: QMenu, indent: str = "") -> Iterator[str]:
    """A menu line by line: words and key, and an x for a check mark."""
    for action in menu.actions():
        yield f"{indent}---" if action.isSeparator() else f"{indent}{action.text()}{' x' * action.isChecked()}"
        inside = action.menu()
        if isinstance(inside, QMenu):
            yield from read(inside, indent + "  ")


def entries_of(menu: QMenu) -> Iterator[QAction]:
    """The commands in a menu and its submenus, without the recent experiments."""
    for action in menu.actions():
        inside = action.menu()
        if isinstance(inside, QMenu):
            yield from () if inside.title() == "Open a recent experiment" else entries_of(inside)
        elif not action.isSeparator():
            yield action


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:  # noqa: F821
    return module_window(("ae",))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Stage:  # noqa: F821
    """A window with one lane, in which nothing can be undone."""
    return again(window)


# The table


def test_every_command_has_words_and_a_way_to_it(stage: Stage) -> None:  # noqa: F821
    table = stage.window.commands.table
    in_the_menu = set(names_in_the_menu())
    assert in_the_menu <= {command.name for command in table}
    nowhere = [command.name for command in table if not command.keys and command.name not in in_the_menu]
    assert nowhere == []
    for command in table:
        assert command.words, command.name


def test_no_command_stands_in_two_menus() -> None:
    names = names_in_the_menu()
    assert sorted(names) == sorted(set(names))


def test_every_command_says_what_it_does_and_why_it_is_grey(stage: Stage) -> None:  # noqa: F821
    table = stage.window.commands.table
    assert set(TIPS) == {command.name for command in table}  # none of a command that is gone
    assert set(WHY_NOT) <= set(TIPS)
    for command in table:
        assert command.tip, command.name
        assert command.why_not, command.name
        assert command.tip[0].isupper(), command.tip
        assert not command.tip.endswith("."), command.tip
        assert stage.window.commands.action(command.name).statusTip() == f"{command.tip}."


def test_no_two_commands_share_a_key(stage: Stage) -> None:  # noqa: F821
    window = stage.window
    keys = [QKeySequence(command.keys).toString() for command in window.commands.table if command.keys]
    assert all(keys)  # Qt can read each
    assert len(set(keys)) == len(keys)
    bound = [each.toString() for action in window.findChildren(QAction) for each in action.shortcuts()]
    assert sorted(bound) == sorted(keys)


def test_every_alias_is_covered_by_a_row_in_the_list_of_keys(stage: Stage) -> None:  # noqa: F821
    commands = stage.window.commands
    for command in commands.table:
        if command.alias_of:
            assert (commands[command.alias_of].keys, commands[command.alias_of].words) in commands.key_list()


def test_two_commands_cannot_have_one_name(qapp: QApplication) -> None:
    table = [Command("same", "Same", keys, lambda: None) for keys in ("X", "Y")]
    window = QMainWindow()
    with pytest.raises(AssertionError, match="one name"):
        Commands(window, table)
    window.deleteLater()


# List of keys, menu, tooltips


def test_f2_lists_every_key(stage: Stage) -> None:  # noqa: F821
    stage.key("F2")
    dialog = stage.window.findChild(KeysDialog)
    stage.until(lambda: bool(caps := dialog.findChildren(KeyCap)) and caps[0].isVisible())
    caps = [cap.accessibleName() for cap in dialog.findChildren(KeyCap)]
    title, *words = [label.text() for label in dialog.findChildren(Label)]
    listed = [each for each in stage.window.commands.table if each.keys and not each.alias_of]
    assert caps == [each.keys for each in listed] + [keys for keys, _ in HANDS]
    assert title == "Keys"
    assert words == [each.words for each in listed] + [words for _, words in HANDS]
    assert len(caps) == 59 + len(HANDS)
    assert dialog.findChild(QScrollArea).horizontalScrollBar().maximum() == 0
    assert words[caps.index("Left")] == "Move the point by 0.05 (Shift 0.25, Alt 0.01)"  # once, for four arrows
    assert words[caps.index("Right")] == "Move the point by 0.05"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    stage.until(lambda: stage.window.findChild(KeysDialog) is None)


def test_the_main_menu_shows_words_keys_and_check_marks(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    menu = open_menu(stage)
    menu.setActiveAction(menu.actions()[0])  # the recent experiments are listed when their menu opens
    assert "\n".join(read(menu)) == MENU
    menu.close()
    stage.window.set_theme("light")
    stage.window.commands.action("reduce_motion").trigger()
    lines = list(read(open_menu(stage)))
    assert [line for line in lines if line.endswith(" x")] == [
        "    Light x",
        "    As the screen x",
        "  Reduce motion x",
    ]
    close_popups()


def test_the_main_menu_holds_the_actions_of_the_table(stage: Stage) -> None:  # noqa: F821
    menu = open_menu(stage)
    window = stage.window
    commands = [action for each in menu.actions() for action in entries_of(each.menu())]
    assert {id(action) for action in commands} == {id(window.commands.action(name)) for name in names_in_the_menu()}
    action = window.commands.action("toggle_help")
    shown_before = window.help.isVisible()
    view = next(each for each in menu.actions() if each.text() == "&View")
    menu.setActiveAction(view)  # it opens beside the main menu
    view.menu().setActiveAction(action)
    QTest.keyClick(view.menu(), Qt.Key.Key_Return)
    assert QApplication.activePopupWidget() is None
    assert window.help.isVisible() is not shown_before
    action.trigger()
    assert window.help.isVisible() is shown_before


def test_tooltips_of_the_bar_name_the_keys(stage: Stage) -> None:  # noqa: F821
    window = stage.window
    tips = {button.toolTip() for button in window.top.findChildren(QAbstractButton)}
    for name in ("step", "restart", "new_seed", "ask_dataset", "open_menu", "toggle_lessons", "tab_compare"):
        assert window.commands[name].hint in tips
    assert window.commands["step"].hint == "One step in every lane  (.)"


# Keys


def test_each_key_calls_its_command_once(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: "")
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", lambda *_: ("", ""))
    stage = desk_window(("ae", "vae"))
    called: list[str] = []
    for command in stage.window.commands.table:
        action = stage.window.commands.action(command.name)
        action.triggered.connect(lambda _, name=command.name: called.append(name))
    menu = open_menu(stage)  # actions that were in a menu are in two places for a while
    menu.close()
    called.clear()
    for command in stage.window.commands.table:
        if command.keys and command.name != "quit":
            stage.key(command.keys)
            assert called == [command.name]
            called.clear()
            close_popups()


@pytest.fixture
def counting(qtbot: QtBot, hush: None) -> tuple[QMainWindow, Commands, list[str]]:
    """A window with an enabled and a disabled command, its commands, and the names of those that acted."""
    done: list[str] = []
    window = QMainWindow()
    line = QLineEdit()
    window.setCentralWidget(line)
    table = [
        Command("fold", "Fold", "Ctrl+J", lambda: done.append("fold")),
        Command("off", "Off", "X", lambda: done.append("off"), enabled=lambda: False),
    ]
    commands = Commands(window, table)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window, commands, done


def test_the_key_of_a_command_in_an_open_menu_acts_once(
    counting: tuple[QMainWindow, Commands, list[str]], qt_messages: list[str]
) -> None:
    window, commands, done = counting
    menu = QMenu(window)
    menu.addAction(commands.action("fold"))
    popup(menu, window.mapToGlobal(window.rect().center()))
    QTest.keyClick(menu, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert done == []  # an open menu has the keyboard
    menu.close()
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert done == ["fold"]
    assert not [message for message in qt_messages if "mbiguous" in message]


def test_a_letter_is_typed_where_text_is_edited_and_kept_from_other_widgets(
    counting: tuple[QMainWindow, Commands, list[str]],
) -> None:
    window, _, done = counting
    line = window.centralWidget()
    assert isinstance(line, QLineEdit)
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_X)
    assert (line.text(), done) == ("x", [])
    line.clearFocus()
    QTest.keyClick(window, Qt.Key.Key_X)
    assert done == ["off"]  # its key is not passed on: a disabled command says why it cannot act


def test_only_some_keys_repeat_while_held(stage: Stage) -> None:  # noqa: F821
    commands = stage.window.commands
    repeating = {command.name for command in commands.table if commands.action(command.name).autoRepeat()}
    nudges = {command.name for command in commands.table if command.name.startswith("nudge_")}
    assert len(nudges) == 12
    with_keys = {command.name for command in commands.table if command.keys}
    assert repeating & with_keys == {"step", "look_back", "look_on", "path_back", "path_on", "beta_up_plus"} | nudges


def test_space_presses_no_button_before_an_experiment_is_open(bare_window: Open) -> None:
    stage = bare_window()
    menu = open_menu(stage)  # it shows that there is nothing to train
    menu.close()
    assert QApplication.focusWidget().objectName() == "menu"
    stage.key("Space")
    assert QApplication.activePopupWidget() is None


def test_arrow_keys_move_the_point_by_their_size(stage: Stage) -> None:  # noqa: F821
    z = np.zeros(2)
    for keys, move in (
        ("Right", (0.05, 0)),
        ("Shift+Up", (0, 0.25)),
        ("Alt+Left", (-0.01, 0)),
        ("Alt+Down", (0, -0.01)),
    ):
        stage.key(keys)
        z += move
        np.testing.assert_allclose(stage.desk.point.z, z, atol=1e-4, err_msg=keys)
