"""How tests choose data in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from gui.files.data_sheet import DataSheet


def opened(stage: Any) -> DataSheet:
    """Open the window for choosing data, as the user does."""
    stage.key("Ctrl+D")
    sheet = stage.window.data.sheet
    assert isinstance(sheet, DataSheet)
    stage.until(lambda: sheet.isActiveWindow() and sheet.preview.look is not None)
    return sheet


def press(sheet: DataSheet, key: Qt.Key) -> None:
    """Press a key where the focus of the sheet is."""
    QTest.keyClick(sheet.focusWidget() or sheet, key)


def looked(stage: Any, sheet: DataSheet) -> None:
    """Wait until what was chosen last is shown, or why it cannot be."""
    stage.until(lambda: sheet._reading is None)


def choose_by_keyboard(stage: Any, title: str) -> None:
    """Choose a dataset with Ctrl+D, search, arrows and Enter."""
    sheet = opened(stage)
    QTest.keyClicks(sheet.focusWidget(), title)
    press(sheet, Qt.Key.Key_Down)
    looked(stage, sheet)
    assert sheet.preview.look is not None
    assert sheet.preview.look.title == title
    press(sheet, Qt.Key.Key_Return)


def use_folder(stage: Any) -> None:
    """Open what the dialog for a folder answers, and use it."""
    sheet = opened(stage)
    QTest.mouseClick(sheet.findChild(QAbstractButton, "open folder"), Qt.MouseButton.LeftButton)
    looked(stage, sheet)
    sheet.use()


def write_pictures(folder: Path, count: int = 40) -> Path:
    """Write colour pictures of two classes, and a file that is none."""
    random = np.random.default_rng(0)
    for at in range(count):
        place = folder / ("cats" if at % 2 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (50, 40, 3), np.uint8)).save(place / f"{at:05}.png")
    (folder / "empty.png").write_bytes(b"")
    return folder
