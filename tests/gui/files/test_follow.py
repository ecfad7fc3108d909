"""A lane that follows a folder which another program writes: what the window says of it, and what it may do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from core.engine import followed
from core.engine.run_folder import load, save
from gui.lineup.lane_header import LaneHeader, lane_menu

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def goes_on(folder: Path, goes_on_s: float) -> None:
    """Have a saved run say that whoever trains it saves it again after so long, s; 0: that it has ended."""
    save(folder, dataclasses.replace(load(folder), goes_on_s=goes_on_s))


def test_a_lane_that_trains_elsewhere(desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "POLL_S", 0.05)
    stage = desk_window(("vae",))
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.until(stage.all_are("paused"))
    stage.window.runs.save(tmp_path)
    folder = tmp_path / "1-vae"
    stage.until(lambda: stage.window.status.events[-1].text.startswith("Saved"))
    goes_on(folder, 60.0)
    stage.window.runs.open(folder)
    said = "Following 1-vae, which another program trains: 20 steps."
    stage.until(lambda: stage.window.status.events[-1].text == said)
    ours, run = stage.desk.runs
    head = stage.find(LaneHeader, "lane 2")
    stage.until(lambda: head._state_words() == "followed")
    assert not head._pause.isVisible()

    beta = run.pending.beta
    stage.desk.set_knob(run, "beta", 4.0)  # not ours to turn
    assert stage.window.status.events[-1].text.endswith("Fork in its menu goes on from here.")
    assert run.pending.beta == beta
    stage.key("Space")
    stage.until(lambda: ours.view.status.step > 40)
    stage.key("Space")
    assert run.view.status.step == 20

    menu = lane_menu(stage.window, stage.desk, run, (), stage.window.exports.add_to)
    actions = {action.text(): action for action in menu.actions()}
    assert "Restart this lane" not in actions
    actions["Fork: go on from here"].trigger()
    forked = stage.desk.runs[-1]
    stage.until(stage.all_are("paused", "ready"))
    assert "with its whole state" in stage.window.status.events[-1].text
    forked.step(5)
    stage.until(lambda: forked.view.status.step == 25)
    goes_on(folder, 0.0)
    stage.until(lambda: head._state_words() == "ended elsewhere")
