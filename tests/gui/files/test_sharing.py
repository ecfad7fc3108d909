"""A lane as a command line, an experiment as a text, and the same experiment in another window."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from core.exports import experiment_text
from core.exports.experiment_config import ExperimentConfig
from gui.files.offers import recent_offers
from tests.tables import write_five_columns

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def told(heard: Callable[..., list[tuple[str, str]]]) -> Callable[[Stage], list[tuple[str, str]]]:  # noqa: F821
    return lambda stage: heard(stage.window.desk.told)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def question(stage: Stage) -> QMessageBox:  # noqa: F821
    box = stage.window.findChild(QMessageBox, "paste experiment")
    assert box is not None
    return box


def press(box: QMessageBox, words: str) -> None:
    next(button for button in box.buttons() if button.text() == words).click()


def test_the_selected_lane_is_copied_as_command_line_and_as_python(desk_window: Open, told: Callable) -> None:
    stage = desk_window(("ae", "vae"))
    desk, heard = stage.window.desk, told(stage)
    desk.select(desk.runs[1])
    desk.set_knob(desk.runs[1], "beta", 2.5)
    desk.step()
    stage.until(lambda: desk.runs[1].view.status.step == 1 and desk.runs[1].view.config.beta == 2.5)
    stage.window.commands["copy_command"].do()
    words = shlex.split(clipboard())
    assert words[:4] == ["latent-playground", "train", "--model", "vae"]
    for option, value in (("--beta", "2.5"), ("--steps", "1"), ("--threads", str(desk.runs[1].threads))):
        assert words[words.index(option) + 1] == value
    assert "VAE is copied" in heard[-1][0]
    stage.window.commands["copy_python"].do()
    assert 'experiment.add("vae", MODELS.get("vae").Config(' in clipboard()
    compile(clipboard(), "lane.py", "exec")


def test_an_experiment_opens_in_another_window_as_it_was_copied(desk_window: Open, told: Callable) -> None:
    stage = desk_window(("ae", "vae"), latent=3, seed=5)
    window, desk = stage.window, stage.window.desk
    desk.set_knob(desk.runs[1], "beta", 2.5)
    window.commands["copy_experiment"].do()
    copied = experiment_text.read(clipboard())
    assert copied == ExperimentConfig.of(desk.experiment, window.data.config)

    heard = told(stage)
    desk.experiment.set_setup(seed=9)
    desk.close_lane(desk.runs[0])
    window.commands["paste_experiment"].do()
    box = question(stage)
    assert "MNIST: AE, VAE?" in box.text()
    assert "takes the place of the present lane; Undo brings" in box.informativeText()
    press(box, "Keep the lanes")
    assert len(desk.runs) == 1
    window.commands["paste_experiment"].do()
    press(question(stage), "Open it")
    stage.until(lambda: len(desk.runs) == 2 and stage.all_are("ready")())
    assert ExperimentConfig.of(desk.experiment, window.data.config) == copied
    assert desk.selected is desk.runs[0]
    assert heard[-1] == ("The experiment is open: 2 lanes, ready to train.", "note")
    desk.undo.undo()
    assert (len(desk.runs), desk.experiment.setup.seed) == (1, 9)


def test_other_data_are_read_first_and_named_in_the_question(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    window, desk = stage.window, stage.window.desk
    place = write_five_columns(tmp_path / "five.csv", 90)
    text = f'Latent Playground experiment, version 1\ndata table: data="{place}"\nsetup:\nlane gan:\nend of experiment'
    QGuiApplication.clipboard().setText(f"> {text}")
    window.commands["paste_experiment"].do()
    assert f"{place.name}\n" in question(stage).informativeText()
    press(question(stage), "Open it")
    stage.until(lambda: desk.experiment.dataset.name == "table" and stage.all_are("ready")())
    assert [run.model_name for run in desk.runs] == ["gan"]
    assert window.data.config.data == str(place)
    assert [offer.title for offer in recent_offers(window.data._settings)] == ["five.csv"]


def test_what_is_no_experiment_is_told(desk_window: Open, told: Callable) -> None:
    stage = desk_window(("ae",))
    heard = told(stage)
    for count, text in enumerate(("", "some words", "Latent Playground experiment, version 1\nlane vae:"), 1):
        QGuiApplication.clipboard().setText(text)
        stage.window.commands["paste_experiment"].do()
        assert len(heard) == count
        assert heard[-1][0].startswith("Nothing was pasted: the text")
        assert heard[-1][1] == "warn"
        assert stage.window.findChild(QMessageBox, "paste experiment") is None


def test_a_text_for_a_device_that_is_not_here_changes_nothing(desk_window: Open, told: Callable) -> None:
    stage = desk_window(("ae",))
    before, heard = stage.window.desk.runs[0], told(stage)
    text = "Latent Playground experiment, version 1 data mnist: setup: device=mps lane vae: end of experiment"
    QGuiApplication.clipboard().setText(text)
    stage.window.commands["paste_experiment"].do()
    press(question(stage), "Open it")
    assert "no MPS device" in heard[-1][0]
    assert stage.window.desk.runs == [before]
