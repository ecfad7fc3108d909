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


@dataclass(frozen=True)
class Named:
    """A lane to be named: its slot, its model, and the config in force."""

    slot: int
    model: type[Model]
    config: TrainConfig


@dataclass(frozen=True)
class LaneName:
    """The names of one lane. Each kind is unique among the lanes.

    ``brief``: "AE", or "AE 2" where several lanes have this model. ``full``: "AE · lr 0.05", or "AE 2" where no knob
    differs. ``long``: as ``full``, with the model's long name. ``knobs``: the part after the model's name, or "".
    """

    brief: str
    full: str
    long: str
    knobs: str = ""


def lane_names(lanes: Sequence[Named]) -> tuple[LaneName, ...]:
    """A name for each lane, from their models and the knobs by which lanes of one model differ."""
    shorts = Counter(lane.model.short for lane in lanes)
    told = {lane.slot: _knob_words(lane, [each for each in lanes if each.model is lane.model]) for lane in lanes}
    fulls = Counter((lane.model.short, told[lane.slot]) for lane in lanes)
    names = []
    for lane in lanes:
        short, words = lane.model.short, told[lane.slot]
        number = f" {lane.slot + 1}" if shorts[short] > 1 else ""
        plain = "" if fulls[short, words] == 1 and words else number
        rest = f"{plain}{SEPARATOR}{words}" if words else plain
        names.append(LaneName(f"{short}{number}", f"{short}{rest}", f"{lane.model.title}{rest}", words))
    return tuple(names)


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
