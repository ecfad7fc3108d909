"""Sweeps from the window: "Sweep a knob …" of a lane, the process beside it, and runs that open as lanes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit

from core.cli.main import main
from core.foundation.params import knob as knob_of
from core.sweeps import folder
from gui.lineup.lane_header import lane_menu
from gui.sweeps import reading
from gui.sweeps.command import parsed, proposed, sweepable
from gui.sweeps.dialog import SweepDialog
from gui.sweeps.new_sweep import NewSweep
from gui.widgets.combo import Combo
from gui.widgets.label import Label
from gui.widgets.spin_field import SpinField
from tests.gui.spoken import focusable, silent
from tests.sweeps_made import convex_values, made_plan, made_sweep

Open = Callable[..., Any]
WAITS = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(143)); signal.pause()"


def last_words(stage: Any) -> str:
    return str(stage.window.status.events[-1].text)


def asked(stage: Any, model: str, home: Path) -> NewSweep:
    """The dialog, as the menu of a lane opens it, with a home for new sweeps."""
    stage.window.documents.place = home / "own.lplay"
    run = stage.run(model)
    menu = lane_menu(stage.window, stage.desk, run, (), stage.window.exports.add_to, stage.window.sweeps.ask_new)
    next(each for each in menu.actions() if each.text() == "Sweep a knob …").trigger()
    menu.deleteLater()
    dialog = stage.find(NewSweep, "new sweep")
    stage.until(dialog.isVisible)
    assert isinstance(dialog, NewSweep)
    return dialog


def type_into(dialog: NewSweep, name: str, text: str) -> None:
    field = dialog.findChild(QLineEdit, name)
    assert field is not None
    field.setText(text)
    field.textEdited.emit(text)


def text(dialog: Any, name: str) -> str:
    label = dialog.findChild(Label, name)
    assert label is not None
    return str(label.text())


def choose(dialog: NewSweep, key: str) -> str:
    """Choose a knob; the values that are proposed."""
    combo, field = dialog.findChild(Combo, "swept knob"), dialog.findChild(QLineEdit, "swept values")
    assert combo is not None
    assert field is not None
    combo.set_value(key)
    combo.chosen.emit(key)
    return field.text()


def set_number(dialog: NewSweep, name: str, value: int) -> None:
    field = dialog.findChild(SpinField, name)
    assert field is not None
    field.set_value(value)
    field.edited.emit(value)


def test_the_words_of_the_command(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae",), latent=5)
    stage.desk.set_knob(stage.run("vae"), "lr", 0.003)
    stage.desk.set_knob(stage.run("vae"), "beta", 4.0)
    dialog = asked(stage, "vae", tmp_path)
    assert text(dialog, "sweep size").startswith("18 runs of 2,000 steps, ")
    assert dialog.findChild(Combo, "swept knob").value() == "beta"  # type: ignore[union-attr]
    type_into(dialog, "swept values", "0.1, 0.5,1")
    set_number(dialog, "sweep seeds", 2)
    set_number(dialog, "sweep steps", 300)
    assert text(dialog, "sweep size").startswith("6 runs of 300 steps, ")
    own = ["--hidden", "64", "--lr", "0.003", "--network", "mlp", "--latent", "5", "--batch", "32", "--device", "cpu"]
    own += ["--threads", "1", "--vary", "beta=0.1,0.5,1", "--seeds", "2", "--steps", "300"]
    where = ["--on", "processes", "--workers", str(dialog.workers()), "--out", str(tmp_path / "sweep vae beta")]
    assert dialog.words() == ["sweep", "--model", "vae", "--dataset", "mnist", *own, *where, "--json"]
    assert choose(dialog, "latent") == "2, 4, 8, 16, 32"
    words = dialog.words()
    assert "--latent" not in words  # it varies
    assert words[words.index("--beta") + 1] == "4.0"
    assert words[words.index("--vary") + 1] == "latent=2,4,8,16,32"
    assert words[words.index("--out") + 1] == str(tmp_path / "sweep vae latent")
    type_into(dialog, "sweep folder", str(tmp_path / "mine"))
    choose(dialog, "optimiser")
    assert dialog.folder() == tmp_path / "mine"  # what was typed stays
    dialog.reject()


def test_nothing_in_the_dialog_is_silent(desk_window: Open, tmp_path: Path) -> None:
    dialog = asked(desk_window(("vae",)), "vae", tmp_path)
    assert len(focusable(dialog)) > 3
    assert silent(dialog) == []
    dialog.reject()


def test_bad_values_and_places_are_told_in_a_sentence(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae",))
    dialog = asked(stage, "vae", tmp_path)
    start = dialog.findChild(QAbstractButton, "start sweep")
    assert start is not None
    started: list[object] = []
    dialog.started.connect(lambda *what: started.append(what))
    for values, why in (
        ("0.1, x", "KL weight β: 'x' is not a number."),
        ("0.1, -1", "KL weight β: −1 is outside 0 to 100."),
        ("1, 1.0", "1.0 stands there twice."),
        ("1,,2", "There is nothing between two commas."),
        (" ", "Write at least one value, as in 0.1, 1, 10."),
        (",".join(map(str, range(100))) + ",0.5", ""),
    ):
        type_into(dialog, "swept values", values)
        assert text(dialog, "why not values") == why
        assert start.isEnabled() == (not why)
    type_into(dialog, "swept values", "1")
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").write_text("")
    for place, why in (
        ("", "Name a folder."),
        ("sweep", "Write the whole path of sweep, from the root on."),
        (str(taken), f"{taken} is not empty; choose a new folder."),
        (str(taken / "file"), f"{taken / 'file'} is a file; choose another place."),
    ):
        type_into(dialog, "sweep folder", place)
        told = text(dialog, "why not folder")
        assert told == why or ("…" in told and told.endswith(why[-20:]))
        assert not start.isEnabled()
    field = dialog.findChild(QLineEdit, "sweep folder")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not started
    dialog.reject()


def test_what_is_proposed_can_be_taken(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan", "wae"))
    for run in stage.desk.runs:
        for name, each in sweepable(run).items():
            config = run.pending if hasattr(run.pending, each.name) else stage.desk.experiment.setup
            values = parsed(each, proposed(run, each, getattr(config, each.name)))
            assert len(values) > 1, (run.model_name, name)
    run = stage.run("vae")
    assert "hidden" not in sweepable(run)
    assert "pixel-sigma" not in sweepable(run)  # without effect now
    assert proposed(run, knob_of(type(run.pending), "optimiser"), "adam") == "adam, rmsprop, sgd"


def test_a_sweep_is_started_stopped_and_ends_with_the_window(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae",))
    sweeps = stage.window.sweeps
    sweeps.program = (sys.executable, "-c", WAITS)
    dialog = asked(stage, "vae", tmp_path)
    start = dialog.findChild(QAbstractButton, "start sweep")
    assert start is not None
    QTest.mouseClick(start, Qt.MouseButton.LeftButton)
    shown = stage.find(SweepDialog, "sweep")
    stage.until(lambda: sweeps.process.is_running)
    assert text(shown, "sweep progress") == "Starting …"
    stop = shown.findChild(QAbstractButton, "stop sweep")
    stage.until(stop.isVisible)
    sweeps.ask_new(stage.run("vae"))
    assert "stop it first" in last_words(stage)
    shown = sweeps.dialog
    shown.findChild(QAbstractButton, "stop sweep").click()
    stage.until(lambda: not sweeps.process.is_running)
    stage.until(lambda: text(shown, "sweep progress").startswith("Stopped;"))
    assert "what has ended is kept" in last_words(stage)
    sweeps.start([], tmp_path / "again")
    stage.until(lambda: sweeps.process.is_running)
    process = sweeps.process
    stage.window.close()
    assert not process.is_running
    assert sweeps.dialog is None


def test_an_error_of_the_command_is_told(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae",))
    sweeps = stage.window.sweeps
    sweeps.program = (sys.executable, "-c", "import sys; print('latent-playground: no disk', file=sys.stderr); exit(2)")
    sweeps.start([], tmp_path / "new")
    stage.until(lambda: text(sweeps.dialog, "sweep progress") == "No disk.")
    assert last_words(stage) == "The sweep in new ended: No disk."


def test_a_run_of_a_sweep_opens_as_a_lane(desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = made_plan({"beta": (0.1, 1.0)}, seeds=(1,), dataset="mixture", steps=10)
    made_sweep(tmp_path, plan, convex_values)
    run = plan.runs[1]
    command = ["train", "--model", "vae", "--dataset", "mixture", "--steps", "10", "--threads", "1", "--seed", "1"]
    assert main([*command, "--beta", "1", "--out", str(folder.folder_of(tmp_path, run)), "--json"]) == 0
    stage = desk_window(("vae",))
    kept = list(stage.desk.runs)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    stage.window.commands["open_sweep"].do()
    dialog = stage.window.sweeps.dialog
    stage.until(lambda: dialog.sweep is not None)
    dialog._select(1)
    button = dialog.findChild(QAbstractButton, "open sweep run")
    assert button.text() == "Open in place of the lanes"  # it has other data
    QTest.keyClick(dialog.plot, Qt.Key.Key_Return)
    stage.until(lambda: stage.desk.experiment.dataset.name == "mixture")
    stage.until(lambda: stage.desk.runs[0].view.status.step == 10)
    opened = f"Opened {run.name}: 10 steps."
    stage.until(lambda: last_words(stage).startswith(opened))
    assert text(dialog, "sweep told").startswith(opened)
    assert "Ctrl+Z brings the lanes of before back" in text(dialog, "sweep told")
    assert dialog.isVisible()
    stage.desk.undo.undo()
    stage.until(lambda: [run.model_name for run in stage.desk.runs] == [run.model_name for run in kept])
    stage.window.commands["open_sweep"].do()  # another one takes its place
    assert stage.window.sweeps.dialog is not dialog


def test_a_real_sweep_grows_in_the_window(desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "INTERVAL_S", 0.1)
    stage = desk_window(("vae",))
    sweeps, place = stage.window.sweeps, tmp_path / "sweep"
    words = "sweep --model vae --dataset mixture --hidden 8 --vary beta=0.1,1 --steps 20 --workers 1 --json --out"
    sweeps.start([*words.split(), str(place)], place)
    stage.until(lambda: sweeps.dialog.sweep is not None and sweeps.dialog.sweep.count("done") == 2)
    stage.until(lambda: last_words(stage) == "The sweep in sweep is finished.")
    stage.until(lambda: sweeps.dialog.sweep.has_report)
    assert len(json.loads((place / folder.PLAN).read_text())["runs"]) == 2
    scene = sweeps.dialog.plot.scene_shown
    assert scene is not None
    assert len(scene.numbers) == 2
    view = sweeps.dialog.card.samples
    stage.until(lambda: view.offer() is not None)  # on points of a plane they are points


def test_the_rest_of_a_sweep_is_trained_from_the_window(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "INTERVAL_S", 0.1)
    plan = made_plan({"beta": (0.1, 1.0)}, seeds=(1,), dataset="mixture", steps=10)
    made_sweep(tmp_path, plan, convex_values)
    left = folder.folder_of(tmp_path, plan.runs[1]) / folder.RESULT
    left.unlink()
    stage = desk_window(("vae",))
    sweeps = stage.window.sweeps
    sweeps.open(tmp_path)
    rest = sweeps.dialog.findChild(QAbstractButton, "rest of sweep")
    stage.until(rest.isVisible)
    rest.click()
    assert not sweeps.dialog.findChild(QAbstractButton, "rest of sweep").isVisible()  # it is being trained
    stage.until(lambda: sweeps.dialog.sweep is not None and sweeps.dialog.sweep.count("done") == 2)
    stage.until(lambda: last_words(stage) == f"The sweep in {tmp_path.name} is finished.")
    assert left.is_file()
    stage.until(lambda: sweeps.dialog.sweep.has_report)
    assert not sweeps.dialog.findChild(QAbstractButton, "rest of sweep").isVisible()
