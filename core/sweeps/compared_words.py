"""A comparison of saved runs as text and as a report."""

from __future__ import annotations

import math
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

from core.evaluation.samplers import sampler
from core.exports import machine
from core.exports.command_line import PROGRAM, train_command
from core.exports.document import Block, Cell, Code, Document, Grid, Section, Words
from core.exports.experiment_config import ExperimentConfig
from core.foundation.number_words import MINUS, telling
from core.foundation.quoted import brief
from core.sweeps.compared import Compared, Difference, Kind, MeasuredRun, Setting
from core.sweeps.outcome import decimals_of, title_of, unit_of

CHANCE = (
    "Each 95 % interval stands for itself: of 20 measures that do not differ, about one shows a difference by chance."
)
KINDS: dict[Kind, str] = {
    "paired": "Paired by seed: the interval is of the differences between runs of the same seed, by Student's t.",
    "unpaired": "Not paired, for fewer than two seeds are in both: the interval is of two independent means (Welch).",
    "images": "One run each, so paired by test image: the interval is over images and not over seeds.",
    "none": "Without an interval: it takes two seeds of each, or one run each, measured image by image.",
}
"""What an interval is of, for readers."""
HEAD = "Measure", "baseline", "this", "difference", "95 % interval", ""
MOST_NAMES = 3
"""Settings in the title of a report, at most."""
MOST_COMMANDS = 20
"""Runs whose commands a report lists, at most."""


def text(compared: Compared, sampler_name: str) -> str:
    """The comparison as lines: a table a setting, against the baseline."""
    lines = [f"On {compared.data}, against {_named(compared.baseline)}. z of samples: {sampler(sampler_name).title}."]
    for setting in compared.settings[1:]:
        found = compared.differences(setting)
        rows = [HEAD, *(_row(compared, setting, each) for each in found)]
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines += ["", f"{_named(setting)}:"]
        for row in rows:
            numbers = (row[column].rjust(widths[column]) for column in range(1, 4))
            cells = row[0].ljust(widths[0]), *numbers, row[4].ljust(widths[4]), row[5]
            lines.append("  ".join(cells).rstrip())
        lines += _notes(compared, setting, found)
    lines += ["", CHANCE, *(_failure(*each) for each in compared.errors)]
    return "\n".join(lines)


def document(compared: Compared, sampler_name: str, made: datetime) -> Document:
    """The comparison as a report."""
    baseline = compared.baseline
    sections = [Section("Runs", tuple(_runs(compared)))]
    for setting in compared.settings[1:]:
        sections.append(Section(f"{setting.words} against {baseline.words}", tuple(_table(compared, setting))))
    sections.append(Section("Repeat it", tuple(_repeat(compared, sampler_name))))
    facts = tuple((Cell(name), Cell(value)) for name, value in machine.facts())
    sections.append(Section("Made with", (Grid((), facts),)))
    names = [setting.words for setting in compared.settings[1:]]
    others = ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names):,} settings"
    title = f"{others} against {baseline.words} on {compared.data}"
    return Document(title, f"Latent Playground comparison, {made:%Y-%m-%d %H:%M}", tuple(sections))


def _named(setting: Setting) -> str:
    """A setting with its seeds and steps: "VAE, β 4 (seeds 1, 2, 3; 2,000 steps)"."""
    seeds = ", ".join(map(str, setting.seeds))
    return f"{setting.words} (seed{'s' * (len(setting.seeds) > 1)} {seeds}; {_steps(setting)} steps)"


def _steps(setting: Setting) -> str:
    steps = sorted(run.saved.step for run in setting.runs)
    return f"{steps[0]:,}" if steps[0] == steps[-1] else f"{steps[0]:,} to {steps[-1]:,}"


