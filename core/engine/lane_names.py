"""What lanes are called: the model's name, and where several lanes have one model, the knobs that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.foundation.params import Knob, knobs

if TYPE_CHECKING:
    from core.models.base import Model, TrainConfig

MOST_LANES = 5
"""Number of lanes side by side, at most; each has a slot of its own below it."""
SEPARATOR = " · "
MOST_KNOBS = 2
"""Number of knobs in a name, at most, unless more are needed to tell the lanes apart."""
MOST_LETTERS = 40
"""Letters of a name that a user gives a lane, at most."""
BRIEF_LETTERS = 14
"""Letters of its brief form, at most."""


@dataclass(frozen=True)
class Named:
    """A lane to be named: its slot, its model, the config in force, and the name ``given`` by the user, or ""."""

    slot: int
    model: type[Model]
    config: TrainConfig
    given: str = ""


@dataclass(frozen=True)
class LaneName:
    """The names of one lane. Each kind is unique among the lanes.

    ``brief``: "AE", or "AE 2" where several lanes have this model. ``full``: "AE · lr 0.05", or "AE 2" where no knob
    differs. ``long``: as ``full``, with the model's long name. ``knobs``: the part after the model's name, or "".
    All but ``knobs`` are the name that the user gave, where there is one.
    """

    brief: str
    full: str
    long: str
    knobs: str = ""


def lane_names(lanes: Sequence[Named]) -> tuple[LaneName, ...]:
    """A name for each lane: the user's, else from their models and the knobs by which lanes of one model differ."""
    shorts = Counter(lane.model.short for lane in lanes)
    told = {lane.slot: _knob_words(lane, [each for each in lanes if each.model is lane.model]) for lane in lanes}
    fulls = Counter((lane.model.short, told[lane.slot]) for lane in lanes)
    names = []
    for lane in lanes:
        if lane.given:
            cut, number = _cut(lane.given), f" {lane.slot + 1}"
            is_one = sum(_cut(each.given) == cut for each in lanes) == 1
            is_only = sum(each.given == lane.given for each in lanes) == 1  # names of saved runs may be alike
            full = lane.given if is_only else lane.given + number
            names.append(LaneName(cut if is_one else cut + number, full, full))
            continue
        short, words = lane.model.short, told[lane.slot]
        number = f" {lane.slot + 1}" if shorts[short] > 1 else ""
        plain = "" if fulls[short, words] == 1 and words else number
        rest = f"{plain}{SEPARATOR}{words}" if words else plain
        names.append(LaneName(f"{short}{number}", f"{short}{rest}", f"{lane.model.title}{rest}", words))
    return tuple(names)


def _cut(given: str) -> str:
    return given if len(given) <= BRIEF_LETTERS else f"{given[: BRIEF_LETTERS - 1].rstrip()}…"


def checked_name(words: str) -> str:
    """A name as a lane can have it: printable, on one line, no spaces around it. ValueError where it is too long."""
    name = " ".join("".join(each if each.isprintable() else " " for each in words).split())
    if len(name) > MOST_LETTERS:
        raise ValueError(f"a name has at most {MOST_LETTERS} letters, this one has {len(name)}")
    return name


def _knob_words(lane: Named, group: Sequence[Named]) -> str:
    """The knobs of a lane, and their values, that differ in its ``group`` of lanes of one model."""
    chosen: list[Knob] = []
    for knob in _by_importance(lane.model):
        if len({_value(each, knob) for each in group}) == 1:
            continue
        with_knob = [*chosen, knob]
        if len(chosen) < MOST_KNOBS or _kinds(group, with_knob) > _kinds(group, chosen):
            chosen = with_knob
    return SEPARATOR.join(
        f"{knob.param.short or knob.param.label} {knob.written(value)}"
        for knob in chosen
        if (value := _value(lane, knob)) is not None
    )


def _by_importance(model: type[Model]) -> list[Knob]:
    """The weight of the rate first, then live knobs, then those that need a restart."""
    weight = model.rate_knobs.weight if model.rate_knobs is not None else ""
    return sorted(knobs(model.Config), key=lambda knob: (knob.name != weight, not knob.param.live))


def _value(lane: Named, knob: Knob) -> float | int | bool | str | None:
    """The value of a knob; None where it has no effect under the lane's config."""
    value: float | int | bool | str = getattr(lane.config, knob.name)
    return value if knob.shown(lane.config) else None


def _kinds(group: Sequence[Named], chosen: Sequence[Knob]) -> int:
    """How many lanes the chosen knobs tell apart."""
    return len({tuple(_value(lane, knob) for knob in chosen) for lane in group})
