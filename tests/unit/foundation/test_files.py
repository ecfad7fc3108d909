"""Files are replaced whole, and what a killed write left goes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core.foundation.files import STALE_S, DiskError, FileError, locked, make_folder, write_file


def test_temporary_files_of_killed_writes_go(tmp_path: Path) -> None:
    old, young, other = tmp_path / ".grid.png.abcd_123", tmp_path / ".grid.png.abcd_124", tmp_path / ".grid.png.swp"
    for path in (old, young, other, tmp_path / ".other.png.abcd_123"):
        path.write_bytes(b"half")
    long_ago = time.time() - STALE_S - 1
    for path in (old, other, tmp_path / ".other.png.abcd_123"):
        os.utime(path, (long_ago, long_ago))
    write_file(tmp_path / "grid.png", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {"grid.png", young.name, other.name, ".other.png.abcd_123"}


def test_a_write_in_parts_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:7]))
    write_file(tmp_path / "file", bytes(range(100)))
    assert (tmp_path / "file").read_bytes() == bytes(range(100))


@pytest.mark.parametrize(("number", "kind"), [(28, DiskError), (5, DiskError), (13, FileError), (20, FileError)])
def test_a_disk_and_a_wrong_place_are_told_apart(
    number: int, kind: type[FileError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match=f"cannot write .*{os.strerror(number)}") as caught:
        write_file(tmp_path / "file", b"new")
    assert type(caught.value) is kind
    assert kind.is_misuse is (kind is FileError)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_folders_are_made_with_those_above(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_lock_is_held_until_its_end(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(FileError, match="is being written by another process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
