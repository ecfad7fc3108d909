"""The doctor names what is missing and the command that installs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli import doctor
from core.metrics.base import METRICS
from tests.own_files import DATASET, MEASURE, MODEL


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Installed versions that a test may change."""
    extras = [package for _, _, packages in doctor.EXTRAS for package in packages]
    found = {name: doctor._version(name) for name in (*doctor.PACKAGES, *extras)}
    monkeypatch.setattr(doctor, "_version", found.get)
    return found


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The libraries that the loader finds."""
    found = {line.split()[1] for line in doctor.LIBRARIES.strip().splitlines()}
    monkeypatch.setattr(doctor, "_in_loader_cache", lambda: found.__contains__)
    monkeypatch.setattr(doctor, "_loads", lambda library: False)
    monkeypatch.setattr(doctor.Path, "exists", lambda path: str(path) in found or not str(path).startswith("/usr"))
    return found


def named(name: str) -> doctor.Finding:
    return next(f for f in doctor.report() if f.name == name)


def test_a_sound_machine_is_told_so(libraries: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    stream = io.StringIO()
    assert doctor.run(stream) == 0
    text = stream.getvalue()
    assert "Everything that is needed is here." in text
    for name in ("Python", "torch", "PySide6-Essentials", "pyqtgraph", "numpy", "device", "assets", "settings"):
        assert f" {name} " in text


def test_json_is_one_object(libraries: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    stream = io.StringIO()
    status = doctor.run(stream, as_json=True)
    report = json.loads(stream.getvalue())
    assert report["ok"] is (status == 0)
    assert {"name", "value", "state", "fix"} == set(report["findings"][0])


def test_extras_say_what_they_give_and_whether_they_are_there(versions: dict[str, str | None]) -> None:
    versions |= {"onnx": "1.19.0", "onnxruntime": "1.23.0", "onnxscript": "0.5.6", "av": "16.0.1"}
    assert named("extra onnx").value == "models as ONNX files: onnx 1.19.0, onnxruntime 1.23.0, onnxscript 0.5.6"
    assert named("extra video").state == "ok"
    versions |= {"onnxscript": None, "av": None}
    for name, words in (
        ("onnx", "models as ONNX files: onnxscript not installed; pip install 'latent-playground[onnx]'"),
        ("video", "films as MP4 and WebM: av not installed; pip install 'latent-playground[video]'"),
    ):
        finding = named(f"extra {name}")
        assert (finding.value, finding.state, finding.fix) == (words, "note", "")


def test_a_missing_package_fails_with_the_pip_line(versions: dict[str, str | None]) -> None:
    versions["pyqtgraph"] = None
    stream = io.StringIO()
    assert doctor.run(stream) == 1
    assert 'pip install "pyqtgraph' in stream.getvalue()


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("2.13.0+cpu", ">=2.10,<2.14", True),
        ("2.9.1", ">=2.10,<2.14", False),
        ("2.14.0", ">=2.10,<2.14", False),
        ("6.12", "<6.12", False),
        ("6.12.0", "<6.12", False),
        ("12.2", ">=12.2", True),
        ("1.0", "", True),
        ("1.0", "!=1.0", True),
    ],
)
def test_ranges(version: str, wanted: str, expected: bool) -> None:
    assert doctor.is_in_range(version, wanted) is expected


def test_a_version_outside_its_range_is_missing(
    versions: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "required_ranges", lambda: {"torch": ">=2.10,<2.14"})
    versions["torch"] = "2.9.0"
    assert named("torch").state == "missing"
    assert '"torch>=2.10,<2.14"' in named("torch").fix


def test_the_none_trap() -> None:
    assert doctor._none_trap("6.12.0", (3, 11)).state == "missing"
    assert doctor._none_trap("6.12.0", (3, 12)).state == "ok"
    assert doctor._none_trap("6.11.3", (3, 11)).state == "ok"
    assert doctor._none_trap("6.12.1", (3, 11)).state == "ok"
    assert doctor._none_trap(None, (3, 11)).state == "ok"


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, None),
        ("linux", {"DISPLAY": ":0"}, "xcb"),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, "wayland"),
        ("linux", {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "xcb"),
        ("linux", {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland"}, "wayland"),
        ("linux", {"QT_QPA_PLATFORM": "offscreen:size=1x1;xcb", "DISPLAY": ":0"}, "offscreen"),
        ("darwin", {}, "cocoa"),
        ("win32", {}, "windows"),
    ],
)
def test_the_platform_that_qt_takes(system: str, environment: dict[str, str], expected: str | None) -> None:
    assert doctor.qt_platform(system, environment) == expected


def test_missing_libraries_give_the_apt_line(libraries: set[str]) -> None:
    libraries -= {"libEGL.so.1", "libxcb-cursor.so.0", "/usr/share/fonts"}
    assert doctor.missing_packages(("offscreen",)) == ("libegl1", "fonts-dejavu-core")
    assert doctor.missing_packages(("offscreen", "xcb")) == ("libegl1", "fonts-dejavu-core", "libxcb-cursor0")
    finding = doctor._libraries("xcb")
    assert finding.state == "missing"
    assert finding.fix == "sudo apt-get install -y libegl1 fonts-dejavu-core libxcb-cursor0"


def test_no_display_is_no_fault(libraries: set[str]) -> None:
    libraries -= {"libxcb-cursor.so.0"}
    assert doctor._qt_platform(None).state == "note"
    assert doctor._libraries(None).state == "ok"


def test_a_torch_that_does_not_load_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (finding,) = doctor._device()
    assert finding.state == "missing"
    assert "torch does not load" in finding.value


def test_incomplete_assets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor.importlib.resources, "files", lambda package: tmp_path)
    assert doctor._assets().state == "missing"
    assert "t10k-images-idx3-ubyte.gz" in doctor._assets().value


def test_folders_follow_the_system() -> None:
    home = Path("/home/ada")
    linux = doctor.folders("linux", {"XDG_CACHE_HOME": "/elsewhere"}, home)
    assert linux == {
        "settings": Path("/home/ada/.config/latent-playground"),
        "cache": Path("/elsewhere/latent-playground"),
    }
    assert doctor.folders("darwin", {}, home)["cache"] == Path("/home/ada/Library/Caches/latent-playground")
    windows = doctor.folders("win32", {"LOCALAPPDATA": "/local", "APPDATA": "/roaming"}, home)
    assert windows["settings"] == Path("/roaming/latent-playground")  # where Qt keeps INI files
    assert windows["cache"] == Path("/local/latent-playground/cache")


def test_the_doctor_needs_no_qt() -> None:
    code = "import io, sys; from core.cli import doctor; doctor.run(io.StringIO()); sys.exit('PySide6' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)


def extensions() -> list[tuple[str, str, str]]:
    kinds = ("your own files", "models", "datasets", "metrics")
    return [(each.name, each.state, each.value) for each in doctor.report() if each.name in kinds]


def test_it_says_where_own_files_belong_and_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_PLAYGROUND_DATA", str(tmp_path / "mine"))
    assert extensions() == [("your own files", "ok", f"belong in models, datasets and metrics of {tmp_path / 'mine'}")]
    assert not (tmp_path / "mine").exists()


def test_every_file_and_entry_point_is_listed(
    user_files: Callable[[str, str], Path], libraries: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    before = doctor.run(io.StringIO())
    mine, bars = user_files("models/mine.py", MODEL), user_files("datasets/bars.py", DATASET)
    typo, thief = user_files("models/typo.py", "def half(:\n"), user_files("metrics/thief.py", MEASURE)
    thief.write_text(MEASURE.replace('"ink"', '"rate"'))
    METRICS.rescan()
    assert extensions()[1:] == [
        ("models", "ok", f"{mine} registers mine"),
        ("models", "note", f"{typo} cannot be used: SyntaxError: invalid syntax (line 1)"),
        ("datasets", "ok", f"{bars} registers bars"),
        (
            "metrics",
            "note",
            f"{thief} cannot be used: there is a measure 'rate' already, of this program; register another name",
        ),
    ]
    assert doctor.run(io.StringIO()) == before  # none of them is needed


def test_without_torch_own_files_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "core.models.base", None)
    ((name, state, value),) = extensions()
    assert (name, state) == ("your own files", "note")
    assert value.startswith("not looked at: ")


def test_unsaved_work_says_how_much_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    kept = tmp_path / "latent-playground" / "unsaved"
    assert named("unsaved work").value == f"0.0 MB of at most 500 in {kept}"
    (kept / "one" / "experiment").mkdir(parents=True)
    (kept / "one" / "experiment" / "weights").write_bytes(b"0" * 3_000_000)
    assert named("unsaved work").value == f"2.9 MB of at most 500 in {kept}"
