"""Double clicks: what `desktop` installs for a Linux desktop, and takes away again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from configparser import RawConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.cli import desktop
from core.cli import main as cli
from core.cli.main import main
from core.engine.document_file import ENDING, MIME_TYPE, TYPE_ENTRY
from core.foundation.program import PROGRAM

Captured = pytest.CaptureFixture[str]
ASSETS = Path(__file__).parents[3] / "assets" / "desktop"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"
TOOLS = tuple(desktop.TOOLS)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a user of Linux, whose name has a space. No tool of a desktop is installed."""
    folder = tmp_path / "data of a user"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(desktop, "TOOLS", {f"no-such-{tool}": each for tool, each in desktop.TOOLS.items()})
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def keys_of(text: str) -> dict[str, str]:
    parser = RawConfigParser(delimiters="=", comment_prefixes="#", strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    assert parser.sections() == ["Desktop Entry"]
    return dict(parser["Desktop Entry"])


def words_of(exec_line: str) -> list[str]:
    """The words of ``Exec`` as a desktop reads them: a value, then a command line, then the codes."""
    value = re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), exec_line)
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', value)
    return [(re.sub(r"\\(.)", r"\1", quoted) or plain).replace("%%", "%") for quoted, plain in words]


def test_it_installs_five_files_and_says_where(data: Path, capsys: Captured) -> None:
    assert main(["desktop"]) == 0
    said = capsys.readouterr().out
    there = files_in(data)
    assert sorted(there) == [
        "applications/latent-playground.desktop",
        "icons/hicolor/scalable/apps/latent-playground.svg",
        "man/man1/latent-playground.1",
        "metainfo/local.latent_playground.LatentPlayground.metainfo.xml",
        "mime/packages/latent-playground.xml",
    ]
    for name in there:
        assert str(data / name) in said
        if not name.endswith((".desktop", ".1")):
            assert there[name] == (ASSETS / Path(name).name).read_bytes()


def test_a_second_time_changes_nothing(data: Path) -> None:
    assert main(["desktop"]) == 0
    before = files_in(data)
    assert main(["desktop"]) == 0
    assert files_in(data) == before


def test_remove_takes_away_its_own_files_alone(data: Path, capsys: Captured) -> None:
    (data / "applications").mkdir(parents=True)
    (data / "applications" / "other.desktop").write_text("theirs")
    (data / "latent-playground" / "models").mkdir(parents=True)
    (data / "latent-playground" / "models" / "mine.py").write_text("mine")
    before = files_in(data)
    main(["desktop"])
    capsys.readouterr()
    assert main(["desktop", "--remove"]) == 0
    assert files_in(data) == before
    assert capsys.readouterr().out.count("Removed ") == 5
    assert main(["desktop", "--remove"]) == 0
    assert capsys.readouterr().out == f"There is nothing to remove in {data}\n"


def test_remove_where_nothing_ever_was(data: Path) -> None:
    assert main(["desktop", "--remove"]) == 0
    assert not data.exists()


def test_missing_tools_are_named_in_one_line_and_stop_nothing(data: Path, capsys: Captured) -> None:
    assert main(["desktop"]) == 0
    printed = capsys.readouterr()
    (line,) = [line for line in printed.out.splitlines() if "no-such-" in line]
    for tool, (_, package) in desktop.TOOLS.items():
        assert f"{tool} (package {package})" in line
    assert not printed.err
    assert "double click" not in printed.out  # not promised


