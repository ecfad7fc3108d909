"""What is dropped on the window: where it goes, and why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget

from core.datasets.base import load
from gui.files.drop import DropTarget, goal_of
from tests.gui.files.hands import looked, opened, write_pictures

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def files(*paths: Path) -> QMimeData:
    """What a drag of these files carries."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drag(window: QWidget, mime: QMimeData) -> DropTarget:
    """Drag over a window; the frame that answers."""
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), COPY, mime, LEFT, NONE))
    target = window.findChild(DropTarget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert isinstance(target, DropTarget)
    return target


def drop(window: QWidget, mime: QMimeData) -> None:
    """Drag over a window and let go."""
    drag(window, mime)
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), COPY, mime, LEFT, NONE))


def test_a_folder_that_is_dropped_is_shown_before_anything_trains_on_it(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    folder = write_pictures(tmp_path / "my set")
    target = drag(stage.window, files(folder))
    assert target.isVisible()
    assert target.size() == stage.window.size()
    assert target.goal is not None
    assert target.goal.title == "Open “my set” as data"
    stage.window.grab()
    QApplication.sendEvent(stage.window, QDragLeaveEvent())
    assert not target.isVisible()
    drop(stage.window, files(folder))
    assert not target.isVisible()
    sheet = stage.window.data.sheet
    looked(stage, sheet)
    assert sheet.preview.look is not None
    assert sheet.preview.look.title == "my set"
    assert stage.desk.experiment.dataset.name == "mnist"


def test_a_file_of_arrays_is_dropped_on_the_window_for_choosing(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    np.savez(tmp_path / "mine.npz", images=images, labels=np.arange(40) % 2)
    sheet = opened(stage)
    drop(sheet, files(tmp_path / "mine.npz"))
    looked(stage, sheet)
    assert sheet.preview.look is not None
    assert (sheet.preview.look.name, sheet.preview.look.shape) == ("arrays", (1, 28, 28))


def test_a_picture_that_is_dropped_becomes_the_input(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)).save(path)
    drop(stage.window, files(path))
    card = stage.window.input
    stage.until(lambda: stage.desk.chosen.kind == "own")
    assert card.image().shape == (1, 28, 28)
    assert stage.window.data.sheet is None
    row = card._rows[stage.run("ae")]
    assert row._reconstruction.image() is not None


def test_what_cannot_be_used_says_so(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    for names, words in (
        (("letter.docx",), "“letter.docx” cannot be used"),
        (("a.npz", "b.npz"), "2 things at once cannot be used"),
        (("x/a.png", "y/b.png"), "2 things at once cannot be used"),
    ):
        stage.desk.told.emit("something else", "note")
        target = drag(stage.window, files(*(tmp_path / name for name in names)))
        assert target.goal is not None
        assert target.goal.title == words
        stage.window.grab()
        drop(stage.window, files(*(tmp_path / name for name in names)))
        assert words in stage.window.status.events[-1].text
        assert stage.window.data.sheet is None


def test_where_other_things_go(tmp_path: Path) -> None:
    one, two = tmp_path / "a.png", tmp_path / "b.JPG"
    assert goal_of(files(one, two), has_pictures=True).place == str(tmp_path)
    assert goal_of(files(one), has_pictures=True).picture == str(one)
    assert not goal_of(files(one), has_pictures=False).is_usable
    assert not goal_of(QMimeData(), has_pictures=True).is_usable
    image = QMimeData()
    image.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    assert goal_of(image, has_pictures=True).is_usable
    address = QMimeData()
    address.setUrls([QUrl("https://example.org/a.png")])
    assert goal_of(address, has_pictures=True).title == "This is not a file of this computer"
    for name in ("a.csv", "b.tsv.gz", "c.txt", "d.dat", "e.mat"):
        assert goal_of(files(tmp_path / name), has_pictures=True).place == str(tmp_path / name)
    long = goal_of(files(tmp_path / f"{'n' * 150}.zip"), has_pictures=True)
    assert len(long.title) < 100


def test_points_take_no_picture(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",), dataset=load("moons"))
    target = drag(stage.window, files(tmp_path / "a.png"))
    assert target.goal is not None
    assert not target.goal.is_usable
