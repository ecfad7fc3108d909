"""A report of the lanes of a window, written while they train on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from gui.widgets.dialogs import ErrorDialog

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def file_dialog(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], None]:
    """Replaces the dialog for a file by a fixed answer."""

    def answer(path: object, chosen: str) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path or ""), chosen))

    return answer


def test_lanes_that_train_are_reported_as_they_are(
    opened: Open, file_dialog: Callable[[object, str], None], heard: Callable, tmp_path: Path
) -> None:
    stage = opened("ae", "vae", "gan")
    desk, told = stage.window.desk, heard(stage.window.desk.told)
    desk.names.rename(desk.runs[1], "Mine")
    desk.step()
    stage.until(lambda: all(run.view.status.step == 1 for run in desk.runs))
    stage.until(lambda: all(run.view.measures is not None for run in desk.runs))
    for answer, chosen, name in (
        ("lanes", "Web page (*.html)", "lanes.html"),
        ("lanes.PDF", "PDF (*.pdf)", "lanes.PDF"),
    ):
        file_dialog(tmp_path / answer, chosen)
        stage.window.commands["write_report"].do()
        path = tmp_path / name
        stage.until(lambda path=path: told and told[-1][0] == f"The report is in {path}.")
    text = (tmp_path / "lanes.html").read_text("utf-8")
    assert "AE, Mine, GAN on" in text
    for run in desk.runs:
        assert f"--threads {run.threads} --steps 1" in text
    assert (tmp_path / "lanes.PDF").read_bytes().startswith(b"%PDF-")


def test_a_place_that_cannot_be_written_is_told(
    desk_window: Open, file_dialog: Callable[[object, str], None], tmp_path: Path
) -> None:
    stage = desk_window(("ae",))
    file_dialog(tmp_path / "missing" / "report.html", "Web page (*.html)")
    stage.window.commands["write_report"].do()
    stage.until(lambda: stage.window.findChild(ErrorDialog) is not None)
    dialog = stage.window.findChild(ErrorDialog)
    assert dialog.windowTitle() == "Cannot write the report"
    dialog.close()


def test_a_dialog_that_is_cancelled_writes_nothing(
    desk_window: Open, file_dialog: Callable[[object, str], None], heard: Callable
) -> None:
    stage = desk_window(("ae",))
    told = heard(stage.window.desk.told)
    file_dialog("", "")
    stage.window.commands["write_report"].do()
    assert told == []
