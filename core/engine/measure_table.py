"""The table of measures as Markdown for people and CSV for programs. Pure; used by window and command line.

One row per measure, one cell per lane. A cell holds the value, or why there is none, and its rank among the lanes.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.engine.freshness import Present
from core.evaluation.samplers import sampler
from core.foundation.number_words import telling as figure
from core.metrics.base import METRICS, Measured, Metric, counted, difference, left_out, why_missing, why_nothing

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.board import Measures
    from core.models.base import Model

Mark = Literal["", "best", "level", "worse"]
"""``level``: not the best value, but it cannot be told from the best: where both are of the same test images, the 95 %
interval of the mean difference holds 0; else their intervals overlap."""

NOT_YET = "Not measured yet."


@dataclass(frozen=True)
class Lane:
    """A run in the table. ``step`` and ``seconds`` say how far it has trained; ``present`` which of its values are old,
    None where all are of this step."""

    name: str
    model: type[Model]
    dataset: Dataset
    measures: Measures | None
    step: int
    seconds: float
    present: Present | None = None

    def is_old(self, measured: Measured) -> bool:
        """Whether a value no longer shows the run: such a value is not compared with others."""
        return self.present is not None and self.present.is_old(measured.step, measured.sampler)


@dataclass(frozen=True)
class Cell:
    """A value, or None with the ``reason``; ``exists`` says whether the model has this measure at all.

    An ``old`` value no longer shows the run, and has no mark. ``from_best`` is its difference from the best of the row,
    image by image, where both are of the same test images.
    """

    measured: Measured | None
    reason: str = ""
    exists: bool = True
    mark: Mark = ""
    old: bool = False
    from_best: Measured | None = None


@dataclass(frozen=True)
class Row:
    """One measure of all lanes."""

    metric: type[Metric]
    cells: tuple[Cell, ...]


def rows(lanes: Sequence[Lane]) -> tuple[Row, ...]:
    """Every measure that exists for at least one lane, in menu order."""
    table = []
    for name in METRICS.names():
        metric = METRICS.get(name)
        cells = tuple(_cell(metric, lane) for lane in lanes)
        if any(cell.exists for cell in cells):
            table.append(Row(metric, _marked(metric, cells, len({id(lane.dataset) for lane in lanes}) == 1)))
    return tuple(table)


def _cell(metric: type[Metric], lane: Lane) -> Cell:
    reason = why_missing(metric, lane.model, lane.dataset)
    if reason:
        return Cell(None, reason, exists=False)
    measured = None if lane.measures is None else lane.measures.values.get(metric.name)
    if measured is None:
        return Cell(None, NOT_YET)
    if not math.isfinite(measured.value):
        return Cell(None, why_nothing(measured, metric, lane.dataset))
    return Cell(measured, old=lane.is_old(measured))


def _marked(metric: type[Metric], cells: tuple[Cell, ...], same_data: bool) -> tuple[Cell, ...]:
    known = [cell.measured for cell in cells if cell.measured is not None and not cell.old]
    if not metric.better or len(known) < 2:
        return cells
    best = max(known, key=lambda each: metric.better * each.value)
    if all(each.value == best.value for each in known):
        return cells  # none is better than another

    def marked(cell: Cell) -> Cell:
        each = cell.measured
        if each is None or cell.old:
            return cell
        if each.value == best.value:
            return dataclasses.replace(cell, mark="best")
        from_best = difference(each, best) if same_data and not metric.of_samples else None
        mark: Mark = "worse" if _is_different(each, best, from_best) else "level"
        return dataclasses.replace(cell, mark=mark, from_best=from_best)

    return tuple(marked(cell) for cell in cells)


def _is_different(one: Measured, other: Measured, apart: Measured | None) -> bool:
    """Whether 0 is outside the interval of the mean difference; without pairs, whether the intervals do not overlap.

    Without intervals, whether the values differ.
    """
    if apart is not None and not math.isnan(apart.low):
        return apart.low > 0 or apart.high < 0
    if any(math.isnan(each) for each in (one.low, one.high, other.low, other.high)):
        return one.value != other.value
    return one.low > other.high or other.low > one.high


def sizes(measured: Measured, metric: type[Metric]) -> str:
    """Sample sizes: "2,500 samples against 2,500 real ones"; empty where unknown."""
    if not measured.n:
        return ""
    words = f"{measured.n:,} {counted(metric)}"
    return f"{words} against {measured.against:,} real ones" if measured.against else words


def markdown(lanes: Sequence[Lane]) -> str:
    """The table for a README or an issue, the best in bold, with data, training time and sample sizes below."""
    table = rows(lanes)
    head = ["Measure", *(lane.name for lane in lanes)]
    lines = [_line(head), _line(["---", *("---:" for _ in lanes)])]
    lines += [_line([_title(row.metric), *(_words(row.metric, cell) for cell in row.cells)]) for row in table]
    data = lanes[0].dataset.title if lanes else "Nothing"
    about = (
        f"{data}. ± is the longer side of a 95 % interval; bold is the best, ≈ cannot be told from it. Lanes are"
        " measured on the same test images: where they differ is told image by image, and may be surer than two"
        " intervals suggest."
    )
    notes = [_note(lane) for lane in lanes]
    notes += [f"{_title(row.metric)}: {size}" for row in table for size in _all_sizes(row)]
    notes += [
        f"{lane.name}, {_title(row.metric)}: {lost}"
        for row in table
        for lane, cell in zip(lanes, row.cells, strict=True)
        if (lost := cell.measured and left_out(cell.measured, row.metric))
    ]
    return "\n".join([*lines, "", about, "", *(f"- {note}" for note in notes)]) + "\n"


def _note(lane: Lane) -> str:
    trained = f"{lane.name}: {lane.model.title}, step {lane.step:,}, {lane.seconds:,.0f} s of training"
    sampled = "" if lane.measures is None else f", z from {sampler(lane.measures.sampler).title}"
    return trained + sampled


def _all_sizes(row: Row) -> list[str]:
    texts = [sizes(cell.measured, row.metric) for cell in row.cells if cell.measured is not None]
    return [size for size in dict.fromkeys(texts) if size]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _title(metric: type[Metric]) -> str:
    return f"{metric.title}, {metric.unit}" if metric.unit else metric.title


def _words(metric: type[Metric], cell: Cell) -> str:
    measured = cell.measured
    if measured is None:
        return "—"
    text = figure(measured.value, metric.decimals)
    text = f"**{text}**" if cell.mark == "best" else f"≈ {text}" if cell.mark == "level" else text
    if spread := measured.interval(lambda number: figure(number, metric.decimals)):
        text += f" {spread}" if spread.startswith("±") else f" ({spread})"
    if measured.floor is not None:
        text += f" (perfect {figure(measured.floor, metric.decimals)})"
    if cell.old:
        text += f", {origin(measured)}"
    return text


def origin(measured: Measured) -> str:
    """Where a value comes from: "step 480", with its sampler where it has one."""
    return origins(measured)[0]


def origins(measured: Measured) -> tuple[str, ...]:
    """`origin` in several wordings, longest first: all but the last name the sampler."""
    words = f"step {measured.step:,}"
    if not measured.sampler:
        return (words,)
    title = sampler(measured.sampler).title
    return f"{words}, z from {title}", f"{words}, {title}", f"{measured.step:,}, {title}", words


COLUMNS = (
    "measure",
    "unit",
    "lane",
    "model",
    "dataset",
    "value",
    "low",
    "high",
    "n",
    "against",
    "not_finite",
    "floor",
    "mark",
    "sampler",
    "step",
    "seconds_of_work",
    "why_not",
)


def csv_text(lanes: Sequence[Lane]) -> str:
    """One line per measure and lane, in full precision, under a header of `COLUMNS`; empty fields where unknown."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(lanes):
        for lane, cell in zip(lanes, row.cells, strict=True):
            about = (row.metric.name, row.metric.unit, lane.name, lane.model.name, lane.dataset.name)
            measured = cell.measured
            if measured is None:
                writer.writerow([*about, *[""] * (len(COLUMNS) - len(about) - 1), cell.reason])
                continue
            numbers = (measured.value, measured.low, measured.high)
            floor = "" if measured.floor is None else repr(measured.floor)
            sample = (measured.n or "", measured.against or "", measured.not_finite or "", floor)
            exact = ["" if math.isnan(each) else repr(float(each)) for each in numbers]
            rest = (cell.mark, measured.sampler, measured.step, f"{measured.seconds:.3f}", "")
            writer.writerow([*about, *exact, *sample, *rest])
    return file.getvalue()
