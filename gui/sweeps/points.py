"""The runs of a sweep as points of a plot: what is on the axes, which colour, mean and interval over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles
from core.foundation.params import KnobValue
from gui.drawing.chart import axis_end
from gui.drawing.smoothing import nice_range
from gui.plots.link import Range
from gui.sweeps.sweep import Sweep, is_number, value_of

if TYPE_CHECKING:
    from core.sweeps.groups import Group
    from core.sweeps.outcome import Outcome

PLANE = ""
"""The measure of a `Choice` that stands for the plane of rate and distortion."""
SPREAD = 20.0
"""From this ratio of the largest to the smallest value on, an axis of a knob is logarithmic."""
ZERO_GAP = 0.5
"""On a logarithmic axis 0 stands so many decades left of the smallest value."""
ROOM = 0.06
"""Share of a range that stays free at each end."""
FAR = 8.0
"""Values so many interquartile ranges away do not widen an axis: a run that diverged would squeeze the rest."""
FEW = 8
"""Number of values below which all of them count."""


@dataclass(frozen=True)
class Choice:
    """What is plotted: runs on ``dataset``; a ``measure`` over ``knob``, or `PLANE`, where ``knob`` joins settings by
    lines. ``color`` is what varies by colour and shape, "" for nothing."""

    dataset: str
    measure: str
    knob: str
    color: str = ""


@dataclass(frozen=True)
class Mark:
    """The mean of a setting over seeds, with the 95 % interval of each coordinate (NaN where it has none)."""

    kind: int
    x: float
    y: float
    x_ends: Range
    y_ends: Range
    label: str
    numbers: tuple[int, ...]
    """Its runs that have ended."""


@dataclass(frozen=True)
class Scene:
    """What a plot shows. Runs (N,): ``numbers`` in the plan, ``points`` (N, 2), ``kinds`` of colour.

    ``ticks`` of the x axis: where the values of a knob stand, and their words; None for plain numbers.
    """

    title: str
    x_name: str
    y_name: str
    numbers: npt.NDArray[np.int64]
    points: Doubles
    kinds: npt.NDArray[np.int64]
    marks: tuple[Mark, ...]
    lines: tuple[tuple[int, Doubles], ...]
    home: tuple[Range, Range]
    ticks: tuple[tuple[float, str], ...] | None = None
    legend: tuple[tuple[int, str], ...] = ()
    empty: str = ""

    @property
    def is_plane(self) -> bool:
        """Whether it is the plane of rate and distortion, with its diagonals."""
        return self.ticks is None

    def row_of(self, number: int) -> int | None:
        """The row of a run; None where it has no point."""
        found = np.flatnonzero(self.numbers == number)
        return int(found[0]) if len(found) else None


def measures(sweep: Sweep, dataset: str) -> tuple[str, ...]:
    """Names of measures that a run on a data set has a value of, in the order of the registry."""
    from core.metrics.base import METRICS

    found = {
        name
        for outcome in sweep.outcomes
        if outcome.run.dataset == dataset and outcome.state == "done"
        for name in outcome.values
        if math.isfinite(outcome.value(name))
    }
    known = METRICS.names()
    return (*(name for name in known if name in found), *sorted(found - set(known)))


def first_choice(sweep: Sweep) -> Choice:
    """The plane of rate and distortion of the first data set; where no run has a rate its first measure."""
    dataset = sweep.datasets[0]
    known = measures(sweep, dataset)
    measure = PLANE if not known or {"rate", "distortion"} <= set(known) else known[0]
    knob = (sweep.numeric or sweep.axes)[0]
    others = [name for name in sweep.colors if name != knob]
    return Choice(dataset, measure, knob, "model" if "model" in others else others[0] if others else "")


def name_words(sweep: Sweep, name: str) -> str:
    """What varies, in a few letters: β, latent dims, model."""
    from core.sweeps.groups import knob_label

    has_it = (each for each in sweep.outcomes if value_of(each.run, name) is not None)
    outcome = next(has_it, sweep.outcomes[0])
    return knob_label(outcome, name)


def scene_of(sweep: Sweep, choice: Choice) -> Scene:
    """The points of a sweep for a choice of axes."""
    from core.sweeps.groups import groups
    from core.sweeps.outcome import title_of, unit_of

    here = [each for each in sweep.outcomes if each.run.dataset == choice.dataset]
    kinds = _kinds([value_of(each.run, choice.color) for each in here]) if choice.color else {}
    label = name_words(sweep, choice.knob)
    if choice.measure == PLANE:
        spots: dict[KnobValue, float] = {}
        ticks, title, x_name, y_name = None, "Rate and distortion", "rate, nats", "upwards distortion, nats"
    else:
        spots = positions([value for each in here if (value := value_of(each.run, choice.knob)) is not None])
        ticks = tuple((spot, _words(value)) for value, spot in spots.items())
        title, x_name, y_name = title_of(choice.measure), label, unit_of(choice.measure)

    def point(outcome: Outcome) -> tuple[float, float]:
        if choice.measure == PLANE:
            return outcome.value("rate"), outcome.value("distortion")
        value = value_of(outcome.run, choice.knob)
        return spots.get(value, math.nan) if value is not None else math.nan, outcome.value(choice.measure)

    done = [each for each in here if each.state == "done" and all(map(math.isfinite, point(each)))]
    points = np.array([point(each) for each in done], float).reshape(-1, 2)
    rows = [kinds.get(value_of(each.run, choice.color), 0) for each in done] if choice.color else [0] * len(done)
    found = [] if choice.knob == "seed" and choice.measure != PLANE else groups(here)
    marks = [mark for each in found if (mark := _mark(each, choice, spots, kinds)) is not None]
    return Scene(
        title,
        x_name,
        y_name,
        np.array([each.run.number for each in done], np.int64),
        points,
        np.array(rows, np.int64),
        tuple(marks),
        _lines(found, marks, choice) if choice.knob in sweep.numeric else (),
        _home(points, ticks),
        ticks,
        tuple((kind, _words(value)) for value, kind in kinds.items() if value is not None),
        _empty_words(here, choice),
    )


def _mark(
    group: Group, choice: Choice, spots: dict[KnobValue, float], kinds: dict[KnobValue | None, int]
) -> Mark | None:
    """The mean of a setting; None where no run of it has ended."""
    knob = value_of(group.outcomes[0].run, choice.knob)
    if choice.measure == PLANE:
        x, y = group.mean("rate"), group.mean("distortion")
        place, x_ends = x.value, (x.low, x.high)
    else:
        place = spots.get(knob, math.nan) if knob is not None else math.nan
        y, x_ends = group.mean(choice.measure), (math.nan, math.nan)
    if not (math.isfinite(place) and math.isfinite(y.value)):
        return None
    kind = kinds.get(value_of(group.outcomes[0].run, choice.color), 0) if choice.color else 0
    ended = tuple(each.run.number for each in group.outcomes if each.state == "done")
    label = _words(knob) if choice.measure == PLANE and knob is not None and choice.knob != "seed" else ""
    return Mark(kind, place, y.value, x_ends, (y.low, y.high), label, ended)


def _lines(found: Sequence[Group], marks: Sequence[Mark], choice: Choice) -> tuple[tuple[int, Doubles], ...]:
    """Through the means of settings that differ in the knob alone, in the order of its values."""
    by_run = {number: mark for mark in marks for number in mark.numbers}
    along: dict[tuple[tuple[str, KnobValue], ...], list[tuple[float, Mark]]] = {}
    for group in found:
        value = value_of(group.outcomes[0].run, choice.knob)
        mark = next((by_run[each.run.number] for each in group.outcomes if each.run.number in by_run), None)
        if mark is not None and is_number(value):
            rest = tuple(each for each in group.setting if each[0] != choice.knob)
            along.setdefault(rest, []).append((float(value), mark))  # type: ignore[arg-type]
    lines = []
    for each in along.values():
        ordered = [mark for _, mark in sorted(each, key=lambda pair: pair[0])]
        if len(ordered) > 1:
            lines.append((ordered[0].kind, np.array([[mark.x, mark.y] for mark in ordered])))
    return tuple(lines)


def _empty_words(here: Sequence[Outcome], choice: Choice) -> str:
    if not any(each.state == "done" for each in here):
        return "No run has ended yet"
    return "No run has a rate" if choice.measure == PLANE else "No run has this measure"


# --- axes ------------------------------------------------------------------------------------------------------------


def positions(values: Iterable[KnobValue]) -> dict[KnobValue, float]:
    """Where each value of a knob stands on an axis, in the order of the axis.

    Numbers stand at their value, or its logarithm where they spread over more than `SPREAD`; 0 left of the others.
    Names stand side by side in the order in which they come.
    """
    found = list(dict.fromkeys(values))
    if not all(map(is_number, found)):
        return {value: float(at) for at, value in enumerate(found)}
    numbers = sorted(float(value) for value in found if not isinstance(value, str))
    above = [value for value in numbers if value > 0]
    is_log = bool(above) and numbers[0] >= 0 and above[-1] / above[0] > SPREAD
    if not is_log:
        return {value: value for value in numbers}
    return {value: math.log10(value) if value > 0 else math.log10(above[0]) - ZERO_GAP for value in numbers}


def _home(points: Doubles, ticks: tuple[tuple[float, str], ...] | None) -> tuple[Range, Range]:
    """Ranges that hold every point, but for those that are far off."""
    y = _span(points[:, 1])
    y_range = (0.0, 1.0) if y is None else nice_range(*_padded(*y))
    if y is not None and y[0] >= 0 > y_range[0]:
        y_range = 0.0, y_range[1]  # nothing that is never negative has room below 0
    if ticks is not None:
        spots = [spot for spot, _ in ticks] or [0.0]
        low, high = min(spots), max(spots)
        gap = ROOM * (high - low) if high > low else 1.0
        return (low - gap, high + gap), y_range
    x = _span(points[:, 0])
    return (0.0, 10.0 if x is None else axis_end(max(1.1 * x[1], 1.0), 1.1)), y_range


def _span(values: Doubles) -> Range | None:
    """Least and largest value, without those that are far from all others."""
    if not len(values):
        return None
    if len(values) >= FEW:
        low, high = np.percentile(values, [25, 75])
        reach = FAR * (high - low)
        near = values[(values >= low - reach) & (values <= high + reach)] if reach > 0 else values
        values = near if len(near) else values
    return float(values.min()), float(values.max())


def _padded(low: float, high: float) -> Range:
    gap = ROOM / 2 * (high - low)
    return low - gap, high + gap


def _kinds(values: Iterable[KnobValue | None]) -> dict[KnobValue | None, int]:
    """A number for each value: numbers in their order, names in that in which they come."""
    found = list(dict.fromkeys(value for value in values if value is not None))
    if all(map(is_number, found)):
        found.sort(key=lambda value: float(value))
    return {value: kind for kind, value in enumerate(found)}


def _words(value: KnobValue) -> str:
    from core.sweeps.plan import value_words

    return value_words(value)
