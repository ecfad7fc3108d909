"""Lanes that are duplicated, renamed, or trained alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.engine.lane_names import MOST_LETTERS
from gui.desk.copies import name_of_copy
from gui.desk.lanes import train_only
from tests.gui.conftest import Stage

Open = Callable[..., Stage]


def test_a_copy_of_a_lane_that_has_learned_goes_on_to_the_last_bit(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    desk, vae = stage.desk, stage.run("vae")
    vae.step(4)
    stage.until(lambda: vae.view.status.step == 4 and vae.view.status.state == "paused")
    desk.set_knob(vae, "beta", 4.0)
    desk.copies.duplicate(vae)
    stage.until(lambda: len(desk.runs) == 3)
    first, copy, _ = desk.runs
    assert first is vae
    assert desk.selected is copy
    assert copy.slot == 2
    assert copy.pending == vae.pending
    stage.until(lambda: copy.view.snapshot is not None and copy.view.status.step == 4)
    for run in (vae, copy):
        run.step(3)
    stage.until(lambda: all(run.view.status.step == 7 and run.view.snapshot.step == 7 for run in (vae, copy)))
    z = np.array([[0.3, -0.7]], np.float32)
    np.testing.assert_array_equal(vae.decode(z), copy.decode(z))
    assert "goes on from its step 4" in " ".join(event.text for event in stage.window.status.events)
    stage.key("Ctrl+Z")
    assert desk.runs[1] is not copy
    assert len(desk.runs) == 2
    stage.key("Ctrl+Shift+Z")
    assert desk.runs[1] is copy


def test_a_copy_of_a_fresh_lane_begins_as_it_did_and_has_its_waiting_knobs(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    desk, vae = stage.desk, stage.run("vae")
    stage.until(lambda: vae.view.snapshot is not None)
    desk.set_knob(vae, "lr", 0.01)
    desk.copies.duplicate(vae)
    assert len(desk.runs) == 2
    copy = desk.runs[1]
    assert copy.pending.lr == 0.01
    stage.until(lambda: copy.view.snapshot is not None)
    z = np.array([[0.3, -0.7]], np.float32)
    np.testing.assert_array_equal(vae.decode(z), copy.decode(z))


def test_a_copy_trains_if_the_lane_does(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.key("Space")
    stage.until(stage.stepped(3))
    stage.desk.copies.duplicate(stage.run("ae"))
    stage.until(lambda: len(stage.desk.runs) == 2)
    copy = stage.desk.runs[1]
    begun = copy.view.status.step
    stage.until(lambda: copy.view.status.step > max(3, begun))
    assert copy.will_train


def test_there_is_no_sixth_lane(desk_window: Open, heard: Any) -> None:
    stage = desk_window(("ae", "vae", "gan", "sparse_ae", "denoising_ae"))
    told = heard(stage.desk.told)
    stage.desk.copies.duplicate(stage.run("ae"))
    assert len(stage.desk.runs) == 5
    assert [text for text, _ in told] == ["There are 5 lanes already; close one first."]


def test_a_lane_that_is_closed_before_its_state_comes_is_not_copied(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    vae = stage.run("vae")
    vae.step(2)
    stage.until(lambda: vae.view.status.step == 2)
    stage.desk.copies.duplicate(vae)
    stage.desk.close_lane(vae)
    stage.until(lambda: not stage.desk.copies._timer.isActive())
    assert [run.model_name for run in stage.desk.runs] == ["ae"]


def test_names_of_copies_are_new_and_not_too_long() -> None:
    assert name_of_copy("mine", ["mine"]) == "mine copy"
    assert name_of_copy("mine", ["mine", "mine copy", "mine copy 2"]) == "mine copy 3"
    long = name_of_copy("x" * MOST_LETTERS, [])
    assert len(long) == MOST_LETTERS
    assert long.endswith("x copy")


def test_a_name_is_everywhere_and_is_undone(desk_window: Open) -> None:
    stage = desk_window(("vae", "vae"))
    desk, run = stage.desk, stage.desk.runs[1]
    desk.names.rename(run, "  my own ")
    assert desk.names.of(run).full == "my own"
    assert desk.names.of(desk.runs[0]).full == "VAE 1"
    maps = stage.window.lineup.findChildren(type(stage.panel("map", "vae")))
    stage.until(lambda: sorted(each.accessibleName() for each in maps)[1] == "Latent map of my own")
    assert desk.undo.undo_text == "rename VAE 2 to my own"
    stage.key("Ctrl+Z")
    assert desk.names.of(run).full == "VAE 2"
    stage.key("Ctrl+Shift+Z")
    assert desk.names.of(run).full == "my own"
    desk.names.rename(run, "")
    assert desk.names.of(run).full == "VAE 2"


def test_a_name_outlives_a_restart_and_its_undo(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    desk, run = stage.desk, stage.run("ae")
    run.step(2)
    stage.until(lambda: run.view.status.step == 2)
    desk.names.rename(run, "mine")
    desk.restart_lane(run)
    assert desk.names.of(run).full == "mine"
    stage.key("Ctrl+Z")
    assert desk.names.of(run).full == "mine"
    desk.copies.duplicate(run)
    stage.until(lambda: len(desk.runs) == 2)
    assert desk.names.of(desk.runs[1]).full == "mine copy"


@pytest.mark.parametrize("name", ["VAE", "Variational autoencoder"])
def test_two_lanes_cannot_have_one_name(desk_window: Open, name: str) -> None:
    stage = desk_window(("ae", "vae"))
    with pytest.raises(ValueError, match=f"another lane is called {name} already"):
        stage.desk.names.rename(stage.run("ae"), name)
    assert stage.desk.names.of(stage.run("ae")).full == "AE"
    assert stage.desk.undo.undo_text == ""


def test_train_only_this_pauses_the_others(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    ae, vae = stage.run("ae"), stage.run("vae")
    stage.key("Space")
    stage.until(stage.stepped(2))
    train_only(stage.desk, vae)
    assert (ae.will_train, vae.will_train) == (False, True)
    train_only(stage.desk, ae)
    assert (ae.will_train, vae.will_train) == (True, False)
