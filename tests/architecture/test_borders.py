"""The plan of the house, as tests that read the source."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
GUI = sorted((ROOT / "gui").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
QT = ("PySide6", "shiboken6", "pyqtgraph")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file."""
    return tuple(ast.walk(tree(path)))


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


@functools.cache
def imports(path: Path) -> list[tuple[ast.stmt, str]]:
    """Every name a file imports, anywhere in it, absolute: ``from a.b import c`` gives a.b.c."""
    found: list[tuple[ast.stmt, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).parts[: -node.level]
                base = ".".join((*package, base)) if base else ".".join(package)
            found += [(node, f"{base}.{alias.name}") for alias in node.names]
    return found


def offences(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{where(path, node)} imports {name}"
        for path in paths
        for node, name in imports(path)
        if name.split(".")[0] in forbidden
    ]


@functools.cache
def calls(path: Path) -> list[tuple[ast.Call, str]]:
    """Every call with the dotted name it calls, as far as it is a plain one."""
    return [(node, ast.unparse(node.func)) for node in nodes(path) if isinstance(node, ast.Call)]


def imported_by(modules: str) -> set[str]:
    """The packages that a fresh Python holds after importing modules of ours, named in one line."""
    code = f"import {modules}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


# The border between the two halves

CLI = ROOT / "core" / "cli"


def test_core_imports_no_qt_and_no_gui() -> None:
    # demo and bench run the real window: the command line imports it when asked, and nobody else in core may
    assert not offences(CORE, QT)
    assert not offences([path for path in CORE if path.parent != CLI], ("gui",))


def test_the_command_line_imports_gui_only_when_asked() -> None:
    tops = [(path, node) for path in sorted(CLI.glob("*.py")) for node in tree(path).body]
    found = [(path, ast.unparse(node)) for path, node in tops if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [f"{path.name}: {words}" for path, words in found if "gui" in words.replace(".", " ").split()]


def test_gui_imports_no_torch() -> None:
    assert not offences(GUI, ("torch", "safetensors"))


def test_running_the_command_line_imports_no_qt_and_no_torch() -> None:
    assert not {*QT, "torch", "numpy"} & imported_by("core.cli.main")


def test_the_window_waits_neither_for_torch_nor_for_typesetting() -> None:
    assert "gui.shell.window" in import_graph()["gui.shell.app"]
    assert not {"torch", "ziamath", "latex2mathml"} & imported_by("gui.shell.app")


def test_no_file_of_the_window_brings_torch_when_it_is_imported() -> None:
    modules = [name for name in NAMES if name.startswith("gui.") and not name.startswith(("gui.bench", "gui.__main__"))]
    assert len(modules) > 100
    assert "torch" not in imported_by(", ".join(modules))


def test_views_commands_and_looks_need_no_torch() -> None:
    modules = (
        "core.engine.board, core.engine.commands, core.probes.elbo_anatomy, core.remote.link, core.remote.vocabulary",
        "core.remote.serving",  # the command that joins a window with an engine elsewhere
    )
    assert "torch" not in imported_by(", ".join(modules))


# What runs what


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path): path for path in CORE + GUI}


def import_graph() -> dict[str, set[str]]:
    """File -> files of ours that it names anywhere: in a function and under ``TYPE_CHECKING`` too."""
    graph = {}
    for module, path in NAMES.items():
        found = {name if name in NAMES else name.rpartition(".")[0] for _, name in imports(path)}
        graph[module] = (found & set(NAMES)) - {module}
    return graph


def a_cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one cycle in order, or nothing."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            found = visit(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    for start in sorted(graph):
        found = visit(start, [])
        if found:
            return found
    return []


def test_no_circle_of_files() -> None:
    assert " -> ".join(a_cycle(import_graph())) == ""


def test_a_cycle_would_be_found() -> None:
    assert a_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert a_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("folder", ["lineup/rows", "side_panels", "information/pages", "compare"])
def test_panels_start_no_timer(folder: str) -> None:
    found = [
        where(p, n)
        for p in sorted((ROOT / "gui" / folder).rglob("*.py"))
        for n in nodes(p)
        if getattr(n, "id", getattr(n, "attr", "")) == "QTimer"
    ]
    assert not found


def test_weights_are_learned_in_one_place() -> None:
    measured = ROOT / "core" / "benchmarks" / "engine.py"  # the loops beside which ours is measured
    paths = [path for path in CORE if path != measured]
    found = {where(path, node) for path in paths for node, name in calls(path) if name.endswith(".backward")}
    assert len({place.partition(":")[0] for place in found}) <= 1, found


# What a file may not do


def test_nothing_unpickles_or_evaluates() -> None:
    found = offences(CORE + GUI, ("pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"))
    for path in CORE + GUI:
        for node, name in calls(path):
            options = {each.arg: ast.unparse(each.value) for each in node.keywords}
            if name in ("eval", "exec", "torch.save"):
                found.append(f"{where(path, node)} calls {name}")
            if name == "torch.load" and options.get("weights_only") != "True":
                found.append(f"{where(path, node)} calls torch.load without weights_only=True")
            if options.get("allow_pickle", "False") != "False":
                found.append(f"{where(path, node)} allows pickles")
    assert not found


def test_no_test_sleeps() -> None:
    """A test that sleeps is slow when it passes and wrong when the machine is busy: wait for what you wait for."""
    found = [where(path, node) for path in TESTS for node, name in calls(path) if name in ("time.sleep", "sleep")]
    assert not found


def test_a_file_fits_a_sitting() -> None:
    lines = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in CORE + GUI + TESTS}
    assert not {str(path): count for path, count in lines.items() if count >= 450}


def test_nothing_is_called_utils() -> None:
    vague = ("utils", "util", "helpers", "helper", "manager", "handler", "common", "misc")
    found = [str(path.relative_to(ROOT)) for path in CORE + GUI if path.stem.rpartition("_")[2] in vague]
    for path in CORE + GUI:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and node.name.lower().endswith(vague):
                found.append(f"{where(path, node)} {node.name}")
    assert not found
