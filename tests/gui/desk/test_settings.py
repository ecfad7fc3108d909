"""Settings survive a restart; a damaged file costs settings only."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication

from gui.desk.settings import Settings


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
