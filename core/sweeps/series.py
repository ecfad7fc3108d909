"""How the settings of a sweep make series: lines along one knob, each with a colour, a shape and words of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.engine.lane_names import MOST_LANES
from core.exports.palette import lane_role, variable
from core.foundation.params import KnobValue
from core.models.base import MODELS
from core.sweeps.groups import Group, knob_label
from core.sweeps.outcome import Outcome
from core.sweeps.plan import value_words

T = TypeVar("T")
LEGEND_SHADES = 6
"""Values named in the legend of a ramp of colours, at most."""
RAMP = "lane-2", "lane-3", "lane-1"
"""Roles of a ramp's colours, from its first value to its last."""


@dataclass(frozen=True)
class Ink:
    """How a series looks: the colour and shape of a lane, or a circle at ``shade`` (0 to 1) on a ramp of colours."""

    slot: int = 0
    shade: float | None = None

    @property
    def style(self) -> str:
        """The colour, for children that ask for ``currentColor``. A reader that cannot mix shows the nearest role."""
        if self.shade is None:
            return f"color:{variable(lane_role(self.slot))}"
        index, share = (0, 2 * self.shade) if self.shade < 0.5 else (1, 2 * self.shade - 1)
        one, other = (variable(role) for role in RAMP[index : index + 2])
        nearest = one if share < 0.5 else other
        return f"color:{nearest};color:color-mix(in oklab,{one} {100 * (1 - share):.0f}%,{other})"


@dataclass(frozen=True)
class Series:
    """Settings that differ in one knob alone, in the order of its values. ``label`` says what else they have."""

    label: str
    groups: tuple[Group, ...]
    ink: Ink


@dataclass(frozen=True)
class SeriesSet:
    """All series along a knob, with the entries of their legend; no entry where there is one series only.

    ``note`` says what colours do not tell apart, as a sentence after others.
    """

    series: tuple[Series, ...]
    legend: tuple[tuple[str, Ink], ...]
    note: str = ""


def is_number(value: object) -> bool:
    """Whether a value of a knob has a place on an axis of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_logarithmic(outcome: Outcome, name: str) -> bool:
    """Whether the slider of a knob is logarithmic."""
    knob = outcome.run.knob(name)
    return knob is not None and knob.param.scale == "log"


def varying(groups: Sequence[Group]) -> tuple[str, ...]:
    """What takes two values or more in these settings, in the order of the plan; without the data set."""
    names = dict.fromkeys(name for group in groups for name, _ in group.setting if name != "dataset")
    return tuple(name for name in names if len({group.get(name) for group in groups}) > 1)


def main_knob(groups: Sequence[Group]) -> str:
    """The knob of numbers along which settings are joined: the weight of the rate, else the one of most values.

    "" where no number varies.
    """
    numbers = [name for name in varying(groups) if any(is_number(group.get(name)) for group in groups)]
    weights = [name for name in numbers if any(_is_rate_weight(group.outcomes[0], name) for group in groups)]
    if weights:
        return weights[0]
    return max(numbers, key=lambda name: len({group.get(name) for group in groups}), default="")


def _is_rate_weight(outcome: Outcome, name: str) -> bool:
    rate, knob = MODELS.get(outcome.run.model).rate_knobs, outcome.run.knob(name)
    return rate is not None and knob is not None and knob.name == rate.weight


def along(groups: Sequence[Group], knob: str) -> SeriesSet:
    """The settings as series along a knob, or each by itself where ``knob`` is ""."""
    names = [name for name in varying(groups) if name != knob]
    found: dict[tuple[KnobValue | None, ...], list[Group]] = {}
    for group in groups:
        found.setdefault(tuple(group.get(name) for name in names), []).append(group)
    inks = _inks(list(found))
    series = []
    for key, members in found.items():
        ordered = sorted(members, key=lambda group: _rank(group.get(knob))) if knob else members
        label = ", ".join(_named(members[0], name) for name in names if members[0].get(name) is not None)
        series.append(Series(label, tuple(ordered), inks[key]))
    if len(series) == 1:
        return SeriesSet(tuple(series), ())
    note = ""
    if series[0].ink.shade is not None and len(names) > 1:
        first, *others = (knob_label(_with(groups, name), name) for name in names)
        note = f" Colours tell {first} apart, not {', '.join(others)}."
    return SeriesSet(tuple(series), tuple(_legend(series, names)), note)


def _with(groups: Sequence[Group], name: str) -> Outcome:
    """A run that has a knob."""
    return next(group.outcomes[0] for group in groups if group.get(name) is not None)


def _inks(keys: Sequence[tuple[KnobValue | None, ...]]) -> dict[tuple[KnobValue | None, ...], Ink]:
    """The colours of lanes while they last, else a ramp over the values of the first knob."""
    if len(keys) <= MOST_LANES:
        return {key: Ink(slot) for slot, key in enumerate(keys)}
    values = sorted({key[0] for key in keys}, key=_rank)
    last = max(1, len(values) - 1)
    return {key: Ink(0, values.index(key[0]) / last) for key in keys}


def _rank(value: KnobValue | None) -> tuple[int, float, str]:
    """Numbers in their order, then words in theirs, then what does not exist."""
    if value is None:
        return 2, 0.0, ""
    return (1, 0.0, value) if isinstance(value, str) else (0, float(value), "")


def _legend(series: Sequence[Series], names: Sequence[str]) -> Iterator[tuple[str, Ink]]:
    """An entry a series, or some values of the ramp."""
    if series[0].ink.shade is None:
        yield from ((each.label or "without it", each.ink) for each in series)
        return
    shades = {each.ink.shade or 0.0: each for each in series}
    ordered = [shades[shade] for shade in sorted(shades)]
    for each in evenly(ordered, LEGEND_SHADES):
        first = each.groups[0]
        yield (f"without {names[0]}" if first.get(names[0]) is None else _named(first, names[0])), each.ink


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def _named(group: Group, name: str) -> str:
    """A knob with its value: "latent 8"; a model by its name alone."""
    value = group.get(name)
    words = "" if value is None else value_words(value)
    return words if name == "model" else f"{knob_label(group.outcomes[0], name)} {words}"
