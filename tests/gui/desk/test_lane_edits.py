"""What was learned comes back with Undo: after closing, replacing, restarting, another seed, size, or data."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication

from core.datasets.base import Dataset, Images
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.engine.threads import ThreadEngine
from gui.desk import lane_edits, recorder
from gui.desk.desk import Desk
from tests.engines import default_engine
from tests.gui import conftest

STEPS = 5
Heard = Callable[[Any], list[Any]]


@pytest.fixture
def desk(qapp: QCoreApplication, make_experiment: Callable[..., Experiment]) -> Desk:
    opened = Desk()
    opened.open(make_experiment("ae", "vae", latent=2))
    return opened


def trained(run: Run, more: int = STEPS) -> bytes:
    """Train it for some steps; what it is then."""
    assert run.board.wait(lambda view: view.status.state in ("ready", "paused"), 20.0)
    until = run.view.status.step + more
    run.step(more)
    assert run.board.wait(lambda view: view.status.step == until and view.status.state == "paused", 20.0)
    return weights(run)


def weights(run: Run) -> bytes:
    snapshot = run.view.snapshot
    assert snapshot is not None
    return b"".join(each.numpy().tobytes() for each in snapshot.model.state_dict().values())


def fresh(run: Run) -> None:
    assert run.board.wait(lambda view: view.status.state == "ready" and view.status.step == 0, 20.0)


def test_a_closed_lane_comes_back_with_its_weights(desk: Desk, heard: Heard) -> None:
    ae, vae = desk.runs
    before = trained(vae)
    desk.close_lane(vae)
    assert desk.runs == [ae]
    assert desk.selected is ae
    assert desk.undo.undo_text == "close lane VAE"
    desk.undo.undo()
    assert desk.runs == [ae, vae]
    assert desk.selected is vae
    assert weights(vae) == before
    after = trained(vae)
    desk.undo.redo()
    assert desk.runs == [ae]
    desk.undo.undo()
    assert weights(vae) == after
    assert not vae.has_ended


def test_a_lane_that_trained_goes_on_if_others_train(desk: Desk) -> None:
    ae, vae = desk.runs
    trained(vae)
    desk.experiment.start()
    desk.close_lane(vae)
    assert vae.board.wait(lambda view: view.status.state == "paused", 20.0)
    desk.undo.undo()
    assert vae.will_train
    desk.close_lane(vae)
    desk.experiment.pause()
    desk.undo.undo()
    assert not vae.will_train
    assert desk.runs == [ae, vae]


ACTS: dict[str, Callable[[Desk], object]] = {
    "restart": lambda desk: desk.restart(),
    "restart AE": lambda desk: desk.restart_lane(desk.runs[0]),
    "seed": lambda desk: desk.new_seed(),
    "Latent dims 2 → 3": lambda desk: desk.set_setup("latent", 3),
    "Batch size 32 → 16": lambda desk: desk.set_setup("batch", 16),
}


@pytest.mark.parametrize("words", ACTS)
def test_what_lanes_learned_comes_back(desk: Desk, words: str) -> None:
    ae, vae = desk.runs
    before, setup, z = trained(ae), desk.experiment.setup, np.array([0.5, -1.0], np.float32)
    desk.point.move(z)
    ACTS[words](desk)
    fresh(ae)
    assert desk.undo.undo_text.casefold().startswith(words.casefold().split(" ")[0])
    later = trained(ae, 2)
    assert later != before
    desk.undo.undo()
    assert weights(ae) == before
    assert (ae.view.status.step, ae.view.status.state) == (STEPS, "paused")
    assert desk.experiment.setup == ae.setup == vae.setup == setup
    assert desk.point.z.tolist() == z.tolist()
    assert desk.runs == [ae, vae]
    going_on = trained(ae)
    desk.undo.redo()
    assert weights(ae) == later
    assert ae.setup == vae.setup == desk.experiment.setup
    desk.undo.undo()
    assert weights(ae) == going_on


def test_a_lane_goes_on_to_the_last_bit_after_undo(desk: Desk, make_experiment: Callable[..., Experiment]) -> None:
    ae = desk.runs[0]
    trained(ae)
    desk.restart()
    fresh(ae)
    desk.undo.undo()
    undisturbed = make_experiment("ae", latent=2).runs[0]
    undisturbed.threads = ae.threads
    assert trained(ae) == trained(undisturbed, 2 * STEPS)


def test_a_lane_that_learned_nothing_begins_again_in_its_place(desk: Desk) -> None:
    ae, vae = desk.runs
    trained(vae)
    seed = desk.experiment.setup.seed
    desk.set_setup("seed", seed + 1)
    assert len(desk.experiment.away) == 1  # the VAE's
    drawn = trained(ae, 1)
    desk.undo.undo()
    fresh(ae)
    assert desk.experiment.setup.seed == ae.setup.seed == seed
    desk.undo.redo()  # what it learned meanwhile was put away too
    assert weights(ae) == drawn


def test_other_data_can_be_undone(desk: Desk, digits: Dataset, heard: Heard) -> None:
    ae, vae = desk.runs
    before, changed = trained(ae), heard(desk.dataset_changed)
    few = dataclasses.replace(digits, title="Few", train=Images(digits.train.pixels[:100], digits.train.labels[:100]))  # type: ignore[index]
    desk.set_dataset(few)
    fresh(ae)
    assert desk.undo.undo_text == "data Few"
    trained(ae, 1)
    desk.undo.undo()
    assert desk.experiment.dataset is ae.dataset is vae.dataset is digits
    assert ae.reference is desk.experiment.reference
    assert ae.reference.dataset is digits
    assert weights(ae) == before
    assert len(changed) == 2
    desk.undo.redo()
    assert desk.experiment.dataset is ae.dataset is few
    assert ae.view.status.step == 1


def test_another_model_in_a_lane_can_be_undone(desk: Desk) -> None:
    ae, vae = desk.runs
    before = trained(ae)
    desk.replace_lane(ae, "gan")
    assert [run.model_name for run in desk.runs] == ["gan", "vae"]
    assert desk.undo.undo_text == "AE → GAN"
    desk.undo.undo()
    assert desk.runs == [ae, vae]
    assert weights(ae) == before
    desk.undo.redo()
    assert [run.model_name for run in desk.runs] == ["gan", "vae"]


def test_added_and_moved_lanes_can_be_undone(desk: Desk) -> None:
    ae, vae = desk.runs
    desk.add_lane("gan")
    gan = desk.runs[2]
    assert desk.selected is gan
    desk.move_lane(gan, -2)
    desk.order_lanes([vae, gan, ae])
    assert desk.undo.undo_text == "order of the lanes"
    desk.undo.undo()
    assert desk.runs == [gan, ae, vae]
    assert desk.undo.undo_text == "move lane GAN"
    desk.undo.undo()
    assert desk.runs == [ae, vae, gan]
    desk.undo.undo()
    assert desk.runs == [ae, vae]
    assert desk.undo.undo_text == ""
    for _ in range(3):
        desk.undo.redo()
    assert desk.runs == [vae, gan, ae]


def test_what_is_pushed_on_the_way_is_not_kept(desk: Desk) -> None:
    ae = desk.runs[0]
    before = trained(ae)
    for dims in (3, 4, 5):
        desk.set_setup("latent", dims)
    assert len(desk.undo) == 1
    assert desk.undo.undo_text == "Latent dims 2 → 5"
    assert len(desk.experiment.away) == 1
    desk.undo.undo()
    assert desk.experiment.setup.latent == 2
    assert weights(ae) == before
    desk.undo.redo()
    assert desk.experiment.setup.latent == ae.setup.latent == 5
    fresh(ae)


def test_stop_conditions_can_be_undone_without_a_restart(desk: Desk) -> None:
    ae = desk.runs[0]
    trained(ae)
    desk.set_setup("steps", STEPS)
    desk.undo.undo()
    assert desk.experiment.setup.steps == ae.setup.steps == 0
    assert ae.view.status.step == STEPS
    assert desk.experiment.away == []


def test_knobs_and_lanes_are_undone_in_order(desk: Desk) -> None:
    vae = desk.runs[1]
    desk.set_knob(vae, "beta", 3.0)
    desk.close_lane(vae)
    for _ in range(2):
        desk.undo.undo()
    assert vae in desk.runs
    assert vae.pending.beta == 1.0
    for _ in range(2):
        desk.undo.redo()
    assert vae not in desk.runs
    assert vae.pending.beta == 3.0


@pytest.mark.parametrize("home", [default_engine, ThreadEngine])
def test_what_is_put_away_falls_asleep_and_goes_on_to_the_last_bit(
    qapp: QCoreApplication,
    make_experiment: Callable[..., Experiment],
    monkeypatch: pytest.MonkeyPatch,
    home: Callable[[], Any],
) -> None:
    monkeypatch.setattr(conftest, "default_engine", home)
    desk, undisturbed = Desk(), make_experiment("ae", "vae", latent=2)
    desk.open(make_experiment("ae", "vae", latent=2))
    ae, vae = desk.runs
    before, snapshot = [trained(run) for run in desk.runs], ae.view.snapshot
    desk.restart()
    desk.close_lane(vae)
    away = list(desk.experiment.away)
    assert len(away) == 3

    def sleeping() -> int:
        desk.experiment.tidy()
        return sum(run.is_asleep for run in away)

    until = time.monotonic() + 20.0
    while sleeping() < 2 and time.monotonic() < until:
        QCoreApplication.processEvents()
    assert sleeping() == 2  # the third has learned nothing
    desk.undo.undo()
    desk.undo.undo()
    assert ae.view.snapshot is snapshot  # its pictures are there at once
    assert ae.view.status.step == STEPS
    for run, weights_before in zip(desk.runs, before, strict=True):
        assert run.board.wait(lambda view: view.status.state == "ready", 20.0)
        assert weights(run) == weights_before
    for run, other in zip(desk.runs, undisturbed.runs, strict=True):
        assert trained(run) == trained(other, 2 * STEPS)


def test_too_many_lanes_are_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_edits, "MOST_AWAY", 2)
    monkeypatch.setattr(lane_edits, "SCRUB_S", 0.0)
    ae = desk.runs[0]
    gone = []
    for _ in range(4):
        trained(ae, 1)
        desk.restart()
        gone.append(desk.experiment.away[-1])
        fresh(ae)
    assert len(desk.experiment.away) == 2
    assert len(desk.undo) == 2
    for old in gone[:2]:
        assert old.board.wait(lambda view: view.status.state == "closed", 20.0)
    for _ in range(3):
        desk.undo.undo()
    assert (ae.view.status.step, ae.view.status.state) == (1, "paused")


def test_large_data_of_lanes_that_went_are_not_kept(
    desk: Desk, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_edits, "MOST_DATA_BYTES", 1 << 20)
    other = dataclasses.replace(digits, title="Other")
    trained(desk.runs[0])
    desk.set_dataset(other)
    assert len(desk.experiment.away) == 1  # 500 kB
    trained(desk.runs[0])
    desk.add_lane("gan")
    desk.set_dataset(digits)
    monkeypatch.setattr(lane_edits, "MOST_DATA_BYTES", 1 << 10)
    desk.set_dataset(dataclasses.replace(digits, title="Third"))
    assert desk.experiment.away == []
    assert len(desk.undo) == 1


def test_another_experiment_forgets_all(desk: Desk) -> None:
    ae = desk.runs[0]
    trained(ae)
    desk.restart()
    away = desk.experiment.away[0]
    desk.announce_lanes(ae, False)
    assert (desk.undo.undo_text, desk.experiment.away) == ("", [])
    assert away.board.wait(lambda view: view.status.state == "closed", 20.0)


# --- the point and layers --------------------------------------------------------------------------------------------


def test_a_drag_is_one_edit(desk: Desk) -> None:
    desk.pressed = True
    for x in (0.1, 0.2, 0.3):
        desk.point.move(np.array([x, 0.0], np.float32))
    desk.pressed = False
    desk.point.set_pin("a")
    desk.undo.undo()
    assert desk.point.z.tolist() == [0.0, 0.0]
    assert desk.point.pin("a").tolist() == [-1.0, 1.5]
    desk.undo.redo()
    assert desk.point.z.tolist() == pytest.approx([0.3, 0.0])


def test_moves_with_a_rest_between_them_are_two_edits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(recorder.time, "monotonic", lambda: now[0])
    for x in (1.0, 2.0):
        desk.point.move(np.array([x, 0.0], np.float32))
    now[0] += 2.0
    desk.point.move(np.array([2.0, 1.0], np.float32))
    assert desk.undo.undo_text == "move the point"
    desk.point.set_pin("b")
    assert desk.undo.undo_text == "move a pin"
    for pin, z in (([1.5, -1.5], [2.0, 1.0]), ([1.5, -1.5], [2.0, 0.0]), ([1.5, -1.5], [0.0, 0.0])):
        desk.undo.undo()
        assert (desk.point.pin("b").tolist(), desk.point.z.tolist()) == (pin, z)
    assert desk.undo.undo_text == ""


def test_the_point_of_another_space_is_no_edit(desk: Desk) -> None:
    desk.point.move(np.array([1.0, 0.0], np.float32))
    desk.set_setup("latent", 3)
    desk.undo.undo()
    assert desk.point.z.tolist() == [1.0, 0.0]
    assert desk.undo.undo_text == "move the point"
    desk.undo.undo()
    assert desk.point.z.tolist() == [0.0, 0.0]
    assert desk.undo.undo_text == ""


def test_layers_can_be_undone(desk: Desk) -> None:
    desk.layers.choose(grid=True)
    desk.layers.show_ellipses(True)
    desk.undo.undo()
    assert (desk.layers.grid, desk.layers.ellipses) == (False, False)
    desk.undo.redo()
    assert (desk.layers.grid, desk.layers.ellipses) == (True, True)
