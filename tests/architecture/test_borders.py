"""The plan of the house, as tests that read the source."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
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


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every name a file imports, anywhere in it, absolute: ``from a.b import c`` gives a.b.c."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).parts[: -node.level]
                base = ".".join((*package, base)) if base else ".".join(package)
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def offences(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{where(path, node)} imports {name}"
        for path in paths
        for node, name in imports(path)
        if name.split(".")[0] in forbidden
    ]


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name it calls, as far as it is a plain one."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def imported_by(module: str) -> set[str]:
    """The packages that a fresh Python holds after importing one module of ours."""
    code = f"import {module}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


# The border between the two halves


def test_core_imports_no_qt_and_no_gui() -> None:
    # demo runs the real window: the command line starts it as a program or imports it when asked, in one place
    assert not offences(CORE, QT)
    allowed = [ROOT / "core" / "cli.py"]
    assert not offences([path for path in CORE if path not in allowed], ("gui",))


def test_the_command_line_imports_gui_only_when_asked() -> None:
    top = [node for node in tree(ROOT / "core" / "cli.py").body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [ast.unparse(node) for node in top if "gui" in ast.unparse(node).replace(".", " ").split()]


def test_gui_imports_no_torch() -> None:
    assert not offences(GUI, ("torch", "safetensors"))


def test_running_the_command_line_imports_no_qt() -> None:
    assert not set(QT) & imported_by("core.cli")


@pytest.mark.parametrize("module", ["gui.app", "gui.window"])
def test_the_window_waits_neither_for_torch_nor_for_typesetting(module: str) -> None:
    assert not {"torch", "ziamath", "latex2mathml"} & imported_by(module)


# What runs what


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def import_graph(paths: list[Path]) -> dict[str, set[str]]:
    """Module -> modules of ours that it imports when it is imported itself."""
    names = {module_name(path) for path in paths}
    graph = {}
    for path in paths:
        late = set()
        for node in ast.walk(tree(path)):
            if is_type_checking(node) or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                late |= {id(inner) for inner in ast.walk(node)}
        found = set()
        for node, name in imports(path):
            if id(node) not in late:
                found.add(name if name in names else name.rpartition(".")[0])
        graph[module_name(path)] = (found & names) - {module_name(path)}
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


def test_no_import_cycle() -> None:
    assert " -> ".join(a_cycle(import_graph(CORE + GUI))) == ""


def test_a_cycle_would_be_found() -> None:
    assert a_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert a_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_panels_know_no_other_panel() -> None:
    panels = [path for path in (ROOT / "gui" / "panels").glob("*.py") if path.stem not in ("__init__", "base")]
    names = {path.stem for path in panels}
    found = [
        f"{where(path, node)} imports {name}"
        for path in panels
        for node, name in imports(path)
        if name.startswith("gui.panels.") and name.split(".")[2] in names - {path.stem}
    ]
    assert not found


def test_panels_start_no_timer() -> None:
    panels = sorted((ROOT / "gui" / "panels").glob("*.py"))
    found = [
        where(p, n) for p in panels for n in ast.walk(tree(p)) if getattr(n, "id", getattr(n, "attr", "")) == "QTimer"
    ]
    assert not found


def test_weights_are_learned_in_one_place() -> None:
    measured = ROOT / "core" / "bench.py"  # the loops beside which ours is measured
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


@pytest.mark.parametrize("path", CORE + GUI + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_a_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 450


def test_nothing_is_called_utils() -> None:
    vague = ("utils", "util", "helpers", "helper", "manager", "handler", "common", "misc")
    found = [str(path.relative_to(ROOT)) for path in CORE + GUI if path.stem.rpartition("_")[2] in vague]
    for path in CORE + GUI:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and node.name.lower().endswith(vague):
                found.append(f"{where(path, node)} {node.name}")
    assert not found
