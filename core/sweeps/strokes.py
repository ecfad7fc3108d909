"""Marks, lines and words of the charts of a sweep as SVG. Those in ``currentColor`` stand in a group with an `Ink`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from core.exports import charts
from core.exports.charts import svg_text
from core.exports.palette import variable
from core.sweeps.outcome import Value
from core.sweeps.scales import Scale
from core.sweeps.series import Ink

SMALL_LETTER_PX = 5.9
"""Mean width of a letter or digit of 11 px, px."""
Place = tuple[float, float]
"""Where something is drawn: x and y, px."""
MOST_JOINED = 150
"""Series whose settings are joined by lines, at most: of more no eye follows one."""
MARK = 9.0
"""Size of the mark of a setting, px."""
DOT = 3.4
"""Size of the dot of a run, px."""
CAP = 3.0
"""Half of the width of the cap of an interval, px."""


def short(words: str, room: float, letter: float = SMALL_LETTER_PX) -> str:
    """Words cut to so many px."""
    most = max(2, int(room / letter))
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def haloed(x: float, y: float, words: str, role: str, anchor: str = "start") -> str:
    """Words that stay legible over lines."""
    style = f"fill:{variable(role)};stroke:{variable('page')};stroke-width:4;stroke-linejoin:round;paint-order:stroke"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{escape(words)}</text>'


def dots(places: Sequence[Place], size: float, opacity: float = 1.0) -> str:
    """Round dots in the colour of their group, as one path: a thousand of them cost no thousand elements."""
    path = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in places)
    style = f"fill:none;stroke:currentColor;stroke-width:{size};stroke-linecap:round;stroke-opacity:{opacity}"
    return f'<path d="{path}" style="{style}"/>' if path else ""


def marks(ink: Ink, places: Sequence[Place], size: float) -> str:
    """The shape of a lane at each place, in the colour of their group."""
    corners = charts.CORNERS.get(ink.slot % 5) if ink.shade is None else None
    if corners is None:
        return dots(places, size)
    outlines = ("L".join(f"{x + size * a:.1f} {y + size * b:.1f}" for a, b in corners) for x, y in places)
    path = "".join(f"M{outline}Z" for outline in outlines)
    return f'<path d="{path}" style="fill:currentColor"/>' if path else ""


def joined(lines: Sequence[Sequence[Place]]) -> str:
    """Lines through places, as one path."""
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in lines if len(line) > 1)
    style = "fill:none;stroke:currentColor;stroke-linejoin:round;stroke-width:1.2;stroke-opacity:0.55"
    return f'<path d="{path}" style="{style}"/>' if path else ""


def bars(ends: Sequence[tuple[float, float, float, float]]) -> str:
    """Lines (x0, y0, x1, y1) of intervals, as one path."""
    path = "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for a, b, c, d in ends)
    return f'<path d="{path}" style="fill:none;stroke:currentColor;stroke-width:1.1"/>' if path else ""


@dataclass
class Strokes:
    """What is drawn in one ink, px: lines, ``ends`` of intervals, ``runs`` as dots, and settings as marks ``at``."""

    ink: Ink
    lines: list[list[Place]] = field(default_factory=list)
    ends: list[tuple[float, float, float, float]] = field(default_factory=list)
    runs: list[Place] = field(default_factory=list)
    at: list[Place] = field(default_factory=list)

    def svg(self, dot: float, mark: float) -> str:
        """All of it in a group, the marks on top; dots and marks of these sizes, px."""
        drawn = joined(self.lines), bars(self.ends), dots(self.runs, dot, 0.5), marks(self.ink, self.at, mark)
        return f'<g style="{self.ink.style}">{"".join(drawn)}</g>'


def cut(scale: Scale, value: Value) -> tuple[float, float, list[float]]:
    """The ends of an interval on an axis, cut at its edges, and those ends that are not cut, px."""
    edges = sorted((scale.start, scale.end))
    low, high = scale.at(value.low), scale.at(value.high)
    ends = [end for end in (low, high) if edges[0] <= end <= edges[1]]
    return min(max(low, edges[0]), edges[1]), min(max(high, edges[0]), edges[1]), ends


def mark_size(count: int) -> float:
    """The size of a mark among so many, px."""
    return MARK if count <= 60 else max(4.0, MARK * math.sqrt(60 / count))


def legend(entries: Sequence[tuple[str, Ink]], left: float, right: float, y: float = 12.0) -> tuple[list[str], int]:
    """The entries of a legend, and how many lines they take."""
    parts: list[str] = []
    x, line = left, 0
    for words, ink in entries:
        words = short(words, right - left - 24, charts.LETTER_PX)
        wide = 18 + charts.LETTER_PX * len(words) + 14
        if x > left and x + wide > right:
            x, line = left, line + 1
        at = y + line * charts.LEGEND_LINE_PX
        parts.append(f'<g style="{ink.style}">{marks(ink, [(x + 5, at)], 9)}</g>')
        parts.append(svg_text(x + 16, at + 4, words, "text"))
        x += wide
    return parts, (line + 1 if entries else 0)
