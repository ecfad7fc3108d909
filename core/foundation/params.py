"""One description per knob.

A config is a frozen dataclass whose fields are ``Annotated[type, Param(...)]``. From that one line come the
slider, the tooltip, the range check, the command-line option, the JSON key and the row in the reference page.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import re
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from core.foundation.number_words import significant, typed
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

KnobValue = float | int | bool | str
LONGEST = 100_000
"""Longest text of a knob, characters: a drawing of many strokes."""
C = TypeVar("C")


class KnobError(UserError):
    """A value that a knob cannot take. ``str(error)`` names the knob, the value and what is allowed."""


@dataclass(frozen=True)
class Param:
    """The description of one knob.

    ``low`` and ``high`` are inclusive. ``scale`` "log" with ``low`` = 0 means: zero is allowed, then logarithmic.
    ``live`` knobs act at the next step; the others need a restart. ``pace`` knobs change how training moves, not what
    it minimises: learning rates, numbers of draws. ``choices`` makes it a list of names.
    ``when`` hides the knob unless another field of the same config has one of the given values. ``short`` is what the
    name of a lane calls it ("AE · lr 0.05"). ``words`` names single values: ``((1.0, "none"),)``.
    """

    label: str
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""
    formula: str = ""
    help: str = ""
    live: bool = False
    pace: bool = False
    choices: tuple[str, ...] = ()
    decimals: int = 2
    presets: tuple[float, ...] = ()
    when: tuple[str, tuple[str, ...]] | None = None
    option: str = ""  # the command-line name where it differs from the field's
    pattern: str = ""  # a regular expression that the whole text must match
    example: str = ""  # a text that matches it, for the error
    mistakes: tuple[tuple[str, str], ...] = ()  # patterns of texts that fail it, and what is wrong with each
    soft: tuple[float, float] | None = None  # what a slider spans where the hard bounds are wider, as in Blender
    short: str = ""
    words: tuple[tuple[float, str], ...] = ()
    of_images: bool = False  # without effect on points of a plane


@dataclass(frozen=True)
class Knob:
    """A named field of a config with its description: ``kind`` is float, int, bool or str."""

    name: str
    kind: type
    default: KnobValue
    param: Param

    def worded(self, say: Callable[[str], str]) -> Knob:
        """The knob with label, help, formula and unit in the words of some data (``say``: `Dataset.worded`)."""
        p = self.param
        param = dataclasses.replace(p, label=say(p.label), help=say(p.help), formula=say(p.formula), unit=say(p.unit))
        return dataclasses.replace(self, param=param)

    def check(self, value: Any) -> KnobValue:
        """``value`` as this knob's type. Raises `KnobError`."""
        p = self.param
        if self.kind is bool:
            if isinstance(value, bool):
                return value
            raise KnobError(f"{p.label}: {_quoted(value)} is not true or false")
        if self.kind is str:
            return self._check_text(value)
        if isinstance(value, bool):
            raise KnobError(f"{p.label}: {value!r} is not a number")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise KnobError(f"{p.label}: {_quoted(value)} is not a number") from None
        except OverflowError:
            raise KnobError(f"{p.label}: a number of so many digits is too large") from None
        if not math.isfinite(number):
            raise KnobError(f"{p.label}: {brief(value)} is not a finite number")
        if self.kind is int and number != int(number):
            raise KnobError(f"{p.label}: {brief(value)} is not a whole number")
        if (p.low is not None and number < p.low) or (p.high is not None and number > p.high):
            unit = f" {p.unit}" if p.unit else ""
            raise KnobError(f"{p.label}: {significant(number, 6)} is outside {_bound(p.low)} to {_bound(p.high)}{unit}")
        return int(number) if self.kind is int else number

    def _check_text(self, text: Any) -> str:
        p = self.param
        if not isinstance(text, str):
            raise KnobError(f"{p.label}: {_quoted(text)} is not text")
        if p.choices and text not in p.choices:
            raise KnobError(f"{p.label}: '{brief(text)}' is not one of {', '.join(p.choices)}")
        if len(text) > LONGEST:  # matching a pattern takes memory by the character
            raise KnobError(f"{p.label}: a text of {len(text):,} characters is too long; {LONGEST:,} are allowed")
        if p.pattern and not re.fullmatch(p.pattern, text):
            for mistake, what in p.mistakes:
                if re.fullmatch(mistake, text):
                    raise KnobError(f"{p.label}: '{brief(text)}' {what}")
            raise KnobError(f"{p.label}: '{brief(text)}' does not look like {p.example}")
        return text

    def parse(self, text: str) -> KnobValue:
        """The value in typed text. Raises `KnobError`."""
        if self.kind is bool:
            word = text.strip().lower()
            if word in ("1", "true", "yes", "on"):
                return True
            if word in ("0", "false", "no", "off"):
                return False
            raise KnobError(f"{self.param.label}: '{brief(text)}' is not yes or no")
        if self.kind is str:
            return self.check(text)
        return self.check(typed(text))

    def written(self, value: KnobValue) -> str:
        """A value as the window writes it: ``0.00001``, ``none``, ``256, 128``; without the unit."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, str):
            return value
        word = dict(self.param.words).get(float(value))
        return word if word is not None else f"{value:,}" if isinstance(value, int) else significant(value, 4)

    def shown(self, config: object, points: bool = False) -> bool:
        """Whether the knob matters for this config (see ``Param.when``), on points of a plane where ``points``."""
        if points and self.param.of_images:
            return False
        if self.param.when is None:
            return True
        field, values = self.param.when
        if points and any(other.name == field and other.param.of_images for other in knobs(type(config))):
            return True  # what it waits for has no effect
        return str(getattr(config, field)) in values


def _quoted(value: Any) -> str:
    return f"'{brief(value)}'" if isinstance(value, str) else brief(value)


def _bound(number: float | None) -> str:
    return "any" if number is None else significant(number, 10)


_cache: dict[Any, tuple[Knob, ...]] = {}


def knobs(config_type: type) -> tuple[Knob, ...]:
    """The knobs of a config class, in the order of its fields. TypeError for a field without Param or default."""
    if config_type not in _cache:
        _cache[config_type] = _read_knobs(config_type)
    return _cache[config_type]


def _read_knobs(config_type: type) -> tuple[Knob, ...]:
    hints = typing.get_type_hints(config_type, include_extras=True)
    fields = []
    for field in dataclasses.fields(config_type):
        hint = hints[field.name]
        params = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Param)]
        if not params:
            raise TypeError(f"{config_type.__name__}.{field.name} has no Param")
        if field.default is dataclasses.MISSING:
            raise TypeError(f"{config_type.__name__}.{field.name} has no default")
        fields.append(Knob(field.name, hint.__origin__, field.default, params[0]))
    return tuple(fields)


def knob(config_type: type, name: str) -> Knob:
    """The knob of that field name. `KnobError` if there is none."""
    for each in knobs(config_type):
        if each.name == name:
            return each
    raise KnobError(f"there is no knob '{brief(name)}'; there are {', '.join(k.name for k in knobs(config_type))}")


def checked(config: C) -> C:
    """The config with every field checked and converted. `KnobError` names the first bad one."""
    values = {k.name: k.check(getattr(config, k.name)) for k in knobs(type(config))}
    return type(config)(**values)


def changed(config: C, name: str, value: Any) -> C:
    """A copy of the config with one knob set, checked."""
    new = knob(type(config), name).check(value)
    return typing.cast(C, dataclasses.replace(typing.cast(Any, config), **{name: new}))


def to_json(config: object) -> dict[str, KnobValue]:
    """Plain values by field name."""
    return {k.name: getattr(config, k.name) for k in knobs(type(config))}


def from_json(config_type: type[C], values: Mapping[str, Any]) -> C:
    """The config from plain values by name. `KnobError` for an unknown name; a missing one takes its default."""
    if not isinstance(values, Mapping):
        raise KnobError(f"{_quoted(values)} is no table of knobs")
    for name in values:
        knob(config_type, name)
    return config_type(**{k.name: k.check(values.get(k.name, k.default)) for k in knobs(config_type)})


def option_of(field: Knob) -> str:
    """The command-line option of a knob, with its dashes."""
    return "--" + (field.param.option or field.name.replace("_", "-"))


def add_options(parser: argparse.ArgumentParser, config_type: type, title: str, without: Collection[str] = ()) -> None:
    """Add one option per knob but those ``without``. An option that is not given stays out of the namespace."""
    group = parser.add_argument_group(title)
    for each in knobs(config_type):
        if each.name in without:
            continue
        p = each.param
        text = p.help or p.label
        unit = f" {p.unit}" if p.unit else ""
        if p.choices:
            span = "|".join(p.choices)
        elif each.kind in (int, float):
            span = f"{_bound(p.low)} to {_bound(p.high)}{unit}"
        else:
            span = "yes|no" if each.kind is bool else "text"
        group.add_argument(
            option_of(each),
            dest=each.name,
            default=argparse.SUPPRESS,
            metavar=each.name.upper(),
            help=f"{text} ({span}; default {each.default})".replace("%", "%%"),
        )


def from_options(config_type: type[C], options: Mapping[str, Any]) -> C:
    """The config from parsed options (text). Raises `KnobError`."""
    values = {k.name: k.parse(str(options[k.name])) for k in knobs(config_type) if k.name in options}
    return config_type(**values)
