"""Charts as SVG: curves over training steps, and points of a plane. Colours are variables (`core.exports.palette`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from core.engine.lane_names import MOST_LANES
from core.exports.palette import lane_role, variable
from core.foundation.arrays import Doubles, Floats
from core.foundation.number_words import significant
from core.foundation.pixels import FRAME

FONTS = "Inter, system-ui, sans-serif"
WIDTH, HEIGHT = 680, 270
"""Size of a chart of curves, px."""
LEFT, RIGHT, BOTTOM = 58, 12, 36
"""Margins, px; the one at the top depends on the legend."""
LEGEND_LINE_PX = 18
LETTER_PX = 6.3
"""Mean width of a letter of the legend, px."""
VERTICES = 120
"""Most points of a curve; each is the mean of a stretch of steps."""
MARKS = 5
"""Shapes of its lane on a curve: on paper without colours they tell lanes apart."""
PLANE_PX = 200
"""Side of a chart of points, px."""
MOST_POINTS = 600
"""Most points of one kind in such a chart."""


@dataclass(frozen=True)
class Curve:
    """A curve of a lane: values ``y`` (N,) at steps ``x`` (N,), in the lane's colour, dashed or not."""

    label: str
    slot: int
    x: Doubles
    y: Doubles
    dashed: bool = False


@dataclass(frozen=True)
class LineChart:
    """Curves over steps on one axis in ``unit``. ``level`` is a value worth a line, with its label.

    The axis begins at zero where ``from_zero_to`` is given, and reaches at least that high.
    """

    unit: str
    curves: tuple[Curve, ...]
    level: tuple[float, str] | None = None
    from_zero_to: float | None = None


# --- curves ----------------------------------------------------------------------------------------------------------


def stretches(x: Doubles, y: Doubles, most: int = VERTICES) -> tuple[Doubles, Doubles]:
    """Means of y (N,) over ``most`` equal stretches at most, each at the last of its x; NaN where none is finite."""
    if len(x) <= most:
        return x, np.where(np.isfinite(y), y, np.nan)
    parts = np.array_split(np.arange(len(x)), most)
    finite = [y[part][np.isfinite(y[part])] for part in parts]
    means = [float(values.mean()) if len(values) else math.nan for values in finite]
    return x[[part[-1] for part in parts]], np.array(means)


def line_chart(chart: LineChart) -> tuple[str, int]:
    """A chart of curves as SVG, and its height, px."""
    curves = [(curve, *stretches(curve.x, curve.y)) for curve in chart.curves]
    legend, lines = _legend(chart)
    top = lines * LEGEND_LINE_PX + 10
    height = HEIGHT + (lines - 1) * LEGEND_LINE_PX
    low, high = _y_range(chart, [y for _, _, y in curves])
    end = max([1.0, *(float(x[-1]) for _, x, _ in curves if len(x))])
    area = _Area(LEFT, top, WIDTH - RIGHT, height - BOTTOM, end, low, high)
    parts = [*legend, *_axes(area, chart.unit)]
    if chart.level is not None and low <= chart.level[0] <= high:
        y = area.y(chart.level[0])
        parts.append(svg_line(LEFT, y, WIDTH - RIGHT, y, "text-2", "stroke-dasharray:2 3"))
    for curve, x, y_values in reversed(curves):  # the first lies on top
        parts += _curve(area, curve, x, y_values)
    return svg_file(WIDTH, height, parts), height


@dataclass(frozen=True)
class _Area:
    """The rectangle of a chart, px, and the values at its edges."""

    left: float
    top: float
    right: float
    bottom: float
    x_end: float
    low: float
    high: float

    def x(self, step: float) -> float:
        return self.left + (self.right - self.left) * step / self.x_end

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)


