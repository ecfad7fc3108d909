"""What is said about a measure and about one number of it: tooltips and the help box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.engine import measure_table
from core.evaluation.samplers import sampler
from core.metrics.base import Metric
from gui.drawing import numbers
from gui.widgets.help_text import Help

if TYPE_CHECKING:
    from core.engine.run import Run

MARKS = {"best": "The best.", "level": "Cannot be told from the best: their intervals overlap."}
MOST_PARTS = 12


def lanes_of(runs: Sequence[Run]) -> tuple[measure_table.Lane, ...]:
    """The lanes as the report takes them."""
    names = measure_table.lane_names([run.model.short for run in runs], [run.slot for run in runs])
    made = []
    for name, run in zip(names, runs, strict=True):
        view = run.view
        made.append(
            measure_table.Lane(name, run.model, run.dataset, view.measures, view.status.step, view.status.seconds)
        )
    return tuple(made)


def about(row: measure_table.Row) -> Help:
    """What the help box says of a measure."""
    metric = row.metric
    costs = [cell.measured.seconds for cell in row.cells if cell.measured is not None]
    cost = f"Takes about {max(costs):.1f} s of one core." if costs else ""
    source = f"{metric.source}." if metric.source else ""
    return Help(metric.title, metric.help, f"{source} {cost}".strip(), metric.formula)


def unit_note(metric: type[Metric]) -> str:
    """The unit, and which end is better."""
    side = {-1: "lower is better", 0: "", 1: "higher is better"}[metric.better]
    return " · ".join(each for each in (metric.unit, side) if each)


def cell_words(row: measure_table.Row, lane: int, name: str) -> str:
    """All that is known of one lane's number; ``name`` is the lane's."""
    cell, metric = row.cells[lane], row.metric
    found = cell.measured
    if found is None:
        return f"{name}: {cell.reason}"
    unit = f" {metric.unit}" if metric.unit else ""
    words = f"{name}: {numbers.number(found.value, metric.decimals)}{unit}"
    if math.isfinite(found.low) and math.isfinite(found.high):
        low, high = (numbers.number(each, metric.decimals) for each in (found.low, found.high))
        words += f" (95 %: {low} to {high})"
    facts = [measure_table.sizes(found, metric), f"{found.seconds:.1f} s of one core", f"at step {found.step:,}"]
    if found.sampler:
        facts.append(f"z from {sampler(found.sampler).title}")
    lines = [words, ", ".join(each for each in facts if each) + "."]
    if found.floor is not None:
        floor = numbers.number(found.floor, metric.decimals)
        lines.append(f"A perfect model reads {floor} at these sizes.")
    if cell.mark in MARKS:
        lines.append(MARKS[cell.mark])
    lines += [f"{part}: {numbers.number(value, metric.decimals)}" for part, value in found.parts[:MOST_PARTS]]
    return "\n".join(lines)
