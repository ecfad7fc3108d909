"""Hands for the dialog of preferences."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.shell.preferences.dialog import PreferencesDialog
from gui.shell.preferences.row import Page, PreferenceRow
from tests.gui.conftest import Stage


def opened(stage: Stage, page: str = "") -> PreferencesDialog:
    stage.key("Ctrl+,")
    dialog = stage.find(PreferencesDialog, "preferences")
    stage.until(dialog.isVisible)
    if page:
        dialog.list.setCurrentRow([each.name for each in dialog.pages].index(page))
    return dialog


def rows_of(dialog: PreferencesDialog) -> list[PreferenceRow]:
    rows = [row for page in dialog.pages if isinstance(page, Page) for row in page.rows]
    return [row for row in rows if isinstance(row, PreferenceRow)]


def control(dialog: PreferencesDialog, name: str) -> Any:
    found = dialog.findChild(QWidget, f"preference {name}")
    assert found is not None, name
    return found


def choose(dialog: PreferencesDialog, name: str, index: int) -> None:
    """Choose an option as a hand does."""
    control(dialog, name).set_value(str(index))
    control(dialog, name).chosen.emit(str(index))


def undo_of(dialog: PreferencesDialog, name: str) -> Any:
    return dialog.findChild(QWidget, f"default {name}")


def box_of(stage: Stage) -> QMessageBox:
    def boxes() -> list[QMessageBox]:
        return [box for box in stage.window.findChildren(QMessageBox) if box.isVisible()]

    stage.until(lambda: bool(boxes()))
    return boxes()[0]


def answer(stage: Stage, words: str) -> None:
    box = box_of(stage)
    next(button for button in box.buttons() if button.text().replace("&", "") == words).click()
    stage.until(lambda: not box.isVisible())
