"""The slider over the lanes: what they were, while they train on, and lanes that go on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from core.engine.reel import Moment
from core.engine.run import Run
from core.probes.samples import SamplesLook
from gui.desk import time_machine
from gui.lineup.lane_header import LaneHeader
from gui.lineup.time_bar import NOTHING_YET, TimeBar
from tests.gui.conftest import Stage

Open = Callable[..., Stage]
STEPS = (20, 40, 60)


@pytest.fixture
def trained(desk_window: Open) -> Stage:
    """Three lanes of which three steps are kept, beside the first."""
    stage = desk_window()
    train(stage)
    return stage


def train(stage: Stage) -> None:
    for at in STEPS:
        stage.desk.experiment.step(20)
        for run in stage.desk.runs:
            stage.until(lambda run=run, at=at: [m.step for m in run.reel.moments()[-1:]] == [at])  # type: ignore[misc]
    stage.rest()


def bar(stage: Stage) -> TimeBar:
    return stage.window.lineup.bar.time


def x_of(stage: Stage, step: float) -> QPointF:
    """The pixel of a step on the slider."""
    slider = bar(stage).slider
    left, span = slider._span()
    return QPointF(left + span * step / stage.desk.time.end(), slider.height() / 2)


def drag_to(stage: Stage, step: float) -> None:
    slider = bar(stage).slider
    stage.press(slider, x_of(stage, slider.value() * stage.desk.time.end()))
    stage.move(slider, x_of(stage, step))
    stage.release(slider, x_of(stage, step))


def measure(stage: Stage, run: Run, step: int) -> None:
    def done() -> bool:
        run.ask_measures(("distortion",), "prior", "at once")
        found = None if run.view.measures is None else run.view.measures.values.get("distortion")
        return found is not None and found.step == step

    stage.until(done)


def picture(run: Run) -> bytes:
    images = run.decode(np.zeros((1, 2), np.float32))
    assert images is not None
    return images.tobytes()


def test_there_is_no_past_before_the_first_step(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    assert not bar(stage).slider.isEnabled()
    assert bar(stage).slider.toolTip() == NOTHING_YET
    stage.key("Ctrl+[")
    assert not stage.desk.time.is_back
    assert stage.desk.runs[0].moment is None


def test_a_drag_shows_every_lane_as_it_was_and_esc_as_it_is(trained: Stage) -> None:
    stage, (ae, *_) = trained, trained.desk.runs
    now = [picture(run) for run in stage.desk.runs]
    stage.until(lambda: bar(stage).slider.isEnabled())
    drag_to(stage, 40.5)  # others may be kept soon after 40, if training was slow
    assert [run.view.status.step for run in stage.desk.runs] == [40, 40, 40]
    assert all(picture(run) != before for run, before in zip(stage.desk.runs, now, strict=True))
    assert bar(stage).words.text() == "step 40"
    stage.until(lambda: stage.answer(ae, SamplesLook, step=40) is not None)
    stage.until(lambda: stage.window.top._figures["Step"]._value.text() == "40")
    head = stage.find(LaneHeader, "lane 1")
    assert head._run is ae
    assert stage.window.status._text.text().endswith("Esc shows them as they are.")
    stage.key("Esc")
    assert [run.moment for run in stage.desk.runs] == [None, None, None]
    assert [picture(run) for run in stage.desk.runs] == now
    assert bar(stage).words.text() == "now"
    assert bar(stage).slider.value() == 1.0
    stage.until(lambda: stage.answer(ae, SamplesLook, step=60) is not None)
    stage.until(lambda: not stage.window.status._text.text().endswith("Esc shows them as they are."))


def test_lanes_train_on_while_they_are_shown_as_they_were(trained: Stage) -> None:
    stage, vae = trained, trained.run("vae")
    stage.desk.time.look_at(20)
    then = picture(vae)
    stage.key("Space")
    stage.until(lambda: all(run.live_view.status.step > 200 for run in stage.desk.runs))
    assert stage.window.top.train.text() == "Pause"
    assert (vae.view.status.step, picture(vae)) == (20, then)
    chart = stage.panel("loss", "vae")
    stage.until(lambda: chart.plot.lines[0].x[-1] > 200)  # it goes on, and marks the moment
    assert chart.plot._moment == 20
    assert chart.plot._moment_line.isVisible()
    stage.until(lambda: vae.reel.moments()[-1].step > 200)
    stage.key("Space")
    stage.until(lambda: all(run.live_view.status.state == "paused" for run in stage.desk.runs))
    stage.key("Esc")
    stage.until(lambda: not chart.plot._moment_line.isVisible())


def test_keys_go_from_moment_to_moment(trained: Stage) -> None:
    stage, vae = trained, trained.run("vae")
    stage.desk.select(vae)
    *kept, newest = [moment.step for moment in vae.reel.moments()]
    assert newest == 60
    seen = []
    for _ in range(len(kept) + 1):
        stage.key("Ctrl+[")
        seen.append(vae.view.status.step)
    assert seen == [*reversed(kept), kept[0]]
    stage.key(".")  # no step of training
    assert vae.view.status.step == kept[1]
    assert vae.live_view.status.step == 60
    for _ in kept[2:]:
        stage.key("Ctrl+]")
    assert vae.view.status.step == kept[-1]
    stage.key("Ctrl+]")
    assert not stage.desk.time.is_back
    slider = bar(stage).slider
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert vae.view.status.step == kept[-1]
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert vae.view.status.step == 0
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert not stage.desk.time.is_back


def test_keys_find_each_of_many_steps(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("vae",))
    run, steps = stage.desk.runs[0], (0, 1, 333_333, 333_334, 999_998, 1_234_567)
    moments = [Moment(step, step / 7, 0.0, run.view.config, run.view.snapshot) for step in steps]
    shown: list[Moment | None] = []
    monkeypatch.setattr(run.reel, "moments", lambda: moments)
    monkeypatch.setattr(run, "look_back", shown.append)
    monkeypatch.setattr(stage.desk.time, "end", lambda: 1_234_568.0)
    monkeypatch.setattr(time_machine, "_past", lambda run: moments)
    slider = bar(stage).slider
    for expected in reversed(moments):
        slider._set_by_step(slider._stepped(-1, False))
        assert shown[-1] is expected
        slider.set_value(expected.step / 1_234_568.0)


def test_a_fork_is_a_lane_beside_it_and_is_undone(trained: Stage) -> None:
    stage, vae = trained, trained.run("vae")
    stage.desk.select(vae)
    stage.desk.time.look_at(40)
    then = picture(vae)
    bar(stage).fork.click()
    assert [run.model_name for run in stage.desk.runs] == ["ae", "vae", "vae", "gan"]
    assert not stage.desk.time.is_back
    forked = stage.desk.runs[2]
    assert stage.desk.selected is forked
    stage.until(lambda: forked.view.snapshot is not None)
    assert forked.view.status.step == 40
    assert picture(forked) == then
    assert stage.desk.undo.undo_text == "fork VAE at step 40"
    assert "goes on from step 40 of VAE" in stage.window.status.events[-1].text
    stage.until(stage.all_are("paused", "ready"))
    stage.key("Ctrl+Z")
    assert [run.model_name for run in stage.desk.runs] == ["ae", "vae", "gan"]


def test_without_a_moment_a_fork_says_what_to_do(trained: Stage, heard: Any) -> None:
    stage = trained
    told = heard(stage.desk.told)
    stage.desk.time.fork(stage.desk.runs[0])
    assert told == [("A fork goes on from a step gone by: move the slider above the lanes back.", "note")]
    assert len(stage.desk.runs) == 3
    for _ in range(2):
        stage.desk.time.look_at(20)
        stage.desk.time.fork(stage.desk.runs[0])
    stage.until(stage.all_are("paused", "ready"))
    stage.desk.time.look_at(20)
    stage.desk.time.fork(stage.desk.runs[0])
    assert told[-1] == ("there are 5 lanes already; close one first", "warn")


def test_a_lane_that_comes_shows_all_as_they_are_and_one_that_goes_does_not(trained: Stage) -> None:
    stage = trained
    stage.desk.time.look_at(40)
    stage.desk.close_lane(stage.run("gan"))
    assert [run.view.status.step for run in stage.desk.runs] == [40, 40]
    stage.desk.add_lane("wae")
    assert not stage.desk.time.is_back
    stage.until(stage.all_are("paused", "ready"))


def test_a_restart_shows_the_lanes_as_they_are(trained: Stage) -> None:
    stage = trained
    stage.desk.time.look_at(20)
    stage.key("R")
    assert not stage.desk.time.is_back
    stage.until(lambda: all(run.live_view.status.step == 0 for run in stage.desk.runs))
    stage.until(stage.all_are("ready"))
    stage.key("Ctrl+Z")
    stage.until(lambda: all(run.view.status.step == 60 for run in stage.desk.runs))


def test_the_measures_of_a_moment_are_those_that_were_taken_by_then(trained: Stage) -> None:
    stage, vae = trained, trained.run("vae")
    measure(stage, vae, 60)
    assert vae.view.measures is not None
    value = vae.view.measures.values["distortion"].value
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(80))
    stage.rest()
    measure(stage, vae, 80)
    stage.desk.time.look_at(60)
    assert vae.view.measures is not None
    found = vae.view.measures.values["distortion"]
    assert (found.step, found.value) == (60, pytest.approx(value))
    stage.desk.time.look_at(20)
    assert vae.view.measures is not None
    assert "distortion" not in vae.view.measures.values
