"""Texts about a measure and about one value of it, for tooltips and the help box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.engine import measure_table
from core.engine.freshness import present
from core.evaluation.samplers import sampler
from core.metrics.base import METRICS, Measured, Metric, left_out
from core.text import addresses
from gui.drawing import numbers
from gui.widgets.help_text import Help

if TYPE_CHECKING:
    from core.engine.run import Run

MARKS = {"best": "The best.", "level": "Cannot be told from the best: their intervals overlap."}
MOST_PARTS = 12
"""Number of parts of a measure in a tooltip, at most."""


def lanes_of(runs: Sequence[Run], names: Sequence[str], sampler_name: str) -> tuple[measure_table.Lane, ...]:
    """The lanes in the form that `core.engine.measure_table` reads; the sampler is the chosen one."""
    lanes = []
    for name, run in zip(names, runs, strict=True):
        view = run.view
        lanes.append(
            measure_table.Lane(
                name,
                run.model,
                run.dataset,
                view.measures,
                view.status.step,
                view.status.seconds,
                present(view, run.sampler_in_force(sampler_name)),
            )
        )
    return tuple(lanes)


def state_words(lanes: Sequence[measure_table.Lane]) -> str:
    """What is being measured, or how long it took, in words."""
    busy = [(lane.name, lane.measures.waiting) for lane in lanes if lane.measures and lane.measures.waiting]
    if busy:
        name, waiting = busy[0]
        left = sum(len(names) for _, names in busy)
        return f"measuring {METRICS.get(waiting[0]).title} of {name}, {left} left"
    if not any(lane.measures for lane in lanes):
        return "nothing measured yet"
    spent = sum(v.seconds for lane in lanes if lane.measures for v in lane.measures.values.values())
    cut = {METRICS.get(name).title for lane in lanes if lane.measures for name in lane.measures.cut}
    fewer = f"; {', '.join(sorted(cut))} on fewer images while lanes train" if cut else ""
    return f"measured in {numbers.duration(spent)} of one core{fewer}"


def about(row: measure_table.Row) -> Help:
    """The help text of a measure."""
    metric = row.metric
    costs = [cell.measured.seconds for cell in row.cells if cell.measured is not None]
    cost = f"Takes {_about(max(costs))} of one core." if costs else ""
    source = f"{metric.source}." if metric.source else ""
    address = addresses.of_measure(metric.name)
    return Help(metric.title, metric.help, f"{source} {cost}".strip(), metric.formula, address=address)


def _about(seconds: float) -> str:
    return numbers.duration(seconds) if seconds < 0.1 else f"about {numbers.duration(seconds)}"


def unit_note(metric: type[Metric]) -> str:
    """The unit, and whether lower or higher is better."""
    direction = {-1: "lower is better", 0: "", 1: "higher is better"}[metric.better]
    return " · ".join(part for part in (metric.unit, direction) if part)


def cell_words(row: measure_table.Row, number: int, lane: measure_table.Lane) -> str:
    """The tooltip of one cell, the lane's ``number``: value, interval, sizes, cost, parts."""
    cell, metric, name = row.cells[number], row.metric, lane.name
    measured = cell.measured
    if measured is None:
        return f"{name}: {cell.reason}"
    unit = f" {metric.unit}" if metric.unit else ""
    words = f"{name}: {numbers.telling(measured.value, metric.decimals)}{unit}"
    if math.isfinite(measured.low) and math.isfinite(measured.high):
        low, high = (numbers.telling(end, metric.decimals) for end in (measured.low, measured.high))
        words += f" (95 %: {low} to {high})"
    facts = [
        measure_table.sizes(measured, metric),
        f"{numbers.duration(measured.seconds)} of one core",
        f"at step {measured.step:,}",
    ]
    if measured.sampler:
        facts.append(f"z from {sampler(measured.sampler).title}")
    lines = [words, ", ".join(fact for fact in facts if fact) + "."]
    if measured.floor is not None:
        floor = numbers.telling(measured.floor, metric.decimals)
        lines.append(f"A perfect model reads {floor} at these sizes.")
    if lost := left_out(measured, metric):
        lines.append(lost)
    if cell.from_best is not None:
        lines.append(_apart(cell.from_best, metric, cell.mark == "level"))
    elif cell.mark in MARKS:
        lines.append(MARKS[cell.mark])
    lines += [f"{part}: {numbers.telling(value, metric.decimals)}" for part, value in measured.parts[:MOST_PARTS]]
    return "\n".join([lines[0], *map(lane.dataset.worded, lines[1:])])


def _apart(from_best: Measured, metric: type[Metric], is_level: bool) -> str:
    """How far a value is from the best, with the interval of the difference."""
    ends = from_best.value, from_best.low, from_best.high
    apart, low, high = (("+" if each > 0 else "") + numbers.telling(each, metric.decimals) for each in ends)
    unit = f" {metric.unit}" if metric.unit else ""
    words = f"{apart}{unit} from the best, on the same {from_best.n:,} test images (95 %: {low} to {high})."
    return f"{words} It cannot be told from it." if is_level else words
