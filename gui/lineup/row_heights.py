"""How high the rows of the lineup are: a pure function of the room there is."""

from __future__ import annotations

LEVELS = (
    {"loss": 88, "map": 160, "image": 96, "samples": 62, "film": 52},
    {"loss": 96, "map": 180, "image": 96, "samples": 62, "film": 52},
    {"loss": 108, "map": 208, "image": 120, "samples": 94, "film": 56},
    {"loss": 132, "map": 310, "image": 148, "samples": 124, "film": 60},
    {"loss": 168, "map": 518, "image": 204, "samples": 184, "film": 72},
)
POINT_LEVELS = (
    {"loss": 72, "map": 122, "image": 96, "samples": 122, "film": 52},
    {"loss": 84, "map": 150, "image": 96, "samples": 150, "film": 52},
    {"loss": 96, "map": 172, "image": 96, "samples": 172, "film": 56},
    {"loss": 120, "map": 250, "image": 120, "samples": 250, "film": 60},
    {"loss": 150, "map": 400, "image": 160, "samples": 400, "film": 72},
)
"""Where the data are points of a plane, the plane is as large as the map."""
OTHER_PX = 120
"""A row that a newcomer added and nobody measured."""


def heights(room: int, names: list[str], points: bool = False) -> dict[str, int]:
    """Pixels of each row when ``room`` is left for all of them: the largest level that fits, then the rest to the
    map (5 parts; with ``points`` map and plane, 3 each) and the loss (1 part). Less room than the smallest level gives
    that level: the page scrolls."""
    levels = POINT_LEVELS if points else LEVELS
    chosen = {name: levels[0].get(name, OTHER_PX) for name in names}
    for level in levels:
        wanted = {name: level.get(name, OTHER_PX) for name in names}
        if sum(wanted.values()) <= room:
            chosen = wanted
    left = room - sum(chosen.values())
    if left > 0:
        shares = (("map", 3), ("samples", 3), ("loss", 1)) if points else (("map", 5), ("loss", 1))
        takers = {name: part for name, part in shares if name in chosen} or {name: 1 for name in chosen}
        parts = sum(takers.values())
        for name, part in takers.items():
            chosen[name] += left * part // parts if parts else 0
    return chosen
