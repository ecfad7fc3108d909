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
    {"loss": 72, "map": 104, "image": 96, "samples": 140, "film": 52},
    {"loss": 80, "map": 128, "image": 96, "samples": 176, "film": 52},
    {"loss": 92, "map": 142, "image": 96, "samples": 206, "film": 56},
    {"loss": 112, "map": 200, "image": 112, "samples": 316, "film": 60},
    {"loss": 140, "map": 300, "image": 150, "samples": 520, "film": 72},
)
"""The same for 2-D data: the plane in the row of samples is the largest, because it shows data and model at once."""
GIVES_PX = 32
"""What the largest row gives up at most so that the page need not scroll, px."""
OTHER_PX = 120
"""Height of a row that is in no level, px."""


def heights(room: int, names: list[str], points: bool = False) -> dict[str, int]:
    """Height of each row, px, when ``room`` px are left for all: the largest level that fits, then the rest to the
    map (5 parts; with ``points`` plane 3, map 2) and the loss (1 part). The smallest level is the minimum, less
    `GIVES_PX` of the map, or plane, where that is enough: with less room the page scrolls."""
    levels = POINT_LEVELS if points else LEVELS
    chosen = {name: levels[0].get(name, OTHER_PX) for name in names}
    for level in levels:
        candidate = {name: level.get(name, OTHER_PX) for name in names}
        if sum(candidate.values()) <= room:
            chosen = candidate
    left = room - sum(chosen.values())
    largest = "samples" if points else "map"
    if -GIVES_PX <= left < 0 and largest in chosen:
        chosen[largest] += left
    if left > 0:
        shares = (("samples", 3), ("map", 2), ("loss", 1)) if points else (("map", 5), ("loss", 1))
        weights = {name: part for name, part in shares if name in chosen} or {name: 1 for name in chosen}
        total = sum(weights.values())
        for name, part in weights.items():
            chosen[name] += left * part // total if total else 0
    return chosen
