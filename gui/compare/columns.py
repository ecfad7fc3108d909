"""Positions of the columns of the Compare tab: a pure function of the width."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from gui.lineup.lane_widths import GAP, LANE_MINIMUM, PADDING

LEFT = 132
"""Width of the titles, px at text size 1."""
RIGHT = 208
"""Smallest width of the curves, px at text size 1."""
MOST_RIGHT = 420
"""Largest width of the curves, px at text size 1."""


@dataclass(frozen=True)
class Span:
    """A column: its left edge ``x`` and its width, px."""

    x: int
    width: int

    @property
    def end(self) -> int:
        """The first pixel after it."""
        return self.x + self.width


@dataclass(frozen=True)
class Columns:
    """Columns of titles (``left``), lanes and curves (``right``), px; ``width`` includes the padding.

    Where ``left`` and ``right`` are None, titles and curves are above the lanes.
    """

    left: Span | None
    lanes: tuple[Span, ...]
    right: Span | None
    width: int


def columns(room: int, lanes: int, px: Callable[[float], int]) -> Columns:
    """Columns for a width of ``room`` pixels. All lanes are equally wide. Where they would be narrower than
    `LANE_MINIMUM`, titles go above them; where even that is not enough, the page is wider than the room."""
    lanes = max(1, lanes)
    inside = room - 2 * PADDING
    least = px(LANE_MINIMUM)
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