def _row(compared: Compared, setting: Setting, found: Difference) -> tuple[str, ...]:
    """The cells of a measure, as `HEAD` calls them."""
    name, value = found.measure, found.value
    decimals = decimals_of(name)
    seeds = found.seeds or None
    means = (telling(each.mean(name, seeds), decimals) for each in (compared.baseline, setting))
    interval = "" if math.isnan(value.low) else f"{telling(value.low, decimals)} to {telling(value.high, decimals)}"
    return _title(name), *means, _signed(value.value, decimals), interval, found.verdict


def _title(name: str) -> str:
    return f"{title_of(name)}, {unit_of(name)}" if unit_of(name) else title_of(name)


def _signed(value: float, decimals: int) -> str:
    """A difference with its sign; 0 has none."""
    words = telling(value, decimals)
    return words if words.startswith(MINUS) or value <= 0 or not math.isfinite(value) else f"+{words}"


def _notes(compared: Compared, setting: Setting, found: Sequence[Difference]) -> Iterator[str]:
    """What the intervals are of, and what could not be compared."""
    kinds: dict[Kind, list[str]] = {}
    for each in found:
        kinds.setdefault(each.kind, []).append(title_of(each.measure))
    for kind, titles in kinds.items():
        pairs = {each.value.n for each in found if each.kind == kind}
        which = "" if len(kinds) == 1 else f"{', '.join(titles)}: "
        count = f" Seeds in pairs: {max(pairs)}." if kind == "paired" else ""
        yield f"{which}{KINDS[kind]}{count}"
    if missing := compared.only_one_has(setting):
        yield f"Only one of both has {', '.join(map(title_of, missing))}."
    if not found:
        yield "There is no measure that both have."


def _failure(run: MeasuredRun, name: str, why: str) -> str:
    return f"{title_of(name)} of {brief(run.folder)} failed ({brief(why, 200)})."


def _table(compared: Compared, setting: Setting) -> Iterator[Block]:
    found = compared.differences(setting)
    rows = []
    for each in found:
        title, baseline, this, difference, interval, verdict = _row(compared, setting, each)
        rows.append(
            (Cell(title), Cell(baseline), Cell(this), Cell(difference, interval, strong=each.is_shown), Cell(verdict))
        )
    if rows:
        head = Cell("Measure"), Cell("Baseline"), Cell("This"), Cell("Difference", "95 % interval"), Cell("")
        yield Grid(head, tuple(rows), numbers=True)
    yield from map(Words, _notes(compared, setting, found))


def _runs(compared: Compared) -> Iterator[Block]:
    head = tuple(map(Cell, ("Setting", "Seed", "Steps", "Training time", "Run")))
    rows = tuple(
        (
            Cell(setting.words, "baseline" if setting is compared.baseline else ""),
            Cell(str(run.seed)),
            Cell(f"{run.saved.step:,}"),
            Cell(f"{run.saved.seconds:,.1f} s"),
            Cell(brief(run.folder)),
        )
        for setting in compared.settings
        for run in setting.runs
    )
    yield Grid(head, rows, numbers=True)
    for setting in compared.settings:
        if len({run.saved.step for run in setting.runs}) > 1:
            yield Words(f"{setting.words}: its runs were trained for {_steps(setting)} steps.", "warn")
        if any(run.saved.turns for run in setting.runs):
            yield Words(
                f"{setting.words}: knobs were turned while it trained; it is named by their last values.", "note"
            )
    yield Words(CHANCE)
    yield from (Words(_failure(*each), "error") for each in compared.errors)


def _repeat(compared: Compared, sampler_name: str) -> Iterator[Block]:
    runs = [run for setting in compared.settings for run in setting.runs]
    words = [PROGRAM, "compare", *(str(run.folder) for run in runs), "--sampler", sampler_name]
    command = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    yield Code(command, "Compare the runs again")
    for run in runs[:MOST_COMMANDS]:
        yield Code(
            train_command(ExperimentConfig.of_saved(run.saved), str(run.folder)), f"Train {run.folder.name} again"
        )
