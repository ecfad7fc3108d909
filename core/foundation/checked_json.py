"""JSON from elsewhere, checked before anything relies on it: size, nesting, numbers, repeated names."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from core.foundation.quoted import brief
from core.foundation.user_error import UserError

MOST_BYTES = 1 << 20
"""Largest text that is read, bytes. Python's values of it take up to thirty times as much memory."""
MOST_DEPTH = 32
"""Levels of lists and objects. Our files have four."""
LARGEST = 2**53
"""Largest size of a whole number: beyond it a float is no longer exact."""
_DIGITS = 20
_TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = re.compile(r"[][{}]")


class JsonError(UserError):
    """Text that is not JSON as we read it. ``str(error)`` is the predicate of a sentence: "is nested too deep"."""


def read_json(content: bytes | str, most_bytes: int = MOST_BYTES) -> Any:
    """The value in a JSON text of at most ``most_bytes``. Raises `JsonError`.

    Refused are what Python's reader takes or fails at: NaN, infinities and numbers that overflow, whole numbers beyond
    ±2⁵³, a name twice in an object, nesting beyond `MOST_DEPTH`.
    """
    if len(content) > most_bytes:
        raise JsonError(f"is too large ({len(content):,} bytes; at most {most_bytes:,} are read)")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        _check_depth(text)
        return json.loads(
            text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole, object_pairs_hook=_object
        )
    except JsonError:
        raise
    except ValueError:  # also what is no UTF-8
        raise JsonError("is not JSON") from None


def read_object(content: bytes | str, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """As `read_json`, for a text whose value must be an object. Raises `JsonError`."""
    value = read_json(content, most_bytes)
    if not isinstance(value, dict):
        raise JsonError("is not a JSON object")
    return value


def _check_depth(text: str) -> None:
    """Raise `JsonError` where brackets outside of strings are nested too deep; Python's reader would recurse."""
    depth = 0
    for bracket in _BRACKETS.findall(_TEXT.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MOST_DEPTH:
            raise JsonError(f"is nested more than {MOST_DEPTH} levels deep")


def _refuse(name: str) -> NoReturn:
    raise JsonError(f"holds {name}, which is no finite number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise JsonError(f"holds {brief(digits, 24)}, which is no finite number")
    return value


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS or abs(int(digits)) > LARGEST:
        raise JsonError(f"holds {brief(digits, 24)}, which is too large a number")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise JsonError(f"holds '{brief(twice)}' twice")
    return found
