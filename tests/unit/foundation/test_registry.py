"""A registry takes files of a user as its own, sees what changes, and says what there is."""

from __future__ import annotations

import os
import sys
import threading
import typing
from pathlib import Path

import pytest

from core.foundation import extensions
from core.foundation.extensions import PACKAGE
from core.foundation.registry import Entry, UnknownName
from tests.unit.foundation.house import HEAD, House, thing


def test_a_file_is_registered_as_ours_are(house: House) -> None:
    path = house.write("mine.py", thing("mine", "title = 'My thing'"))
    assert house.things.names() == ("ours", "mine")
    mine = house.things.get("mine")
    assert (mine.name, mine.title) == ("mine", "My thing")
    assert mine.__module__ == f"{PACKAGE}.things.mine"
    assert house.things.entries() == (Entry("ours", "A thing"), Entry("mine", "My thing"))
    (extension,) = house.things.extensions()
    assert (extension.place, extension.names, extension.trouble) == (str(path), ("mine",), "")
    assert not house.things.broken


def test_without_a_folder_nothing_is_imported_and_nothing_made(house: House) -> None:
    finders = list(sys.meta_path)
    assert house.things.names() == ("ours",)
    house.things.rescan()
    assert house.things.extensions() == ()
    assert sys.meta_path == finders
    assert f"{PACKAGE}.things" not in sys.modules
    assert not house.files.parent.exists()
    assert house.things.folder == house.files


def test_the_folder_stays_clean_and_python_s_path_as_it_was(house: House) -> None:
    house.write("mine.py", thing("mine"))
    path = list(sys.path)
    house.things.names()
    assert sys.path == path
    assert os.listdir(house.files) == ["mine.py"]


def test_type_hints_that_are_strings_are_resolved(house: House) -> None:
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n" + thing("mine")
    house.write("mine.py", text + "\n@dataclass(frozen=True)\nclass Knobs:\n    one: Mine\nMine.Config = Knobs\n")
    mine = house.things.get("mine")
    assert typing.get_type_hints(mine.Config) == {"one": mine}


def test_several_classes_of_one_file(house: House) -> None:
    house.write("mine.py", thing("one") + thing("two", cls="Two"))
    assert house.things.names() == ("ours", "one", "two")
    assert house.things.extensions()[0].names == ("one", "two")


def test_what_several_files_share(house: House) -> None:
    shared = f"from {PACKAGE}.things._shared import VALUE\n"
    house.write("_shared.py", "VALUE = 3\n")
    house.write("mine.py", shared + thing("mine", "value = VALUE"))
    house.write("other.py", f"from {PACKAGE}.things import mine\n" + thing("other", "value = mine.Mine.value"))
    assert house.things.get("mine").value == house.things.get("other").value == 3
    assert [each.label for each in house.things.extensions()] == ["mine.py", "other.py"]
    house.write("_shared.py", "VALUE = 44\n")
    house.things.rescan()
    assert house.things.get("mine").value == house.things.get("other").value == 44


def test_a_file_that_another_imports_is_registered_once_and_for_itself(house: House) -> None:
    house.write(
        "a.py", f"from {PACKAGE}.things.z import Mine as Base\n" + thing("a", "pass").replace("(Thing)", "(Base)")
    )
    house.write("b.py", f"import {PACKAGE}.things.z\n1 / 0\n")
    house.write("z.py", thing("z"))
    assert house.things.names() == ("ours", "a", "z")
    assert issubclass(house.things.get("a"), house.things.get("z"))
    assert house.base.LOADED.count(f"{PACKAGE}.things.z") == 1
    assert set(house.things.broken) == {"b.py"}


@pytest.mark.parametrize("name", [".mine.py", "._mine.py", "_mine.py", "mine.txt", "mine.pyc", "mine.py~", "mine"])
def test_what_is_not_looked_at(name: str, house: House) -> None:
    house.write(name, b"\xff\x00 def (")
    (house.files / ".#mine.py").symlink_to("nobody@nowhere.1234")  # an editor's lock
    assert house.things.names() == ("ours",)
    assert not house.things.broken


# --- what is said ----------------------------------------------------------------------------------------------------


def test_who_asks_for_a_broken_one_is_told_why_and_what_there_is(house: House) -> None:
    house.write("mine.py", "1 / 0\n")
    house.write("file.py", thing("class_of_it", "fits = False"))
    with pytest.raises(
        UnknownName, match=r"^there is no thing 'mine' \(mine.py: ZeroDivisionError.*\); there are ours;"
    ):
        house.things.get("mine")
    with pytest.raises(UnknownName, match=r"'class_of_it' \(file.py: Mine does not fit\); there are ours;"):
        house.things.get("class_of_it")
    with pytest.raises(UnknownName, match=r"'nobody'; there are ours; these cannot be used: file.py, mine.py$"):
        house.things.get("nobody")


# --- what changes ----------------------------------------------------------------------------------------------------


def test_files_that_come_change_and_go(house: House) -> None:
    assert house.things.names() == ("ours",)
    path = house.write("mine.py", "def half(:\n")
    house.things.rescan()
    assert set(house.things.broken) == {"mine.py"}
    house.write("mine.py", thing("mine", "title = 'one'"))
    house.things.rescan()
    assert not house.things.broken
    first = house.things.get("mine")
    times = path.stat()
    house.write("mine.py", thing("mine", "title = 'two'"))  # as long as the old one, and in the same second
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1_000))
    house.things.rescan()
    assert (first.title, house.things.get("mine").title) == ("one", "two")
    path.unlink()
    house.things.rescan()
    assert house.things.names() == ("ours",)
    assert house.things.extensions() == ()


def test_a_changed_file_that_is_broken_now_is_gone(house: House) -> None:
    house.write("mine.py", thing("mine"))
    assert "mine" in house.things.names()
    house.write("mine.py", thing("mine", "fits = False"))
    house.things.rescan()
    assert "mine" not in house.things.names()
    assert house.things.broken == {"mine.py": "Mine does not fit"}


def test_what_did_not_change_is_not_imported_again(house: House) -> None:
    house.write("mine.py", thing("mine"))
    house.write("broken.py", HEAD + "1 / 0\n")
    mine = house.things.get("mine")
    loaded = list(house.base.LOADED)
    house.things.rescan()
    house.things.entries()
    assert loaded == house.base.LOADED
    assert house.things.get("mine") is mine


def test_a_name_is_free_again_when_its_file_goes(house: House) -> None:
    first = house.write("a.py", thing("mine", "title = 'of a'"))
    house.write("b.py", thing("mine", "title = 'of b'"))
    assert house.things.get("mine").title == "of a"
    first.unlink()
    house.things.rescan()
    assert house.things.get("mine").title == "of b"
    assert not house.things.broken


def test_threads_that_ask_at_once_see_everything(house: House) -> None:
    house.write("mine.py", thing("mine"))
    seen: list[tuple[str, ...]] = []
    things = house.things
    threads = [threading.Thread(target=lambda: seen.append(things.names())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [("ours", "mine")] * 8


# --- where it is -----------------------------------------------------------------------------------------------------


def test_the_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv(extensions.DATA)
    wanted = platformdirs.user_data_dir("latent-playground", appauthor=False)
    assert str(extensions.user_folder()) == wanted
    assert wanted.endswith("latent-playground")
    monkeypatch.setenv(extensions.DATA, "/elsewhere")
    assert extensions.user_folder() == Path("/elsewhere")
