"""The rate–distortion plane: a dot a run, a mark a setting with its intervals, and diagonals of one −ELBO."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.exports import charts
from core.exports.charts import svg_file, svg_line, svg_text
from core.exports.document import Drawing
from core.foundation.number_words import significant
from core.sweeps.axes import x_axis, y_axis
from core.sweeps.groups import Group, knob_label
from core.sweeps.label_room import Room
from core.sweeps.outcome import Value
from core.sweeps.plan import value_words
from core.sweeps.scales import Scale, measure_scale
from core.sweeps.series import Ink, Series, along, main_knob
from core.sweeps.strokes import CAP, DOT, MARK, MOST_JOINED, Strokes, cut, haloed, legend, mark_size

HEIGHT = 470
"""Height of the plane below its legend, px."""
LEFT, RIGHT, TOP, BOTTOM = 62, 64, 20, 42
"""Margins, px: diagonals are labelled above and to the right."""
DIAGONALS = 12
"""Diagonals of constant −ELBO, about."""
MOST_LABELS = 80
"""Settings whose label is tried, at most."""
FIGURES = 3
"""Figures of a knob's value beside its mark."""
RATE, DISTORTION = "rate", "distortion"


@dataclass(frozen=True)
class _Place:
    """A setting on the plane: means over its seeds, and the runs behind it."""

    group: Group
    rate: Value
    distortion: Value
    runs: tuple[tuple[float, float], ...]


def plane(groups: Sequence[Group], data: str) -> Drawing | None:
    """The plane of settings on one data set; None where none of them has a rate and a distortion."""
    groups = [group for group in groups if _place(group) is not None]
    if not groups:
        return None
    knob = main_knob(groups)
    found = along(groups, knob)
    placed = [(each, [place for group in each.groups if (place := _place(group))]) for each in found.series]
    entries, lines = legend(found.legend, LEFT, charts.WIDTH - RIGHT)
    top = lines * charts.LEGEND_LINE_PX + TOP
    height = HEIGHT + lines * charts.LEGEND_LINE_PX
    everything = [place for _, places in placed for place in places]
    x, y = _scales(everything, top, height - BOTTOM)
    room = Room(charts.WIDTH, height)
    room.take(0, 0, LEFT, height)
    room.take(0, height - BOTTOM, charts.WIDTH, height)
    parts = [*entries, *x_axis(x, top, height - BOTTOM), *y_axis(y, LEFT, charts.WIDTH - RIGHT, 6)]
    diagonals, words = _diagonals(x, y)
    parts += [*diagonals, *_axis_titles(top, height)]
    outside = 0
    is_joined = bool(knob) and len(placed) <= MOST_JOINED
    inks: dict[Ink, Strokes] = {}
    for each, places in placed:
        strokes = inks.setdefault(each.ink, Strokes(each.ink))
        seen = [place for place in places if _is_inside(x, y, place.rate.value, place.distortion.value)]
        at = [(x.at(place.rate.value), y.at(place.distortion.value)) for place in seen]
        for place in places:
            inside = [
                (x.at(rate), y.at(distortion)) for rate, distortion in place.runs if _is_inside(x, y, rate, distortion)
            ]
            outside += len(place.runs) - len(inside)
            strokes.runs += inside if len(place.runs) > 1 else []
        crosses = [end for place in seen for end in _cross(x, y, place)]
        strokes.lines += [at] if is_joined else []
        strokes.ends += crosses
        strokes.at += at
        _take(room, at, crosses, is_joined)
    for strokes in inks.values():
        for a, b in strokes.runs:
            room.take(a - DOT / 2, b - DOT / 2, a + DOT / 2, b + DOT / 2)
    parts += [strokes.svg(DOT, mark_size(len(everything))) for strokes in inks.values()]
    parts += words(room)
    if knob:
        parts += _labels(room, x, y, placed, knob)
    caption = _caption(everything, data, knob if is_joined else "", outside, found.note)
    return Drawing(svg_file(charts.WIDTH, height, parts), charts.WIDTH, height, caption)


def _place(group: Group) -> _Place | None:
    """A setting where it lies; None where no run has both terms."""
    pairs = [(outcome.value(RATE), outcome.value(DISTORTION)) for outcome in group.outcomes if outcome.state == "done"]
    runs = tuple(pair for pair in pairs if all(map(math.isfinite, pair)))
    return _Place(group, group.mean(RATE), group.mean(DISTORTION), runs) if runs else None


def _scales(places: Sequence[_Place], top: float, bottom: float) -> tuple[Scale, Scale]:
    runs = [run for place in places for run in place.runs]
    rates = [end for place in places for end in (place.rate.low, place.rate.high)]
    distortions = [end for place in places for end in (place.distortion.low, place.distortion.high)]
    x = measure_scale([rate for rate, _ in runs], rates, LEFT, charts.WIDTH - RIGHT)
    return x, measure_scale([distortion for _, distortion in runs], distortions, bottom, top)


def _is_inside(x: Scale, y: Scale, rate: float, distortion: float) -> bool:
    return x.holds(rate) and y.holds(distortion)


def _cross(x: Scale, y: Scale, place: _Place) -> Iterator[tuple[float, float, float, float]]:
    """The intervals of a setting as lines, with caps where they end within the plane."""
    across, up = x.at(place.rate.value), y.at(place.distortion.value)
    if math.isfinite(place.rate.low):
        low, high, ends = cut(x, place.rate)
        yield low, up, high, up
        yield from ((end, up - CAP, end, up + CAP) for end in ends)
    if math.isfinite(place.distortion.low):
        low, high, ends = cut(y, place.distortion)
        yield across, low, across, high
        yield from ((across - CAP, end, across + CAP, end) for end in ends)


