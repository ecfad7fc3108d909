"""Start, pause, step, restart, seeds, failures: what keys and buttons do to runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.engine import trainer
from core.engine.commands import Command, Pause, Start
from core.engine.run import Run
from gui.lineup.lane_header import LaneHeader
from gui.widgets.buttons import Button, IconButton

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def losses(run: Run, count: int) -> np.ndarray:
    """The first rows of the history, all columns but the seconds."""
    table = run.view.history
    keep = [i for i, name in enumerate(table.names) if name != "seconds"]
    return table.rows[:count][:, keep].copy()


def test_three_lanes_are_ready(desk_window: Open) -> None:
    stage = desk_window()
    assert [run.model_name for run in stage.desk.runs] == ["ae", "vae", "gan"]
    assert [run.slot for run in stage.desk.runs] == [0, 1, 2]
    heads = sorted(stage.window.findChildren(LaneHeader), key=lambda head: head.x())
    assert [head.accessibleName() for head in heads] == [
        "Lane 1, Autoencoder",
        f"Lane 2, {stage.run('vae').title}",
        f"Lane 3, {stage.run('gan').title}",
    ]
    assert stage.window.status.events[-1].text == "Ready. Press Space to train."
    assert not stage.desk.experiment.any_training
    assert stage.window.top.train.text() == "Train"


def test_space_trains_all_and_pauses_all(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(10))
    assert stage.all_are("training")()
    stage.until(lambda: stage.window.top.train.text() == "Pause")
    stage.key("Space")
    stage.until(stage.all_are("paused"))
    stage.until(lambda: stage.window.top.train.text() == "Train")
    for run in stage.desk.runs:
        assert len(run.view.history) == run.view.status.step


@pytest.mark.usefixtures("engine_here")
def test_lanes_that_are_being_rebuilt_count_as_training_where_they_will(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("Space")
    stage.until(stage.stepped(3))
    may_build, build = threading.Event(), trainer.Training
    last, say = dict[trainer.Trainer, Command](), trainer.Trainer.say

    def heard(each: trainer.Trainer, command: Command) -> None:
        say(each, command)
        if isinstance(command, Start | Pause):
            last[each] = command

    def held(*given: Any) -> Any:
        assert may_build.wait(30)
        return build(*given)

    monkeypatch.setattr(trainer, "Training", held)
    monkeypatch.setattr(trainer.Trainer, "say", heard)
    stage.desk.restart()
    stage.until(stage.all_are("building"))
    head = header(stage, "ae")
    stage.until(lambda: stage.window.top.train.text() == "Pause" and head._pause.toolTip().startswith("Pause"))
    stage.desk.add_lane("gan")  # trains as the others will
    may_build.set()
    stage.until(stage.stepped(3))
    may_build.clear()
    last.clear()
    stage.desk.restart()  # three lanes, and the three that are put away
    stage.until(stage.all_are("building"))
    stage.key("Space")  # pauses what would train
    stage.until(lambda: len(last) == 6 and all(isinstance(command, Pause) for command in last.values()))
    may_build.set()
    stage.until(lambda: all(run.view.status.state in ("ready", "paused") for run in stage.desk.runs))
    assert [run.view.status.step for run in stage.desk.runs] == [0, 0, 0]


def test_the_button_does_the_same(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    QTest.mouseClick(stage.window.top.train, Qt.MouseButton.LeftButton)
    stage.until(stage.stepped(5))
    QTest.mouseClick(stage.window.top.train, Qt.MouseButton.LeftButton)
    stage.until(stage.all_are("paused"))


def test_a_point_is_one_step(desk_window: Open) -> None:
    stage = desk_window()
    for count in (1, 2):
        stage.key(".")
        stage.until(stage.stepped(count))
        stage.until(stage.all_are("paused"))
        assert [run.view.status.step for run in stage.desk.runs] == [count] * 3
    stage.window.grab()


def test_restart_repeats_every_loss(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(60))
    stage.rest()
    first = {run: losses(run, 60) for run in stage.desk.runs}
    stage.key("R")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    assert all(len(run.view.history) == 0 for run in stage.desk.runs)
    stage.key("Space")
    stage.until(stage.stepped(60))
    stage.rest()
    for run in stage.desk.runs:
        assert np.array_equal(losses(run, 60), first[run])


def test_restart_while_training_goes_on(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("Space")
    stage.until(stage.stepped(20))
    stage.key("R")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs))
    stage.until(stage.stepped(5))
    assert stage.all_are("training")()


def test_a_new_seed_is_another_run(desk_window: Open) -> None:
    stage = desk_window()
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    first = {run: losses(run, 20) for run in stage.desk.runs}
    seed = stage.desk.experiment.setup.seed
    stage.key("Shift+R")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    now = stage.desk.experiment.setup.seed
    assert now != seed
    assert all(run.setup.seed == now for run in stage.desk.runs)
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    for run in stage.desk.runs:
        assert not np.array_equal(losses(run, 20), first[run])
    assert f"seed {now}" in stage.window.status._saved.text()


def test_digits_select_and_p_pauses_one(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "gan", "sparse_ae", "denoising_ae"))
    for place, run in enumerate(stage.desk.runs, 1):
        stage.key(str(place))
        assert stage.desk.selected is run
    stage.key("Space")
    stage.until(stage.stepped(5))
    stage.key("2")
    stage.key("P")
    vae = stage.desk.runs[1]
    stage.until(lambda: vae.view.status.state == "paused")
    others = [run for run in stage.desk.runs if run is not vae]
    reached = [run.view.status.step for run in others]
    stage.until(lambda: all(run.view.status.step > step + 5 for run, step in zip(others, reached, strict=True)))
    at = vae.view.status.step
    assert [run.view.status.state for run in others] == ["training"] * 4
    stage.key("P")
    stage.until(lambda: vae.view.status.step > at)


def test_a_number_without_a_lane_does_nothing(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("1")
    stage.key("5")
    assert stage.desk.selected is stage.desk.runs[0]


def test_limits_stop_and_can_be_raised(desk_window: Open) -> None:
    stage = desk_window(("ae",), steps=15)
    stage.key("Space")
    stage.until(stage.all_are("finished"))
    assert stage.desk.runs[0].view.status.step == 15
    stage.desk.set_setup("steps", 40)
    stage.until(stage.all_are("paused"))
    stage.key("Space")
    stage.until(stage.all_are("finished"))
    assert stage.desk.runs[0].view.status.step == 40


# --- a lane that breaks ----------------------------------------------------------------------------------------------


@pytest.fixture
def broken(desk_window: Open) -> Stage:  # noqa: F821
    """Three lanes train; the VAE's learning rate was a million."""
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(30))
    vae = stage.run("vae")
    stage.desk.set_knob(vae, "lr", 1e6)
    stage.until(lambda: vae.view.status.state == "failed")
    return stage


