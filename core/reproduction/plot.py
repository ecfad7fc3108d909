"""Strip charts as SVG: a dot per seed, a column per generator, published values as dashes, floors as bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 240, 190
"""Size of a chart, px."""
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 30, 34
"""Margins within a chart, px."""
INK, FAINT, BAND = "#15181C", "#6B7480", "#CFE8DF"
COLORS = ("#A6590A", "#0069BA", "#076E55", "#93286E")


@dataclass(frozen=True)
class Series:
    """A column of dots. ``published`` is drawn as a dash across it."""

    name: str
    values: tuple[float, ...]
    published: float | None = None


@dataclass(frozen=True)
class StripChart:
    """One chart. ``floor`` (low, high) is the range of a perfect model, a band behind the dots."""

    title: str
    series: tuple[Series, ...]
    floor: tuple[float, float] | None = None


def svg(rows: Sequence[Sequence[StripChart]]) -> str:
    """Rows of charts as one SVG picture on white."""
    width, height = WIDTH * max(len(row) for row in rows), HEIGHT * len(rows)
    charts = [_chart(chart, WIDTH * i, HEIGHT * j) for j, row in enumerate(rows) for i, chart in enumerate(row)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="Inter, Helvetica, Arial, sans-serif" font-size="10">'
    )
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>', *charts, "</svg>"]) + "\n"


def _chart(chart: StripChart, left: float, top: float) -> str:
    numbers = [value for series in chart.series for value in series.values]
    numbers += [series.published for series in chart.series if series.published is not None] + list(chart.floor or ())
    largest = max(numbers, default=0.0) or 1.0
    high, tick_distance = 1.08 * largest, _tick_distance(largest)
    x0, x1 = left + LEFT, left + WIDTH - RIGHT
    y0, y1 = top + HEIGHT - BOTTOM, top + TOP

    def y_of(value: float) -> float:
        return y0 - (y0 - y1) * value / high

    parts = [_text(left + 8, top + 16, chart.title, INK, weight="600")]
    if chart.floor is not None:
        lower, upper = (y_of(value) for value in chart.floor)
        parts.append(_box(x0, upper - 1, x1 - x0, max(2.0, lower - upper + 2), BAND))
    for tick in (i * tick_distance for i in range(int(largest / tick_distance) + 1)):
        parts.append(_line(x0, y_of(tick), x1, y_of(tick), "#E5E8EC"))
        parts.append(_text(x0 - 5, y_of(tick) + 3.5, f"{tick:.3g}", FAINT, anchor="end"))
    column = (x1 - x0) / len(chart.series)
    for i, series in enumerate(chart.series):
        middle = x0 + column * (i + 0.5)
        parts.append(_text(middle, y0 + 15, series.name, FAINT, anchor="middle"))
        if series.published is not None:
            y = y_of(series.published)
            parts.append(_line(middle - 12, y, middle + 12, y, INK, 'stroke-width="2"'))
        for j, value in enumerate(series.values):
            x = middle + (j - (len(series.values) - 1) / 2) * min(4.0, column / 8)
            parts.append(f'<circle cx="{x:.1f}" cy="{y_of(value):.1f}" r="3" fill="{COLORS[i % 4]}"/>')
    return "\n".join(parts)


def _tick_distance(largest: float) -> float:
    """A round distance between ticks: two to five of them up to the largest value."""
    power = 10.0 ** math.floor(math.log10(largest))
    return next(power * part for part in (0.2, 0.5, 1.0, 2.0, 5.0) if largest / (power * part) <= 5.0)


def _text(x: float, y: float, words: str, color: str, anchor: str = "start", weight: str = "400") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="{color}" font-weight="{weight}">{escape(words)}</text>'


def _line(x0: float, y0: float, x1: float, y1: float, color: str, attributes: str = "") -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}" {attributes}/>'


def _box(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>'
