"""The dialog for a film, from the path's button and the menu, and the film that it writes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog

from core.engine.run import Run
from core.exports import motion, motion_files
from core.exports.motion import Stage
from core.foundation.user_error import UserError
from gui.files import film_dialog
from gui.files.film_dialog import FilmDialog, Preview
from gui.widgets.combo import Combo
from gui.widgets.dialogs import ErrorDialog, ProgressDialog
from gui.widgets.label import Label
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

Open = Callable[..., "Stage"]  # the class of conftest.py
Saving = Callable[[Path], None]


@pytest.fixture
def save_dialog(monkeypatch: pytest.MonkeyPatch) -> Saving:
    """Replaces the dialog for a new file by a fixed answer."""

    def answer(place: Path) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place), ""))

    return answer


def opened(stage: Any, subject: str = "") -> FilmDialog:
    if subject:
        stage.window.films.ask(subject)
    else:
        QTest.mouseClick(stage.find(QAbstractButton, "make film"), Qt.MouseButton.LeftButton)
    dialog = stage.find(FilmDialog, "film")
    stage.until(dialog.isVisible)
    assert isinstance(dialog, FilmDialog)
    return dialog


def set_number(dialog: FilmDialog, name: str, value: int) -> None:
    field = dialog.findChild(SpinField, name)
    assert field is not None
    field.set_value(value)
    field.edited.emit(value)


def choose(dialog: FilmDialog, kind: type[Segmented] | type[Combo], name: str, key: str) -> None:
    control = dialog.findChild(kind, name)
    assert control is not None
    control.set_value(key)
    control.chosen.emit(key)


def note(dialog: FilmDialog) -> str:
    label = dialog.findChild(Label, "film note")
    assert label is not None
    return label.text()


def last_words(stage: Any) -> str:
    return str(stage.window.status.events[-1].text)


def test_the_path_is_filmed_in_every_lane(desk_window: Open, save_dialog: Saving, tmp_path: Path) -> None:
    stage: Any = desk_window()
    dialog = opened(stage)
    set_number(dialog, "film frames", 5)
    set_number(dialog, "film size", 2)
    stage.until(lambda: note(dialog).startswith("5 frames, 0.4 s"))
    asked: list[Any] = []
    dialog.asked.connect(lambda *what: asked.append(what))
    save_dialog(tmp_path / "way")
    choose(dialog, Combo, "film format", ".png")
    save = dialog.findChild(QAbstractButton, "save film")
    assert save is not None
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    place = tmp_path / "way.png"  # the ending is added
    stage.until(lambda: last_words(stage).startswith(f"Film saved as {place}, read again: first and last frame are"))
    lanes, style, ending = asked[0]
    assert ([lane.name for lane in lanes], style.size, ending) == (["AE", "VAE", "GAN"], 2, ".png")
    point = stage.desk.point
    for lane, run in zip(lanes, stage.desk.runs, strict=True):
        assert np.array_equal(lane.z, point.path(5))
        assert np.array_equal(lane.picture(3), run.show(lane.z[3:4])[0])
    with Image.open(place) as image:
        assert image.n_frames == 5
        image.seek(4)
        assert np.array_equal(np.asarray(image), Stage(lanes, 2).frame(4))


def test_each_subject_has_its_path_and_the_preview_plays(desk_window: Open) -> None:
    stage: Any = desk_window()
    point = stage.desk.point
    point.move(np.float32([0.5, -0.25]))
    dialog = opened(stage, "slider")
    set_number(dialog, "film frames", 7)
    choose(dialog, Combo, "film dimension", "1")
    assert np.allclose(dialog.lanes[0].z, motion.traversal(point.z, 1, -3, 3, 7))
    preview = dialog.findChild(Preview)
    assert preview is not None
    first = preview.frame()
    assert first is not None
    stage.until(lambda: not np.array_equal(preview.frame(), first))
    choose(dialog, Segmented, "film subject", "loop")
    assert np.allclose(dialog.lanes[0].z, motion.loop(point.pin("a"), point.pin("b"), 7))
    repeat = dialog.findChild(Segmented, "film repeat")
    assert repeat is not None
    assert repeat.isEnabled()
    choose(dialog, Combo, "film format", ".mp4")
    assert not repeat.isEnabled()
    assert all(int(side) % 2 == 0 for side in re.findall(r"(\d+) × (\d+) pixels", note(dialog))[0])
    choose(dialog, Combo, "film format", ".gif")
    choose(dialog, Segmented, "film subject", "walk")
    assert np.array_equal(dialog.lanes[0].z[0], point.z)
    assert len(dialog.lanes) == len(stage.desk.runs)
    choose(dialog, Segmented, "film lanes", "one")
    assert [lane.name for lane in dialog.lanes] == [stage.desk.names.of(stage.desk.selected).full]
    choose(dialog, Segmented, "film back", "on")
    assert note(dialog).startswith("12 frames, 1.0 s")
    dialog.reject()


def test_training_shows_the_kept_snapshots(desk_window: Open) -> None:
    stage: Any = desk_window()
    stage.desk.experiment.step(60)
    stage.until(stage.stepped(60))
    stage.until(stage.all_are("paused"))
    stage.until(lambda: all(run.view.snapshot.step == 60 for run in stage.desk.runs))
    dialog = opened(stage, "training")
    for lane, run in zip(dialog.lanes, stage.desk.runs, strict=True):
        kept = {snapshot.step for snapshot in run.reel.snapshots()} | {60}
        assert {snapshot.step for snapshot in lane.snapshots} <= kept
        assert (lane.snapshots[0].step, lane.snapshots[-1].step) == (min(kept), 60)
        assert (lane.z == stage.desk.point.z).all()
    dialog.reject()


def test_reduced_motion_rests(desk_window: Open) -> None:
    stage: Any = desk_window()
    stage.desk.point.reduce_motion = True
    dialog = opened(stage, "line")
    preview = dialog.findChild(Preview)
    assert preview is not None
    assert np.array_equal(preview.frame(), Stage(dialog.lanes, dialog.style_chosen().size).frame(24))
    assert not dialog.is_playing()
    dialog.reject()


def test_a_lane_that_is_being_prepared_is_waited_for(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage: Any = desk_window()
    ready = Run.snapshot
    monkeypatch.setattr(Run, "snapshot", None)
    dialog = opened(stage, "line")
    save = dialog.findChild(QAbstractButton, "save film")
    assert save is not None
    assert note(dialog) == "Autoencoder is still being prepared."
    assert not save.isEnabled()
    monkeypatch.setattr(Run, "snapshot", ready)
    stage.until(save.isEnabled)
    assert note(dialog).startswith("48 frames, 4.0 s")
    dialog.reject()


def test_a_format_that_is_missing_says_so(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise UserError("a video needs the package av, which is missing")

    stage: Any = desk_window()
    monkeypatch.setattr(motion_files, "_pyav", missing)
    dialog = opened(stage, "line")
    save = dialog.findChild(QAbstractButton, "save film")
    assert save is not None
    choose(dialog, Combo, "film format", ".mp4")
    assert note(dialog) == "a video needs the package av, which is missing"
    assert not save.isEnabled()
    choose(dialog, Combo, "film format", ".webp")
    assert save.isEnabled()
    dialog.reject()


def test_cancel_and_the_end_of_the_window_leave_no_file(
    desk_window: Open, save_dialog: Saving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage: Any = desk_window()
    dialog = opened(stage, "line")
    lanes, style = dialog.lanes, dialog.style_chosen()
    dialog.reject()
    reached, go_on = threading.Event(), threading.Event()
    real = Stage.frame

    def held(self: Stage, *args: Any) -> Any:
        reached.set()
        assert go_on.wait(30)
        return real(self, *args)

    monkeypatch.setattr(Stage, "frame", held)
    films = stage.window.films
    films.write(lanes, style, tmp_path / "film.gif")
    stage.until(reached.is_set)
    progress = stage.window.findChild(ProgressDialog)
    assert progress is not None
    progress.reject()
    go_on.set()
    stage.until(lambda: last_words(stage) == "The film was cancelled; nothing was written.")
    assert not [*tmp_path.glob("*film*")]
    films.write(lanes, style, tmp_path / "film.gif")
    films.stop()
    assert not [*tmp_path.glob("*film*")]


def test_a_place_that_cannot_be_written(desk_window: Open, tmp_path: Path) -> None:
    stage: Any = desk_window()
    dialog = opened(stage, "line")
    lanes, style = dialog.lanes, dialog.style_chosen()
    dialog.reject()
    stage.window.films.write(lanes, style, tmp_path / "nowhere" / "film.gif")
    stage.until(lambda: stage.window.findChild(ErrorDialog) is not None)
    error = stage.window.findChild(ErrorDialog)
    assert "choose another place" in stage.find(Label, "error sentence", error).text()
    error.accept()


def test_every_subject_and_format_has_words() -> None:
    assert {key for key, _ in film_dialog.SUBJECTS} == set(film_dialog.HINTS)
    assert {key for key, _ in film_dialog.FORMATS} <= set(motion_files.KINDS)