@pytest.mark.skipif(os.name != "posix", reason="the tool is a shell script")
def test_a_tool_that_fails_stops_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for name, script in (("breaks", "echo broken >&2; exit 3"), ("works", 'echo "$1" >"$0.log"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(desktop, "TOOLS", {"breaks": ("mime", "a"), "works": ("applications", "b")})
    assert main(["desktop"]) == 0
    assert "breaks failed: broken\n" in capsys.readouterr().out
    assert (tmp_path / "works.log").read_text() == f"{data / 'applications'}\n"


def test_a_folder_that_cannot_be_written_is_one_sentence(data: Path, capsys: Captured) -> None:
    data.write_text("a file is in the way")
    assert main(["desktop"]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert f"cannot write {data}" in printed.err
    assert not printed.out


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_it_says_that_it_is_for_linux(
    system: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert main(["desktop"]) == 2
    assert "is for Linux desktops" in capsys.readouterr().err
    assert not data.exists()


def test_a_relative_data_folder_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for environment in ({}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "here"}):
        assert desktop.data_folder(environment) == tmp_path / ".local" / "share"
    assert desktop.data_folder({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path


# The desktop entry


def entry(*words: str) -> dict[str, str]:
    return keys_of(desktop.entry_for((ASSETS / desktop.ENTRY).read_text("utf-8"), words))


def test_the_entry_has_what_a_menu_and_a_double_click_need() -> None:
    keys = entry("/opt/playground")
    assert keys["Type"] == "Application"
    assert keys["Exec"] == "/opt/playground %f"
    assert keys["TryExec"] == "/opt/playground"
    assert keys["MimeType"] == f"{MIME_TYPE};"
    assert keys["Icon"] == keys["StartupWMClass"] == Path(desktop.ENTRY).stem
    assert keys["Terminal"] == "false"
    assert {"Name", "Comment", "Keywords", "Categories"} <= set(keys)


STRANGE = ("/a space", '/a "quoted" one', "/of $5 and `x`", "/back\\slash", "/é", "/a=b", "/~", "/l\nine", "/(1);&")


@pytest.mark.parametrize("folder", STRANGE)
def test_any_path_comes_back_from_the_entry(folder: str) -> None:
    keys = entry(f"{folder}/playground")
    assert words_of(keys["Exec"]) == [f"{folder}/playground", "%f"]


def test_reserved_characters_are_quoted_as_the_specification_says() -> None:
    assert entry('/a b/$x"\\')["Exec"] == r'"/a b/\\$x\\"\\\\" %f'


def test_a_percent_sign_is_doubled_and_started_through_env() -> None:
    keys = entry("/50%d/playground")  # GLib looks for the file under the name with both signs, and drops the entry
    assert keys["Exec"] == "env /50%%d/playground %f"
    assert keys["TryExec"] == "/50%d/playground"


def test_each_word_is_quoted_alone() -> None:
    assert words_of(entry("/my python", "-P", "-m", "core")["Exec"]) == ["/my python", "-P", "-m", "core", "%f"]


@pytest.mark.skipif(os.name != "posix", reason="paths of other systems are text")
def test_a_path_that_is_not_utf_8_is_one_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(desktop, "program", lambda: ("/caf\udce9/playground",))
    assert main(["desktop"]) == 2
    assert "not UTF-8" in capsys.readouterr().err
    assert not data.exists()


# Which program a double click starts


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that has been set up, and a Python without the program's script."""
    folder = tmp_path / "a check out"
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / ".ready").write_text("")
    executable(folder / "playground")
    monkeypatch.setattr(desktop, "CHECKOUT", folder)
    monkeypatch.setattr(desktop.sysconfig, "get_path", lambda name: str(tmp_path / "scripts"))
    monkeypatch.setenv("PATH", str(tmp_path / "on the path"))
    return folder


def executable(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_in_a_checkout_it_is_the_script(checkout: Path) -> None:
    assert desktop.program() == (str(checkout / "playground"),)


@pytest.mark.skipif(os.name != "posix", reason="scripts have another ending")
def test_installed_it_is_the_script_of_this_python_then_that_on_the_path(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".venv" / ".ready").unlink()  # 'playground' would set itself up first, unseen
    assert desktop.program() == PROGRAM
    on_path = executable(tmp_path / "on the path" / "latent-playground")
    assert desktop.program() == (str(on_path),)
    beside = executable(tmp_path / "scripts" / "latent-playground")
    assert desktop.program() == (str(beside),)


def test_a_path_without_the_ending_is_an_experiment_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    opened: list[Path | None] = []
    monkeypatch.setattr(cli, "_window", lambda home, experiment: opened.append(experiment) or 0)
    (tmp_path / "known by content").write_bytes(b"")
    assert main([str(tmp_path / "known by content")]) == 0
    assert opened == [tmp_path / "known by content"]
    assert main([str(tmp_path / "gone")]) == 2
    assert "there is no experiment" in capsys.readouterr().err


# The other files


def test_the_type_is_known_by_name_and_by_content(tmp_path: Path) -> None:
    (kind,) = ElementTree.parse(ASSETS / "latent-playground.xml").getroot()
    assert kind.get("type") == MIME_TYPE
    assert [each.get("pattern") for each in kind.iter(f"{MIME}glob")] == [f"*{ENDING}"]
    assert [each.get("type") for each in kind.iter(f"{MIME}sub-class-of")] == ["application/zip"]

    with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(TYPE_ENTRY), MIME_TYPE)
    content = (tmp_path / "a").read_bytes()
    matches = list(kind.iter(f"{MIME}match"))
    assert len(matches) == 2
    for each in matches:
        offset, value = int(each.get("offset", "")), each.get("value", "").encode().decode("unicode_escape").encode()
        assert content[offset:].startswith(value)


def test_the_metadata_name_the_entry_the_type_and_the_licence() -> None:
    (path,) = ASSETS.glob("*.metainfo.xml")
    root = ElementTree.parse(path).getroot()
    assert path.name == f"{root.findtext('id')}.metainfo.xml"
    assert root.findtext("launchable") == desktop.ENTRY
    assert root.findtext("provides/mediatype") == MIME_TYPE
    assert root.findtext("project_license") == "MIT"


def test_every_file_of_the_folder_is_installed() -> None:
    assert {path.name for path in ASSETS.iterdir()} == set(desktop.PLACES) - {desktop.MANUAL}
    assert ElementTree.parse(ASSETS / "latent-playground.svg").getroot().tag.endswith("svg")


# The desktop's own validators, where they are installed


def said_by(*command: str, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed")


@needs("desktop-file-validate")
def test_the_validator_of_entries_agrees(tmp_path: Path) -> None:
    (tmp_path / desktop.ENTRY).write_text(
        desktop.entry_for((ASSETS / desktop.ENTRY).read_text("utf-8"), ['/a "b" $c `d` e\\f/playground']), "utf-8"
    )
    for path in (ASSETS / desktop.ENTRY, tmp_path / desktop.ENTRY):
        assert said_by("desktop-file-validate", str(path)) == ""


@needs("appstreamcli")
def test_the_validator_of_metadata_finds_no_error() -> None:
    (path,) = ASSETS.glob("*.metainfo.xml")
    done = subprocess.run(["appstreamcli", "validate", "--no-net", path], capture_output=True, text=True, check=False)
    assert not [line for line in done.stdout.splitlines() if line.startswith("E:")]  # warnings differ by its version


@needs(*TOOLS, "gio")
def test_a_desktop_knows_the_file_and_its_program(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(desktop, "TOOLS", {tool.removeprefix("no-such-"): at for tool, at in desktop.TOOLS.items()})
    script = executable(tmp_path / 'a "b" 5%f $c' / "playground")
    monkeypatch.setattr(desktop, "program", lambda: (str(script),))
    assert main(["desktop"]) == 0
    assert "A double click" in capsys.readouterr().out
    for name in ("by name.lplay", "by content"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo(TYPE_ENTRY), MIME_TYPE)
        said = said_by("gio", "info", "-a", "standard::content-type", str(tmp_path / name), LC_ALL="C")
        assert said.endswith(f"standard::content-type: {MIME_TYPE}")
    assert desktop.ENTRY in said_by("gio", "mime", MIME_TYPE, LC_ALL="C")
    main(["desktop", "--remove"])
    assert desktop.ENTRY not in said_by("gio", "mime", MIME_TYPE, LC_ALL="C")
