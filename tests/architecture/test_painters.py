"""Every painter of the window is opened, and ended, by one context manager."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.test_borders import GUI, ROOT, nodes, where

HOME = ROOT / "gui" / "drawing" / "painting.py"
MANAGERS = ("painting", "painting_on_card")


def last_name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def bare(paths: list[Path]) -> list[str]:
    """Calls that make a painter by hand."""
    return [
        where(path, node)
        for path in paths
        for node in nodes(path)
        if isinstance(node, ast.Call) and last_name(node) == "QPainter"
    ]


def unmanaged(path: Path) -> list[str]:
    """Calls of the context managers that are neither entered by ``with`` nor handed on by ``return``."""
    managed = set()
    for node in nodes(path):
        if isinstance(node, ast.With):
            managed |= {id(item.context_expr) for item in node.items}
        elif isinstance(node, ast.Return) and node.value is not None:
            managed.add(id(node.value))
    calls = [node for node in nodes(path) if isinstance(node, ast.Call) and last_name(node) in MANAGERS]
    return [where(path, node) for node in calls if id(node) not in managed]


def test_no_painter_is_opened_by_hand() -> None:
    assert bare([path for path in GUI if path != HOME]) == []
    assert bare([HOME]) != []


def test_painters_are_opened_by_with() -> None:
    assert [each for path in GUI for each in unmanaged(path)] == []
    uses = [path for path in GUI if path != HOME and "painting(" in path.read_text("utf-8")]
    assert len(uses) > 40
