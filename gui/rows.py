"""How high the rows of the lineup are: a pure function of the room there is."""

from __future__ import annotations

LEVELS = (
    {"loss": 88, "map": 160, "image": 96, "samples": 62, "film": 52},
    {"loss": 96, "map": 180, "image": 96, "samples": 62, "film": 52},
    {"loss": 108, "map": 208, "image": 120, "samples": 94, "film": 56},
    {"loss": 132, "map": 310, "image": 148, "samples": 124, "film": 60},
    {"loss": 168, "map": 518, "image": 204, "samples": 184, "film": 72},
)
OTHER_PX = 120
"""A row that a newcomer added and nobody measured."""


def heights(room: int, names: list[str]) -> dict[str, int]:
    """Pixels of each row when ``room`` is left for all of them: the largest level that fits, then the rest to the
    map (5 parts) and the loss (1 part). Less room than the smallest level gives that level: the page scrolls."""
    chosen = {name: LEVELS[0].get(name, OTHER_PX) for name in names}
    for level in LEVELS:
        wanted = {name: level.get(name, OTHER_PX) for name in names}
        if sum(wanted.values()) <= room:
            chosen = wanted
    left = room - sum(chosen.values())
    if left > 0:
        takers = {name: part for name, part in (("map", 5), ("loss", 1)) if name in chosen} or {
            name: 1 for name in chosen
        }
        parts = sum(takers.values())
        for name, part in takers.items():
            chosen[name] += left * part // parts if parts else 0
    return chosen
