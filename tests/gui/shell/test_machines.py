"""Machines to train on: the list of commands, trying one, and moving the lanes to it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.engine.experiment import Experiment
from core.remote import trial
from core.remote.trial import Found
from gui.shell.machine_dialog import MachineDialog
from tests.engines import LoopEngine

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def opened(stage: Stage) -> MachineDialog:  # noqa: F821
    stage.window.commands.action("choose_machine").trigger()
    dialogs = [each for each in stage.window.findChildren(MachineDialog) if each.isVisible()]
    assert len(dialogs) == 1
    stage.until(dialogs[0].isActiveWindow)
    return dialogs[0]


def python(code: str) -> str:
    return shlex.join([sys.executable, "-S", "-c", code])


def says(dialog: MachineDialog, words: str) -> Callable[[], bool]:
    return lambda: words in dialog._result.text()


def test_commands_are_kept_by_the_keyboard_alone(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    dialog = opened(stage)
    assert dialog._list.item(0).text() == "This computer   (the lanes are here)"
    assert not dialog._drop.isEnabled()
    for command in ("ssh far latent-playground engine", "docker exec box latent-playground engine"):
        dialog._new.setFocus(Qt.FocusReason.TabFocusReason)
        stage.key("Space")
        assert dialog._field.hasFocus()
        QTest.keyClicks(dialog._field, command)
    dialog._list.setFocus()
    stage.key("Up")
    assert dialog._field.text() == "ssh far latent-playground engine"
    dialog._drop.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Space")
    stage.key("Esc")
    stage.until(lambda: not dialog.isVisible())
    assert stage.window.settings.read("machines", []) == ["docker exec box latent-playground engine"]
    assert opened(stage).commands == ["docker exec box latent-playground engine"]


def test_a_command_is_tried_while_the_window_lives_on(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.window.settings.write("machines", [python("raise SystemExit('no such host')"), python("input()"), " "])
    dialog = opened(stage)
    dialog._list.setCurrentRow(1)
    dialog._trial.click()
    assert dialog._stop.isVisible()
    assert not dialog._go.isEnabled()
    stage.until(says(dialog, "and without an answer: no such host"))
    assert dialog._copy.isVisible()
    dialog._list.setCurrentRow(2)  # it waits for ever
    dialog._trial.click()
    assert says(dialog, "Waiting for an answer …")()
    dialog._stop.click()
    assert says(dialog, "Cancelled.")()
    dialog._new.click()
    dialog._go.click()
    assert says(dialog, "Write the command")()


def test_lanes_go_on_to_the_bit_where_a_command_leads(
    desk_window: Open, make_experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(command: str, report: Any) -> Found:
        return Found(LoopEngine(), command.split()[1], "1.2.0", ("CPU, 16 cores", "H200"), 0.024)  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "find", find)
    stage = desk_window(("ae", "gan"))
    desk, before = stage.desk, stage.desk.experiment.engine
    stage.key("Space")
    stage.until(stage.stepped(5))
    stage.window.settings.write("machines", ["ssh far engine"])
    dialog = opened(stage)
    dialog._list.setCurrentRow(1)
    dialog._trial.click()
    stage.until(says(dialog, "It answers: far · version 1.2.0 · H200 · CPU, 16 cores · round trip 24 ms."))
    dialog._go.click()
    stage.until(lambda: desk.experiment.engine is not before)
    reached = [run.view.status.step for run in desk.runs]
    assert all(run.snapshot is not None for run in desk.runs)  # no lane is blank meanwhile
    stage.until(lambda: all(run.view.status.step > step for run, step in zip(desk.runs, reached, strict=True)))
    stage.rest()
    assert "Every lane is computed on far from now on." in [event.text for event in stage.window.status.events]
    assert opened(stage)._list.currentItem().text() == "ssh far engine   (the lanes are here)"

    moved = stage.run("ae").view
    stayed = make_experiment("ae").runs[0]
    stayed.step(moved.status.step)
    view = stage.wait(stayed, lambda view: view.status.state == "paused" and view.status.step == moved.status.step)
    assert np.array_equal(moved.history.rows[:, 2:], view.history.rows[:, 2:], equal_nan=True)
