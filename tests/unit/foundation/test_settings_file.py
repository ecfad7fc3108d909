"""The settings file: found where Qt keeps it, read before Qt is there, put aside without a loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.foundation.files import FileError
from core.foundation.settings_file import MOST_BYTES, put_aside, settings_file, stored_value

HOME = Path("/home/ada")


def test_it_is_where_qt_keeps_ini_files() -> None:
    name = "latent-playground/latent-playground.ini"
    assert settings_file("linux", {}, HOME) == HOME / ".config" / name
    assert settings_file("linux", {"XDG_CONFIG_HOME": "/elsewhere"}, HOME) == Path("/elsewhere") / name
    assert settings_file("linux", {"XDG_CONFIG_HOME": "mine"}, HOME) == HOME / "mine" / name  # as QSettings reads it
    assert settings_file("darwin", {}, HOME) == HOME / ".config" / name
    assert settings_file("win32", {"APPDATA": "/roaming"}, HOME) == Path("/roaming") / name


@pytest.mark.parametrize(
    ("text", "value"), [('\\"threads\\"', "threads"), ('"\\"a, b\\""', "a, b"), ("3", 3), ("true", True), ("1.5", 1.5)]
)
def test_a_value_is_read_as_qt_writes_it(text: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    path.write_text(f"[Other]\nengine=1\n\n[General]\ngeometry=@ByteArray(\\x1)\nengine={text}\n")
    assert stored_value("engine", path) == value
    assert stored_value("absent", path) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff" * 999, b"engine=1", b"[General]\nengine=", b"[General]\nengine=[[[[", b"[General]\nengine=@Size"],
)
def test_what_cannot_be_read_is_absent(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    path.write_bytes(content)
    assert stored_value("engine", path) is None
    assert stored_value("engine", tmp_path) is None  # a folder
    assert stored_value("engine", tmp_path / "none") is None


def test_a_file_that_is_too_large_to_be_ours_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    path.write_bytes(b"[General]\nengine=1\n" + b"#" * MOST_BYTES)
    assert stored_value("engine", path) is None


def test_putting_aside_keeps_every_older_file(tmp_path: Path) -> None:
    path = tmp_path / "s.ini"
    assert put_aside(path) is None
    for content in ("first", "second", "third"):
        path.write_text(content)
        assert put_aside(path) is not None
        assert not path.exists()
    kept = {each.name: each.read_text() for each in tmp_path.iterdir()}
    assert kept == {"s.ini.old": "first", "s.ini.old2": "second", "s.ini.old3": "third"}


def test_a_file_that_cannot_be_moved_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "s.ini"
    path.write_text("kept")
    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(FileError, match=r"s\.ini: Permission denied"):
        put_aside(path)
    assert path.read_text() == "kept"
