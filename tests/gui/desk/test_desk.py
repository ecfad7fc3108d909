"""The point, the path, motion and undo, without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication

from core.engine.experiment import Experiment
from core.theory.latent_space import LIMIT, WALK_SPEED, axis_plane
from gui.desk.desk import Desk
from gui.desk.latent_point import LOOP_S

Heard = Callable[[Any], list[Any]]


@pytest.fixture
def desk(qapp: QCoreApplication, make_experiment: Callable[..., Experiment]) -> Desk:
    opened = Desk()
    opened.open(make_experiment("ae", "vae", latent=3))
    return opened


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
    moved = heard(desk.point.moved)
    desk.point.move(np.array([9.0, -9.0, 0.123456], np.float32))
    assert desk.point.z.tolist() == pytest.approx([LIMIT, -LIMIT, 0.1235])
    desk.point.set_coordinate(1, 1.5)
    assert desk.point.z[1] == 1.5
    desk.point.zero()
    assert not desk.point.z.any()
    assert len(moved) == 3


def test_moving_on_the_map_keeps_the_component_off_the_plane(desk: Desk) -> None:
    desk.point.set_plane(axis_plane(2, 0, 3))
    desk.point.move(np.array([0.1, 0.7, 0.2], np.float32))
    desk.point.move_on_map(np.array([-1.0, 2.0], np.float32))
    assert desk.point.z.tolist() == pytest.approx([2.0, 0.7, -1.0])
    desk.point.nudge(0.05, -0.25)
    assert desk.point.z.tolist() == pytest.approx([1.75, 0.7, -0.95])


def test_the_path_goes_from_a_to_b(desk: Desk, heard: Heard) -> None:
    pins = heard(desk.point.pins_moved)
    desk.point.move(np.array([2.0, 0.0, 0.0], np.float32))
    desk.point.set_pin("a")
    desk.point.move(np.array([0.0, 2.0, 0.0], np.float32))
    desk.point.set_pin("b")
    path = desk.point.path(5)
    assert path[0].tolist() == [2.0, 0.0, 0.0]
    assert path[-1].tolist() == [0.0, 2.0, 0.0]
    assert path[2].tolist() == pytest.approx([1.0, 1.0, 0.0])
    desk.point.set_arc(True)
    assert np.linalg.norm(desk.point.path(5), axis=1) == pytest.approx([2.0] * 5, abs=1e-5)
    assert len(pins) == 3
    desk.point.set_path_t(7.0)
    assert desk.point.path_t == 1.0
    assert desk.point.z.tolist() == pytest.approx([0.0, 2.0, 0.0], abs=1e-4)
    desk.point.set_path_t(-1.0)
    assert desk.point.path_t == 0.0


def test_the_loop_runs_there_and_back(desk: Desk, heard: Heard) -> None:
    animated = heard(desk.point.animated)
    desk.point.toggle_loop()
    seen = []
    for _ in range(40):
        desk.point.advance(LOOP_S / 16)
        seen.append(desk.point.path_t)
        assert np.allclose(desk.point.z, desk.point.path_at(np.array([desk.point.path_t], np.float32))[0], atol=1e-3)
    steps = np.diff(seen)
    assert min(seen) == 0.0
    assert max(seen) == 1.0
    assert (steps > 0).sum() > 10
    assert (steps < 0).sum() > 10
    desk.point.toggle_loop()
    assert animated == [(True,), (False,)]


def test_a_walk_moves_evenly_and_stays_inside(desk: Desk) -> None:
    desk.point.toggle_walk()
    before = desk.point.z.copy()
    for _ in range(300):
        desk.point.advance(0.05)
        far = np.linalg.norm(desk.point.z - before)
        assert far <= WALK_SPEED * 0.05 + 1e-3
        assert np.abs(desk.point.z).max() <= LIMIT
        before = desk.point.z.copy()
    assert np.abs(before).max() > 0
    desk.point.stop()
    desk.point.advance(1.0)
    assert np.array_equal(desk.point.z, before)


def test_walk_and_loop_exclude_each_other_and_motion_can_be_reduced(desk: Desk) -> None:
    desk.point.toggle_walk()
    desk.point.toggle_loop()
    assert (desk.point.walking, desk.point.looping) == (False, True)
    desk.point.toggle_walk()
    assert (desk.point.walking, desk.point.looping) == (True, False)
    desk.point.stop()
    desk.point.reduce_motion = True
    desk.point.toggle_walk()
    desk.point.toggle_loop()
    assert (desk.point.walking, desk.point.looping) == (False, False)


def test_changes_of_one_knob_are_one_undo(desk: Desk, heard: Heard) -> None:
    ae, vae = desk.runs
    changed = heard(desk.knob_changed)
    for value in (2.0, 3.0, 4.0):
        desk.set_knob(vae, "beta", value)
    desk.set_knob(ae, "lr", 0.01)
    assert len(desk.undo) == 2
    assert changed[-1] == (ae, "lr")
    desk.undo.undo()
    assert (ae.pending.lr, vae.pending.beta) == (1e-3, 4.0)
    desk.undo.undo()
    assert vae.pending.beta == 1.0
    desk.undo.redo()
    assert vae.pending.beta == 4.0
    assert vae.board.wait(lambda view: view.config.beta == 4.0, 10.0)


def test_the_same_value_and_a_bad_one_are_no_change(desk: Desk, heard: Heard) -> None:
    vae, messages = desk.runs[1], heard(desk.told)
    desk.set_knob(vae, "beta", 1.0)
    desk.set_knob(vae, "beta", 1e6)
    assert len(desk.undo) == 0
    assert vae.pending.beta == 1.0
    assert "outside 0 to 100" in messages[0][0]
    assert messages[0][1] == "warn"


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


def test_a_bad_setup_is_reported_and_nothing_restarts(desk: Desk, heard: Heard) -> None:
    messages, restarted = heard(desk.told), heard(desk.restarted)
    desk.set_setup("latent", 65)
    assert "outside 1 to 64" in messages[0][0]
    assert desk.experiment.setup.latent == 3
    desk.set_setup("latent", 3)
    assert restarted == []
    desk.set_setup("latent", 4)
    assert len(restarted) == 1
    assert desk.point.z.shape == (4,)
