"""Whatever text or bytes a reader is given, it reads them or says in one short sentence why not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.base import SOURCES
from core.foundation.checked_json import LARGEST, JsonError, read_json
from core.foundation.params import from_json, knobs
from core.foundation.user_error import UserError
from core.lessons import reader
from core.models.base import MODELS
from core.readers.idx import IMAGES, parse_idx
from core.text import expressions, formulas, glossary
from core.training.setup import Setup

NUMBERS = st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(st.text(), inside, max_size=5),
    max_leaves=20,
)
LATEX = st.lists(
    st.sampled_from([*"{}^_$&\\ x1+-=", r"\frac", r"\hat", r"\text{", r"\q{", r"\sqrt{", r"\left(", r"\nope", "é"]),
    max_size=60,
).map("".join)
EXPRESSION = st.lists(
    st.sampled_from([*"()+-*/<>=,. 19ab", "not ", "and ", "max(", "a.b", "1e9", "lambda x:", "[", "{", "}", "\n", "é"]),
    max_size=60,
).map("".join)
MARKDOWN = st.lists(
    st.sampled_from(["## T\n", "also: x\n", "formula: \\q{\n", "+++\n", "title = 1\n", "```ask\n", "```\n", "words\n"])
    | st.text(max_size=8),
    max_size=30,
).map("".join)


def bears(read: Callable[[], object]) -> None:
    """Check that what is raised, if anything, is one line that can be printed."""
    said = "nothing"
    try:
        read()
    except UserError as error:
        said = str(error)
    assert said.isprintable()
    assert 0 < len(said) < 900


@given(JSON)
def test_json_that_was_written_is_read(value: Any) -> None:
    assert read_json(json.dumps(value)) == value


@given(st.text() | st.binary())
def test_any_text_is_json_or_not(text: str | bytes) -> None:
    bears(lambda: read_json(text))


@given(st.lists(st.sampled_from([*'[]{}",:', '"\\"', "1", "1e999", "NaN", " "]), max_size=200).map("".join))
def test_any_brackets_are_json_or_not(text: str) -> None:
    try:
        ours: Any = read_json(text)
    except JsonError:
        return
    assert ours == json.loads(text)  # we take nothing that Python's reader does not take


@pytest.mark.parametrize("name", ["setup", *SOURCES.names(), *MODELS.names()])
@settings(max_examples=30)
@given(values=st.data())
def test_any_values_are_knobs_or_not(name: str, values: st.DataObject) -> None:
    every = {"setup": Setup} | {n: SOURCES.get(n).Config for n in SOURCES.names()}
    config: type[Any] = every[name] if name in every else MODELS.get(name).Config
    names = st.one_of(*map(st.just, [each.name for each in knobs(config)]), st.text())
    table = values.draw(st.dictionaries(names, JSON | st.just(math.nan), max_size=4) | JSON)
    bears(lambda: from_json(config, table))


@given(LATEX)
def test_any_formula_is_read_or_not(latex: str) -> None:
    bears(lambda: formulas.check(latex))
    assert isinstance(formulas.plain(latex), str)
    assert "".join(formulas.spoken(each.text) for each in formulas.pieces(latex)) is not None


@given(EXPRESSION)
def test_any_expression_is_read_or_not(text: str) -> None:
    for read in (expressions.names, expressions.condition, expressions.placeholders):
        bears(lambda read=read: read(text))
    bears(lambda: expressions.evaluate(text, {"a.b": 2.0}))


@given(MARKDOWN)
def test_any_lesson_and_glossary_is_read_or_not(text: str) -> None:
    bears(lambda: reader.read(text, "01-any.md"))
    bears(lambda: glossary.read(text))


@given(st.binary(max_size=200).map(lambda tail: b"\0\0\x08" + tail) | st.binary(max_size=200))
def test_any_bytes_are_images_or_not(content: bytes) -> None:
    bears(lambda: parse_idx(content, "any", IMAGES))


@pytest.mark.parametrize("nest", ["{", r"\frac{", r"\hat{", r"\sqrt{", "x^{", r"\q{", r"\text{"])
@pytest.mark.parametrize("depth", [8, 500])
def test_a_formula_nested_deep_is_refused(nest: str, depth: int) -> None:
    with pytest.raises(formulas.FormulaError) as caught:
        formulas.check(nest * depth + "x" + "}" * depth)
    assert str(caught.value).isprintable()


def test_braces_within_words_are_refused() -> None:
    """The typesetter would take twice as long with each."""
    with pytest.raises(formulas.FormulaError, match=r"'\{' stands among words"):
        formulas.check(r"\mathrm{E" + "{E" * 40 + "}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not " * 60 + "a", "nested too deep"),
        ("-" * 290 + "a", "nested too deep"),
        ("~" * 290 + "1", "is not allowed"),
        ("a < " + "9" * 290, "holds a number beyond 1e"),
        ("a < 1e999", "holds a number beyond 1e"),
        ("a" * 301, "is too long"),
    ],
    ids=range(6),
)
def test_an_expression_nested_deep_or_too_large_is_refused(text: str, words: str) -> None:
    with pytest.raises(expressions.ExpressionError, match=words):
        expressions.evaluate(text, {"a": 1.0})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[" * 1000, "line 2: it is nested too deep"),
        ("9" * 5000, "line 2: it holds a number of thousands of digits"),
        ("10" * 15, "'minutes' is 1010101010"),
        ("nan", "'minutes' must be a whole number"),
    ],
    ids=range(4),
)
def test_a_lesson_of_hostile_values_is_refused(value: str, words: str) -> None:
    head = f'+++\ntitle = "T"\nheading = "H"\nminutes = {value}\n+++\n## P\nwords\n'
    with pytest.raises(UserError, match=words):
        reader.read(head, "01-any.md")


def test_files_that_are_too_long_are_refused() -> None:
    with pytest.raises(UserError, match="it has 200,001 characters"):
        reader.read("x" * 200_001, "01-any.md")
    with pytest.raises(UserError, match=r"line 2: it has 200,000 characters"):
        glossary.read("## T\n" + "," * 200_000)
