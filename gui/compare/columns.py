"""Where the columns of the Compare view lie: a pure function of the room there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

GAP, PADDING = 8, 8
LEFT, LANE, RIGHT, MOST_RIGHT = 132, 240, 208, 420
"""Titles, the least of a lane, curves: pixels at text size 1."""


@dataclass(frozen=True)
class Span:
    """A column, from ``x``, ``width`` wide."""

    x: int
    width: int

    @property
    def end(self) -> int:
        """The first pixel after it."""
        return self.x + self.width


@dataclass(frozen=True)
class Columns:
    """``left`` for titles and ``right`` for curves, or neither: then titles stand above. ``width`` with padding."""

    left: Span | None
    lanes: tuple[Span, ...]
    right: Span | None
    width: int


def columns(room: int, lanes: int, px: Callable[[float], int]) -> Columns:
    """Columns for ``room`` pixels. Lanes are of one width; where they would be narrower than `LANE`, titles go above
    them, and where even that does not help the page is wider than the room."""
    lanes = max(1, lanes)
    inside = room - 2 * PADDING
    least = px(LANE)
    beside = inside - px(LEFT) - px(RIGHT) - GAP * (lanes + 1)
    if beside >= lanes * least:
        extra = (beside - lanes * least) // 5
        right = min(px(MOST_RIGHT), px(RIGHT) + extra)
        left_end = PADDING + px(LEFT)
        spans = _spread(left_end + GAP, inside - px(LEFT) - right - 2 * GAP, lanes)
        return Columns(Span(PADDING, px(LEFT)), spans, Span(room - PADDING - right, right), room)
    wide = max(inside, lanes * least + GAP * (lanes - 1))
    return Columns(None, _spread(PADDING, wide, lanes), None, wide + 2 * PADDING)


def _spread(x: int, width: int, lanes: int) -> tuple[Span, ...]:
    free = width - GAP * (lanes - 1)
    edges = [x + round(free * i / lanes) + GAP * i for i in range(lanes + 1)]
    return tuple(Span(a, b - GAP - a) for a, b in itertools.pairwise(edges))
