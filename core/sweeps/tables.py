"""The tables of a sweep: ``sweep.csv``, a row a run, and ``sweep.json``, the same with words and settings."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from core.exports.command_line import plain
from core.foundation import strict_json
from core.metrics.base import METRICS
from core.sweeps.groups import Group, groups
from core.sweeps.outcome import Outcome, Value, title_of, unit_of
from core.sweeps.plan import Plan

FORMAT = 1
ABOUT = "run", "folder"
"""First columns of `csv_of`; the knobs that vary follow."""
STATE = "seed", "state", "step", "seconds"
"""Columns after the knobs; the measures follow, and why a run failed."""
FAILURE = "failure"


def measure_names(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The measures of which at least one run has a value, in the order of the menus; those unknown here come last."""
    found = dict.fromkeys(name for outcome in outcomes for name in outcome.values)
    known = [name for name in METRICS.names() if name in found]
    return (*known, *(name for name in found if name not in known))


def csv_of(plan: Plan, outcomes: Sequence[Outcome]) -> bytes:
    """A row a run, in full precision; empty fields where nothing is known or a knob does not exist.

    Each measure has four columns: its value, ``_low`` and ``_high`` of its 95 % interval, and ``_n``. A knob whose name
    is taken by another column is written as its option: ``--seconds``.
    """
    measures, names = measure_names(outcomes), _varied(plan)
    taken = {*ABOUT, *STATE, FAILURE, *measures}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    knobs = [f"--{name}" if name in taken else name for name in names]
    ends = [f"{name}{end}" for name in measures for end in ("", "_low", "_high", "_n")]
    writer.writerow([*ABOUT, *knobs, *STATE, *ends, FAILURE])
    for outcome in outcomes:
        run = outcome.run
        values = ["" if (value := run.value(name)) is None else plain(value) for name in names]
        state = (run.seed, outcome.state, outcome.step, repr(float(outcome.seconds)))
        measured = [text for name in measures for text in _texts(outcome.values.get(name))]
        writer.writerow([run.number, run.name, *values, *state, *measured, outcome.failure])
    return file.getvalue().encode()


def json_of(plan: Plan, outcomes: Sequence[Outcome]) -> bytes:
    """Runs and settings as JSON, with null for what is not known: means of a setting are over its seeds."""
    measures = measure_names(outcomes)
    content = {
        "format": FORMAT,
        "words": plan.words,
        "varied": list(plan.varied),
        "sampler": plan.sampler,
        "measures": [{"name": name, "title": title_of(name), "unit": unit_of(name)} for name in measures],
        "runs": [_run(outcome) for outcome in outcomes],
        "settings": [_setting(group, measures) for group in groups(outcomes)],
    }
    return strict_json.dumps(content, indent=1).encode() + b"\n"


def _varied(plan: Plan) -> list[str]:
    return [name for name in plan.varied if name != "seed"]


def _texts(value: Value | None) -> list[str]:
    """Value, ends and number, exact; empty where not known."""
    if value is None:
        return [""] * 4
    numbers = [repr(float(each)) if math.isfinite(each) else "" for each in (value.value, value.low, value.high)]
    return [*numbers, str(value.n or "")]


def _run(outcome: Outcome) -> dict[str, Any]:
    run = outcome.run
    return {
        "number": run.number,
        "folder": run.name,
        "model": run.model,
        "dataset": run.dataset,
        "setting": dict(run.setting),
        "seed": run.seed,
        "state": outcome.state,
        "step": outcome.step,
        "seconds": outcome.seconds,
        "values": {name: _values(each) for name, each in outcome.values.items()},
        "missing": dict(outcome.missing),
        "failure": outcome.failure,
    }


def _setting(group: Group, measures: Sequence[str]) -> dict[str, Any]:
    means = {name: mean for name in measures if math.isfinite((mean := group.mean(name)).value)}
    return {
        "setting": dict(group.setting),
        "words": group.words,
        "runs": [outcome.run.number for outcome in group.outcomes],
        "means": {name: _values(mean) for name, mean in means.items()},
    }


def _values(value: Value) -> dict[str, Any]:
    return {"value": value.value, "low": value.low, "high": value.high, "n": value.n}
