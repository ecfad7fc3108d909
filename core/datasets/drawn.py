"""Points along strokes that the user drew. Strokes are saved as text, for the command line and the run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.datasets.base import DataError, Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, arms_along, dataset_of
from core.foundation.arrays import Doubles
from core.foundation.params import Param
from core.foundation.pixels import FRAME

_NUMBER = r"-?(?:[01](?:\.\d{1,4})?|\.\d{1,4})"
_POINT = f"{_NUMBER},{_NUMBER}"
_STROKE = f"{_POINT}(?: {_POINT})*"
TOLERANCE = 0.004
"""Largest distance between a stroke and its simplified text."""


def _circle(middle: tuple[float, float], radius: float, start: float = 0.0, end: float = 360.0) -> Doubles:
    angle = np.deg2rad(np.linspace(start, end, max(8, round((end - start) / 9)) + 1))
    return np.array(middle) + radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def _smiley() -> list[Doubles]:
    mouth = _circle((0.0, 0.0), 0.55, 205.0, 335.0)
    eyes = [np.array([[x, 0.18], [x, 0.45]]) for x in (-0.33, 0.33)]
    return [_circle((0.0, 0.0), 1.0), *eyes, mouth]


def _heart() -> list[Doubles]:
    t = np.linspace(0, 2 * np.pi, 61)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.stack([np.sin(t) ** 3, (y + 2.5) / 16], 1)]


def _figure_eight() -> list[Doubles]:
    t = np.linspace(0, 2 * np.pi, 61)
    return [np.stack([np.sin(t), np.sin(2 * t) / 2], 1)]


SHAPES: dict[str, Callable[[], list[Doubles]]] = {"smiley": _smiley, "heart": _heart, "eight": _figure_eight}
"""Built-in drawings by name."""


def parse_strokes(text: str) -> list[Doubles]:
    """Strokes, each (N, 2), from text or the name of a shape. `DataError` if one leaves ±`FRAME`."""
    if text in SHAPES:
        return SHAPES[text]()
    strokes = [np.array([point.split(",") for point in stroke.split(" ")], float) for stroke in text.split(";")]
    if max(float(np.abs(stroke).max()) for stroke in strokes) > FRAME:
        raise DataError(f"The drawing leaves the frame: every coordinate must lie within ±{FRAME:g}")
    return strokes


def format_strokes(strokes: Sequence[Doubles]) -> str:
    """The text of strokes (N, 2), `simplified`, with three decimals."""
    return ";".join(" ".join(f"{_short(x)},{_short(y)}" for x, y in simplified(stroke)) for stroke in strokes)


def _short(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def simplified(line: Doubles, tolerance: float = TOLERANCE) -> Doubles:
    """A polyline (N, 2) without the vertices within ``tolerance`` of it (Ramer 1972; Douglas & Peucker 1973)."""
    keep = np.zeros(len(line), bool)
    keep[[0, -1]] = True
    segments = [(0, len(line) - 1)]
    while segments:
        first, last = segments.pop()
        if last - first < 2:
            continue
        chord = line[last] - line[first]
        from_first = line[first + 1 : last] - line[first]
        share = np.clip(from_first @ chord / max(float(chord @ chord), 1e-12), 0, 1)
        distance = np.hypot(*(from_first - share[:, None] * chord).T)
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            vertex = first + 1 + farthest
            keep[vertex] = True
            segments += [(first, vertex), (vertex, last)]
    return line[keep]


@dataclass(frozen=True)
class DrawnConfig(PointsConfig):
    """The knobs of `Drawn`."""

    strokes: Annotated[
        str,
        Param(
            "Strokes",
            pattern=f"{'|'.join(SHAPES)}|{_STROKE}(?:;{_STROKE})*",
            example='smiley, or strokes as "0,0 0.5,0.25;-0.5,0 -0.5,0.75"',
            help=f"What is drawn: {', '.join(SHAPES)}, or x,y x,y … of each stroke within ±1, strokes parted by ;.",
        ),
    ] = "smiley"


@register("drawn")
class Drawn(Source[DrawnConfig]):
    """Points (N, 2, 1, 1) float32; labels the stroke."""

    title = "Draw your own"
    summary = "points of a plane along what you draw with the mouse"
    order = 64
    points = True

    Config = DrawnConfig

    def load(self, config: DrawnConfig, report: Report) -> Dataset:
        """Draw points along the strokes."""
        title = config.strokes.capitalize() if config.strokes in SHAPES else "Your drawing"
        return dataset_of(arms_along(parse_strokes(config.strokes), config.noise), "drawn", title, config, report)
