"""``--info`` says what runs here, ``--reset`` puts the preferences back, and licences have their texts."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import pytest

from core.cli import info, licences
from core.cli.main import main
from core.foundation.settings_file import settings_file

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def test_info_as_json_has_versions_device_and_paths(home: Path, capsys: Captured) -> None:
    assert main(["--info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["versions"]["Python"] == platform.python_version()
    for name, package in (("Qt", "PySide6-Essentials"), ("PySide6", "PySide6-Essentials"), ("numpy", "numpy")):
        assert facts["versions"][name] == importlib.metadata.version(package)
    assert {"torch", "pyqtgraph", "Latent Playground"} <= set(facts["versions"])
    assert facts["device"]["auto"] in facts["device"]
    assert facts["paths"]["preferences"] == str(home / "config" / "latent-playground" / "latent-playground.ini")
    assert facts["paths"]["Python"] == sys.executable
    assert facts["paths"]["unsaved work"] == str(home / "state" / "latent-playground" / "unsaved")


def test_info_as_text_names_nobody(home: Path, capsys: Captured) -> None:
    assert main(["--info"]) == 0
    out = capsys.readouterr().out
    assert f"~{'/config/latent-playground/latent-playground.ini'}" in out
    assert str(home) not in out
    heads = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads == ["Versions", "Platform", "Device", "Paths"]


def test_info_answers_where_torch_does_not_load(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "core.training.devices", None)
    monkeypatch.setitem(sys.modules, "core.training", None)
    assert "torch does not load" in info.info()["device"]["none"]


@pytest.mark.parametrize("words", [["--info", "train"], ["--reset", "--json"], ["--info", "--no"]])
def test_other_words_beside_them_are_refused(words: list[str], home: Path, capsys: Captured) -> None:
    assert main(words) == 2
    assert "unrecognized arguments" in capsys.readouterr().err


def test_reset_puts_the_file_aside_and_says_where(home: Path, capsys: Captured) -> None:
    path = settings_file()
    path.parent.mkdir(parents=True)
    path.write_text("[General]\ntheme=1\n")
    work = home / "state" / "latent-playground" / "unsaved" / "one"
    work.mkdir(parents=True)
    assert main(["--reset"]) == 0
    assert f"{path}.old" in capsys.readouterr().out
    assert Path(f"{path}.old").read_text() == "[General]\ntheme=1\n"
    assert not path.exists()
    assert work.is_dir()
    assert main(["--reset"]) == 0
    assert "already" in capsys.readouterr().out


def test_help_names_both(capsys: Captured) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "--info" in out
    assert "--reset" in out


# Licences


def test_every_library_that_is_needed_has_a_licence_with_its_text() -> None:
    found = licences.licences()
    names = [each.name.lower().replace("_", "-") for each in found]
    assert len(set(names)) == len(names)
    assert {"torch", "pyside6-essentials", "numpy", "pyqtgraph", "scipy", "ziamath"} <= set(names)
    assert not {"pytest", "onnx", "ray", "av"} & set(names)  # of extras
    for each in found:
        assert each.licence, each.name
        assert len(each.read()) > 40, each.name


def test_fonts_and_data_that_are_shipped_are_listed() -> None:
    root = Path(licences.__file__).parents[2] / "assets"
    texts = {
        path.relative_to(root).as_posix() for path in root.rglob("*.txt") if "LIC" in path.name or "OFL" in path.name
    }
    assert {place for *_, place in licences.SHIPPED} == texts
    by_name = {each.name: each for each in licences.licences()}
    assert "SIL OPEN FONT LICENSE" in by_name["Inter, Regular to Bold"].read()
    assert "Attribution-ShareAlike 3.0" in by_name["MNIST"].read()
    assert "MIT License" in by_name["Latent Playground"].read()


def test_a_text_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "SHIPPED", (("Gone", "font", "OFL", "fonts/gone.txt"),))
    gone = next(each for each in licences.licences() if each.name == "Gone")
    assert "install the program again" in gone.read()
