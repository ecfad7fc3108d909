"""What the window shows of an experiment, as plain values: a document keeps it, to be shown again another day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from core.probes.data_plane import HeatKind
from gui.desk.desk import Desk, MapStyle

LARGEST_CLASS = 10_000
SMOOTHEST = 0.99


class Shown:
    """The layers of maps and curves of one window, read and set. Values that cannot be are left as they are.

    ``parts`` are more values by name: what reads each, and what sets it to whatever a file says.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.parts: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {}

    def facts(self) -> dict[str, Any]:
        """The present values by name."""
        desk, layers = self._desk, self._desk.layers
        return {
            "map style": desk.map_style,
            "classes": sorted(desk.isolated),
            "smooth": desk.smooth,
            "x axis": desk.x_axis,
            "heat": layers.heat,
            "grid": layers.grid,
            "arrows": layers.arrows,
            "ellipses": layers.ellipses,
            **{name: read() for name, (read, _) in self.parts.items()},
        }

    def show(self, facts: Mapping[str, Any]) -> None:
        """Show what a document says."""
        desk, layers = self._desk, self._desk.layers
        if facts.get("map style") in get_args(MapStyle):
            desk.set_map_style(facts["map style"])
        classes = facts.get("classes")
        if isinstance(classes, list) and all(type(each) is int and 0 <= each < LARGEST_CLASS for each in classes):
            desk.isolate(frozenset(classes))
        smooth = facts.get("smooth")
        if isinstance(smooth, int | float) and 0 <= smooth <= SMOOTHEST:
            desk.set_chart(smooth=float(smooth))
        if facts.get("x axis") in ("step", "seconds"):
            desk.set_chart(x_axis=facts["x axis"])
        if facts.get("heat") in get_args(HeatKind):
            layers.choose(heat=facts["heat"])
        for name in ("grid", "arrows"):
            if isinstance(facts.get(name), bool):
                layers.choose(**{name: facts[name]})
        if isinstance(facts.get("ellipses"), bool):
            layers.show_ellipses(facts["ellipses"])
        for name, (_, put) in self.parts.items():
            if name in facts:
                put(facts[name])
