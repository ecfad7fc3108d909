"""Heights of the rows of the lineup: a pure function of the height left for them."""

from __future__ import annotations

LEVELS = (
    {"loss": 88, "map": 160, "image": 96, "samples": 62, "film": 52},
    {"loss": 96, "map": 180, "image": 96, "samples": 62, "film": 52},
    {"loss": 108, "map": 208, "image": 120, "samples": 94, "film": 56},
    {"loss": 132, "map": 310, "image": 148, "samples": 124, "film": 60},
    {"loss": 168, "map": 518, "image": 204, "samples": 184, "film": 72},
)
"""Heights of the rows by name, px, from small to large windows."""
POINT_LEVELS = (
    {"loss": 72, "map": 122, "image": 96, "samples": 122, "film": 52},
    {"loss": 84, "map": 150, "image": 96, "samples": 150, "film": 52},
    {"loss": 96, "map": 172, "image": 96, "samples": 172, "film": 56},
    {"loss": 120, "map": 250, "image": 120, "samples": 250, "film": 60},
    {"loss": 150, "map": 400, "image": 160, "samples": 400, "film": 72},
)
"""The same for 2-D data, whose plane is as large as the map."""
OTHER_PX = 120
"""Height of a row that is in no level, px."""


def heights(room: int, names: list[str], points: bool = False) -> dict[str, int]:
    """Height of each row, px, when ``room`` px are left for all: the largest level that fits, then the rest to the
    map (5 parts; with ``points`` map and plane, 3 each) and the loss (1 part). The smallest level is the minimum: with
    less room the page scrolls."""
    levels = POINT_LEVELS if points else LEVELS
    chosen = {name: levels[0].get(name, OTHER_PX) for name in names}
    for level in levels:
        candidate = {name: level.get(name, OTHER_PX) for name in names}
        if sum(candidate.values()) <= room:
            chosen = candidate
    left = room - sum(chosen.values())
    if left > 0:
        shares = (("map", 3), ("samples", 3), ("loss", 1)) if points else (("map", 5), ("loss", 1))
        weights = {name: part for name, part in shares if name in chosen} or {name: 1 for name in chosen}
        total = sum(weights.values())
        for name, part in weights.items():
            chosen[name] += left * part // total if total else 0
    return chosen
