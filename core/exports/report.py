"""A report of up to five runs: data, verdicts, curves, pictures, measures, knobs, and the lines that repeat them.

Every number is one that the program shows elsewhere, in the same words: `core.engine.measure_table` holds the measures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from core.datasets.base import SOURCES, changed_data
from core.engine.lane_names import Named, lane_names
from core.evaluation.subsets import Subsets
from core.exports import charts, experiment_text, machine
from core.exports.command_line import train_command
from core.exports.contact_sheet import GAP, png_grid
from core.exports.document import Block, Cell, Code, Document, Drawing, Grid, Picture, Row, Section, Words
from core.exports.experiment_config import ExperimentConfig
from core.exports.report_measures import measures
from core.exports.reported_run import Lane, ReportedRun
from core.foundation.arrays import Floats, Pixels
from core.foundation.number_words import significant, telling, unit_of
from core.foundation.params import KnobValue, from_json, knobs
from core.foundation.pixels import as_floats, display
from core.foundation.user_error import UserError
from core.metrics.base import METRICS
from core.theory.latent_space import prior
from core.training.setup import Setup

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.run_folder import SavedRun

COLUMNS = 10
"""Images in a row."""
SAMPLES = 30
"""Samples of a lane on images."""
POINT_SAMPLES = charts.MOST_POINTS
SAMPLE_SEED = 1
LARGE_PX = 40
"""Images of a smaller side are shown twice as large."""
LIMITS = ("steps", "epochs", "seconds", "threads", "device")
"""Knobs of the setup in which lanes of one experiment may differ."""


def report(runs: Sequence[ReportedRun], made: datetime) -> Document:
    """The report of runs, of which there is at least one, in their order."""
    named = lane_names([Named(run.slot, run.model, run.saved.config, run.saved.name) for run in runs])
    lanes = [Lane(run, name) for run, name in zip(runs, named, strict=True)]
    data = list(dict.fromkeys(run.dataset.title for run in runs))
    sections = (
        Section("Data and lanes", tuple(_about(lanes))),
        Section("Verdicts", tuple(_verdicts(lanes))),
        Section("Curves", tuple(_curves(lanes))),
        Section("Samples", tuple(_samples(lanes))),
        Section("Reconstructions", tuple(_reconstructions(lanes))),
        Section("Measures", tuple(measures(lanes))),
        Section("Knobs", tuple(_knobs(lanes))),
        Section("Repeat it", tuple(_repeat(lanes))),
        Section("Made with", (_facts(machine.facts()),)),
    )
    title = f"{', '.join(lane.name.full for lane in lanes)} on {', '.join(data)}"
    subtitle = f"Latent Playground report, {made:%Y-%m-%d %H:%M}"
    return Document(title, subtitle, tuple(section for section in sections if section.blocks))


def _facts(rows: Sequence[tuple[str, str]]) -> Grid:
    return Grid((), tuple((Cell(name), Cell(value)) for name, value in rows))


# --- data and lanes --------------------------------------------------------------------------------------------------


def _about(lanes: Sequence[Lane]) -> Iterator[Block]:
    for dataset in {id(lane.run.dataset): lane.run.dataset for lane in lanes}.values():
        of_it = [lane for lane in lanes if lane.run.dataset is dataset]
        yield _facts(list(_data_facts(dataset, of_it[0].run.saved)))
        for lane in of_it:
            if difference := changed_data(dataset, lane.run.saved.data):
                yield Words(f"{lane.name.full}: {difference}.", "warn", lane.run.slot)
    noun = lanes[0].run.dataset.noun.capitalize()
    head = tuple(map(Cell, ("Lane", "Steps", "Training time", f"{noun}s per second")))
    yield Grid(head, tuple(_lane_row(lane) for lane in lanes), numbers=True)
    told = [f"{lane.run.model.title}: {lane.run.dataset.worded(lane.run.model.summary)}" for lane in lanes]
    yield from map(Words, dict.fromkeys(told))


def _data_facts(dataset: Dataset, saved: SavedRun) -> Iterator[tuple[str, str]]:
    channels, height, width = dataset.shape
    yield "Data", dataset.title
    of_images = f"{'grey' if channels == 1 else 'colour'}, {height} × {width} px"
    kind = f"points of {channels} coordinates" if dataset.points else of_images
    yield "Kind", kind
    yield "Training / test", f"{len(dataset.train):,} / {len(dataset.test):,} {dataset.noun}s"
    if dataset.class_names:
        yield (
            "Classes",
            f"{len(dataset.class_names):,}: {', '.join(dataset.class_names[:COLUMNS])}"
            + (", …" if len(dataset.class_names) > COLUMNS else ""),
        )
    config = from_json(SOURCES.get(dataset.name).Config, saved.data.get("config", {}))
    for knob in knobs(type(config)):
        value = getattr(config, knob.name)
        yield knob.param.label, _value(knob.written(value), knob.param.unit)
    yield "SHA-256 of images and labels", dataset.fingerprint


def _lane_row(lane: Lane) -> tuple[Cell, ...]:
    saved = lane.run.saved
    speed = saved.step * saved.setup.batch / saved.seconds if saved.seconds else 0.0
    return (
        dataclasses.replace(lane.head(), note=lane.run.model.title),
        Cell(f"{saved.step:,}"),
        Cell(f"{saved.seconds:,.1f} s"),
        Cell(significant(speed, 3) if speed else "—"),
    )


def _verdicts(lanes: Sequence[Lane]) -> Iterator[Block]:
    for lane in lanes:
        confirmed = [verdict for verdict in lane.run.verdicts if verdict.is_confirmed]
        for verdict in confirmed:
            advice = f" Try: {verdict.remedy}" if verdict.remedy else ""
            words = f"{lane.name.full}: {verdict.word}. {verdict.sentence}{advice}"
            yield Words(words, verdict.tone, lane.run.slot)
        if not confirmed:
            yield Words(f"{lane.name.full}: no verdict.", lane=lane.run.slot)


# --- curves ----------------------------------------------------------------------------------------------------------


def _curves(lanes: Sequence[Lane]) -> Iterator[Block]:
    """A chart per family of losses, whose lanes share an axis as in the window."""
    families = dict.fromkeys(lane.run.model.chart.family for lane in lanes)
    for family in families:
        members = [lane for lane in lanes if lane.run.model.chart.family == family]
        curves = tuple(curve for lane in members for curve in _curves_of(lane))
        if not any(len(curve.x) for curve in curves):
            continue
        about = members[0].run.model.chart
        level = next((each for lane in members if (each := lane.run.model.level(lane.run.saved.config))), None)
        shown = None if level is None else (level.value, f"{level.label} ({telling(level.value, 3)})")
        chart = charts.LineChart(about.unit, curves, shown, about.from_zero_to)
        svg, height = charts.line_chart(chart)
        stretch = max(1, *(-(-int(curve.x[-1]) // charts.VERTICES) for curve in curves if len(curve.x)))
        batches = f"each point is the mean of about {stretch:,} batches" if stretch > 1 else "one point per batch"
        words = " ".join(dict.fromkeys(lane.run.dataset.worded(lane.run.model.chart.about) for lane in members))
        yield Drawing(svg, charts.WIDTH, height, f"{words} Of training batches, {batches}.")


def _curves_of(lane: Lane) -> Iterator[charts.Curve]:
    history = lane.run.saved.history
    for series in lane.run.model.chart.series:
        if series.source != "train" or not len(history):
            continue
        known = series.column in METRICS.names()
        label = METRICS.get(series.column).title if known else series.label
        values = history.column("step"), history.column(series.column)
        yield charts.Curve(f"{lane.name.full}: {label}", lane.run.slot, *values, dashed=series.style == "text")


# --- pictures --------------------------------------------------------------------------------------------------------


def _samples(lanes: Sequence[Lane]) -> Iterator[Block]:
    yield Words("z from N(0, I) in the units of the map: the same draws in every lane.")
    charts_of_points = []
    for lane in lanes:
        run = lane.run
        count = POINT_SAMPLES if run.dataset.planar else SAMPLES
        decoded = lane.snapshot.decode(prior(count, run.saved.setup.latent, SAMPLE_SEED))
        caption = f"{count} samples of {lane.name.full}"
        if run.dataset.planar:
            charts_of_points.append(_plane(lane, decoded[:, :, 0, 0], caption))
        else:
            yield _picture(display(decoded), caption, run.slot)
    if charts_of_points:
        yield Row(tuple(charts_of_points))


def _reconstructions(lanes: Sequence[Lane]) -> Iterator[Block]:
    charts_of_points = []
    for lane in lanes:
        run = lane.run
        shown = Subsets(run.dataset).shown
        codes = lane.snapshot.encode(shown)
        if codes is None:
            yield Words(f"{lane.name.full} has no encoder, so it reconstructs nothing.", lane=run.slot)
            continue
        decoded = lane.snapshot.decode(codes.mu)
        if run.dataset.planar:
            caption = f"{len(shown)} test points and their reconstructions by {lane.name.full}"
            charts_of_points.append(_plane(lane, decoded[:, :, 0, 0], caption, shown[:, :, 0, 0]))
        else:
            both = np.concatenate([display(shown), display(decoded)])
            what = f"Test {run.dataset.noun}s"
            caption = f"{what}, and below them their reconstructions by {lane.name.full}"
            yield _picture(both, caption, run.slot, len(shown))
    if charts_of_points:
        yield Row(tuple(charts_of_points))


def _plane(lane: Lane, points: Floats, caption: str, before: Floats | None = None) -> Drawing:
    data = as_floats(lane.run.dataset.test.pixels[: charts.MOST_POINTS])[:, :, 0, 0]
    svg = charts.point_chart(data, points, lane.run.slot, before)
    return Drawing(svg, charts.PLANE_PX, charts.PLANE_PX, caption, lane.run.slot)


def _picture(images: Pixels, caption: str, slot: int, columns: int = COLUMNS) -> Picture:
    """Images (N, H, W) or (N, H, W, 3) in a grid."""
    zoom = 2 if images.shape[1] < LARGE_PX else 1
    rows = -(-len(images) // columns)
    width, height = (zoom * (count * (images.shape[1] + GAP) - GAP) for count in (columns, rows))
    return Picture(png_grid(images, columns), width, height, caption, images.ndim == 3, slot)


# --- knobs -----------------------------------------------------------------------------------------------------------


def _knobs(lanes: Sequence[Lane]) -> Iterator[Block]:
    yield _knob_grid("Setup", lanes, [lane.run.saved.setup for lane in lanes])
    yield _knob_grid("Knobs of the model", lanes, [lane.run.saved.config for lane in lanes])
    yield Words("Bold stands for what is not the default.")


def _knob_grid(title: str, lanes: Sequence[Lane], configs: Sequence[object]) -> Grid:
    """A row per knob that matters in at least one lane, a column per lane."""
    labels: dict[tuple[str, str], list[Cell]] = {}
    for number, (lane, config) in enumerate(zip(lanes, configs, strict=True)):
        dataset = lane.run.dataset
        for knob in knobs(type(config)):
            if knob.shown(config, dataset.points):
                value: KnobValue = getattr(config, knob.name)
                cells = labels.setdefault((knob.name, dataset.worded(knob.param.label)), [Cell("—")] * len(lanes))
                written = _value(knob.written(value), dataset.worded(knob.param.unit))
                cells[number] = Cell(written, strong=value != knob.default)
    head = (Cell(title), *(lane.head() for lane in lanes))
    return Grid(head, tuple((Cell(label), *cells) for (_, label), cells in labels.items()), numbers=True)


def _value(written: str, unit: str) -> str:
    """A value with its unit, where it is a number; "1 image", "5/step"."""
    if not unit or not written[-1:].isdigit():
        return written or "none"
    gap = "" if unit.startswith("/") else " "
    return f"{written}{gap}{unit_of(1.0 if written == '1' else 2.0, unit)}"


# --- how to repeat it ------------------------------------------------------------------------------------------------


def _repeat(lanes: Sequence[Lane]) -> Iterator[Block]:
    for lane in lanes:
        experiment = lane.run.experiment()
        yield Code(train_command(experiment), f"Train {lane.name.full} again")
        turned = ", ".join(f"{name} at step {step:,}" for name, step in sorted(lane.run.saved.turned_at.items()))
        if turned:
            yield Words(
                f"{lane.name.full} had knobs turned while it trained ({turned}): the command has their last values from"
                " the first step on, and ends with other weights.",
                "note",
                lane.run.slot,
            )
        if not experiment.setup.threads:
            yield Words(
                f"The number of threads that trained {lane.name.full} is not known: the last bits may differ.",
                "note",
                lane.run.slot,
            )
    if (text := _whole_experiment(lanes)) is not None:
        yield Code(text, "The experiment as a text: paste it into the window of Latent Playground")


def _whole_experiment(lanes: Sequence[Lane]) -> str | None:
    """The text of all lanes where they share data and setup, as lanes of one window do."""
    experiments = [lane.run.experiment().portable() for lane in lanes]
    plain = {name: getattr(Setup(), name) for name in LIMITS}
    shared = {(each.dataset, each.source, dataclasses.replace(each.setup, **plain)) for each in experiments}
    if len(shared) != 1:
        return None
    dataset, source, setup = shared.pop()
    try:
        whole = ExperimentConfig(dataset, source, setup, tuple(each.lanes[0] for each in experiments))
        return experiment_text.written(whole)
    except UserError:  # too long: the command lines remain
        return None
