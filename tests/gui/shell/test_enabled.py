"""Which commands can act when: grey in the menus, and what their keys say then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QMenu

from tests.gui.shell.opened import close_popups, names_in_the_menu, open_menu

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

PAST = {"look_back", "look_on", "fork"}
"""What a lane that has not trained cannot do."""


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:  # noqa: F821
    return module_window(("ae",))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Stage:  # noqa: F821
    """A window with one lane, in which nothing can be undone."""
    return again(window)


EXPERIMENT_ONLY = {
    "open_experiment",
    "save_experiment",
    "save_experiment_as",
    *("toggle_training", "step", "restart", "new_seed", "toggle_lane", "add_lane", "close_lane"),
    *("rename_lane", "duplicate_lane", "train_only", "move_left", "move_right"),
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
        *("close_lane", "move_left", "move_right", "select_2", "select_3", "select_4", "select_5"),
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
    full = {"add_lane", "duplicate_lane"}
    assert disabled_commands(stage) == full | {"undo", "redo", "cancel", "start_engine"} | PAST
    stage.key("Ctrl+T")  # the menu of models opens; a choice says that there are five
    assert isinstance(QApplication.activePopupWidget(), QMenu)
    close_popups()
    stage.key("1")
    stage.key("Ctrl+W")
    assert disabled_commands(stage) == {"select_5", "redo", "cancel", "start_engine", "move_left"} | PAST


def test_beta_keys_are_disabled_at_the_ends_of_the_presets(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    vae = stage.run("vae")
    betas = {"beta_up", "beta_up_plus", "beta_down"}
    stage.desk.select(stage.run("gan"))  # the keys turn the VAE's
    assert not betas & disabled_commands(stage)
    for beta, ended in (
        (10.0, set()),
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
