"""Measures against a knob: a small chart a measure, with dots for runs and marks with intervals for settings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.exports import charts
from core.exports.charts import svg_file, svg_text
from core.exports.document import Drawing
from core.foundation.params import KnobValue
from core.metrics.base import METRICS
from core.sweeps.axes import x_axis, y_axis
from core.sweeps.groups import Group, knob_label
from core.sweeps.outcome import title_of, unit_of
from core.sweeps.scales import PAD, Scale, knob_scale, measure_scale
from core.sweeps.series import Ink, SeriesSet, along, is_logarithmic
from core.sweeps.strokes import CAP, DOT, MOST_JOINED, Place, Strokes, cut, legend, mark_size, short

COLUMNS = 2
PANEL_HEIGHT = 206
"""Height of one chart with its title and marks of the axis, px."""
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 24, 26
"""Margins within one chart, px."""
FOOT = 24
"""Room for the name of the knob below all charts, px."""
SIZE = 0.8
"""Size of marks, beside those of the plane."""
BESIDE_PX = 4.5
"""Distance of the runs from the mark of their setting, whose interval would hide them, px."""
DODGE_PX = 9.0
"""Distance between marks of two series at one value, px, where there is room."""
LEAST_DODGE_PX = 2.0
"""Closer ones stand at the same place."""


def against(groups: Sequence[Group], knob: str, measures: Sequence[str], data: str) -> Drawing:
    """Charts of measures of settings on one data set against a knob, two in a row."""
    values = {id(group): value for group in groups if (value := group.get(knob)) is not None}
    groups = [group for group in groups if id(group) in values]
    found = along(groups, knob)
    is_log = is_logarithmic(groups[0].outcomes[0], knob)
    entries, lines = legend(found.legend, 8, charts.WIDTH - RIGHT)
    top = lines * charts.LEGEND_LINE_PX + 8 * bool(lines)
    rows = -(-len(measures) // COLUMNS)
    height = top + rows * PANEL_HEIGHT + FOOT
    wide = charts.WIDTH // COLUMNS
    parts = list(entries)
    outside = 0
    for index, measure in enumerate(measures):
        left, upper = (index % COLUMNS) * wide, top + index // COLUMNS * PANEL_HEIGHT
        drawn, missed = _panel(found, values, is_log, measure, left, upper, wide)
        parts += drawn
        outside += missed
    name = _name(groups, knob)
    parts.append(svg_text(charts.WIDTH - RIGHT, height - 8, name, "text-2", "end"))
    return Drawing(
        svg_file(charts.WIDTH, height, parts), charts.WIDTH, height, _caption(groups, name, data, outside, found.note)
    )


def _name(groups: Sequence[Group], knob: str) -> str:
    """The knob as an axis calls it: its label, with its unit."""
    if knob in ("model", "dataset"):
        return knob_label(groups[0].outcomes[0], knob)
    param = next((found.param for group in groups if (found := group.outcomes[0].run.knob(knob))), None)
    if param is None:
        return knob
    return f"{param.label}, {param.unit}" if param.unit else param.label


def _panel(
    found: SeriesSet, values: Mapping[int, KnobValue], is_log: bool, measure: str, left: float, top: float, wide: float
) -> tuple[list[str], int]:
    """One chart, and how many runs lie outside. ``values`` of the knob are by `id` of the setting."""
    start, end, bottom = left + LEFT, left + wide - RIGHT, top + PANEL_HEIGHT - BOTTOM
    x = knob_scale(list(values.values()), start, end, is_log)
    measured = {id(group): _Measured(group, measure) for series in found.series for group in series.groups}
    means = [each.mean for each in measured.values()]
    runs = [value for each in measured.values() for value in each.values]
    y = measure_scale(runs, [end for mean in means for end in (mean.low, mean.high)], bottom, top + TOP)
    title = ", ".join(each for each in (title_of(measure), unit_of(measure)) if each)
    parts = [svg_text(start, top + 14, short(title, end - start - 84), "text"), *_direction(measure, end, top + 14)]
    parts += [*y_axis(y, start, end, 5), *x_axis(x, top + TOP, bottom, grid=False)]
    outside = 0
    shown = [each for each in found.series if any(measured[id(group)].values for group in each.groups)]
    has_intervals = any(math.isfinite(mean.low) for mean in means)
    step = _dodge(x, set(values.values()), max(1, len(shown))) if has_intervals or x.words else 0.0
    is_line = not x.words and len(shown) <= MOST_JOINED
    inks: dict[Ink, Strokes] = {}
    for number, series in enumerate(shown):
        strokes = inks.setdefault(series.ink, Strokes(series.ink))
        aside = (number - (len(shown) - 1) / 2) * step
        placed = [(x.at(values[id(group)]) + aside, measured[id(group)]) for group in series.groups]
        line, missed = _add(strokes, placed, y)
        strokes.lines += [line] if is_line else []
        outside += missed
    size = SIZE * mark_size(len(measured))
    return [*parts, *(strokes.svg(DOT * SIZE, size) for strokes in inks.values())], outside


class _Measured:
    """A measure of a setting: of each seed, and their mean."""

    def __init__(self, group: Group, measure: str) -> None:
        self.values = group.values(measure)
        self.mean = group.mean(measure)


def _add(strokes: Strokes, placed: Sequence[tuple[float, _Measured]], y: Scale) -> tuple[list[Place], int]:
    """Add the settings of a series; the line through their means, and how many runs lie outside."""
    line: list[Place] = []
    outside = 0
    for across, each in placed:
        inside = [(across + BESIDE_PX, y.at(value)) for value in each.values if y.holds(value)]
        outside += len(each.values) - len(inside)
        if math.isnan(across):
            continue
        strokes.runs += inside if len(each.values) > 1 else []
        if math.isfinite(each.mean.low):
            low, high, caps = cut(y, each.mean)
            strokes.ends += [(across, low, across, high), *((across - CAP, cap, across + CAP, cap) for cap in caps)]
        if y.holds(each.mean.value):
            line.append((across, y.at(each.mean.value)))
    strokes.at += line
    return line, outside


def _dodge(x: Scale, values: Iterable[KnobValue], count: int) -> float:
    """The distance between marks of two series at one value, px, so that their intervals do not hide each other."""
    places = sorted(place for place in map(x.at, values) if math.isfinite(place))
    gaps = [after - before for before, after in itertools.pairwise(places)]
    step = min(DODGE_PX, 0.5 * min(gaps, default=DODGE_PX * count) / count)
    if not x.words:
        step = min(step, 2 * PAD * (x.end - x.start) / count)  # the first and the last value lie near the edges
    return step if step >= LEAST_DODGE_PX else 0.0


def _direction(measure: str, x: float, y: float) -> Iterator[str]:
    better = METRICS.get(measure).better if measure in METRICS.names() else 0
    if better:
        yield svg_text(x, y, "lower is better" if better < 0 else "higher is better", "text-3", "end")


def _caption(groups: Sequence[Group], name: str, data: str, outside: int, note: str) -> str:
    several = any(len(group.outcomes) > 1 for group in groups)
    marked = (
        "a mark is the mean over seeds with its 95 % interval, the dots beside it are runs"
        if several
        else "a mark is a run"
    )
    out = f" {outside:,} far outside {'is' if outside == 1 else 'are'} not shown." if outside else ""
    return f"Measures on {data} against {name}: {marked}.{note}{out}"