def _take(
    room: Room,
    at: Sequence[tuple[float, float]],
    crosses: Sequence[tuple[float, float, float, float]],
    is_joined: bool,
) -> None:
    """Keep labels off marks, intervals and lines."""
    for a, b in at:
        room.take(a - MARK / 2, b - MARK / 2, a + MARK / 2, b + MARK / 2)
    for x0, y0, x1, y1 in crosses:
        room.take(min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1)
    if is_joined and len(at) <= MOST_LABELS:
        room.take_line(at)


# --- diagonals -------------------------------------------------------------------------------------------------------


def _edges(scale: Scale) -> tuple[float, float]:
    """The values at the two ends of a linear scale."""
    one = (scale.at(scale.high) - scale.at(scale.low)) / (scale.high - scale.low)
    return scale.low + (scale.start - scale.at(scale.low)) / one, scale.low + (scale.end - scale.at(scale.low)) / one


def _diagonals(x: Scale, y: Scale) -> tuple[list[str], _Words]:
    """Lines of constant −ELBO = D + R through the plane, and their labels, to be drawn where there is room."""
    (left, right), (low, high) = _edges(x), _edges(y)
    lines, words = [], []
    for level in charts.ticks(left + low, right + high, DIAGONALS):
        enters, leaves = max(left, level - high), min(right, level - low)
        if leaves <= enters:
            continue
        one, other = (x.at(enters), y.at(level - enters)), (x.at(leaves), y.at(level - leaves))
        lines.append(svg_line(*one, *other, "text-3", "stroke-opacity:0.5;stroke-dasharray:1 3"))
        words.append((significant(level, 6), one, other))
    return lines, _Words(tuple(words), x, y)


@dataclass(frozen=True)
class _Words:
    """Labels of diagonals, with both ends of each."""

    lines: tuple[tuple[str, tuple[float, float], tuple[float, float]], ...]
    x: Scale
    y: Scale

    def __call__(self, room: Room) -> Iterator[str]:
        """Above the plane or to its right, where the line ends there; else on the line, where nothing is drawn."""
        is_first = True
        for number, one, other in self.lines:
            words = f"−ELBO {number}" if is_first else number
            wide = 6.0 * len(words)
            if other[0] >= self.x.end - 0.5:
                spot = other[0] + 5, other[1] + 4, "start"
                box = spot[0], other[1] - 6, spot[0] + wide, other[1] + 6
            elif one[1] <= self.y.end + 0.5:
                spot = one[0], one[1] - 6, "middle"
                box = one[0] - wide / 2, one[1] - 17, one[0] + wide / 2, one[1] - 5
            else:
                middle = (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
                spot = middle[0], middle[1] + 4, "middle"
                box = middle[0] - wide / 2, middle[1] - 6, middle[0] + wide / 2, middle[1] + 6
                if box[0] < self.x.start or box[3] > self.y.start:
                    continue
            if room.is_free(*box):
                room.take(*box)
                yield haloed(spot[0], spot[1], words, "text-3", spot[2])
                is_first = False


# --- words -----------------------------------------------------------------------------------------------------------


def _axis_titles(top: float, height: float) -> Iterator[str]:
    yield svg_text(charts.WIDTH - RIGHT, height - 8, "rate R, nats", "text-2", "end")
    middle = (top + height - BOTTOM) / 2
    turn = f'transform="rotate(-90 12 {middle:.1f})"'
    yield svg_text(12, middle, "distortion D, nats", "text-2", "middle", turn)


def _labels(
    room: Room, x: Scale, y: Scale, placed: Sequence[tuple[Series, Sequence[_Place]]], knob: str
) -> Iterator[str]:
    """The knob's value beside marks: both ends of each series first, then the others while there is room."""
    ends, others = [], []
    for _, places in placed:
        seen = [place for place in places if _is_inside(x, y, place.rate.value, place.distortion.value)]
        ends += [seen[0], seen[-1]] if len(seen) > 1 else seen
        others += seen[1:-1]
    name = knob_label(placed[0][1][0].group.outcomes[0], knob)
    named = False
    for place in (ends + others)[:MOST_LABELS]:
        value = place.group.get(knob)
        if value is None:
            continue
        number = value_words(value) if isinstance(value, str | bool) else significant(value, FIGURES)
        words = number if named else f"{name} {number}"
        spot = room.place(x.at(place.rate.value), y.at(place.distortion.value), words, MARK / 2 + 3)
        if spot is not None:
            yield haloed(*spot, words, "text-2")
            named = True


def _caption(places: Sequence[_Place], data: str, knob: str, outside: int, note: str) -> str:
    seeds = max(len(place.runs) for place in places)
    of_runs = (
        "A dot is a run; a mark is the mean of a setting with its 95 % interval over seeds, cut at the edge."
        if seeds > 1
        else "A mark is a run: with one seed a setting there is no interval over seeds."
    )
    name = knob_label(places[0].group.outcomes[0], knob) if knob else ""
    joins = f" Lines join settings that differ in {name} alone." if knob else ""
    out = f" {outside:,} {'run lies' if outside == 1 else 'runs lie'} outside." if outside else ""
    return (
        f"Rate and distortion on the test set of {data}, nats each. {of_runs}{joins}{note} Along a dotted line"
        f" −ELBO = D + R is constant: nearer to the lower left is better.{out}"
    )
