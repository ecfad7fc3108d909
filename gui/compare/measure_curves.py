"""Measures over training: a curve per lane, and what they read at one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.engine.measure_table import Lane
from core.metrics.base import Metric
from gui.drawing import numbers, theme
from gui.drawing.chart import Line, axis_end
from gui.plots.chart import nearest

if TYPE_CHECKING:
    from core.engine.run import Run

Axis = Literal["step", "seconds"]


def curves(name: str, runs: Sequence[Run], lanes: Sequence[Lane], axis: Axis) -> list[Line]:
    """The measure of that name over steps or seconds, a curve per lane; an empty one where it was not measured."""
    lines = []
    for run, lane in zip(runs, lanes, strict=True):
        x = y = np.empty(0)
        if lane.measures is not None and name in lane.measures.trail.names:
            table = lane.measures.trail
            x, y = table.column(axis), table.column(name)
            known = np.isfinite(y)
            x, y = x[known], y[known]
        lines.append(Line(x, y, theme.current().lanes[run.slot], sampled=True))
    return lines


def end_of(lanes: Sequence[Lane], axis: Axis) -> float:
    """Right end of the charts: a little after now, so that they need no repaint at every step."""
    return axis_end(max([1.0, *(lane.seconds if axis == "seconds" else lane.step for lane in lanes)]), 1.1)


def place_words(x: float, axis: Axis) -> str:
    """A place on the axis, in words."""
    return f"step {x:,.0f}" if axis == "step" else f"{x:,.1f} s"


def reading(metric: type[Metric], lanes: Sequence[Lane], lines: Sequence[Line], x: float, axis: Axis) -> str:
    """The value of each lane nearest to x, in words."""
    words = []
    for lane, line in zip(lanes, lines, strict=True):
        if len(line.x):
            at = nearest(line.x, x)
            value = numbers.telling(float(line.y[at]), metric.decimals)
            words.append(f"{lane.name}: {value} at {place_words(line.x[at], axis)}")
    return "\n".join(words) or "Nothing measured yet."
