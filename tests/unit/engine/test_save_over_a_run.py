"""A save over another run: whatever cuts it off, the old run loads or the new one."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.run_folder import CONFIG, NAMES, STATE, files_of
from core.foundation.files import DiskError, FileError
from core.foundation.generations import MANIFEST
from tests.unit.engine.run_folders import FILES, SmallRun, as_older_format, names_in, small_run, write


@pytest.fixture(scope="module")
def run(tiny: Callable[..., Dataset]) -> SmallRun:
    return small_run(tiny())


@pytest.fixture
def saved(run: SmallRun, tmp_path: Path) -> Path:
    return write(run, tmp_path / "some" / "run")


def test_an_older_folder_loads_and_becomes_a_new_one(saved: Path, run: SmallRun) -> None:
    as_older_format(saved)
    assert names_in(saved) == set(FILES) - {STATE}
    assert run_folder.load(saved).continuation is None
    assert run_folder.load(saved).step == 9
    write(run, saved, step=7)
    assert run_folder.load(saved).step == 7
    assert names_in(saved) == {path.name for path in files_of(saved).values()}
    assert not names_in(saved) & set(NAMES)


def test_what_a_killed_save_left_goes_with_the_next(saved: Path, run: SmallRun) -> None:
    for name in (".config.json.ab12_d34", f".weights-{16 * 'a'}.safetensors.00000000", f"metrics-{16 * '0'}.csv"):
        (saved / name).write_bytes(b"half")
    for name in ("notes.txt", ".config.json.swp", "metrics-mine.csv"):
        (saved / name).write_bytes(b"a user's own")
    write(run, saved, step=7)
    own = {path.name for path in files_of(saved).values()}
    assert names_in(saved) - own == {"notes.txt", ".config.json.swp", "metrics-mine.csv"}


def test_a_plain_name_is_anybodys_where_there_was_no_run(tmp_path: Path, run: SmallRun) -> None:
    (tmp_path / CONFIG).write_bytes(b"of another program")
    write(run, tmp_path)
    assert (tmp_path / CONFIG).read_bytes() == b"of another program"


Act = Callable[..., Any]


def breaking(monkeypatch: pytest.MonkeyPatch, call: str, at: int, error: Callable[[], BaseException]) -> None:
    """Let the call of that number of a function of `os` raise."""
    calls = iter(range(1, 1000))
    real = getattr(os, call)

    def broken(*words: Any, **named: Any) -> Any:
        if next(calls) == at:
            raise error()
        return real(*words, **named)

    monkeypatch.setattr(os, call, broken)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    ("call", "at"),
    [*itertools.product(("fsync", "replace", "write"), (1, 2, 3, 4))],
)
def test_a_save_that_fails_leaves_the_old_run(
    call: str, at: int, older: bool, saved: Path, run: SmallRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    if older:
        as_older_format(saved)
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    breaking(monkeypatch, call, at, lambda: OSError(28, "No space left on device"))
    with pytest.raises(DiskError, match=r"cannot write .*No space left on device"):
        write(run, saved, step=7)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before  # nothing else is left on a full disk
    assert run_folder.load(saved).step == 9
    write(run, saved, step=7)
    assert run_folder.load(saved).step == 7


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_an_interrupted_save_leaves_the_old_run(
    at: int, saved: Path, run: SmallRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names_in(saved)
    breaking(monkeypatch, "replace", at, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        write(run, saved, step=7)
    monkeypatch.undo()
    assert names_in(saved) == before
    assert run_folder.load(saved).step == 9


@pytest.mark.skipif(os.name != "posix", reason="folders are flushed on POSIX")
def test_everything_is_on_the_disk_before_the_manifest_speaks_of_it(
    saved: Path, run: SmallRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(call: str) -> Act:
        real = getattr(os, call)

        def noting(*words: Any, **named: Any) -> Any:
            is_handle = call == "fsync"
            place = Path(os.readlink(f"/dev/fd/{words[0]}")).name if is_handle else Path(words[-1]).name
            done.append(
                f"{call} {'folder' if place == saved.name else re.sub('-[0-9a-f]{16}|[.][a-z0-9_]{8}$', '', place)}"
            )
            return real(*words, **named)

        return noting

    for call in ("fsync", "replace"):
        monkeypatch.setattr(os, call, noted(call))
    write(run, saved, step=7)
    each = [[f"fsync .{name}", f"replace {name}"] for name in FILES]
    assert done == [*itertools.chain(*each[:-1]), "fsync folder", *each[-1], "fsync folder"]


def test_a_reader_beside_a_writer_gets_one_of_the_two(
    saved: Path, run: SmallRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files go while the reader, who has the old manifest, reaches for them."""
    real = Path.read_bytes
    began = False

    def read_bytes(path: Path) -> bytes:
        nonlocal began
        content = real(path)
        if path.name == MANIFEST and not began:
            began = True
            write(run, saved, step=7)
        return content

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert run_folder.load(saved).step == 7


def test_two_do_not_write_at_once(saved: Path, run: SmallRun) -> None:
    with run_folder.claimed(saved):
        with pytest.raises(FileError, match="is being written by another process; wait until it has ended, or choose"):
            write(run, saved, step=7)
        assert run_folder.load(saved).step == 9
    write(run, saved, step=7)
    assert run_folder.load(saved).step == 7
