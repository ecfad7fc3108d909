"""A lane's model and codes, exported from its menu by a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMenu, QPlainTextEdit
from safetensors.numpy import load_file

from core.foundation.program import PROGRAM
from gui.files import lane_exports
from gui.files.lane_exports import CODES, MODELS, OWN_CODES, Form, last_line
from gui.lineup.lane_header import lane_menu
from gui.widgets.dialogs import ProgressDialog
from gui.widgets.label import Label

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

WEIGHTS = next(form for form in MODELS if form.ending == "safetensors")


def menus(stage: Stage, model: str) -> dict[str, QMenu]:  # noqa: F821
    """The menus inside the menu of a lane, by their words."""
    menu = lane_menu(stage.window, stage.desk, stage.run(model), (), stage.window.exports.add_to)
    return {inside.title(): inside for inside in menu.findChildren(QMenu)}


def told(stage: Stage) -> str:  # noqa: F821
    """The newest event."""
    return str(stage.window.status.events[-1].text)


def standing_in(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the process run this script instead of the command line; its words are in ``sys.argv``."""
    popen = subprocess.Popen

    def start(call: list[str], **more: object) -> subprocess.Popen[bytes]:
        return popen([sys.executable, "-c", script, *call[len(PROGRAM) :]], **more)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(lane_exports.subprocess, "Popen", start)


def test_the_weights_of_a_lane_leave_and_are_read_again(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The one test with the real process."""
    stage, place = desk_window(("vae",)), tmp_path / "mine.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place), ""))
    entry = next(each for each in menus(stage, "vae")["Export model"].actions() if each.text() == WEIGHTS.words)
    entry.trigger()
    stage.until(lambda: told(stage).startswith("VAE is exported"))
    assert told(stage) == f"VAE is exported to {place}. Read again: every value is the same."
    read, own = load_file(place), stage.run("vae").snapshot.model.state_dict()
    assert all(np.array_equal(read[name], own[name].numpy()) for name in own)


def test_the_menu_lists_what_the_command_line_offers(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    inside = menus(stage, "vae")
    assert [each.text() for each in inside["Export model"].actions()] == [form.words for form in MODELS]
    words = [each.text() for each in inside["Export codes"].actions()]
    assert [words[at] for at in (0, 5, 7, -1)] == [
        "Test images, CSV …",
        "Training images, Embedding Projector …",
        "My pictures, CSV …",
        "A folder of mine, Embedding Projector …",
    ]
    assert not menus(stage, "gan")["Export codes"].isEnabled()


@pytest.mark.parametrize("form", [*MODELS, *CODES, *OWN_CODES], ids=lambda form: " ".join(form.command))
def test_the_command_line_takes_every_form(form: Form) -> None:
    from core.cli.main import _parser

    pictures = ("a.png", "b.png") if form.asks else ()
    words = (form.command[0], "run", *pictures, *form.command[1:], "--out", "place")
    options = _parser(words).parse_args(words)
    assert options.out == "place"
    assert tuple(getattr(options, "images", ())) == pictures


def test_cancel_ends_the_process(desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage, started = desk_window(("vae",)), tmp_path / "started"
    standing_in(monkeypatch, f"import signal; open({str(started)!r}, 'w').close(); signal.pause()")
    stage.window.exports.export(stage.run("vae"), WEIGHTS, tmp_path / "mine")
    stage.until(started.exists)
    stage.window.exports.export(stage.run("vae"), WEIGHTS, tmp_path / "second")
    assert told(stage) == "Another export is under way; wait for its end, or cancel it."
    stage.window.findChild(ProgressDialog).reject()
    stage.until(lambda: told(stage) == "The export of VAE was cancelled.")
    assert not (tmp_path / "mine").exists()


def test_what_the_command_line_says_of_an_error_is_told(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = desk_window(("vae",))
    sentence = "ONNX needs the extra onnx; install it with pip install latent-playground[onnx]"
    standing_in(monkeypatch, f"import sys; print('latent-playground: {sentence}', file=sys.stderr); sys.exit(2)")
    stage.window.exports.export(stage.run("vae"), MODELS[0], tmp_path / "mine")
    stage.until(stage.has_dialog)
    assert told(stage) == f"{sentence}."
    stage.dialog().close()


@pytest.mark.parametrize("asks", ["files", "folder"])
def test_codes_of_my_pictures(desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asks: str) -> None:
    """What the process passed over is listed in a dialog."""
    stage, place = desk_window(("vae",)), str(tmp_path / "codes.csv")
    mine = ["/my/a.png", "/my/b.png"] if asks == "files" else ["/my"]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (mine, ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: mine[0])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (place, ""))
    standing_in(
        monkeypatch,
        "import sys; print('skipped: 2', 'b.png is empty', 'c.png is damaged', sep='\\n  '); print(*sys.argv[3:])",
    )
    words = "My pictures, CSV …" if asks == "files" else "A folder of mine, CSV …"
    next(each for each in menus(stage, "vae")["Export codes"].actions() if each.text() == words).trigger()
    stage.until(stage.has_dialog)
    assert told(stage) == f"VAE: {' '.join(mine)} --skip --to csv --out {place}."
    texts = [label.text() for label in stage.dialog().findChildren(Label)]
    assert "2 files were skipped, the first: b.png is empty." in texts
    assert stage.dialog().findChild(QPlainTextEdit).toPlainText() == "b.png is empty\nc.png is damaged"
    stage.dialog().close()


def test_more_files_than_a_command_line_takes(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("vae",))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["a.png"] * 1001, ""))
    stage.window.exports.ask(stage.run("vae"), OWN_CODES[0])
    assert told(stage) == "These are more than 1,000 files; choose the folder they are in."


def test_the_window_closes_during_an_export(desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage, started = desk_window(("vae",)), tmp_path / "started"
    standing_in(monkeypatch, f"import signal; open({str(started)!r}, 'w').close(); signal.pause()")
    stage.window.exports.export(stage.run("vae"), WEIGHTS, tmp_path / "mine")
    stage.until(started.exists)
    loading = stage.window.exports._job.loading
    stage.window.close()
    assert loading.wait(0)
    assert loading.was_cancelled()


def test_the_last_line_that_says_something() -> None:
    assert last_line("one\n two \n\n") == "two"
    assert last_line("\n") == ""
