"""Preferences of training: threads, device, engine, and what the command line says of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from core.engine.threads import ThreadEngine
from core.foundation import cores
from core.foundation.user_error import UserError
from core.remote.homes import Coming
from gui.desk.loading import Loading
from gui.shell.app import Opening
from gui.shell.preferences.dialog import PreferencesDialog
from tests.gui.conftest import Stage
from tests.gui.shell.preference_hands import choose, opened

Open = Callable[..., Stage]


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:
    return module_window(("ae", "vae"))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Iterator[Stage]:
    """A shared window with every preference at its default."""
    yield again(window)
    for dialog in window.window.findChildren(PreferencesDialog):
        dialog.reject()
    window.window.preferences.reset()
    cores.ask_threads(0)


def test_another_engine_takes_the_lanes_and_they_go_on(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.desk.experiment.step(4)
    stage.until(lambda: all(run.view.status.step == 4 for run in stage.desk.runs))
    dialog = opened(stage, "Training")
    before = stage.desk.experiment.engine
    stage.window.preferences.set("engine", "process")
    choose(dialog, "engine", 1)
    stage.until(lambda: stage.desk.experiment.engine is not before)
    assert isinstance(stage.desk.experiment.engine, ThreadEngine)
    stage.until(lambda: all(run.view.status.step == 4 for run in stage.desk.runs))
    stage.desk.experiment.step(1)
    stage.until(lambda: all(run.view.status.step == 5 for run in stage.desk.runs))
    stage.rest()
    dialog.reject()


def test_an_engine_that_is_wanted_while_lanes_are_under_way_comes_after(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    machines, first, second = stage.window.machines, ThreadEngine(), ThreadEngine()
    monkeypatch.setattr("core.remote.trial.find", lambda command, report: SimpleNamespace(engine=second))
    machines._settling = Loading(lambda report: None)  # lanes settle
    machines.renew("process")
    assert machines._starting is None
    machines._coming = first
    machines._go_on(first, "", "here", set())
    assert stage.desk.experiment.engine is first
    stage.until(lambda: stage.desk.experiment.engine is second)
    said = [event.text for event in stage.window.status.events]
    assert said[-1] == "Every lane is computed in a process of its own from now on."


def test_lanes_stay_where_no_engine_comes(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: str, report: object) -> None:
        raise UserError("no process can be started")

    stage = desk_window(("ae",))
    before = stage.desk.experiment.engine
    monkeypatch.setattr("core.remote.trial.find", fail)
    stage.window.machines.renew("process")
    sentence = "The lanes stay: no process can be started."
    stage.until(lambda: sentence in [event.text for event in stage.window.status.events])
    assert stage.desk.experiment.engine is before


def test_lanes_on_another_machine_are_left_there(stage: Stage) -> None:
    stage.window.machines.present = "ssh far engine"
    stage.window.preferences.set("engine", "threads")
    assert stage.window.machines._starting is None
    dialog = opened(stage, "Training")
    assert "another machine" in dialog.pages[4].rows[2].extra.text()  # type: ignore[union-attr]
    stage.window.preferences.reset("engine")
    stage.window.machines.present = ""


def test_the_command_line_wins_for_its_start_and_the_dialog_says_so(stage: Stage) -> None:
    stage.window.machines.asked = Coming("threads", is_asked=True).asked
    dialog = opened(stage, "Training")
    row = dialog.pages[4].rows[2]  # type: ignore[union-attr]
    assert row.extra.text() == "This start: --engine threads, by the command line, which wins."
    stage.window.machines.asked = ""


def test_threads_of_a_variable_are_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cores.THREADS, "1")
    dialog = opened(stage, "Training")
    assert cores.THREADS in dialog.pages[4].rows[0].extra.text()  # type: ignore[union-attr]


def test_threads_are_those_of_engines_from_now_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[str] = []
    monkeypatch.setattr(stage.window.machines, "renew", renewed.append)
    stage.window.preferences.set("training_threads", 1)
    assert os.environ[cores.THREADS] == "1"
    assert renewed == ["process"]
    stage.window.preferences.reset("training_threads")
    assert cores.THREADS not in os.environ


def test_a_device_is_that_of_lanes_that_have_not_trained(desk_window: Open) -> None:
    stage = desk_window(("ae",), device="auto")
    stage.window.preferences.set("device", "cpu")
    stage.until(lambda: stage.desk.experiment.setup.device == "cpu")
    stage.until(stage.all_are("ready"))
    stage.desk.experiment.step(2)
    stage.until(lambda: all(run.view.status.step == 2 for run in stage.desk.runs))
    stage.window.preferences.set("device", "auto")
    assert stage.desk.experiment.setup.device == "cpu"  # what has learned something is not begun again
    stage.rest()


def test_the_next_experiment_begins_on_the_preferred_device(bare_window: Open) -> None:
    from core.training.setup import Setup

    stage = bare_window()
    opening = Opening(stage.window, Coming("threads"))
    assert opening._on_preferred_device(Setup(device="cpu")).device == "cpu"  # as last time
    stage.window.preferences.set("device", "auto")
    assert opening._on_preferred_device(Setup(device="cpu")).device == "auto"
