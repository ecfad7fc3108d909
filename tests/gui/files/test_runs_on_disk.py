"""Saving the lanes of a window and opening saved runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from core.engine.run_folder import claimed, files_of, load
from gui.widgets.label import Label
from tests.gui.hands import heard

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

Z = np.linspace(-1.5, 1.5, 8, dtype=np.float32).reshape(4, 2)


def test_a_saved_and_opened_run_decodes_the_same_images(
    desk_window: Open, folder_dialog: Callable[[object], None], tmp_path: Path
) -> None:
    stage = desk_window()
    stage.desk.experiment.step(40)
    stage.until(stage.stepped(40))
    stage.until(stage.all_are("paused"))
    before = {run.model_name: run.decode(Z) for run in stage.desk.runs}
    stage.desk.names.rename(stage.desk.runs[1], "Mine")
    folder_dialog(tmp_path)
    told = heard(stage.window.runs.saved)
    stage.window.runs.ask_save()
    assert "Saving 3 runs" in stage.window.status.events[-1].text  # said before the disk has answered
    stage.until(lambda: len(told) == 3)
    assert told == [(run, 40, tmp_path.name) for run in stage.desk.runs]
    folders = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert folders == ["1-ae", "2-vae", "3-gan"]
    assert "Saved 3 runs" in stage.window.status.events[-1].text
    for name in folders:
        model = name[2:]
        files = files_of(tmp_path / name)
        assert set((tmp_path / name).iterdir()) == set(files.values())
        assert json.loads(files["config.json"].read_text())["step"] == 40
        assert len(files["metrics.csv"].read_text().splitlines()) == 41
        folder_dialog(tmp_path / name)
        count = len(stage.desk.runs)
        if count == 5:
            stage.desk.close_lane(stage.desk.runs[0])
        stage.key("Ctrl+Shift+O")
        stage.until(lambda name=name: stage.window.status.events[-1].text == f"Opened {name}: 40 steps.")
        run = stage.desk.runs[-1]
        assert run.model_name == model
        assert run.name == ("Mine" if model == "vae" else "")
        stage.until(lambda run=run: run.view.status.step == 40)
        stage.until(stage.all_are("paused", "ready"))
        assert np.array_equal(run.decode(Z), before[model])
        stage.desk.close_lane(run)
    stage.key("Space")
    stage.until(stage.stepped(45))


def save(stage: Stage, folder: Path) -> None:  # noqa: F821
    """Save every lane and wait until the files are written."""
    told = heard(stage.window.runs.saved)
    stage.window.runs.save(folder)
    stage.until(lambda: len(told) == len(stage.desk.runs))


def test_a_run_saved_while_it_trains_goes_on_as_the_lane_did(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae", "gan"))
    for run in stage.desk.runs:
        run.limit(dataclasses.replace(run.setup, steps=400))
    stage.key("Space")
    stage.until(stage.stepped(5))
    stage.desk.runs[0].set("beta", 2.0)
    save(stage, tmp_path)
    saved = [load(tmp_path / name) for name in ("1-vae", "2-gan")]
    assert all(5 <= each.step < 400 and each.continuation is not None for each in saved)
    assert [turn.name for turn in saved[0].turns] == ["beta"]
    stage.until(stage.all_are("finished"))
    ends = {run.model_name: run.decode(Z) for run in stage.desk.runs}
    for each, name in zip(saved, ("1-vae", "2-gan"), strict=True):
        stage.window.runs.open(tmp_path / name)
        opened = f"Opened {name}: {each.step:,} steps."
        stage.until(lambda opened=opened: stage.window.status.events[-1].text == opened)
        run = stage.desk.runs[-1]
        run.step(400 - each.step)
        stage.until(lambda run=run: run.view.status.step == 400)
        stage.until(lambda run=run: run.view.status.state == "paused")
        assert np.array_equal(run.decode(Z), ends[run.model_name])


def answer(stage: Stage, words: str) -> None:  # noqa: F821
    """Press a button of the question whether to close the lanes."""

    def boxes() -> list[QMessageBox]:
        return [box for box in stage.window.findChildren(QMessageBox) if box.isVisible()]

    stage.until(lambda: bool(boxes()))
    next(button for button in boxes()[0].buttons() if button.text() == words).click()
    stage.until(lambda: not boxes())


def test_a_run_of_other_data_replaces_the_lanes_which_undo_brings_back(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("vae",), latent=5)
    stage.window.data.load("shapes", {"train_images": 1000})
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes")
    stage.until(lambda: stage.desk.runs[0].view.life == 1 and stage.all_are("ready")())
    stage.desk.experiment.step(10)
    stage.until(stage.stepped(10))
    stage.until(stage.all_are("paused"))
    before = stage.desk.runs[0].decode(np.ones((2, 5), np.float32))
    save(stage, tmp_path)
    stage.window.data.load("mnist", None)
    stage.until(lambda: stage.desk.experiment.dataset.name == "mnist")
    stage.desk.set_setup("latent", 2)
    stage.desk.add_lane("ae")
    lanes = list(stage.desk.runs)
    configs = [stage.window.data.config]
    stage.window.runs.open(tmp_path / "1-vae")
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes")
    configs.append(stage.window.data.config)
    stage.until(lambda: stage.desk.runs[0].view.status.step == 10)
    assert [run.model_name for run in stage.desk.runs] == ["vae"]
    assert stage.desk.point.z.shape == (5,)
    assert len(stage.desk.experiment.dataset.train) == 1000
    assert np.array_equal(stage.desk.runs[0].decode(np.ones((2, 5), np.float32)), before)
    stage.until(stage.all_are("paused", "ready"))
    stage.window.grab()
    assert stage.desk.undo.undo_text == "open VAE"
    stage.desk.undo.undo()
    assert stage.desk.runs == lanes
    assert stage.desk.experiment.dataset.name == "mnist"
    assert stage.window.data.config == configs[0]
    assert stage.desk.point.z.shape == (2,)
    stage.desk.undo.redo()
    assert stage.desk.experiment.dataset.name == "shapes"
    assert stage.window.data.config == configs[1]


def test_a_run_whose_data_have_changed_says_so(desk_window: Open, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    images = tmp_path / "data" / "train-images-idx3-ubyte"
    pixels = np.random.default_rng(0).integers(0, 256, (100, 28, 28), np.uint8)
    header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in pixels.shape)
    images.write_bytes(header + pixels.tobytes())
    stage = desk_window(("ae",))
    stage.window.data.load("idx", {"data": str(tmp_path / "data")})
    stage.until(lambda: stage.desk.experiment.dataset.name == "idx")
    stage.until(lambda: stage.desk.runs[0].view.life == 1 and stage.all_are("ready")())
    save(stage, tmp_path / "runs")
    opened = "Opened 1-ae: 0 steps."
    stage.window.runs.open(tmp_path / "runs" / "1-ae")
    stage.until(lambda: stage.window.status.events[-1].text == opened)
    images.write_bytes(header + pixels[::-1].tobytes())
    stage.window.runs.open(tmp_path / "runs" / "1-ae")
    stage.until(lambda: stage.window.status.events[-1].text == opened)  # the data in the window are still those
    stage.window.data.load("shapes", {"train_images": 1000})
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes")
    stage.window.runs.open(tmp_path / "runs" / "1-ae")
    stage.until(lambda: "other images or labels now" in stage.window.status.events[-1].text)


def test_runs_are_replaced_after_a_question(
    desk_window: Open, folder_dialog: Callable[[object], None], tmp_path: Path
) -> None:
    stage = desk_window(("ae", "vae"))
    folder_dialog(tmp_path)
    told = heard(stage.window.runs.saved)
    stage.window.runs.ask_save()
    stage.until(lambda: len(told) == 2)
    stage.desk.experiment.step(3)
    stage.until(stage.stepped(3))
    stage.until(stage.all_are("paused"))
    stage.window.runs.ask_save()
    answer(stage, "Keep them")
    assert load(tmp_path / "1-ae").step == 0
    stage.window.runs.ask_save()
    answer(stage, "Replace them")
    stage.until(lambda: len(told) == 4)
    assert load(tmp_path / "1-ae").step == load(tmp_path / "2-vae").step == 3


def test_a_folder_that_another_process_writes_is_refused(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    with claimed(tmp_path / "1-ae"):
        stage.window.runs.save(tmp_path)
        stage.until(stage.has_dialog)
    sentence = stage.find(Label, "error sentence", stage.dialog()).text()
    assert "is being written by another process" in sentence
    stage.dialog().close()
    save(stage, tmp_path)


@pytest.mark.parametrize("damage", ["weights.safetensors", "config.json", "manifest.json", "everything"])
def test_a_damaged_run_is_reported(desk_window: Open, tmp_path: Path, damage: str) -> None:
    stage = desk_window(("ae",))
    save(stage, tmp_path)
    folder = tmp_path / "1-ae"
    if damage == "everything":
        for path in folder.iterdir():
            path.unlink()
    else:
        path = files_of(folder)[damage]
        path.write_bytes(path.read_bytes()[:-7] + b"0000000")
    stage.window.runs.open(folder)
    stage.until(stage.has_dialog)
    sentence = stage.find(Label, "error sentence", stage.dialog()).text()
    assert str(folder) in sentence
    assert "\n" not in sentence
    assert [run.model_name for run in stage.desk.runs] == ["ae"]
    assert stage.desk.runs[0].view.life == 0
    stage.dialog().close()


def test_a_folder_that_cannot_be_written_is_reported(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    (tmp_path / "file").write_text("in the way")
    told = heard(stage.window.runs.saved)
    stage.window.runs.save(tmp_path / "file")
    stage.until(stage.has_dialog)
    assert told == []
    stage.dialog().close()
