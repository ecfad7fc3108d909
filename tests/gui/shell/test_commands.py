"""The table of commands, and the keys, main menu, list of keys and enabled states built from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMainWindow, QMenu, QScrollArea
from pytestqt.qtbot import QtBot

from gui.plots.plot import HANDS
from gui.shell.commands import Command, Commands
from gui.shell.menu import MAIN_MENU, RECENT, Submenu
from gui.widgets.chips import KeyCap
from gui.widgets.dialogs import KeysDialog
from gui.widgets.label import Label
from gui.widgets.menus import popup

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

PAST = {"look_back", "look_on", "fork"}
"""What a lane that has not trained cannot do."""
MENU = """\
Open an experiment\tCtrl+O
Open a recent experiment
  None yet
Save the experiment\tCtrl+S
Save it under another name\tCtrl+Shift+S
---
Choose a dataset\tCtrl+D
Add a lane\tCtrl+T
Open a saved run\tCtrl+Shift+O
Open a sweep
Save every lane as a run
Make a film
Write a report
Picture of the window
  Copy
  Picture of the window as PNG\tCtrl+E
  PNG, 2 × as large …
  PNG, 4 × as large …
  SVG …
  PDF …
Copy
  Selected lane as command line
  Selected lane as Python
  Experiment as text
Paste an experiment
---
Train on another machine
Start the engine again
---
Lessons and glossary\tF3
Manual
More about this in the manual\tShift+F1
---
Undo\tCtrl+Z
Redo\tCtrl+Shift+Z
---
Back in time by a moment\tCtrl+[
On in time, up to now\tCtrl+]
Fork the selected lane there
---
Theme
  Dark x
  Light
  System
Text size
  100 % x
  115 %
  130 %
