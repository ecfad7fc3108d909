"""Preferences: defaults, what a file may say, and what a change does to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication

from core.foundation.settings_file import stored_value
from core.remote.homes import preferred_home
from gui.desk.places import documents, within
from gui.desk.preferences import PREFERENCES, Preference, Preferences
from gui.desk.settings import Settings
from gui.drawing import theme

OTHER: dict[str, Any] = {
    "theme": "system",
    "text scale": 1.3,
    "reduce motion": True,
    "keys": {"step": "F7"},
    "experiments folder": "/somewhere",
    "pictures folder": "/somewhere",
    "runs folder": "/somewhere",
    "autosave": False,
    "unsaved MB": 1_000,
    "training_threads": 2,
    "device": "cpu",
    "engine": "threads",
    "lessons at start": True,
}
"""A value of each preference that is not its default."""
WRONG: dict[str, tuple[Any, ...]] = {
    "theme": ("purple", 3, None, ["dark"]),
    "text scale": (1.2, "1.0", 1e9, True),
    "reduce motion": (1, "yes", None),
    "keys": ([], {"step": 3}, {"step": "x" * 500}),
    "experiments folder": ("relative", "/a\0b", "/" + "x" * 5_000, 7),
    "pictures folder": ("relative", 7),
    "runs folder": ("relative", 7),
    "autosave": (0, "false"),
    "unsaved MB": (-1, 10**12, 500.5, "500"),
    "training_threads": (-1, 10**9, 2.5, True, "2"),
    "device": ("tpu", 0),
    "engine": ("ssh gpu01", 1),
    "lessons at start": (1, "on"),
}
NAMES = [each.name for each in PREFERENCES]


@pytest.fixture
def path(tmp_path: Path, qapp: QCoreApplication) -> Path:
    return tmp_path / "s.ini"


def test_the_lists_of_this_test_have_every_preference() -> None:
    assert set(OTHER) == set(WRONG) == set(NAMES)


@pytest.mark.parametrize("known", PREFERENCES, ids=NAMES)
def test_a_default_is_allowed_and_needs_no_file(known: Preference, path: Path) -> None:
    preferences = Preferences(Settings(path))
    assert preferences.value(known.name) == known.default
    assert known.is_allowed(known.default)
    assert not preferences.differs(known.name)
    assert preferences.troubles() == []


@pytest.mark.parametrize("name", NAMES)
def test_a_change_is_told_kept_and_taken_back(name: str, path: Path, heard: Callable[[Any], list[Any]]) -> None:
    preferences = Preferences(Settings(path))
    changes = heard(preferences.changed)
    preferences.set(name, OTHER[name])
    preferences.set(name, OTHER[name])
    assert changes == [(name,)]  # once
    assert preferences.differs(name)
    assert preferences.changed_names() == [name]
    assert Preferences(Settings(path)).value(name) == OTHER[name]
    preferences.reset(name)
    assert changes == [(name,), (name,)]
    assert not Settings(path).has(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_in_a_file_is_the_default_and_a_sentence(name: str, path: Path) -> None:
    for value in WRONG[name]:
        store = Settings(path)
        store.write(name, value)
        store.flush()
        preferences = Preferences(Settings(path))
        assert not preferences.differs(name), value
        (sentence,) = preferences.troubles()
        assert name in sentence
        assert str(path) in sentence
        assert sentence.endswith("The default is used.")
        assert len(sentence) < 400 + len(str(path))
        with pytest.raises(ValueError, match=name):
            preferences.set(name, value)


@pytest.mark.parametrize(
    "text", ["@Variant(\\0\\0\\0", "{not json", "", '"' + "[" * 5_000 + '"', "@Size(1 2)", "a, b, c"]
)
def test_any_line_of_a_file_costs_one_preference(text: str, path: Path) -> None:
    path.write_text(f"[General]\ntheme={text}\nautosave=false\n")
    preferences = Preferences(Settings(path))
    assert preferences.value("theme") == "dark"
    assert len(preferences.troubles()) == 1
    assert preferences.value("autosave") is False
    preferences.set("theme", "light")  # a change mends it
    assert preferences.troubles() == []


def test_reset_all_leaves_what_is_no_preference(path: Path) -> None:
    store = Settings(path)
    store.write("lessons done", ["entropy"])
    store.write("recent experiments", ["/a.lplay"])
    preferences = Preferences(store)
    for name, value in OTHER.items():
        preferences.set(name, value)
    preferences.reset()
    assert preferences.changed_names() == []
    again = Settings(path)
    assert again.read("lessons done", []) == ["entropy"]
    assert again.read("recent experiments", []) == ["/a.lplay"]


def test_a_file_that_cannot_be_written_is_told_once(path: Path, heard: Callable[[Any], list[Any]]) -> None:
    path.mkdir()  # a folder is in its place, which root cannot write either
    preferences = Preferences(Settings(path))
    sentences = heard(preferences.told)
    preferences.set("theme", "light")
    preferences.set("theme", "dark")
    preferences.set("reduce motion", True)
    assert [str(path) in sentence for (sentence,) in sentences] == [True]
    assert preferences.value("reduce motion") is True  # it holds until the end


def test_the_engine_is_read_without_qt_as_it_was_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(path.parent))
    assert preferred_home() == "process"
    preferences = Preferences(Settings())
    preferences.set("engine", "threads")
    preferences.set("training_threads", 2)
    assert preferred_home() == "threads"
    assert stored_value("training_threads") == 2
    Settings().write("engine", "rm -rf /")
    assert preferred_home() == "process"


def test_the_file_is_that_of_qt_itself(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    from PySide6.QtCore import QSettings

    from core.foundation.settings_file import settings_file

    own = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "latent-playground", "latent-playground")
    assert Path(own.fileName()) == settings_file()


def test_system_is_dark_where_the_desktop_does_not_say(qapp: QCoreApplication) -> None:
    assert theme.chosen("system") in theme.THEMES.values()
    assert theme.chosen("light") is theme.LIGHT


def test_a_first_save_begins_among_the_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert documents() == str(tmp_path)
    (tmp_path / "Documents").mkdir()
    assert documents() == str(tmp_path / "Documents")


def test_a_folder_that_is_gone_is_no_place_to_begin(tmp_path: Path) -> None:
    assert within("", "a.png") == "a.png"
    assert within(str(tmp_path), "a.png") == str(tmp_path / "a.png")
    assert within(str(tmp_path / "gone"), "a.png") == "a.png"
    assert within(str(tmp_path)) == str(tmp_path)
