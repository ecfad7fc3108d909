"""The measures of a report, as `core.engine.measure_table` ranks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.engine import measure_table
from core.evaluation.samplers import sampler
from core.exports.document import Block, Cell, Grid, Words
from core.exports.reported_run import Lane
from core.foundation.number_words import telling
from core.foundation.quoted import brief
from core.metrics.base import METRICS, left_out, why_missing, why_nothing

if TYPE_CHECKING:
    from core.metrics.base import Measured, Metric


def measures(lanes: Sequence[Lane]) -> Iterator[Block]:
    """The table as the window has it, what its marks mean, and why values are missing."""
    table = measure_table.rows([_table_lane(lane) for lane in lanes])
    shown = [row for row in table if any(cell.measured is not None for cell in row.cells)]
    if not shown:
        yield Words("Nothing was measured.")
        return
    word = lanes[0].run.dataset.worded
    head = (Cell("Measure"), *(lane.head() for lane in lanes))
    rows = tuple((_title(row), *(_cell(row.metric, cell) for cell in row.cells)) for row in shown)
    yield Grid(head, rows, numbers=True)
    samplers = dict.fromkeys(cell.measured.sampler for row in shown for cell in row.cells if cell.measured is not None)
    drawn = ", ".join(sampler(name).title for name in samplers if name)
    ranks = (
        " Bold is the best; ≈ cannot be told from it, image by image where lanes are measured on the same test images."
    )
    perfect = " “Perfect” is what a perfect model reads at that size."
    sampled = f" z of samples: {drawn}." if drawn else ""
    yield Words(word(f"Small print is a 95 % interval.{ranks * (len(lanes) > 1)}{perfect}{sampled}"))
    yield from _notes(lanes, shown)
    yield from _missing(lanes)


def _table_lane(lane: Lane) -> measure_table.Lane:
    run = lane.run
    step, seconds = run.saved.step, run.saved.seconds
    return measure_table.Lane(lane.name.full, run.model, run.dataset, run.measures, step, seconds, run.present)


def _title(row: measure_table.Row) -> Cell:
    """The name of a measure, with its unit, its direction and the sizes behind it."""
    direction = {-1: "lower is better", 0: "", 1: "higher is better"}[row.metric.better]
    sizes = [measure_table.sizes(cell.measured, row.metric) for cell in row.cells if cell.measured is not None]
    return Cell(
        row.metric.title, "; ".join(each for each in (row.metric.unit, direction, *dict.fromkeys(sizes)) if each)
    )


def _cell(metric: type[Metric], cell: measure_table.Cell) -> Cell:
    measured = cell.measured
    if measured is None:
        return Cell("—")
    text = telling(measured.value, metric.decimals)
    notes = [_interval(measured, metric)]
    if measured.floor is not None:
        notes.append(f"perfect {telling(measured.floor, metric.decimals)}")
    if cell.old:
        notes.append(measure_table.origin(measured))
    note = ", ".join(each for each in notes if each)
    return Cell(f"≈ {text}" if cell.mark == "level" else text, note, strong=cell.mark == "best")


def _interval(measured: Measured, metric: type[Metric]) -> str:
    """The 95 % interval in words; "" where none is known."""
    low, high = measured.low, measured.high
    if np.isnan(low) or np.isnan(high):
        return ""
    if np.isinf(high):
        return f"{telling(low, metric.decimals)} or more"
    return f"{telling(low, metric.decimals)} to {telling(high, metric.decimals)}"


def _notes(lanes: Sequence[Lane], rows: Sequence[measure_table.Row]) -> Iterator[Block]:
    for row in rows:
        for lane, cell in zip(lanes, row.cells, strict=True):
            if cell.measured is not None and (lost := left_out(cell.measured, row.metric)):
                yield Words(f"{lane.name.full}, {row.metric.title}: {lost}", lane=lane.run.slot)


def _missing(lanes: Sequence[Lane]) -> Iterator[Block]:
    """Why measures are missing, a sentence per reason, for one lane or for all."""
    reasons: dict[str, dict[str, list[Lane]]] = {}
    for lane in lanes:
        for name in METRICS.names():
            if reason := _why_missing(lane, name):
                reasons.setdefault(reason, {}).setdefault(METRICS.get(name).title, []).append(lane)
    for reason, titles in reasons.items():
        by_lanes: dict[tuple[Lane, ...], list[str]] = {}
        for title, of in titles.items():
            by_lanes.setdefault(tuple(of), []).append(title)
        for of_lanes, of_titles in by_lanes.items():
            words = f"Without {', '.join(of_titles)}: {reason}"
            if len(of_lanes) < len(lanes):
                words = f"{', '.join(lane.name.full for lane in of_lanes)} w{words[1:]}"
            yield Words(words, lane=of_lanes[0].run.slot if len(of_lanes) == 1 else None)


def _why_missing(lane: Lane, name: str) -> str:
    """Why a lane has no value of a measure, in a sentence; "" where it has one."""
    run, metric = lane.run, METRICS.get(name)
    if reason := why_missing(metric, run.model, run.dataset):
        return reason
    if error := run.errors.get(name):
        return f"it failed ({brief(error)})."
    measured = None if run.measures is None else run.measures.values.get(name)
    return measure_table.NOT_YET if measured is None else why_nothing(measured, metric, run.dataset)
