"""Axes of the charts of a sweep, and which of two labels on them has room."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from core.exports.charts import svg_line, svg_text
from core.sweeps.scales import PAD, ZERO_ROOM, Scale
from core.sweeps.strokes import SMALL_LETTER_PX, short


def spaced(marks: Sequence[tuple[float, str]], letter: float = SMALL_LETTER_PX) -> Iterator[tuple[float, str]]:
    """The marks whose words do not touch those before them, from left to right; the last one always stays."""
    ordered = sorted(mark for mark in marks if math.isfinite(mark[0]))
    kept: list[tuple[float, str]] = []
    for mark in ordered:
        if not kept or not _touch(kept[-1], mark, letter):
            kept.append(mark)
    if ordered and kept[-1] != ordered[-1]:
        while len(kept) > 1 and _touch(kept[-1], ordered[-1], letter):
            kept.pop()
        kept.append(ordered[-1]) if not _touch(kept[-1], ordered[-1], letter) else None
    yield from kept


def _touch(one: tuple[float, str], other: tuple[float, str], letter: float) -> bool:
    return other[0] - one[0] < letter * (len(one[1]) + len(other[1])) / 2 + 7


def x_axis(scale: Scale, top: float, bottom: float, grid: bool = True) -> Iterator[str]:
    """The horizontal axis at ``bottom``, with its marks."""
    left, right = scale.start, scale.end
    for x, _ in scale.marks(6):
        if grid and math.isfinite(x):
            yield svg_line(x, top, x, bottom, "grid")
    room = (right - left) / max(1, len(scale.words)) - 4 if scale.words else right - left
    for x, words in spaced([(x, short(words, room)) for x, words in scale.marks(6)]):
        yield svg_text(x, bottom + 14, words, "text-3", "middle")
    if scale.zero:  # a gap in the line says that 0 lies elsewhere on a logarithmic axis
        middle = left + (right - left) * (PAD + ZERO_ROOM / 2)
        yield svg_line(left, bottom, middle - 3, bottom, "text-3")
        yield svg_line(middle + 3, bottom, right, bottom, "text-3")
        for x in (middle - 3, middle + 3):
            yield svg_line(x - 2, bottom + 4, x + 2, bottom - 4, "text-3")
    else:
        yield svg_line(left, bottom, right, bottom, "text-3")


def y_axis(scale: Scale, left: float, right: float, about: int = 4, grid: bool = True) -> Iterator[str]:
    """The vertical axis at ``left``, with its marks."""
    for y, words in scale.marks(about):
        if grid:
            yield svg_line(left, y, right, y, "grid")
        yield svg_text(left - 6, y + 3.5, words, "text-3", "end")
