"""The table of rooms: what each folder may import, counted everywhere, in functions and under ``TYPE_CHECKING`` too."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from tests.architecture.test_borders import CORE, GUI, ROOT, imports, module_name, where

DATA = ("core/foundation", "core/datasets", "core/nets", "core/models")
EVALUATION = (*DATA, "core/training", "core/theory")
PROBES = (*EVALUATION, "core/evaluation")
METRICS = (*PROBES, "core/probes")
ENGINE = (*METRICS, "core/metrics")
VERDICTS = (*ENGINE, "core/engine")
WHOLE_CORE = (
    *VERDICTS,
    *("core/text", "core/verdicts", "core/slow_motion", "core/lessons", "core/reproduction", "core/benchmarks"),
    *("core/exports", "core/faults", "core/manual", "core/readers", "core/remote", "core/sweeps", "core/cli"),
)
DRAWING = ("core/foundation", "core/text")
WIDGETS = (*DRAWING, "gui/drawing")
PLOTS = (*WIDGETS, "gui/widgets")
DESK = (*PLOTS, "gui/plots", "core")
TAB = (*DESK, "gui/desk")
PAGE = (*TAB, "gui/information")
SHELL = (
    *TAB,
    *("gui/lineup", "gui/lineup/rows", "gui/side_panels", "gui/information", "gui/information/pages", "gui/files"),
    *("gui/compare", "gui/lessons", "gui/sweeps"),
)

FOLDERS: dict[str, tuple[str, ...]] = {
    "core/foundation": (),
    "core/nets": (),
    "core/text": ("core/foundation",),
    "core/theory": ("core/foundation",),
    "core/readers": ("core/foundation",),
    "core/datasets": ("core/foundation", "core/readers"),
    "core/models": ("core/foundation", "core/nets"),
    "core/training": DATA,
    "core/evaluation": EVALUATION,
    "core/probes": PROBES,
    "core/metrics": METRICS,
    "core/engine": ENGINE,
    "core/verdicts": VERDICTS,
    "core/remote": VERDICTS,
    "core/slow_motion": (*DATA, "core/training"),
    "core/lessons": (*VERDICTS, "core/text"),
    "core/reproduction": VERDICTS,
    "core/benchmarks": (*DATA, "core/training"),
    "core/faults": (
        *VERDICTS,
        *("core/readers", "core/text", "core/verdicts", "core/lessons", "core/exports", "core/remote"),
    ),
    "core/exports": (*VERDICTS, "core/text", "core/verdicts", "core/slow_motion", "core/lessons", "core/readers"),
    "core/manual": (*VERDICTS, "core/text", "core/verdicts", "core/lessons"),
    "core/sweeps": (*VERDICTS, "core/text", "core/verdicts", "core/exports", "core/remote"),
    "core/cli": (*WHOLE_CORE, "gui/shell", "gui/files", "gui/bench"),
    "core/packaging": ("core/cli",),
    "core/packaging/latent_playground": ("core/cli",),
    "core": WHOLE_CORE,
    "gui/drawing": DRAWING,
    "gui/widgets": WIDGETS,
    "gui/plots": PLOTS,
    "gui/desk": DESK,
    "gui/lineup": TAB,
    "gui/lineup/rows": (*TAB, "gui/lineup"),
    "gui/side_panels": TAB,
    "gui/files": TAB,
    "gui/information": (*TAB, "gui/information/pages"),
    "gui/information/pages": TAB,
    "gui/information/pages/*": PAGE,
    "gui/compare": (*TAB, "gui/lineup"),
    "gui/lessons": (*TAB, "gui/lineup", "gui/files"),
    "gui/sweeps": (*TAB, "gui/files"),
    "gui/shell": (*SHELL, "gui/shell/preferences"),
    "gui/shell/preferences": (*SHELL, "gui/shell"),
    "gui/bench": (*SHELL, "gui/shell"),
    "gui": ("core", "core/cli"),
}
"""Each room with what it may import beside itself; "core" there means every room of ``core``."""

TOP = {"__init__.py", "__main__.py", "README.md"}


@functools.cache
def room_of(module: str) -> str:
    """The folder of a module, as the table names it."""
    path = ROOT / Path(*module.split("."))
    folder = path if path.is_dir() else path.parent
    return folder.relative_to(ROOT).as_posix()


def allowed(room: str, target: str) -> bool:
    """Whether a file in one room may import a file in another."""
    if room == target:
        return True
    row = FOLDERS.get(room)
    if row is None and room.startswith("gui/information/pages/"):
        row = FOLDERS["gui/information/pages/*"]
    assert row is not None, f"{room} is not in the table"
    return target in row or ("core" in row and target.startswith("core/"))


def strays(paths: list[Path]) -> list[str]:
    """Every import that leaves its room for one that the table does not name."""
    modules = {module_name(path) for path in CORE + GUI}
    found = []
    for path in paths:
        room = path.parent.relative_to(ROOT).as_posix()
        for node, name in imports(path):
            module = name if name in modules else name.rpartition(".")[0]
            if module in modules and not allowed(room, room_of(module)):
                found.append(f"{where(path, node)} imports {module}")
    return found


def test_every_import_obeys_the_table() -> None:
    assert strays(CORE + GUI) == []


def test_a_stray_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FOLDERS, "core/theory", ())
    found = strays([path for path in CORE if path.parent.name == "theory"])
    assert found
    assert all(each.startswith("core/theory/") for each in found)


@pytest.mark.parametrize("half", ["core", "gui"])
def test_the_top_of_a_half_is_folders(half: str) -> None:
    there = {path.name for path in (ROOT / half).iterdir() if path.is_file()}
    assert there <= TOP


@pytest.mark.parametrize("half", ["core", "gui"])
def test_every_room_says_its_rule(half: str) -> None:
    for folder in (ROOT / half).rglob("*"):
        if folder.is_dir() and folder.name != "__pycache__":
            text = (folder / "__init__.py").read_text("utf-8")
            assert text.startswith('"""'), folder
