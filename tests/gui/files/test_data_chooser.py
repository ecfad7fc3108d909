"""Choosing data in the window: cards, preview, reading in the background, broken files, Cancel."""

from __future__ import annotations

import gzip
import html
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from core.datasets.base import Cancelled, DataError
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.pictures import FilmLook, TilesLook
from gui.side_panels.parameters import Parameters
from gui.widgets.dialogs import ProgressDialog
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from tests.gui.files.hands import choose_by_keyboard, opened, press, use_folder, write_pictures

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def write_idx(folder: Path, train: int = 60, test: int = 20, gz: bool = False) -> Path:
    """Write a folder of IDX files with the names of Fashion-MNIST."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = random.integers(0, 10, count, dtype=np.uint8)
        for name, content in (
            (f"{part}-images-idx3-ubyte", struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes()),
            (f"{part}-labels-idx1-ubyte", struct.pack(">II", 0x801, count) + labels.tobytes()),
        ):
            (folder / (f"{name}.gz" if gz else name)).write_bytes(gzip.compress(content) if gz else content)
    return folder


def test_choosing_shapes_restarts_every_lane_on_them(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(10))
    choose_by_keyboard(stage, "Shapes")
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs))
    stage.until(stage.stepped(5))  # lanes that trained go on training
    assert all(run.dataset.name == "shapes" for run in stage.desk.runs)
    assert stage.window.top.data.text() == "Shapes"
    stage.until(lambda: getattr(stage.panel("image", "vae")._pixels, "shape", ()) == (32, 32))
    stage.until(lambda: getattr(stage.window.input.image(), "shape", ()) == (1, 32, 32))
    stage.until(lambda: not any(d.isVisible() for d in stage.window.findChildren(ProgressDialog)))
    assert not stage.has_dialog()
    assert len(stage.window.right.classes._chips) == 3


def test_colour_images_cannot_be_drawn(desk_window: Open, tiny: Callable[..., object]) -> None:
    stage = desk_window(("ae", "vae"))
    rows = stage.window.findChild(Parameters).findChildren(KnobRow)
    stage.desk.set_dataset(tiny(channels=3, side=32))
    assert stage.window.findChild(Parameters).findChildren(KnobRow) == rows  # of the same words: nothing to make anew
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    stage.key("D")
    assert QApplication.activePopupWidget() is None
    panel = stage.panel("image", "ae")
    stage.until(lambda: panel._pixels is not None and panel._pixels.shape == (32, 32, 3))
    for style in ("tiles", "codes", "both"):
        stage.desk.set_map_style(style)
        stage.until(lambda: all(stage.answer(run, TilesLook) is not None for run in stage.desk.runs))
        stage.window.grab()


def test_the_nearest_image_is_not_searched_across_datasets(desk_window: Open, tiny: Callable[..., object]) -> None:
    stage = desk_window(("vae",))
    panel = stage.panel("image", "vae")
    stage.until(lambda: panel._image is not None)
    stage.desk.set_dataset(tiny(side=32))
    panel.ask()  # the clock asks before the new weights are there
    served = Event()
    stage.desk.experiment.engine.background.ask("after it", served.set)
    assert served.wait(10)
    assert stage.desk.experiment.engine.errors == []
    stage.until(lambda: panel._image is not None and panel._image.shape == (1, 32, 32))
    stage.until(lambda: panel._near is not None and panel._near.pixels.shape == (1, 32, 32))


def test_waiting_look_requests_use_the_dataset_of_their_request(desk_window: Open, tiny: Callable[..., object]) -> None:
    stage = desk_window(("vae",))
    experiment, run = stage.desk.experiment, stage.desk.runs[0]
    stage.desk.experiment.step(3)
    stage.wait(run, lambda view: view.status.step == 3 and view.status.state == "paused")
    held, served = Event(), Event()
    experiment.engine.background.ask("hold", lambda: held.wait(10), urgent=True)
    for look in (LatentCodesLook(), TrainingCodesLook(), HeldOutLook(), FilmLook(stage.desk.point.z)):
        run.ask(look)
    stage.desk.set_dataset(tiny(side=32))
    experiment.engine.background.ask("after them", served.set)
    held.set()
    assert served.wait(10)
    assert experiment.engine.errors == []


def test_idx_folders(desk_window: Open, folder_dialog: Callable[[object], None], tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    run = stage.run("ae")
    for life, gz in ((1, False), (2, True)):
        before = stage.desk.experiment.dataset
        folder_dialog(write_idx(tmp_path / f"fashion {life}", train=59 + life, gz=gz))
        use_folder(stage)
        stage.until(lambda before=before: stage.desk.experiment.dataset is not before)
        stage.until(lambda life=life: run.view.life == life and run.view.status.state == "ready")
        assert stage.desk.experiment.dataset.name == "arrays"
        assert len(stage.desk.experiment.dataset.train) == 59 + life
        assert stage.desk.experiment.dataset.class_names[0] == "T-shirt"
        stage.window.grab()


def test_a_folder_of_pictures(desk_window: Open, folder_dialog: Callable[[object], None], tmp_path: Path) -> None:
    stage = desk_window(("ae", "vae"))
    name = f"<b>cats and dogs of {'my ' * 12}street"
    folder_dialog(write_pictures(tmp_path / name))
    use_folder(stage)
    stage.until(lambda: stage.desk.experiment.dataset.name == "images")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    data = stage.desk.experiment.dataset
    assert (data.shape, len(data.train), data.class_names) == ((3, 40, 40), 34, ("cats", "dogs"))
    assert data.origin["skipped"] == ["empty.png is empty"]
    assert "1 file was skipped" in stage.window.status.events[-1].text
    assert stage.window.status.events[-2].text.startswith(f"{name}: 34 training images")
    shown, tip = stage.window.top.data.text(), stage.window.top.data.toolTip()
    assert shown.startswith("<b>cats")
    assert "…" in shown
    assert shown.endswith("street")
    assert stage.window.top.data.accessibleName() == f"Dataset: {name}"
    assert f"Image folder: {html.escape(str(tmp_path / name))}<br>" in tip  # words, not bold ones
    assert stage.window.left.experiment.card._title.text().endswith("street")
    stage.window.grab()


def bad_file(folder: Path) -> None:
    write_idx(folder)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1000])


def empty_folder(folder: Path) -> None:
    folder.mkdir()


def renamed_text(folder: Path) -> None:
    write_idx(folder)
    (folder / "train-images-idx3-ubyte").write_text("These are not the images you are looking for.\n" * 50)


def damaged_gzip(folder: Path) -> None:
    write_idx(folder, gz=True)
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:200])


def test_broken_data_is_reported_and_the_old_data_stay(
    desk_window: Open, folder_dialog: Callable[[object], None], tmp_path: Path
) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("Space")
    stage.until(stage.stepped(5))
    before = stage.desk.experiment.dataset
    for damage in (bad_file, empty_folder, renamed_text, damaged_gzip):
        folder = tmp_path / damage.__name__
        damage(folder)
        folder_dialog(folder)
        use_folder(stage)
        sentence = stage.find(Label, "data error").text()
        assert str(folder) in sentence
        assert "\n" not in sentence
        assert "Traceback" not in sentence
        assert len(sentence) < 300
        sheet = stage.window.data.sheet
        QTest.mouseClick(stage.button("Copy details", sheet), Qt.MouseButton.LeftButton)
        copied = QApplication.clipboard().text()
        assert copied.startswith(sentence)
        assert "Traceback" in copied
        assert not sheet._use.isEnabled()
        press(sheet, Qt.Key.Key_Escape)
        assert stage.desk.experiment.dataset is before
    assert [run.view.life for run in stage.desk.runs] == [0, 0]
    assert stage.all_are("training")()
    assert not any(d.isVisible() for d in stage.window.findChildren(ProgressDialog))


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:  # noqa: F821
    return module_window(("ae",))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Stage:  # noqa: F821
    """A window in which nothing is read at the end of a test."""
    return again(window)


def test_no_chosen_folder_changes_nothing(stage: Stage, folder_dialog: Callable[[object], None]) -> None:  # noqa: F821
    folder_dialog(None)
    sheet = opened(stage)
    QTest.mouseClick(sheet.findChild(QAbstractButton, "open folder"), Qt.MouseButton.LeftButton)
    assert sheet._reading is None
    assert sheet.preview.look is not None
    assert sheet.preview.look.name == "mnist"
    sheet.close()


def test_cancel_while_reading(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    results: list[object] = []
    reading, cancelled, ended = Event(), Event(), Event()

    def work(report: Callable[[float], None]) -> str:
        try:
            report(0.3)
            reading.set()
            assert cancelled.wait(10)
            report(0.4)
            return "read"
        finally:
            ended.set()

    stage.window.data.read(work, "Reading something", results.append)
    assert reading.wait(10)
    dialog = stage.window.findChild(ProgressDialog)
    stage.until(lambda: dialog._bar.value() == 300)
    QTest.mouseClick(stage.button("Cancel", dialog), Qt.MouseButton.LeftButton)
    stage.until(lambda: not stage.window.findChildren(ProgressDialog))  # closed before the reader notices
    cancelled.set()
    assert ended.wait(10)
    stage.until(lambda: stage.window.data.job.loading is None)
    assert results == []
    assert not stage.has_dialog()
    stage.window.data.load("shapes", {"train_images": 1000})  # the next reading works
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes")


def test_escape_just_before_the_end(stage: Stage) -> None:  # noqa: F821
    """The reader does not report again, and its result is dropped."""
    results: list[object] = []
    go = Event()
    stage.window.data.read(lambda report: go.wait(10), "Reading something", results.append)
    dialog = stage.window.findChild(ProgressDialog)
    stage.until(dialog.isVisible)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    go.set()
    assert stage.window.data.job.loading.wait(10)
    stage.until(lambda: stage.window.data.job.loading is None)
    assert results == []


def test_escape_just_after_the_end(stage: Stage) -> None:  # noqa: F821
    """The data are read but the signal is not delivered: Cancel drops them."""
    results: list[object] = []
    go = Event()
    stage.window.data.read(lambda report: go.wait(10), "Reading something", results.append)
    dialog = stage.window.findChild(ProgressDialog)
    stage.until(dialog.isVisible)
    go.set()
    assert stage.window.data.job.loading.wait(10)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    stage.until(lambda: stage.window.data.job.loading is None)
    assert results == []


def test_a_second_reading_replaces_the_first(stage: Stage) -> None:  # noqa: F821
    results: list[object] = []

    def first(report: Callable[[float], None]) -> str:
        while True:
            report(0.1)

    stage.window.data.read(first, "First", results.append)
    stage.window.data.read(lambda report: "second", "Second", results.append)
    stage.until(lambda: results == ["second"])
    stage.until(lambda: not any(d.isVisible() for d in stage.window.findChildren(ProgressDialog)))


def test_closing_while_data_is_read(desk_window: Open) -> None:
    stage = desk_window(("ae",))

    def endless(report: Callable[[float], None]) -> None:
        while True:
            report(0.5)

    stage.window.data.read(endless, "Reading", lambda _: None)
    stage.until(lambda: stage.window.findChild(ProgressDialog)._bar.value() == 500)
    stage.window.close()
    assert stage.window.data.job.loading is None


def test_errors_of_readers_reach_the_dialog(stage: Stage) -> None:  # noqa: F821
    def work(report: Callable[[float], None]) -> None:
        raise DataError("the disk\nis gone")

    stage.window.data.read(work, "Reading", lambda _: None)
    stage.until(stage.has_dialog)
    assert "The disk\\nis gone." in QApplication.activeModalWidget().findChild(object, "error sentence").text()
    stage.dialog().close()
    assert issubclass(Cancelled, Exception)
