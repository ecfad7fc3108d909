"""JSON that every reader takes."""

from __future__ import annotations

import json
import math

import pytest

from core.foundation import strict_json


def no_such_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(bad: float) -> None:
    text = strict_json.dumps({"a": bad, "b": [1.5, bad], "c": {"d": (bad, "x", None, True)}}, indent=2)
    read = json.loads(text, parse_constant=no_such_number)
    assert read == {"a": None, "b": [1.5, None], "c": {"d": [None, "x", None, True]}}
