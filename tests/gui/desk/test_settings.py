"""Settings survive a restart; a damaged file costs settings only."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication

from core.datasets.base import DataError
from core.remote.homes import Coming
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


DEFAULTS: tuple[object, ...] = (0.5, "dark", False, 3, [], {})


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_any_value_is_of_the_defaults_type_or_absent(text: str, path: Path) -> None:
    store = Settings(path)
    store._store.setValue("name", text)
    for default in DEFAULTS:
        found = store.read("name", default)
        assert type(found) is type(default)
        assert found == default or json.loads(text) == found


NAMES: dict[str, object] = {
    "rows": {},
    "help hidden": False,
    "reduce motion": False,
    "smooth": 0.9,
    "theme": "dark",
    "text scale": 1.0,
    "lessons done": [],
}
"""What a window reads when it opens, with its default."""


def read_as(default: object, store: Settings) -> list[str]:
    """The hostile texts that are a value of that type; to a window all others are absent, as the test above says."""
    found = []
    for text in HOSTILE:
        store._store.setValue("name", text)
        if store.read("name", default) != default:
            found.append(text)
    return found or ["null"]


@pytest.mark.parametrize("number", range(6))
def test_the_window_opens_with_any_settings(number: int, tmp_path: Path, bare_window: Callable[..., Stage]) -> None:
    store = Settings(tmp_path / "s.ini")
    for name, default in NAMES.items():
        texts = read_as(default, store)
        assert len(texts) <= 6
        store._store.setValue(name, texts[number % len(texts)])
    store.write_bytes("geometry", QByteArray(HOSTILE[number].encode()[:1000]))
    store.flush()
    stage = bare_window()
    assert stage.window.isVisible()
    assert 0.0 <= stage.desk.smooth <= 0.99


def test_the_data_of_any_settings_are_the_default(
    bare_window: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, config: object, report: object) -> str:
        if name == "idx":
            raise DataError("no folder is chosen")
        return name

    monkeypatch.setattr("core.datasets.shared.load", load)
    stage = bare_window()
    names, all_knobs = ('"a\\nb"', '["mnist"]', '"idx"'), ("[1]", '{"x": 1}', '{"data": null}', "{}")
    for name, knobs in itertools.product(names, all_knobs):
        stage.window.settings._store.setValue("dataset", name)
        stage.window.settings._store.setValue("dataset knobs", knobs)
        found, _, warning, _ = Opening(stage.window, Coming("threads"))._load(lambda share: None)
        assert found == "mnist", (name, knobs)
        assert warning.isprintable()
        assert len(warning) < 400
