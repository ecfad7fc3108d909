"""Parallel coordinates: an axis a knob and a measure, and a line a run through its values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.exports import charts
from core.exports.charts import svg_file, svg_line, svg_text
from core.exports.document import Drawing
from core.foundation.number_words import significant
from core.foundation.params import KnobValue
from core.sweeps.groups import knob_label
from core.sweeps.outcome import Outcome, title_of
from core.sweeps.scales import Scale, knob_scale, measure_scale
from core.sweeps.series import Ink, evenly, is_logarithmic, is_number
from core.sweeps.strokes import haloed, legend, short

HEIGHT = 330
TOP, BOTTOM, SIDE = 44, 14, 44
"""Margins, px: two lines of names above, and room for words beside the first and the last axis."""
MOST_AXES = 9
"""Axes side by side, at most."""
MOST_LINES = 1_000
"""Lines, at most."""
SHADES = 12
"""Colours of lines."""
ELBO = "negative_elbo"


@dataclass(frozen=True)
class _Axis:
    """An axis: its name, its scale, and the value of every run; None where it has none."""

    name: str
    scale: Scale
    values: tuple[KnobValue | None, ...]


def parallel(outcomes: Sequence[Outcome], knobs: Sequence[str], measures: Sequence[str], data: str) -> Drawing | None:
    """Runs that are done, on one data set, as lines; None where there are fewer than two runs or two axes."""
    done = [outcome for outcome in outcomes if outcome.state == "done"]
    shown = evenly(done, MOST_LINES)
    axes, left_out = _axes(shown, knobs, measures)
    if len(shown) < 2 or len(axes) < 2:
        return None
    color, shades = _shades(shown, knobs, measures)
    entries, lines = legend(_legend(color, shown, shades), SIDE, charts.WIDTH - SIDE)
    top = lines * charts.LEGEND_LINE_PX + TOP
    bottom = top + HEIGHT - TOP - BOTTOM
    gap = (charts.WIDTH - 2 * SIDE) / (len(axes) - 1)
    placed = [_placed(axis, top, bottom) for axis in axes]
    parts = list(entries)
    paths: dict[int, list[str]] = {}
    for index, shade in enumerate(shades):
        places = [(SIDE + gap * number, axis.scale.at(axis.values[index])) for number, axis in enumerate(placed)]
        held = [(x, min(max(y, top), bottom)) for x, y in places if math.isfinite(y)]
        if len(held) > 1:
            paths.setdefault(shade, []).append("M" + "L".join(f"{x:.0f} {y:.1f}" for x, y in held))
    stroke = f"stroke-width:{1.2 if len(shown) <= 100 else 0.8};stroke-opacity:{_opacity(len(shown))}"
    for shade in sorted(paths):
        style = f"fill:none;stroke:currentColor;stroke-linejoin:round;{stroke}"
        parts.append(f'<g style="{_ink(shade).style}"><path d="{"".join(paths[shade])}" style="{style}"/></g>')
    for number, axis in enumerate(placed):
        parts += _axis_parts(axis, SIDE + gap * number, number, len(placed), gap, top, bottom)
    by = f" Lines are coloured by the rank of {_color_name(shown, color)}." if color else ""
    caption = _caption(data, by, len(shown), len(done), left_out)
    return Drawing(svg_file(charts.WIDTH, int(bottom + BOTTOM), parts), charts.WIDTH, int(bottom + BOTTOM), caption)


def _axes(outcomes: Sequence[Outcome], knobs: Sequence[str], measures: Sequence[str]) -> tuple[list[_Axis], int]:
    """The axes, knobs first, and how many measures have no room. Their scales have no place yet."""
    found = []
    for name in knobs:
        values = tuple(outcome.run.value(name) for outcome in outcomes)
        if len(set(values)) > 1:
            owner = _owner(outcomes, name)
            scale = knob_scale(values, 1.0, 0.0, is_logarithmic(owner, name))
            found.append(_Axis(knob_label(owner, name), scale, values))
    left_out = 0
    for name in measures:
        numbers = [outcome.value(name) for outcome in outcomes]
        finite = [each for each in numbers if math.isfinite(each)]
        if len(set(finite)) < 2:
            continue
        if len(found) >= MOST_AXES:
            left_out += 1
            continue
        values = tuple(each if math.isfinite(each) else None for each in numbers)
        found.append(_Axis(title_of(name), measure_scale(finite, (), 1.0, 0.0), values))
    return found, left_out


def _owner(outcomes: Sequence[Outcome], name: str) -> Outcome:
    """The first run that has a knob."""
    return next((outcome for outcome in outcomes if outcome.run.knob(name) is not None), outcomes[0])


def _placed(axis: _Axis, top: float, bottom: float) -> _Axis:
    scale = axis.scale
    at = Scale(bottom, top, scale.low, scale.high, scale.log, scale.zero, scale.words, scale.values)
    return _Axis(axis.name, at, axis.values)


def _shades(outcomes: Sequence[Outcome], knobs: Sequence[str], measures: Sequence[str]) -> tuple[str, list[int]]:
    """By what lines are coloured, and the shade of each: the rank of −ELBO, else of the first knob of numbers."""
    values: list[float] = []
    color = ""
    if ELBO in measures:
        color, values = ELBO, [outcome.value(ELBO) for outcome in outcomes]
    else:
        for name in knobs:
            found = [outcome.run.value(name) for outcome in outcomes]
            if len(set(found)) > 1 and any(map(is_number, found)):
                color = name
                values = [float(each) if each is not None and is_number(each) else math.nan for each in found]
                break
    finite = sorted({value for value in values if math.isfinite(value)})
    if len(finite) < 2:
        return "", [0] * len(outcomes)
    ranks = np.searchsorted(finite, values) / (len(finite) - 1)
    shades = [round((SHADES - 1) * rank) if rank <= 1 else SHADES - 1 for rank in ranks.tolist()]
    return color, shades


def _ink(shade: int) -> Ink:
    return Ink(0, shade / (SHADES - 1))


def _legend(color: str, outcomes: Sequence[Outcome], shades: Sequence[int]) -> list[tuple[str, Ink]]:
    """The first, a middle and the last shade with the values that have it."""
    if not color:
        return []
    name = _color_name(outcomes, color)
    entries = []
    for shade in sorted({0, SHADES // 2, SHADES - 1}):
        of_shade = [_number(outcome, color) for outcome, each in zip(outcomes, shades, strict=True) if each == shade]
        finite = [each for each in of_shade if math.isfinite(each)]
        if finite:
            entries.append((f"{name} {significant(float(np.median(finite)), 4)}", _ink(shade)))
    return entries


def _color_name(outcomes: Sequence[Outcome], color: str) -> str:
    return title_of(color) if color == ELBO else knob_label(_owner(outcomes, color), color)


def _number(outcome: Outcome, color: str) -> float:
    value = outcome.value(color) if color == ELBO else outcome.run.value(color)
    return float(value) if value is not None and not isinstance(value, str) else math.nan


def _opacity(count: int) -> float:
    """Lighter where there are many."""
    return round(min(0.9, max(0.18, 6 / math.sqrt(count))), 2)


def _axis_parts(axis: _Axis, x: float, number: int, count: int, gap: float, top: float, bottom: float) -> list[str]:
    """The axis with its name above and its values beside it: on the left of the last one, else on the right."""
    parts = [svg_line(x, top, x, bottom, "text-3")]
    at_edge = "start" if number == 0 else "end" if number == count - 1 else "middle"
    edge = 0.0 if number == 0 else float(charts.WIDTH) if number == count - 1 else x
    line = 0 if number % 2 == 0 else 14
    room = 2 * gap - 10 if 0 < number < count - 1 else gap + SIDE - 10
    parts.append(svg_text(edge, top - 28 + line, short(axis.name, room), "text-2", at_edge))
    last = -math.inf
    for y, words in sorted(axis.scale.marks(5)):
        if not math.isfinite(y) or y - last < 11:
            continue
        last = y
        words = short(words, SIDE - 6 if number == count - 1 else gap - 8)
        parts.append(svg_line(x - 3, y, x + 3, y, "text-3"))
        parts.append(haloed(x + 5, y + 4, words, "text-3"))
    return parts


def _caption(data: str, by: str, shown: int, done: int, left_out: int) -> str:
    count = f"{shown:,} of {done:,} runs, evenly chosen," if shown < done else f"{done:,} runs"
    rest = f" {left_out:,} more {'measure has' if left_out == 1 else 'measures have'} no room." if left_out else ""
    return f"A line a run: {count} on {data}, through knobs and measures.{by}{rest}"
