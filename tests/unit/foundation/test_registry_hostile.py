"""Whatever a file from outside does, it is grey with a sentence, and everything else works."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.foundation import extensions
from core.foundation.registry import Entry
from tests.unit.foundation.hostile import HOSTILE
from tests.unit.foundation.house import House, thing


def is_refused(house: House, label: str, why: str) -> None:
    """The file is broken with that sentence; ours and a good file after it are there, and nothing else."""
    house.write("zz_good.py", thing("good"))
    assert house.things.names() == ("ours", "good")
    assert set(house.things.broken) == {label}
    assert re.search(why, house.things.broken[label]), house.things.broken[label]
    assert "\n" not in house.things.broken[label]
    assert house.things.get("ours").name == "ours"
    assert house.things.get("ours").__module__ == "house.ours"
    assert house.things.entries()[-1] == Entry(label, label, house.things.broken[label])


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_grey_and_stops_nothing(what: str, house: House) -> None:
    text, why = HOSTILE[what]
    house.write("hostile.py", text)
    is_refused(house, "hostile.py", why)


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "__init__.py").write_text(thing("mine"))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_folder, "^it is a folder, not a file$"),
        (lambda path: path.symlink_to(path.name), "^it cannot be read: Too many levels"),
        (lambda path: path.symlink_to("nowhere.py"), "^it cannot be read: No such file"),
        (lambda path: os.mkfifo(path), "^it is not a regular file$"),
        (lambda path: path.symlink_to("/dev/zero"), "^it is not a regular file$"),
    ],
    ids=["folder", "symlink loop", "dangling symlink", "fifo", "device"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="links and fifos")
def test_what_is_no_file(make: Callable[[Path], None], why: str, house: House) -> None:
    house.files.mkdir(parents=True)
    make(house.files / "hostile.py")
    is_refused(house, "hostile.py", why)


@pytest.mark.parametrize("name", ["my model.py", "3d.py", "a.b.py", "mine-2.py"])
def test_a_name_that_no_module_can_have(name: str, house: House) -> None:
    house.write(name, thing("mine"))
    is_refused(house, name, "^its name is none for a Python module")


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_that_no_window_can_show(house: House) -> None:
    house.files.mkdir(parents=True)
    for name in (b"a\nb.py", b"a b.py", b"\xff\xfe.py"):
        (house.files / os.fsdecode(name)).write_text(thing("mine"))
    assert house.things.names() == ("ours",)
    assert set(house.things.broken) == {"a\\nb.py", "a b.py", "\\udcff\\udcfe.py"}
    for entry in house.things.entries():
        entry.title.encode()


def test_a_file_that_may_not_be_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(loader: Any, path: str) -> bytes:
        if path.endswith("hostile.py"):
            raise PermissionError(13, "Permission denied", path)
        return Path(path).read_bytes()

    monkeypatch.setattr(extensions._Loader, "get_data", refuse)  # chmod stops everybody but root
    house.write("hostile.py", thing("mine"))
    is_refused(house, "hostile.py", "^PermissionError: .*Permission denied")


def test_a_folder_that_is_a_file(house: House) -> None:
    house.files.parent.mkdir(parents=True)
    house.files.write_text("")
    assert house.things.names() == ("ours",)
    assert house.things.broken == {"things": "the folder cannot be read: Not a directory"}


def test_ctrl_c_is_not_swallowed(house: House) -> None:
    house.write("mine.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        house.things.names()


def test_a_broken_file_hides_no_other_of_the_same_name(house: House) -> None:
    house.write("a.py", thing("mine") + "1 / 0\n")
    house.write("b.py", thing("mine", "title = 'of b'"))
    house.write("c.py", thing("mine", "title = 'of c'"))
    assert house.things.get("mine").title == "of b"
    assert set(house.things.broken) == {"a.py", "c.py"}
    assert "there is a thing 'mine' already, of b.py" in house.things.broken["c.py"]


def test_a_broken_file_of_ours_and_one_of_the_user_have_their_own_lines(house: House) -> None:
    (house.package / "typo.py").write_text("def half(:\n")
    house.write("typo.py", "import a_module_that_is_not_there\n")
    house.things.names()
    assert set(house.things.broken) == {"typo", "typo.py"}
