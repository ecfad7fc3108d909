"""What is wrong with a class that somebody else wrote, in one sentence, before anything relies on what it declares."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from typing import Any

from core.foundation.extensions import sentence
from core.foundation.params import KnobError, knobs

LONGEST = 600
"""Longest text that a class may declare, characters."""
NUMBERS, KINDS = (int, float), (int, float, bool, str)


def lacking(cls: Any, base: type, texts: Sequence[str], others: Sequence[str] = ()) -> str:
    """Why a class is no finished subclass of ``base``: abstract methods, ``texts`` and ``others`` that it lacks.

    "" where it is one.
    """
    if not isinstance(cls, type) or not issubclass(cls, base):
        return f"{_name(cls)} is no subclass of {base.__name__} of {base.__module__}"
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    missing += [text for text in texts if not str(getattr(cls, text, "")).strip()]
    missing += [other for other in others if getattr(cls, other, None) is None]
    if missing:
        return f"{cls.__name__} lacks {', '.join(missing)}"
    for text in (*texts, "summary"):
        words = getattr(cls, text, "")
        if not isinstance(words, str):
            return f"{cls.__name__}.{text} is no text"
        if not words.isprintable() or len(words) > LONGEST:  # it stands in menus, tables and messages
            return f"{cls.__name__}.{text} must be one line of {LONGEST} characters at most"
    order = getattr(cls, "order", 100)
    return "" if isinstance(order, NUMBERS) else f"{cls.__name__}.order is no number"


def unusable_call(cls: Any, *parameters: str) -> str:
    """Why a class cannot be made from so many arguments; "" where it can."""
    try:
        inspect.signature(cls).bind(*parameters)
    except TypeError:
        return f"{cls.__name__}.__init__ must take ({', '.join(('self', *parameters))})"
    return ""


def unusable_config(cls: Any, base: type | None = None) -> str:
    """Why no form can be made of a config class with `core.foundation.params.Param` at each field; "" where one can."""
    name = _name(cls)
    if not isinstance(cls, type) or (base is not None and not issubclass(cls, base)):
        return f"{name} is no {'class' if base is None else f'subclass of {base.__name__}'}"
    own = {field for field, kind in vars(cls).get("__annotations__", {}).items() if "ClassVar" not in str(kind)}
    if not dataclasses.is_dataclass(cls) or own - {field.name for field in dataclasses.fields(cls)}:
        return f"{name} lacks @dataclass(frozen=True)"
    try:
        found = knobs(cls)
        for each in found:
            if each.kind not in KINDS:
                return f"{name}.{each.name} is of no kind that a form has; use int, float, bool or str"
            if each.kind in NUMBERS and (each.param.low is None or each.param.high is None):
                return f"{name}.{each.name} lacks its bounds; write them behind the label in Param"
            if each.param.when is not None and each.param.when[0] not in {other.name for other in found}:
                return f"{name}.{each.name} is shown for a knob '{each.param.when[0]}' that is not there"
            for value in (each.default, *each.param.presets):
                each.check(value)
        cls()
    except KnobError as error:
        return f"{name}: {error}"
    except Exception as error:  # a name that cannot be resolved, a pattern that is none, an __init__ that fails
        return f"{name} cannot be read: {sentence(error)}"
    return ""


def _name(cls: Any) -> str:
    return str(getattr(cls, "__name__", None) or repr(cls)[:80])
