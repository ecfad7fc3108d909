"""Pictures that are written to disk: one way for all, whatever the file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from tests.gui.conftest import Stage


def export(stage: Stage, what: str) -> None:
    """Export it as the user does."""
    if what == "window":
        stage.key("Ctrl+E")
    elif what == "compare":
        stage.key("Ctrl+3")
        stage.button("Export PNG").click()
    else:
        stage.desk.explored.emit(stage.desk.runs[0])
        stage.button("Save picture").click()


@pytest.mark.parametrize("what", ["window", "compare", "curves"])
def test_a_name_without_an_ending_is_written_too(
    desk_window: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    """It was called a place that cannot be written: Qt took the format from the ending."""
    stage, path = desk_window(("ae",)), tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    export(stage, what)
    assert not QImage(str(path)).isNull()
    assert stage.window.status.events[-1].text == f"Picture saved as {path}."


@pytest.mark.parametrize("what", ["window", "compare", "curves"])
def test_a_folder_that_is_missing_is_told(
    desk_window: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    stage, path = desk_window(("ae",)), tmp_path / "missing" / "mine.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    export(stage, what)
    stage.dialog().close()
    assert stage.window.status.events[-1].text == f"{path} cannot be written; choose another place."
