"""The little sums in lesson files, and the places of sentences that they fill."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.expressions import DEEPEST, ExpressionError, evaluate, fill, names, places


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-(4 - 1) / 2", -1.5),
        ("a.b < 0.5 * c", True),
        ("1 < c < 3 and not a.b > c", False),
        ("min(c, 3, a.b) + abs(-2) + max(1, 2)", 4.5),
        ("2 * ln2", 2 * math.log(2)),
        ("a.b == 0.5 or 1 / 0 > 1", True),
    ],
)
def test_sums(text: str, value: float) -> None:
    assert evaluate(text, {"a.b": 0.5, "c": 2.0} if "and not" not in text else {"a.b": 2.5, "c": 2.0}) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.__class__()",
        "(1).real",
        "[1, 2]",
        "x[0]",
        "lambda: 1",
        "'text'",
        "2 ** 999999999",
        "1 if 2 else 3",
        "f'{1}'",
        "abs(1, 2)",
        "min(1)",
        "print(1)",
        "True",
        "a in b",
        "x := 1",
        "1; 2",
        "",
        "9" * 400,
        "-" * 100 + "1",
    ],
)
def test_what_is_no_sum_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, {"a": 1.0, "b": 1.0, "x": 1.0})


def test_what_was_not_measured_and_what_has_no_value_is_told() -> None:
    with pytest.raises(ExpressionError, match=r"'b' in 'a < b' is not measured; there are a"):
        evaluate("a < b", {"a": 1.0})
    with pytest.raises(ExpressionError, match="divides by zero"):
        evaluate("1 / a", {"a": 0.0})


@given(st.text(max_size=60))
def test_no_text_does_anything_but_sums(text: str) -> None:
    try:
        value = evaluate(text, {"a": 1.0})
    except ExpressionError:
        return
    assert isinstance(value, int | float)


OPERATORS = ["+", "-", "*", "<", ">=", "=="]
_numbers = st.floats(-1e6, 1e6).map(lambda x: f"({x!r})")
_sums = st.recursive(
    _numbers | st.just("a.b"),
    lambda inner: st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda t: f"({' '.join(t)})"),
    max_leaves=6,
)


@given(_sums)
def test_sums_are_those_of_python(text: str) -> None:
    if len(text) <= 300:
        python = eval(text.replace("a.b", "(3.5)"), {"__builtins__": {}})  # text that we made
        assert evaluate(text, {"a.b": 3.5}) == python
        assert names(text) <= {"a.b"}


@given(st.floats(-1e9, 1e9))
def test_numbers_in_sentences_have_a_true_minus(value: float) -> None:
    said = fill("It is {x:.1f} nats.", {"x": value})
    assert said == f"It is {f'{value:.1f}'.replace('-', '−')} nats."
    assert places("{x:.1f} and {x - 1:,.0f}") == ("x", "x - 1")


def test_infinity_is_said_as_such() -> None:
    assert fill("{x} {y}", {"x": math.inf, "y": math.nan}) == "∞ no number"
    assert DEEPEST > 20
