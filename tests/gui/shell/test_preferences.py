"""The dialog of preferences in a window: each row changes the real thing, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from core.foundation import cores
from core.foundation.cache import cache_folder
from core.remote.homes import Coming
from gui.desk.preferences import PREFERENCES
from gui.drawing import theme
from gui.shell.app import Opening
from gui.shell.preferences.dialog import PreferencesDialog
from gui.shell.preferences.row import Page
from tests.gui.conftest import Stage
from tests.gui.shell.preference_hands import answer, box_of, choose, control, opened, rows_of, undo_of

Open = Callable[..., Stage]


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:
    return module_window(("ae", "vae"))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Iterator[Stage]:
    """A shared window with every preference at its default."""
    yield again(window)
    for dialog in window.window.findChildren(PreferencesDialog):
        dialog.reject()
    window.window.preferences.reset()
    cores.ask_threads(0)


# What is there


def test_every_preference_has_a_row_or_the_page_of_keys(stage: Stage) -> None:
    dialog = opened(stage)
    rows = {row.name for row in rows_of(dialog)}
    assert rows | {"keys"} == {each.name for each in PREFERENCES}
    for name in rows:
        assert control(dialog, name).accessibleName(), name
        assert not undo_of(dialog, name).isVisibleTo(dialog), name  # all are at their defaults


def test_the_place_of_the_file_is_shown_copied_and_opened(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = opened(stage)
    path = stage.window.settings.path
    assert str(path) in dialog._place.text()
    dialog.findChild(QWidget, "copy path of preferences").click()
    assert QGuiApplication.clipboard().text() == str(path)
    places: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: places.append(url.toLocalFile()))
    dialog.findChild(QWidget, "open folder of preferences").click()
    assert places == [str(path.parent)]


def test_the_search_shows_rows_with_all_words_on_the_first_page_that_has_one(stage: Stage) -> None:
    dialog = opened(stage)
    dialog.search.setText("unsaved SPACE")
    assert dialog.list.currentItem().text() == "Saving"
    assert [dialog.list.item(i).isHidden() for i in range(len(dialog.pages))] == [True, True, True, False, True, True]
    saving = dialog.pages[3]
    assert isinstance(saving, Page)
    assert [row.title for row in saving.rows if row.isVisible()] == ["Most space for unsaved work"]
    dialog.search.setText("zero to")
    assert dialog._nothing.isVisible() is False or "zero to" in dialog._nothing.text()
    dialog.search.setText("no such words")
    assert dialog._nothing.isVisible()
    assert "no such words" in dialog._nothing.text()
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)  # first the search, then the dialog
    assert dialog.isVisible()
    assert not any(dialog.list.item(i).isHidden() for i in range(len(dialog.pages)))
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)
    stage.until(lambda: not stage.window.findChildren(PreferencesDialog))


def test_the_search_finds_commands_too(stage: Stage) -> None:
    dialog = opened(stage)
    dialog.search.setText("walk through")
    assert dialog.list.currentItem().text() == "Keys"
    assert [each.name for each in dialog.keys._shown] == ["toggle_walk"]


def test_it_fits_a_small_window_and_large_text(stage: Stage) -> None:
    stage.window.set_text_scale(1.3)
    stage.window.resize(1100, 700)
    dialog = opened(stage)
    assert dialog.width() <= 1100
    assert dialog.height() <= 700
    for page in dialog.pages:
        assert page.minimumSizeHint().width() <= dialog.width()
    stage.window.resize(1440, 900)


def test_by_keyboard_alone(stage: Stage) -> None:
    stage.key("Ctrl+,")
    dialog = stage.find(PreferencesDialog, "preferences")
    stage.until(dialog.isVisible)
    stage.until(lambda: QApplication.focusWidget() is dialog.search)
    stage.key("Tab")
    assert QApplication.focusWidget() is dialog.list
    stage.key("Tab")
    assert control(dialog, "theme").isAncestorOf(QApplication.focusWidget())
    stage.key("Right")
    assert theme.current() is theme.LIGHT
    stage.key("Tab")
    assert QApplication.focusWidget() is undo_of(dialog, "theme")
    stage.key("Space")
    assert theme.current() is theme.DARK
    assert control(dialog, "theme").isAncestorOf(QApplication.focusWidget())  # the button has gone
    stage.key("Enter")  # confirms nothing and closes nothing
    assert dialog.isVisible()
    stage.key("Esc")
    stage.until(lambda: not stage.window.findChildren(PreferencesDialog))


# Appearance


def test_system_follows_the_desktop_live(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    scheme = [Qt.ColorScheme.Light]
    hints = QGuiApplication.styleHints()
    monkeypatch.setattr(type(hints), "colorScheme", lambda self: scheme[0])
    choose(opened(stage), "theme", 2)
    assert theme.current() is theme.LIGHT
    scheme[0] = Qt.ColorScheme.Dark
    hints.colorSchemeChanged.emit(scheme[0])
    assert theme.current() is theme.DARK
    stage.window.preferences.set("theme", "light")
    hints.colorSchemeChanged.emit(scheme[0])
    assert theme.current() is theme.LIGHT  # a choice of the user stays


def test_text_size_and_motion_are_in_force_at_once(stage: Stage) -> None:
    dialog = opened(stage)
    choose(dialog, "text scale", 2)
    assert theme.text_scale() == 1.15
    choose(dialog, "text scale", 0)
    assert theme.text_scale() == 1.0  # the screen of tests has 800 px
    stage.desk.point.toggle_walk()
    choose(dialog, "reduce motion", 1)
    assert stage.desk.point.reduce_motion
    assert not stage.desk.point.is_moving
    assert undo_of(dialog, "reduce motion").isVisibleTo(dialog)


def test_the_next_window_has_them(stage: Stage, bare_window: Open, tmp_path: Path) -> None:
    other = bare_window()
    other.window.preferences.set("theme", "light")
    other.window.preferences.set("reduce motion", True)
    other.window.preferences.set("keys", {"step": "F7"})
    other.window.close()
    again = bare_window()
    assert theme.current() is theme.LIGHT
    assert again.desk.point.reduce_motion
    assert again.window.commands["step"].keys == "F7"


# Folders


def test_dialogs_for_files_begin_in_the_preferred_folder(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[str, str] = {}

    def asked(kind: str, result: Any) -> Callable[..., Any]:
        def ask(parent: QWidget, title: str, start: str = "", *more: object) -> Any:
            begun[title] = start
            return result

        return staticmethod(ask)  # type: ignore[return-value]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", asked("save", ("", "")))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", asked("open", ("", "")))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", asked("folder", ""))
    for kind in ("experiments", "pictures", "runs"):
        (tmp_path / kind).mkdir()
        stage.window.preferences.set(f"{kind} folder", str(tmp_path / kind))
    for name in ("save_experiment_as", "open_experiment", "export_picture", "write_report", "save_runs", "open_run"):
        stage.window.commands.action(name).trigger()
    assert begun == {
        "Save the experiment": str(tmp_path / "experiments" / "Experiment.lplay"),
        "Open an experiment": str(tmp_path / "experiments"),
        "Save the picture": str(tmp_path / "pictures" / "latent-playground.png"),
        "Write a report": str(tmp_path / "pictures" / "report.html"),
        "A folder for the runs of all lanes": str(tmp_path / "runs"),
        "A run folder (it holds manifest.json)": str(tmp_path / "runs"),
    }
    assert stage.window.sweeps._home() == tmp_path / "runs"


def test_a_folder_is_chosen_typed_or_refused(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = opened(stage, "Folders")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dialog.findChild(QWidget, "choose runs folder").click()
    assert stage.desk.places.runs == str(tmp_path)
    field = dialog.findChild(QLineEdit, "path runs folder")
    row = next(each for each in dialog.pages[2].rows if each.title == "Runs and sweeps")  # type: ignore[union-attr]
    for text, kept, word in (
        ("relative", str(tmp_path), "whole path"),
        (str(tmp_path / "gone"), str(tmp_path / "gone"), "not there"),
        ("", "", ""),
    ):
        field.setText(text)
        field.editingFinished.emit()
        assert stage.window.preferences.value("runs folder") == kept
        assert word in row.extra.text()


def test_the_cache_says_its_size_and_is_cleared_after_a_question(stage: Stage) -> None:
    folder = cache_folder() / "tensors"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "big.safetensors").write_bytes(b"x" * (3 << 20))
    dialog = opened(stage, "Folders")
    clear = dialog.findChild(QWidget, "clear cache")
    stage.until(clear.isEnabled)
    row = dialog.pages[2].rows[3]  # type: ignore[union-attr]
    assert "3." in row._note.text()
    assert str(cache_folder()) in row._note.text()
    clear.click()
    assert "free 3." in box_of(stage).text()
    answer(stage, "Cancel")
    assert (folder / "big.safetensors").exists()
    clear.click()
    answer(stage, "Clear")
    stage.until(lambda: not clear.isEnabled())
    assert not (folder / "big.safetensors").exists()
    assert "0.0 MB" in row._note.text()


# Saving


def test_unsaved_work_is_kept_or_not_and_within_its_space(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae",))
    work = stage.window.kept_work
    kept: list[bool] = []
    monkeypatch.setattr(work, "keep", lambda: kept.append(True))
    dialog = opened(stage, "Saving")
    work._due_at = 0.0
    choose(dialog, "autosave", 0)
    work._look()
    assert kept == []
    choose(dialog, "autosave", 1)
    work._look()
    assert kept == [True]
    choose(dialog, "unsaved MB", 0)
    assert work.most_mb == 100
    dialog.reject()


def test_the_space_for_unsaved_work_is_what_is_kept(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae",))
    spaces: list[int] = []
    monkeypatch.setattr("gui.files.kept_work.prune", lambda root, most_bytes: spaces.append(most_bytes))
    stage.window.preferences.set("unsaved MB", 250)
    stage.desk.experiment.step(3)
    stage.until(lambda: all(run.view.status.step >= 3 for run in stage.desk.runs))
    stage.until(stage.all_are("paused"))
    stage.window.kept_work.keep()
    stage.until(lambda: bool(spaces))
    assert spaces == [250 << 20]
    stage.until(lambda: stage.window.kept_work._keeping is None)


# Lessons


def test_finished_lessons_are_forgotten_after_a_question(stage: Stage) -> None:
    stage.window.settings.write("lessons done", ["entropy", "vae"])
    dialog = opened(stage, "Lessons")
    row = dialog.pages[5].rows[1]  # type: ignore[union-attr]
    assert row._note.text() == "2 lessons finished."
    row._forget.click()
    answer(stage, "Forget")
    assert stage.window.lessons.done == []
    assert row._note.text() == "None yet."
    assert not row._forget.isEnabled()


def test_lessons_open_with_the_window_where_that_is_preferred(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    opening = Opening(stage.window, Coming("threads"))
    assert stage.window.lessons.isHidden()
    opening._end("")
    assert stage.window.lessons.isHidden()
    stage.window.preferences.set("lessons at start", True)
    other = Opening(stage.window, Coming("threads"))
    other._end("")
    assert stage.window.lessons.isVisible()
    opening._stop()
    other._stop()


# All of them


def test_all_defaults_are_restored_after_a_question(stage: Stage) -> None:
    stage.window.preferences.set("theme", "light")
    stage.window.preferences.set("text scale", 1.3)
    dialog = opened(stage)
    dialog._all.click()
    assert "theme, text size" in box_of(stage).text()
    answer(stage, "Restore")
    assert (theme.current(), theme.text_scale()) == (theme.DARK, 1.0)
    assert not dialog._all.isEnabled()
    assert control(dialog, "theme").value() == "0"


def test_a_damaged_file_is_told_at_the_start_and_in_the_dialog(bare_window: Open, tmp_path: Path) -> None:
    lines = ['theme=\\"purple\\"', "unsaved%20MB=-4", r'keys="{\"step\": \"Nonsense\"}"']
    (tmp_path / "s.ini").write_text("\n".join(["[General]", *lines, ""]))
    stage = bare_window()
    assert theme.current() is theme.DARK
    (sentence,) = stage.window.preferred.troubles()
    assert "“theme”" in sentence
    assert sentence.endswith("2 more: see Preferences.")
    dialog = opened(stage)
    assert dialog._trouble.text().count("The default is used.") == 2
    assert "One step in every lane" in dialog.keys.sentence.text()
    stage.window.preferences.reset()
    assert not dialog._trouble.isVisible()
    dialog.reject()


def test_a_row_shows_what_changed_elsewhere(stage: Stage) -> None:
    dialog = opened(stage)
    stage.window.commands.action("theme_light").trigger()
    assert control(dialog, "theme").value() == "1"
    assert undo_of(dialog, "theme").isVisibleTo(dialog)
