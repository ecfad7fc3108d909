"""Settings survive a restart; a damaged file costs settings only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication

from core.datasets.base import DataError
from gui.desk.settings import Settings
from gui.shell.app import Opening
from tests.gui.conftest import Stage


@pytest.fixture
def path(tmp_path: Path, qapp: QCoreApplication) -> Path:
    return tmp_path / "folder" / "s.ini"


def test_what_is_written_is_read_by_the_next(path: Path) -> None:
    store = Settings(path)
    values = {"theme": "light", "text scale": 1.3, "rows": {"film": True}, "models": ["ae", "gan"], "hidden": True}
    for name, value in values.items():
        store.write(name, value)
    store.write_bytes("geometry", QByteArray(b"\x00\xff,;=%\n"))
    store.flush()
    again = Settings(path)
    for name, value in values.items():
        assert again.read(name, type(value)()) == value
    assert again.read_bytes("geometry") == QByteArray(b"\x00\xff,;=%\n")


def test_a_value_of_another_type_is_absent(path: Path) -> None:
    store = Settings(path)
    store.write("scale", "large")
    store.write("whole", 1)
    store.write("yes", True)
    assert store.read("scale", 1.0) == 1.0
    assert store.read("whole", 0.5) == 1.0
    assert isinstance(store.read("whole", 0.5), float)
    assert store.read("yes", 0.5) == 0.5
    assert store.read("yes", 3) == 3
    assert store.read("nothing", "default") == "default"
    assert store.read_bytes("scale").isEmpty()


@pytest.mark.parametrize(
    "damage", [b"\x00\x01\x02\xff" * 500, b"[General]\ntheme=@Variant(\\0\\0\\0\n", b"theme={not json", b"[", b""]
)
def test_a_damaged_file_loses_settings_and_nothing_else(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    store = Settings(path)
    assert store.read("theme", "dark") == "dark"
    assert store.read_bytes("geometry").isEmpty()
    store.write("theme", "light")
    assert store.read("theme", "dark") == "light"


HOSTILE = (
    *("[" * 1000, "NaN", "Infinity", "9" * 400, "1e999", "-5", "null", "[]", "[[1]]", "{}", '{"a": {"b": []}}', '""'),
    *('"a\\nb"', '["vae", 3, null, ["ae"]]', '{"smooth": NaN}', '{"batch": "\\u0000"}', '"' + "x" * 200_000 + '"'),
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
@pytest.mark.parametrize("default", [0.5, "dark", False, 3, [], {}], ids=lambda value: type(value).__name__)
def test_any_value_is_of_the_defaults_type_or_absent(text: str, default: object, path: Path) -> None:
    store = Settings(path)
    store._store.setValue("name", text)
    found = store.read("name", default)
    assert type(found) is type(default)
    assert found == default or json.loads(text) == found


NAMES = ("rows", "help hidden", "reduce motion", "smooth", "theme", "text scale", "lessons done")


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_the_window_opens_with_any_settings(text: str, tmp_path: Path, bare_window: Callable[..., Stage]) -> None:
    store = Settings(tmp_path / "s.ini")
    for name in NAMES:
        store._store.setValue(name, text)
    store.write_bytes("geometry", QByteArray(text.encode()[:1000]))
    store.flush()
    stage = bare_window()
    assert stage.window.isVisible()
    assert 0.0 <= stage.desk.smooth <= 0.99


@pytest.mark.parametrize("name", ['"a\\nb"', '["mnist"]', '"idx"'])
@pytest.mark.parametrize("knobs", ["[1]", '{"x": 1}', '{"data": null}', "{}"])
def test_the_data_of_any_settings_are_the_default(
    name: str, knobs: str, tmp_path: Path, bare_window: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, config: object, report: object) -> str:
        if name == "idx":
            raise DataError("no folder is chosen")
        return name

    monkeypatch.setattr("core.datasets.base.load", load)
    stage = bare_window()
    stage.window.settings._store.setValue("dataset", name)
    stage.window.settings._store.setValue("dataset knobs", knobs)
    found, _, warning = Opening(stage.window)._load(lambda share: None)
    assert found == "mnist"
    assert warning.isprintable()
    assert len(warning) < 400
