"""JSON that Python's reader would take, or fail at, is refused in the predicate of a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.foundation.checked_json import MOST_BYTES, MOST_DEPTH, JsonError, read_json, read_object
from core.foundation.quoted import brief, printable


@pytest.mark.parametrize(
    "value",
    [{}, {"a": [1, -2.5, None, True, '[{\\"é']}, 2**53, -(2**53), 1e300, "", "[" * 100, {"[": "}" * 99, '"': "\\"}],
)
def test_what_is_json_is_read(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2)):
        assert read_json(text) == value
        assert read_json(text.encode()) == value
        assert read_json(b"\xef\xbb\xbf" + text.encode()) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 1000 + "]" * 1000, "is nested more than 32 levels deep"),
        ('{"a":' * 100_000, "is nested more than 32 levels deep"),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "is nested more than"),
        ('{"step": Infinity}', "holds Infinity, which is no finite number"),
        ("[NaN]", "holds NaN, which is no finite number"),
        ("1e999", "holds 1e999, which is no finite number"),
        ("9" * 400, "holds 99999999999999999999999…, which is too large a number"),
        ("-" + "9" * 5000, "which is too large a number"),
        (str(2**53 + 1), "holds 9007199254740993, which is too large a number"),
        ('{"a": 1, "b": 2, "a": 3}', "holds 'a' twice"),
        ('{"' + "x" * 200_000 + '": 1, "' + "x" * 200_000 + '": 2}', "holds 'xxx"),
        (" " * (MOST_BYTES + 1), "is too large (1,048,577 bytes; at most 1,048,576 are read)"),
        ("", "is not JSON"),
        ("{'a': 1}", "is not JSON"),
        ('"\\', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"\x80", "is not JSON"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_what_is_none_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(JsonError) as caught:
        read_json(text)
    assert why in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_deepest_that_is_read() -> None:
    value = read_json("[" * MOST_DEPTH + "]" * MOST_DEPTH)
    assert json.dumps(value) == "[" * MOST_DEPTH + "]" * MOST_DEPTH


@pytest.mark.parametrize("text", ["[]", "null", "3", '"{}"'])
def test_an_object_is_asked_for(text: str) -> None:
    with pytest.raises(JsonError, match="is not a JSON object"):
        read_object(text)
    assert read_object('{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("plain é", "plain é"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m\0", "\\x1b[31m\\x00"),
        ("\ud800", "\\ud800"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("\n" * 200_000, "\\n" * 39 + "\\…"),
        ([1, "a"], "[1, 'a']"),
        (10**5000, "a number of thousands of digits"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_quotation_is_one_short_line(value: object, words: str) -> None:
    assert brief(value) == words
    assert brief(value).isprintable()
    assert len(brief(value)) <= 80


def test_only_what_cannot_be_shown_is_escaped() -> None:
    assert printable("größer\n") == "größer\\n"