def header(stage: Stage, model: str) -> LaneHeader:  # noqa: F821
    run = stage.run(model)
    found = [head for head in stage.window.findChildren(LaneHeader) if head.run is run]
    assert len(found) == 1
    return found[0]


def test_a_broken_lane_stops_and_says_why(broken: Stage) -> None:  # noqa: F821
    failure = broken.run("vae").view.status.failure
    assert failure is not None
    assert failure.sentence.startswith("stopped at step ")
    assert "Learning rate = 1,000,000" in failure.remedy
    head = header(broken, "vae")
    broken.until(lambda: head._roll_back.isVisible())
    assert failure.sentence in head.toolTip()
    broken.until(lambda: any(failure.sentence in event.text for event in broken.window.status.events))
    others = [broken.run("ae"), broken.run("gan")]
    reached = [run.view.status.step for run in others]
    broken.until(lambda: all(run.view.status.step > step + 20 for run, step in zip(others, reached, strict=True)))
    assert not broken.has_dialog()
    snapshot = broken.run("vae").snapshot
    assert snapshot is not None
    assert all(tensor.isfinite().all() for tensor in snapshot.model.state_dict().values())


def test_nothing_in_the_head_of_a_broken_lane_overlaps(broken: Stage) -> None:  # noqa: F821
    head = header(broken, "vae")
    broken.until(lambda: head._roll_back.isVisible())
    shown = [child for child in head.findChildren(Button) + head.findChildren(IconButton) if child.isVisible()]
    assert len(shown) == 4
    for i, one in enumerate(shown):
        assert head.rect().contains(one.geometry()), one.toolTip()
        for other in shown[i + 1 :]:
            assert not one.geometry().intersects(other.geometry()), (one.toolTip(), other.toolTip())


def test_roll_back(broken: Stage) -> None:  # noqa: F821
    vae, head = broken.run("vae"), header(broken, "vae")
    broken.until(lambda: head._roll_back.isVisible())
    broken.desk.set_knob(vae, "lr", 1e-3)
    QTest.mouseClick(head._roll_back, Qt.MouseButton.LeftButton)
    broken.until(lambda: vae.view.status.state == "paused")
    at = vae.view.status.step
    assert at > 0
    broken.until(lambda: not head._roll_back.isVisible() and head._pause.isVisible())
    QTest.mouseClick(head._pause, Qt.MouseButton.LeftButton)
    broken.until(lambda: vae.view.status.step > at + 20)
    assert vae.view.status.state == "training"
    assert np.isfinite(losses(vae, 10**6)).all()
    broken.until(lambda: head.toolTip() == vae.model.summary)


def test_restart_of_a_broken_lane(broken: Stage) -> None:  # noqa: F821
    vae, head = broken.run("vae"), header(broken, "vae")
    broken.until(lambda: head._restart.isVisible())
    broken.desk.set_knob(vae, "lr", 1e-3)
    QTest.mouseClick(head._restart, Qt.MouseButton.LeftButton)
    broken.until(lambda: vae.view.life == 1 and vae.view.status.state == "training")  # the others train
    assert vae.view.status.failure is None
    broken.until(lambda: not head._restart.isVisible() and head._pause.isVisible())
    broken.until(lambda: vae.view.status.step > 20)
    assert [run.view.life for run in broken.desk.runs] == [0, 1, 0]


# --- events ----------------------------------------------------------------------------------------------------------


def test_every_event_of_a_lane_is_logged_once(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    ae = stage.desk.runs[0]

    def texts() -> list[str]:
        return [event.text for event in stage.window.status.events if event.lane == "AE"]

    for start in (0, 150, 300):  # a board keeps its last 200
        for i in range(start, start + 150):
            ae.board.tell(f"event {i}", "AE")
        stage.until(lambda start=start: f"event {start + 149}" in texts())
    assert texts() == [f"event {i}" for i in range(450)]