def _y_range(chart: LineChart, values: Sequence[Doubles]) -> tuple[float, float]:
    """The range of all but the first steps, whose losses would press the rest flat; without outliers."""
    late = [y[len(y) // 20 :] for y in values]
    finite = np.concatenate([y[np.isfinite(y)] for y in late]) if late else np.empty(0)
    low, high = (float(each) for each in np.percentile(finite, [1, 99])) if len(finite) else (0.0, 1.0)
    if chart.from_zero_to is not None:
        low, high = 0.0, max(chart.from_zero_to, 1.05 * high)
    span = max(high - low, 0.02 * abs(high), 1e-6)
    middle, half = (low + high) / 2, 0.54 * span
    return (0.0 if chart.from_zero_to is not None else middle - half), middle + half


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round values from low to high, about so many."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= 0.999 * raw)
    first = math.ceil(low / step - 1e-9)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _axes(area: _Area, unit: str) -> Iterator[str]:
    for value in ticks(area.low, area.high, 4):
        y = area.y(value)
        yield svg_line(area.left, y, area.right, y, "grid")
        yield svg_text(area.left - 6, y + 3.5, significant(value, 6), "text-3", "end")
    for step in ticks(0.0, area.x_end, 6):
        x = area.x(step)
        anchor = "end" if x > area.right - RIGHT else "middle"  # the last one stays within the picture
        yield svg_text(x, area.bottom + 15, significant(step, 6), "text-3", anchor)
    yield svg_line(area.left, area.bottom, area.right, area.bottom, "text-3")
    yield svg_text(area.right, area.bottom + 30, "training step", "text-2", "end")
    middle = (area.top + area.bottom) / 2
    turn = f'transform="rotate(-90 12 {middle:.1f})"'
    yield svg_text(12, middle, unit, "text-2", "middle", turn)


def _curve(area: _Area, curve: Curve, x: Doubles, y: Doubles) -> Iterator[str]:
    pieces = list(_inside(x, y, area.low, area.high))
    path = "".join("M" + "L".join(f"{area.x(a):.1f} {area.y(b):.1f}" for a, b in piece) for piece in pieces)
    if not path:
        return
    dash = "stroke-dasharray:6 3;" if curve.dashed else ""
    color = variable(lane_role(curve.slot))
    yield f'<path d="{path}" style="fill:none;stroke:{color};stroke-width:1.6;{dash}stroke-linejoin:round"/>'
    seen = np.flatnonzero((y >= area.low) & (y <= area.high))
    if len(seen) > MARKS:  # apart from those of other lanes
        at = seen[((np.arange(MARKS) + 0.3 + 0.12 * curve.slot) / MARKS * len(seen)).astype(int).clip(0, len(seen) - 1)]
        for index in at:
            yield shape(curve.slot, area.x(float(x[index])), area.y(float(y[index])), 7)


def _inside(x: Doubles, y: Doubles, low: float, high: float) -> Iterator[list[tuple[float, float]]]:
    """The pieces of a curve within a range, cut where they cross its edges; NaN parts two pieces."""
    piece: list[tuple[float, float]] = []
    before: tuple[float, float] | None = None
    for point in zip(x.tolist(), y.tolist(), strict=True):
        if math.isnan(point[1]):
            point_is_in, before_next = False, None
        else:
            point_is_in, before_next = low <= point[1] <= high, point
            if before is not None and point_is_in != (low <= before[1] <= high):
                edge = high if max(point[1], before[1]) > high else low
                share = (edge - before[1]) / (point[1] - before[1])
                piece.append((before[0] + share * (point[0] - before[0]), edge))
        if point_is_in:
            piece.append(point)
        elif piece:
            yield piece
            piece = []
        before = before_next
    if piece:
        yield piece


def _legend(chart: LineChart) -> tuple[list[str], int]:
    """The entries of the legend, and how many lines they take."""
    entries = [(curve.label, curve.slot, curve.dashed) for curve in chart.curves]
    parts, x, line = [], float(LEFT), 0
    for label, slot, dashed in entries:
        wide = 34 + LETTER_PX * len(label) + 14
        if x > LEFT and x + wide > WIDTH - RIGHT:
            x, line = float(LEFT), line + 1
        y = 12 + line * LEGEND_LINE_PX
        parts.append(svg_line(x, y, x + 28, y, lane_role(slot), f"stroke-width:2;{'stroke-dasharray:6 3' * dashed}"))
        parts.append(shape(slot, x + 14, y, 8))
        parts.append(svg_text(x + 34, y + 4, label, "text"))
        x += wide
    if chart.level is not None:
        wide = 34 + LETTER_PX * len(chart.level[1])
        if x > LEFT and x + wide > WIDTH - RIGHT:
            x, line = float(LEFT), line + 1
        y = 12 + line * LEGEND_LINE_PX
        parts.append(svg_line(x, y, x + 28, y, "text-2", "stroke-dasharray:2 3"))
        parts.append(svg_text(x + 34, y + 4, chart.level[1], "text-2"))
    return parts, line + 1


# --- points ----------------------------------------------------------------------------------------------------------


def point_chart(data: Floats, points: Floats, slot: int, before: Floats | None = None) -> str:
    """Points (N, 2) of a lane over those of the data (M, 2) as SVG; lines lead there from ``before`` (N, 2)."""
    parts = [
        f'<rect x="0.5" y="0.5" width="{PLANE_PX - 1}" height="{PLANE_PX - 1}" rx="4"'
        f' style="fill:none;stroke:{variable("line")}"/>',
        _dots(data[:MOST_POINTS], "text-3", 1.6),
    ]
    points = points[:MOST_POINTS]
    if before is not None:
        ends = zip(_places(before[:MOST_POINTS]), _places(points), strict=True)
        path = "".join(f"M{a} {b}L{c} {d}" for (a, b), (c, d) in ends)
        parts.append(f'<path d="{path}" style="fill:none;stroke:{variable("text-2")};stroke-width:0.5"/>')
    parts.append(_dots(points, lane_role(slot), 2.6))
    return svg_file(PLANE_PX, PLANE_PX, parts)


def _places(points: Floats) -> list[tuple[float, float]]:
    """Points (N, 2) in px; at the edge where one is outside, or is no number."""
    held = np.nan_to_num(np.clip(points, -FRAME, FRAME), nan=-FRAME)
    at = (held * [1, -1] / FRAME * 0.5 + 0.5) * (PLANE_PX - 4) + 2
    return [(round(x, 1), round(y, 1)) for x, y in at.tolist()]


def _dots(points: Floats, role: str, size: float) -> str:
    path = "".join(f"M{x} {y}h.01" for x, y in _places(points))
    return f'<path d="{path}" style="stroke:{variable(role)};stroke-width:{size};stroke-linecap:round"/>'


# --- marks -----------------------------------------------------------------------------------------------------------


def shape(slot: int, x: float, y: float, size: float) -> str:
    """The shape of a lane around (x, y), ``size`` px across, as in the window."""
    fill = f'style="fill:{variable(lane_role(slot))}"'
    if slot % MOST_LANES == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2:.1f}" {fill}/>'
    corners = CORNERS[slot % MOST_LANES]
    path = "M" + "L".join(f"{x + size * a:.1f} {y + size * b:.1f}" for a, b in corners) + "Z"
    return f'<path d="{path}" {fill}/>'


CORNERS = {
    1: ((-0.45, -0.45), (0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)),
    2: ((0.0, -0.5), (0.54, 0.45), (-0.54, 0.45)),
    3: ((0.0, -0.58), (0.58, 0.0), (0.0, 0.58), (-0.58, 0.0)),
    4: tuple((0.54 * math.cos(k * math.pi / 3), 0.54 * math.sin(k * math.pi / 3)) for k in range(6)),
}
"""Corners of the shapes of lanes but the first, a circle, around (0, 0) at size 1."""


def svg_file(width: int, height: int, parts: Sequence[str]) -> str:
    """A drawing of that many px from its parts."""
    font = f'font-family="{FONTS}" font-size="11"'
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" {font}>{"".join(parts)}</svg>'


def svg_text(x: float, y: float, words: str, role: str, anchor: str = "start", attributes: str = "") -> str:
    """Words at (x, y), px, in the colour of a role."""
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {attributes}'
    return f'<text {where} style="fill:{variable(role)}">{escape(words)}</text>'


def svg_line(x0: float, y0: float, x1: float, y1: float, role: str, style: str = "") -> str:
    """A line from (x0, y0) to (x1, y1), px, in the colour of a role."""
    where = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {where} style="stroke:{variable(role)};{style}"/>'
