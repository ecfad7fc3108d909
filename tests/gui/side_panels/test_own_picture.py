"""A picture of the user's own as input: pasted, opened, swapped, kept on other data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog

from core.datasets.own_picture import like_the_data, tone_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def stroke() -> QImage:
    """A dark bar on white paper."""
    image = QImage(120, 90, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    for x in range(55, 65):
        for y in range(20, 70):
            image.setPixelColor(x, y, QColor("black"))
    return image


def pasted(stage: Any) -> Any:
    """The input card after Ctrl+V."""
    QGuiApplication.clipboard().setImage(stroke())
    stage.key("Ctrl+V")
    stage.until(lambda: stage.desk.chosen.kind == "own")
    return stage.window.input


def test_a_pasted_picture_is_toned_like_the_data(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    card = pasted(stage)
    seen = card.image()
    assert seen.shape == (1, 28, 28)
    assert seen[0, 14, 14] > 0.9  # ink is light, as in MNIST
    assert seen[0, 0].max() == 0.0
    rows = np.flatnonzero(seen[0].max(1) > 0.5)
    assert 17 <= len(rows) <= 21  # as large as its digits
    assert card._own._original.image().shape == (72, 96, 3)
    assert card._own.isVisible()
    assert card._number.isHidden()
    codes = stage.run("vae").encode(seen[None])
    stage.key("E")
    assert stage.desk.point.z == pytest.approx(np.clip(codes.mu[0], -4, 4), abs=1e-4)


def test_dark_and_light_can_be_swapped(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    card = pasted(stage)
    before = card.image()
    swap = card.findChild(QAbstractButton, "swap tones")
    QTest.mouseClick(swap, Qt.MouseButton.LeftButton)
    stage.until(lambda: card.image() is not before)
    assert not card._own._made.is_inverted
    after = card.image()
    QTest.mouseClick(swap, Qt.MouseButton.LeftButton)
    stage.until(lambda: card.image() is not after)
    assert np.array_equal(card.image(), before)


def test_a_picture_stays_the_input_on_other_data(desk_window: Open, tiny: Callable[..., Any]) -> None:
    stage = desk_window(("ae",))
    card = pasted(stage)
    stage.desk.set_dataset(tiny(channels=3, side=32))
    stage.until(lambda: card.image() is not None and card.image().shape == (3, 32, 32))
    assert stage.desk.chosen.kind == "own"
    card._show_test(3)
    assert card._number.isVisible()
    assert card._own.isHidden()


def test_a_file_is_opened_or_refused_in_one_sentence(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    card = stage.window.input
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    (tmp_path / "text.png").write_text("no picture at all")
    for name in ("text.png", "gone.png", "red.png"):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        card._own.ask()
        stage.until(lambda: card._own._reading is None)
    told = [event.text for event in stage.window.status.events[-2:]]
    assert told[0].startswith("The picture is no PNG, JPEG")
    assert told[1] == "The picture gone.png is gone: choose another."
    assert stage.desk.chosen.kind == "own"
    seen = like_the_data((tmp_path / "red.png").read_bytes(), tone_of(stage.desk.experiment.dataset)).seen
    assert np.array_equal(card.image(), seen)


def test_an_empty_clipboard_is_said(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    QGuiApplication.clipboard().clear()
    stage.key("Ctrl+V")
    assert "no picture in the clipboard" in stage.window.status.events[-1].text
    assert stage.desk.chosen.kind == "test"
    stage.window.input._kind.set_value("own")
    stage.window.input._choose_kind("own")
    assert stage.window.input._picture._hint == "No picture yet"