Reduce motion
Show or hide both side panels\tCtrl+\\
Fold the table\tCtrl+J
Show or hide the help box\tF1
---
All events
All keys\tF2
About Latent Playground
---
Preferences\tCtrl+,
Quit\tCtrl+Q"""


def names_in_the_menu() -> list[str]:
    entries = [entry for group in MAIN_MENU for entry in group if entry != RECENT]
    return [name for entry in entries for name in (entry.names if isinstance(entry, Submenu) else (entry,))]


def read(menu: QMenu, indent: str = "") -> Iterator[str]:
    """A menu line by line: words and key, and an x for a check mark."""
    for action in menu.actions():
        yield "---" if action.isSeparator() else f"{indent}{action.text()}{' x' * action.isChecked()}"
        inside = action.menu()
        if isinstance(inside, QMenu):
            yield from read(inside, indent + "  ")


def open_menu(stage: Stage) -> QMenu:  # noqa: F821
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def close_popups() -> None:
    while (opened := QApplication.activePopupWidget()) is not None:
        opened.close()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.close()
    QApplication.processEvents()


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
    for command in table:
        assert command.words, command.name
        assert command.keys or command.name in in_the_menu, f"no key and no menu leads to {command.name}"


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
    assert len(caps) == 56 + len(HANDS)
    assert dialog.findChild(QScrollArea).horizontalScrollBar().maximum() == 0
    assert words[caps.index("Left")] == "Move the point by 0.05 (Shift 0.25, Alt 0.01)"  # once, for four arrows
    assert words[caps.index("Right")] == "Move the point by 0.05"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    stage.until(lambda: stage.window.findChild(KeysDialog) is None)


def test_the_main_menu_shows_words_keys_and_check_marks(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    menu = open_menu(stage)
    assert "\n".join(read(menu)) == MENU
    menu.close()
    stage.window.set_theme("light")
    stage.window.commands.action("reduce_motion").trigger()
    lines = list(read(open_menu(stage)))
    assert [line for line in lines if line.endswith(" x")] == ["  Light x", "  100 % x", "Reduce motion x"]
    close_popups()


def test_the_main_menu_holds_the_actions_of_the_table(stage: Stage) -> None:  # noqa: F821
    menu = open_menu(stage)
    menus = [each for each in menu.findChildren(QMenu) if each.title() != "Open a recent experiment"]
    shown = [action for each in (menu, *menus) for action in each.actions()]
    commands = [action for action in shown if not action.isSeparator() and not action.menu()]
    window = stage.window
    assert {id(action) for action in commands} == {id(window.commands.action(name)) for name in names_in_the_menu()}
    action = window.commands.action("toggle_help")
    shown_before = window.help.isVisible()
    menu.setActiveAction(action)
    QTest.keyClick(menu, Qt.Key.Key_Return)
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


# Enabled states

EXPERIMENT_ONLY = {
    "open_experiment",
    "save_experiment",
    "save_experiment_as",
    *("toggle_training", "step", "restart", "new_seed", "toggle_lane", "add_lane", "close_lane"),
    *(f"select_{i}" for i in range(1, 6)),
    *("path_back", "path_on", "pin_a", "pin_b", "toggle_loop", "zero", "randomise", "toggle_walk"),
    *("new_samples", "encode", "draw", "next_map_style", "beta_up", "beta_up_plus", "beta_down"),
    *("ask_dataset", "open_run", "save_runs", "copy_command", "copy_python", "copy_experiment", "paste_experiment"),
    *("paste", "make_film", "write_report", "choose_machine", "open_sweep"),
}


def disabled_commands(stage: Stage) -> set[str]:  # noqa: F821
    """The names of the disabled commands. Asserts that the main menu agrees."""
    commands = stage.window.commands
    disabled = {command.name for command in commands.table if not command.enabled()}
    menu = open_menu(stage)
    actions = {name: commands.action(name) for name in names_in_the_menu()}
    assert {name for name, action in actions.items() if not action.isEnabled()} == disabled & set(actions)
    menu.close()
    assert all(commands.action(command.name).isEnabled() for command in commands.table)
    return disabled


def test_disabled_before_an_experiment_is_open(bare_window: Open) -> None:
    stage = bare_window()
    nudges = {command.name for command in stage.window.commands.table if command.name.startswith("nudge_")}
    assert disabled_commands(stage) == EXPERIMENT_ONLY | nudges | PAST | {"undo", "redo", "cancel", "start_engine"}


def test_disabled_with_one_lane(stage: Stage) -> None:  # noqa: F821
    assert disabled_commands(stage) == {
        *("close_lane", "select_2", "select_3", "select_4", "select_5"),
        *("beta_up", "beta_up_plus", "beta_down", "undo", "redo", "cancel", "start_engine"),
        *PAST,
    }
    stage.key("Ctrl+W")  # greyed in a menu, but its key says why
    assert stage.window.status.events[-1].text == "The last lane stays open."
    stage.key("=")
    assert stage.window.status.events[-1].text == "No lane has a KL weight."


def test_disabled_without_an_encoder(desk_window: Open) -> None:
    stage = desk_window(("gan",))
    assert "encode" in disabled_commands(stage)
    stage.key("E")
    assert stage.window.status.events[-1].text == "No lane has an encoder."
    stage.desk.add_lane("ae")
    assert not {"encode", "close_lane", "select_2"} & disabled_commands(stage)


def test_disabled_with_five_lanes(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "gan", "sparse_ae", "denoising_ae"))
    assert disabled_commands(stage) == {"add_lane", "undo", "redo", "cancel", "start_engine"} | PAST
    stage.key("Ctrl+T")  # the menu of models opens; a choice says that there are five
    assert isinstance(QApplication.activePopupWidget(), QMenu)
    close_popups()
    stage.key("1")
    stage.key("Ctrl+W")
    assert disabled_commands(stage) == {"select_5", "redo", "cancel", "start_engine"} | PAST


def test_beta_keys_are_disabled_at_the_ends_of_the_presets(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    vae = stage.run("vae")
    betas = {"beta_up", "beta_up_plus", "beta_down"}
    stage.desk.select(stage.run("gan"))  # the keys turn the VAE's
    assert not betas & disabled_commands(stage)
    for beta, ended in (
        (10.0, {"beta_up", "beta_up_plus"}),
        (0.0, {"beta_down"}),
        (100.0, {"beta_up", "beta_up_plus"}),
    ):
        stage.desk.set_knob(vae, "beta", beta)
        assert betas & disabled_commands(stage) == ended, beta
    stage.key("-")
    assert vae.pending.beta == 10.0


def test_undo_and_redo_are_enabled_in_turn(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    for keys, gone in (("=", {"redo"}), ("Ctrl+Z", {"undo"}), ("Ctrl+Shift+Z", {"redo"})):
        stage.key(keys)
        assert {"undo", "redo"} & disabled_commands(stage) == gone, keys


def test_motion_enables_cancel(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.key("W")
    assert not {"cancel", "toggle_walk"} & disabled_commands(stage)
    stage.key("Esc")
    assert not stage.desk.point.is_moving
    stage.window.commands.action("reduce_motion").trigger()
    assert {"toggle_walk", "toggle_loop", "cancel"} <= disabled_commands(stage)


def test_explored_curves_can_be_left(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.desk.explored.emit(stage.run("ae"))
    assert "cancel" not in disabled_commands(stage)
    stage.key("Esc")
    assert "cancel" in disabled_commands(stage)
    assert stage.window.pages.tab == "lineup"


def test_colour_cannot_be_drawn(desk_window: Open, tiny: Callable[..., object]) -> None:
    assert "draw" in disabled_commands(desk_window(("ae",), dataset=tiny(channels=3, side=32)))


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
