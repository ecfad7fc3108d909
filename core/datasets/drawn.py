"""Points along strokes that somebody drew. The strokes are text: they fit into a command line and a run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from core.datasets.base import DataError, Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, along, points_of
from core.foundation.arrays import Doubles
from core.foundation.params import Param
from core.foundation.pixels import FRAME

_NUMBER = r"-?(?:[01](?:\.\d{1,4})?|\.\d{1,4})"
_POINT = f"{_NUMBER},{_NUMBER}"
_STROKE = f"{_POINT}(?: {_POINT})*"
TOLERANCE = 0.004
"""Corners nearer than this to the line without them are left out."""


def _circle(middle: tuple[float, float], radius: float, start: float = 0.0, end: float = 360.0) -> Doubles:
    angle = np.deg2rad(np.linspace(start, end, max(8, round((end - start) / 9)) + 1))
    return np.array(middle) + radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def _smiley() -> list[Doubles]:
    mouth = _circle((0.0, 0.0), 0.55, 205.0, 335.0)
    classifiers = [np.array([[x, 0.18], [x, 0.45]]) for x in (-0.33, 0.33)]
    return [_circle((0.0, 0.0), 1.0), *classifiers, mouth]


def _heart() -> list[Doubles]:
    t = np.linspace(0, 2 * np.pi, 61)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.stack([np.sin(t) ** 3, (y + 2.5) / 16], 1)]


def _eight() -> list[Doubles]:
    t = np.linspace(0, 2 * np.pi, 61)
    return [np.stack([np.sin(t), np.sin(2 * t) / 2], 1)]


SHAPES: dict[str, Callable[[], list[Doubles]]] = {"smiley": _smiley, "heart": _heart, "eight": _eight}
"""Ready-made drawings by name."""


def read(text: str) -> list[Doubles]:
    """The strokes, each (N, 2), that a text or the name of a shape means. `DataError` if one leaves the frame."""
    if text in SHAPES:
        return SHAPES[text]()
    strokes = [np.array([point.split(",") for point in stroke.split(" ")], float) for stroke in text.split(";")]
    if max(float(np.abs(stroke).max()) for stroke in strokes) > FRAME:
        raise DataError(f"The drawing leaves the frame: every coordinate must lie within ±{FRAME:g}")
    return strokes


def write(strokes: Sequence[Doubles]) -> str:
    """The text of strokes, to three decimals, without the corners that a line does not need."""
    return ";".join(" ".join(f"{_short(x)},{_short(y)}" for x, y in thinned(stroke)) for stroke in strokes)


def _short(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def thinned(line: Doubles, tolerance: float = TOLERANCE) -> Doubles:
    """The corners that matter (Ramer 1972; Douglas & Peucker 1973)."""
    keep = np.zeros(len(line), bool)
    keep[[0, -1]] = True
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        way = line[last] - line[first]
        from_first = line[first + 1 : last] - line[first]
        share = np.clip(from_first @ way / max(float(way @ way), 1e-12), 0, 1)
        apart = np.hypot(*(from_first - share[:, None] * way).T)
        far = int(apart.argmax())
        if apart[far] > tolerance:
            keep[first + 1 + far] = True
            waiting += [(first, first + 1 + far), (first + 1 + far, last)]
    return line[keep]


@register("drawn")
class Drawn(Source):
    """Points (N, 2, 1, 1) float32; labels the stroke."""

    title = "Draw your own"
    summary = "points of a plane along what you draw with the mouse"
    order = 64
    points = True

    @dataclass(frozen=True)
    class Config(PointsConfig):
        """Also the strokes."""

        strokes: Annotated[
            str,
            Param(
                "Strokes",
                pattern=f"{'|'.join(SHAPES)}|{_STROKE}(?:;{_STROKE})*",
                example='smiley, or strokes as "0,0 0.5,0.25;-0.5,0 -0.5,0.75"',
                help=f"What is drawn: {', '.join(SHAPES)}, or x,y x,y … of each stroke within ±1, strokes parted by ;.",
            ),
        ] = "smiley"

    def load(self, config: Any, report: Report) -> Dataset:
        """Draw points along the strokes."""
        named = config.strokes in SHAPES
        title = config.strokes.capitalize() if named else "Your drawing"
        return points_of(along(read(config.strokes), config.noise), "drawn", title, config, report)
