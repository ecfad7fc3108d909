"""Small strip charts as SVG: every seed a dot, one column per kind, published values as dashes, floors as bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDE, TALL = 240, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 30, 34
INK, FAINT, BAND = "#15181C", "#6B7480", "#CFE8DF"
COLORS = ("#A6590A", "#0069BA", "#076E55", "#93286E")


@dataclass(frozen=True)
class Kind:
    """A column of dots; ``published`` is drawn as a dash across it."""

    name: str
    values: tuple[float, ...]
    published: float | None = None


@dataclass(frozen=True)
class Strip:
    """One chart. ``floor`` (low, high) is what a perfect model reads, a band behind the dots."""

    title: str
    kinds: tuple[Kind, ...]
    floor: tuple[float, float] | None = None


def strips(rows: Sequence[Sequence[Strip]]) -> str:
    """Rows of charts as one SVG picture, black on white."""
    wide, tall = WIDE * max(len(row) for row in rows), TALL * len(rows)
    inside = [_chart(strip, WIDE * i, TALL * j) for j, row in enumerate(rows) for i, strip in enumerate(row)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}"'
        f' font-family="Inter, Helvetica, Arial, sans-serif" font-size="10">'
    )
    return "\n".join([head, f'<rect width="{wide}" height="{tall}" fill="#FFFFFF"/>', *inside, "</svg>"]) + "\n"


def _chart(strip: Strip, left: float, top: float) -> str:
    numbers = [value for kind in strip.kinds for value in kind.values]
    numbers += [kind.published for kind in strip.kinds if kind.published is not None] + list(strip.floor or ())
    most = max(numbers, default=0.0) or 1.0
    high, step = 1.08 * most, _step(most)
    x0, x1 = left + LEFT, left + WIDE - RIGHT
    y0, y1 = top + TALL - BOTTOM, top + TOP

    def at(value: float) -> float:
        return y0 - (y0 - y1) * value / high

    parts = [_text(left + 8, top + 16, strip.title, INK, weight="600")]
    if strip.floor is not None:
        lower, upper = (at(value) for value in strip.floor)
        parts.append(_box(x0, upper - 1, x1 - x0, max(2.0, lower - upper + 2), BAND))
    for tick in (i * step for i in range(int(most / step) + 1)):
        parts.append(_line(x0, at(tick), x1, at(tick), "#E5E8EC"))
        parts.append(_text(x0 - 5, at(tick) + 3.5, f"{tick:.3g}", FAINT, anchor="end"))
    column = (x1 - x0) / len(strip.kinds)
    for i, kind in enumerate(strip.kinds):
        middle = x0 + column * (i + 0.5)
        parts.append(_text(middle, y0 + 15, kind.name, FAINT, anchor="middle"))
        if kind.published is not None:
            parts.append(
                _line(middle - 12, at(kind.published), middle + 12, at(kind.published), INK, 'stroke-width="2"')
            )
        for j, value in enumerate(kind.values):
            aside = middle + (j - (len(kind.values) - 1) / 2) * min(4.0, column / 8)
            parts.append(f'<circle cx="{aside:.1f}" cy="{at(value):.1f}" r="3" fill="{COLORS[i % 4]}"/>')
    return "\n".join(parts)


def _step(most: float) -> float:
    """A round distance between ticks: two to five of them up to the largest value."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * part for part in (0.2, 0.5, 1.0, 2.0, 5.0) if most / (power * part) <= 5.0)


def _text(x: float, y: float, words: str, color: str, anchor: str = "start", weight: str = "400") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="{color}" font-weight="{weight}">{escape(words)}</text>'


def _line(x0: float, y0: float, x1: float, y1: float, color: str, more: str = "") -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{color}" {more}/>'


def _box(x: float, y: float, wide: float, tall: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{color}"/>'
