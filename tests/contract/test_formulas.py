"""Every formula of knobs, measures, glossary, lessons and window has a plain reading and can be drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.foundation.params import knobs
from core.lessons.reader import one_by_one
from core.metrics.base import METRICS
from core.models.base import MODELS
from core.text import glossary
from core.text.formulas import ROLES, check, lines, pieces
from core.theory.reparameterization import FUNCTIONS
from gui.drawing import typesetting
from gui.drawing.formula_line import extents

GUI = sorted((Path(__file__).parents[2] / "gui").rglob("*.py"))
ROLE_COMMANDS = tuple(rf"\{role}{{" for role in ROLES)


def of_lessons() -> Iterator[tuple[str, bool]]:
    for lesson in one_by_one():
        for page in lesson.pages:
            ask = page.ask
            asked = [] if ask is None else [ask.question, ask.told, *(t for c in ask.choices for t in (c.text, c.why))]
            for text in (page.text, *asked):
                yield from ((each.text, each.on_its_own) for each in pieces(text) if each.is_formula)


def of_the_window() -> Iterator[tuple[str, bool]]:
    """Strings of the source: formulas between dollars, and strings with a role."""
    for path in GUI:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value
                if "$" in words:
                    yield from ((each.text, False) for each in pieces(words) if each.is_formula)
                elif any(role in words for role in ROLE_COMMANDS) and words.count("{") == words.count("}"):
                    yield words, True


@pytest.fixture(scope="module")
def window() -> set[tuple[str, bool]]:
    return set(of_the_window())


@pytest.fixture(scope="module")
def formulas(window: set[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """(LaTeX, whether it stands on a line of its own). Not made at import: each worker would do it."""
    result: set[tuple[str, bool]] = set()
    for name in MODELS.names():
        result |= {(each.param.formula, False) for each in knobs(MODELS.get(name).Config) if each.param.formula}
    result |= {(METRICS.get(name).formula, False) for name in METRICS.names()}
    result |= {(term.formula, False) for term in glossary.terms() if term.formula}
    result |= {(each.formula, False) for each in FUNCTIONS.values()}
    return sorted(result | set(of_lessons()) | window)


def test_there_are_formulas_of_every_kind(formulas: list[tuple[str, bool]], window: set[tuple[str, bool]]) -> None:
    assert len(formulas) > 120
    assert len(set(of_lessons())) > 20
    assert len(window) > 40


def test_each_reads_plainly(formulas: list[tuple[str, bool]]) -> None:
    for latex, _ in formulas:
        words = check(latex)
        assert words, latex
        assert not set(words) & set("\\$"), words
        assert "  " not in words.replace("   ", ""), words


def test_each_fits_the_height_that_is_reserved_for_it(formulas: list[tuple[str, bool]]) -> None:
    for latex, own in formulas:
        for line in lines(typesetting.display_style(latex) if own else latex):
            drawing = typesetting.draw(line)
            over, under = extents(latex, own)
            assert drawing.width > 0
            scale = min(over / drawing.ascent, under / max(0.01, drawing.descent))
            assert scale > 0.75, (line, drawing.ascent, drawing.descent)
