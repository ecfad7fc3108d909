"""The report of a sweep as one HTML file: plane, measures against knobs, samples, tables, and how to repeat it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from core.evaluation.samplers import sampler
from core.exports import machine
from core.exports.document import Block, Cell, Code, Document, Grid, Section, Words
from core.exports.report_html import html
from core.foundation.number_words import duration, telling
from core.metrics.base import Measured
from core.models.base import MODELS
from core.sweeps import folder, plots
from core.sweeps.contact import contact_sheet
from core.sweeps.groups import Group, groups, knob_label, setting_words, title_of_name
from core.sweeps.outcome import Outcome, State, Value, decimals_of, title_of, unit_of
from core.sweeps.plan import Plan, value_words
from core.sweeps.tables import measure_names

MOST_ROWS = 300
"""Rows of a table, at most."""
MOST_COLUMNS = 5
"""Measures in one table, at most: more would not fit a page."""
LARGE = 1_000
"""From here on a number has one digit less after its point."""
MOST_VALUES = 12
"""Values of a knob that are named, at most."""
ORDER: tuple[State, ...] = ("done", "failed", "begun", "waiting")
"""States as they are counted."""
MOST_FAILURES = 50
"""Runs that failed and are listed, at most."""


def report(sweep: Path, plan: Plan, outcomes: Sequence[Outcome], made: datetime) -> str:
    """The report of the sweep in a folder, as HTML."""
    return html(document(sweep, plan, outcomes, made))


def document(sweep: Path, plan: Plan, outcomes: Sequence[Outcome], made: datetime) -> Document:
    """The sections of the report; those of runs that are done only where there are any."""
    done = [outcome for outcome in outcomes if outcome.state == "done"]
    sections = [Section("Sweep", tuple(_about(sweep, plan, outcomes)))]
    if done:
        sections += [
            Section("Rate–distortion plane", tuple(plots.planes(done))),
            Section("Measures against knobs", tuple(plots.against_knobs(done))),
            Section("Parallel coordinates", tuple(plots.parallels(done))),
            Section("Samples", tuple(contact_sheet(done))),
            Section("Settings", tuple(_settings(outcomes))),
        ]
    sections += [
        Section("Runs", tuple(_runs(outcomes))),
        Section("Failed", tuple(_failed(outcomes))),
        Section("Repeat it", tuple(_repeat(plan))),
        Section("Made with", (Grid((), tuple((Cell(name), Cell(value)) for name, value in machine.facts())),)),
    ]
    subtitle = f"Latent Playground report of a sweep, {made:%Y-%m-%d %H:%M}"
    return Document(_title(plan), subtitle, tuple(section for section in sections if section.blocks))


def _title(plan: Plan) -> str:
    models = [MODELS.get(name).short for name in dict.fromkeys(run.model for run in plan.runs)]
    data = [title_of_name("dataset", name) for name in dict.fromkeys(run.dataset for run in plan.runs)]
    knobs = [_label(plan, name) for name in plan.varied if name not in ("model", "dataset", "seed")]
    over = f" over {', '.join(knobs)}" if knobs else ""
    return f"{', '.join(models)} on {', '.join(data)}{over}"


def _label(plan: Plan, name: str) -> str:
    run = next(run for run in plan.runs if name in run.varied)
    return knob_label(Outcome(run, Path()), name)


# --- what it was -----------------------------------------------------------------------------------------------------


def _about(sweep: Path, plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[Block]:
    yield Grid((), tuple((Cell(name), Cell(words)) for name, words in _facts(sweep, plan, outcomes)))
    states = Counter(outcome.state for outcome in outcomes)
    open_runs = states["waiting"] + states["begun"]
    if open_runs:
        begun = f", {states['begun']:,} of them begun" if states["begun"] else ""
        whole = f"{len(outcomes):,} runs"
        yield Words(
            f"Not finished: {open_runs:,} of {whole} are still to be trained{begun}. What follows is of the rest.",
            "warn",
        )
    if failed := states["failed"]:
        yield Words(f"{failed:,} {'run' if failed == 1 else 'runs'} failed; see below.", "error")


def _facts(sweep: Path, plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    states = Counter(outcome.state for outcome in outcomes)
    settings = groups(outcomes)
    parts = ", ".join(f"{states[state]:,} {state}" for state in ORDER if states[state])
    yield "Runs", f"{len(outcomes):,}: {parts}"
    seeds = list(dict.fromkeys(run.seed for run in plan.runs))
    sizes = sorted({len(group.outcomes) for group in settings})
    seeds_each = f"{_count(sizes[0], 'seed')} each" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]:,} seeds each"
    yield "Settings", f"{len(settings):,}, {seeds_each}"
    yield "Seeds", _values([value_words(seed) for seed in seeds])
    for name in plan.varied:
        if name == "seed":
            continue
        values = list(dict.fromkeys(run.varied[name] for run in plan.runs if name in run.varied))
        texts = [title_of_name("dataset", str(value)) if name == "dataset" else value_words(value) for value in values]
        yield _label(plan, name), _values(texts)
    yield "Training time", f"{duration(sum(outcome.seconds for outcome in outcomes))} of all runs together"
    yield "z of samples", sampler(plan.sampler).title
    yield "Folder", str(sweep)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _values(texts: Sequence[str]) -> str:
    if len(texts) <= MOST_VALUES:
        return ", ".join(texts)
    return f"{len(texts):,} values: {', '.join(texts[: MOST_VALUES - 1])}, … {texts[-1]}"


# --- tables ----------------------------------------------------------------------------------------------------------


def _settings(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    """A row a setting: means over seeds with their intervals."""
    settings = groups(outcomes)
    for measures in _tables(measure_names(outcomes)):
        head = Cell("Setting"), Cell("Seeds"), *map(_head, measures)
        yield Grid(head, tuple(_setting_row(group, measures) for group in settings[:MOST_ROWS]), numbers=True)
    words = "Means over seeds; small print is their 95 % interval by Student's t, for which it takes two seeds."
    if len(settings) > MOST_ROWS:
        words += f" The first {MOST_ROWS:,} of {len(settings):,} settings; all are in {folder.JSON}."
    yield Words(words)


def _tables(measures: Sequence[str]) -> list[tuple[str, ...]]:
    """The measures of each table, one below the other; one without a measure where there are none."""
    parts = range(0, len(measures), MOST_COLUMNS)
    return [tuple(measures[first : first + MOST_COLUMNS]) for first in parts] or [()]


def _head(measure: str) -> Cell:
    return Cell(title_of(measure), unit_of(measure))


def _setting_row(group: Group, measures: Sequence[str]) -> tuple[Cell, ...]:
    done = sum(outcome.state == "done" for outcome in group.outcomes)
    seeds = f"{done:,}" if done == len(group.outcomes) else f"{done:,} of {len(group.outcomes):,}"
    return Cell(group.words), Cell(seeds), *(_cell(name, group.mean(name)) for name in measures)


def _runs(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    """A row a run, with the intervals of its own measures."""
    measures = measure_names(outcomes)
    about = Cell("Run"), Cell("Seed"), Cell("State"), Cell("Steps"), Cell("Time", "s")
    for number, names in enumerate(_tables(measures)):
        head = about if number == 0 else about[:2]
        rows = tuple(_run_row(outcome, names, len(head)) for outcome in outcomes[:MOST_ROWS])
        yield Grid((*head, *map(_head, names)), rows, numbers=True)
    words = "Small print is a 95 % interval over images or draws of one run." if measures else "Nothing is measured."
    if len(outcomes) > MOST_ROWS:
        words += f" The first {MOST_ROWS:,} of {len(outcomes):,} runs; all are in {folder.CSV}."
    yield Words(words)
    reasons: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        for name, why in outcome.missing.items():
            reasons.setdefault(why, {})[title_of(name)] = None
    yield from (Words(f"Without {', '.join(titles)}: {why}") for why, titles in list(reasons.items())[:MOST_FAILURES])


def _run_row(outcome: Outcome, measures: Sequence[str], facts: int) -> tuple[Cell, ...]:
    """A run with the first ``facts`` of what is known of it, and measures."""
    named = Cell(f"{outcome.run.number:,}", setting_words(outcome))
    texts = f"{outcome.run.seed}", outcome.state, f"{outcome.step:,}", f"{outcome.seconds:,.1f}"
    values = (_cell(name, outcome.values.get(name, Value(math.nan))) for name in measures)
    return named, *map(Cell, texts[: facts - 1]), *values


def _cell(measure: str, value: Value) -> Cell:
    """A value with its interval: "± 1.2", or both ends where its sides differ a lot."""
    decimals = max(0, decimals_of(measure) - (abs(value.value) >= LARGE))
    spread = Measured(value.value, value.low, value.high).interval(lambda number: telling(number, decimals))
    return Cell(telling(value.value, decimals), spread)


def _failed(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if not failed:
        return
    rows = tuple((Cell(outcome.run.name), Cell(outcome.failure)) for outcome in failed[:MOST_FAILURES])
    yield Grid((Cell("Run"), Cell("Why")), rows)
    if len(failed) > MOST_FAILURES:
        yield Words(f"The first {MOST_FAILURES:,} of {len(failed):,}; all are in {folder.CSV}.")


def _repeat(plan: Plan) -> Iterator[Block]:
    if plan.words:
        yield Code(plan.words, "Train the sweep again")
    yield Words(
        f"Beside this report, {folder.PLAN} holds every run with all its knobs, {folder.CSV} and {folder.JSON} hold all"
        " numbers."
    )
