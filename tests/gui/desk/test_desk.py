"""The point, the path, motion and undo, without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication

from core.engine.experiment import Experiment
from core.theory.latent_space import LIMIT, axis_plane
from gui.desk.desk import LOOP_S, WALK_SPEED, Desk

Heard = Callable[[Any], list[Any]]


@pytest.fixture
def desk(qapp: QCoreApplication, make_experiment: Callable[..., Experiment]) -> Desk:
    made = Desk()
    made.open(make_experiment("ae", "vae", latent=3))
    return made


def test_a_closed_desk(qapp: QCoreApplication) -> None:
    desk = Desk()
    assert not desk.is_open
    assert desk.runs == []
    desk.toggle_training()
    desk.step()
    desk.restart()
    desk.new_seed()
    with pytest.raises(AssertionError, match="no experiment"):
        desk.experiment  # noqa: B018


def test_opening_selects_the_vae(desk: Desk) -> None:
    assert desk.selected is desk.runs[1]


def test_the_point_stays_inside(desk: Desk, heard: Heard) -> None:
    moved = heard(desk.cursor_moved)
    desk.move_cursor(np.array([9.0, -9.0, 0.123456], np.float32))
    assert desk.cursor.tolist() == pytest.approx([LIMIT, -LIMIT, 0.1235])
    desk.set_coordinate(1, 1.5)
    assert desk.cursor[1] == 1.5
    desk.zero()
    assert not desk.cursor.any()
    assert len(moved) == 3


def test_moving_on_the_map_keeps_what_is_off_the_plane(desk: Desk) -> None:
    desk.set_plane(axis_plane(2, 0, 3))
    desk.move_cursor(np.array([0.1, 0.7, 0.2], np.float32))
    desk.move_on_map(np.array([-1.0, 2.0], np.float32))
    assert desk.cursor.tolist() == pytest.approx([2.0, 0.7, -1.0])
    desk.nudge(0.05, -0.25)
    assert desk.cursor.tolist() == pytest.approx([1.75, 0.7, -0.95])


def test_the_path_goes_from_a_to_b(desk: Desk, heard: Heard) -> None:
    pins = heard(desk.pins_moved)
    desk.move_cursor(np.array([2.0, 0.0, 0.0], np.float32))
    desk.set_pin("a")
    desk.move_cursor(np.array([0.0, 2.0, 0.0], np.float32))
    desk.set_pin("b")
    way = desk.path(5)
    assert way[0].tolist() == [2.0, 0.0, 0.0]
    assert way[-1].tolist() == [0.0, 2.0, 0.0]
    assert way[2].tolist() == pytest.approx([1.0, 1.0, 0.0])
    desk.set_arc(True)
    assert np.linalg.norm(desk.path(5), axis=1) == pytest.approx([2.0] * 5, abs=1e-5)
    assert len(pins) == 3
    desk.set_path_t(7.0)
    assert desk.path_t == 1.0
    assert desk.cursor.tolist() == pytest.approx([0.0, 2.0, 0.0], abs=1e-4)
    desk.set_path_t(-1.0)
    assert desk.path_t == 0.0


def test_the_loop_runs_there_and_back(desk: Desk, heard: Heard) -> None:
    animated = heard(desk.animated)
    desk.toggle_loop()
    seen = []
    for _ in range(40):
        desk.advance(LOOP_S / 16)
        seen.append(desk.path_t)
        assert np.allclose(desk.cursor, desk.path_at(np.array([desk.path_t], np.float32))[0], atol=1e-3)
    steps = np.diff(seen)
    assert min(seen) == 0.0
    assert max(seen) == 1.0
    assert (steps > 0).sum() > 10
    assert (steps < 0).sum() > 10
    desk.toggle_loop()
    assert animated == [(True,), (False,)]


def test_a_walk_moves_evenly_and_stays_inside(desk: Desk) -> None:
    desk.toggle_walk()
    before = desk.cursor.copy()
    for _ in range(300):
        desk.advance(0.05)
        far = np.linalg.norm(desk.cursor - before)
        assert far <= WALK_SPEED * 0.05 + 1e-3
        assert np.abs(desk.cursor).max() <= LIMIT
        before = desk.cursor.copy()
    assert np.abs(before).max() > 0
    desk.stop_motion()
    desk.advance(1.0)
    assert np.array_equal(desk.cursor, before)


def test_walk_and_loop_exclude_each_other_and_motion_can_be_reduced(desk: Desk) -> None:
    desk.toggle_walk()
    desk.toggle_loop()
    assert (desk.walking, desk.looping) == (False, True)
    desk.toggle_walk()
    assert (desk.walking, desk.looping) == (True, False)
    desk.stop_motion()
    desk.reduce_motion = True
    desk.toggle_walk()
    desk.toggle_loop()
    assert (desk.walking, desk.looping) == (False, False)


def test_turns_of_one_knob_are_one_undo(desk: Desk, heard: Heard) -> None:
    ae, vae = desk.runs
    changed = heard(desk.knob_changed)
    for value in (2.0, 3.0, 4.0):
        desk.set_knob(vae, "beta", value)
    desk.set_knob(ae, "lr", 0.01)
    assert desk.undo.count() == 2
    assert changed[-1] == (ae, "lr")
    desk.undo.undo()
    assert (ae.pending.lr, vae.pending.beta) == (1e-3, 4.0)
    desk.undo.undo()
    assert vae.pending.beta == 1.0
    desk.undo.redo()
    assert vae.pending.beta == 4.0
    assert vae.board.wait(lambda view: view.config.beta == 4.0, 10.0)


def test_the_same_value_and_a_bad_one_are_no_change(desk: Desk, heard: Heard) -> None:
    vae, told = desk.runs[1], heard(desk.told)
    desk.set_knob(vae, "beta", 1.0)
    desk.set_knob(vae, "beta", 1e6)
    assert desk.undo.count() == 0
    assert vae.pending.beta == 1.0
    assert "outside 0 to 100" in told[0][0]
    assert told[0][1] == "warn"


def test_a_knob_that_is_not_live_waits(desk: Desk) -> None:
    vae = desk.runs[1]
    assert vae.board.wait(lambda view: view.status.state == "ready", 10.0)
    desk.set_knob(vae, "hidden", "32")
    desk.set_knob(vae, "beta", 2.0)
    assert desk.waiting_knobs(vae) == ["hidden"]
    desk.restart_lane(vae)
    assert vae.board.wait(lambda view: view.config.hidden == "32" and view.life == 1, 10.0)
    assert desk.waiting_knobs(vae) == []


def test_map_styles_go_round(desk: Desk) -> None:
    seen = []
    for _ in range(3):
        desk.next_map_style()
        seen.append(desk.map_style)
    assert seen == ["tiles", "codes", "both"]


def test_a_bad_setup_is_said_and_nothing_begins_again(desk: Desk, heard: Heard) -> None:
    told, restarted = heard(desk.told), heard(desk.restarted)
    desk.set_setup("latent", 65)
    assert "outside 1 to 64" in told[0][0]
    assert desk.experiment.setup.latent == 3
    desk.set_setup("latent", 3)
    assert restarted == []
    desk.set_setup("latent", 4)
    assert len(restarted) == 1
    assert desk.cursor.shape == (4,)
