"""Every formula there is: of knobs, measures, words, lessons and of what the window says. Each reads and is drawn."""

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
from gui.drawing.formula_line import room

GUI = sorted((Path(__file__).parents[2] / "gui").rglob("*.py"))
MARKS = tuple(rf"\{role}{{" for role in ROLES)


def of_lessons() -> Iterator[tuple[str, bool]]:
    for lesson in one_by_one():
        for page in lesson.pages:
            ask = page.ask
            told = [] if ask is None else [ask.question, ask.told, *(t for c in ask.choices for t in (c.text, c.why))]
            for text in (page.text, *told):
                yield from ((each.text, each.on_its_own) for each in pieces(text) if each.is_formula)


def of_the_window() -> Iterator[tuple[str, bool]]:
    """Strings of the source: what stands between dollars, and what wears a role."""
    for path in GUI:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value
                if "$" in words:
                    yield from ((each.text, False) for each in pieces(words) if each.is_formula)
                elif any(mark in words for mark in MARKS) and words.count("{") == words.count("}"):
                    yield words, True


def every() -> list[tuple[str, bool]]:
    found: set[tuple[str, bool]] = set()
    for name in MODELS.names():
        found |= {(each.param.formula, False) for each in knobs(MODELS.get(name).Config) if each.param.formula}
    found |= {(METRICS.get(name).formula, False) for name in METRICS.names()}
    found |= {(term.formula, False) for term in glossary.terms() if term.formula}
    found |= {(each.formula, False) for each in FUNCTIONS.values()}
    return sorted(found | set(of_lessons()) | set(of_the_window()))


EVERY = every()


def test_there_are_formulas_of_every_kind() -> None:
    assert len(EVERY) > 120
    assert len(set(of_lessons())) > 20
    assert len(set(of_the_window())) > 40


@pytest.mark.parametrize("latex", sorted({latex for latex, _ in EVERY}))
def test_it_reads_plainly(latex: str) -> None:
    words = check(latex)
    assert words
    assert not set(words) & set("\\$"), words
    assert "  " not in words.replace("   ", "")


def test_each_is_drawn_in_the_room_that_is_kept_for_it() -> None:
    for latex, own in EVERY:
        for line in lines(typesetting.tall(latex) if own else latex):
            found = typesetting.draw(line)
            over, under = room(latex, own)
            assert found.width > 0
            scale = min(over / found.ascent, under / max(0.01, found.descent))
            assert scale > 0.75, (line, found.ascent, found.descent)
