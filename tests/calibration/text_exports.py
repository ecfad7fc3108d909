"""Texts that leave: a command and Python lines that train again, an experiment to paste, a report to read."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.engine import run_folder
from core.engine.board import Measures
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.exports import experiment_text
from core.exports.command_line import python_snippet, train_command
from core.exports.experiment_config import ExperimentConfig
from core.exports.measured_run import verdicts_on
from core.exports.report import report
from core.exports.report_html import html
from core.exports.reported_run import ReportedRun
from core.foundation.history import History
from core.foundation.pixels import FRAME
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, applicable, measured
from core.models.base import MODELS
from tests.calibration.data_exports import pictures, tiles
from tests.calibration.exported_run import (
    DECODED,
    FIRST_LOSSES,
    ExportedRun,
    Row,
    apart,
    called,
    differing,
    largest,
)

MOST_CHARACTERS = 1_500
REPORTED = 30
"""Samples in a report."""


def command(run: ExportedRun) -> Iterator[Row]:
    """The command line trains the same weights."""
    again = run.out / "again by command"
    words = shlex.split(train_command(ExperimentConfig.of_saved(run.saved), str(again)))
    called(*words[1:])
    repeated = run_folder.load(again)
    rows, ours = repeated.history, run.saved.history
    at = [i for i, name in enumerate(ours.names) if name != "seconds"]
    yield run.row("command line, losses", differing(ours.rows[:, at], rows.rows[:, at]))
    same = [torch.equal(tensor, repeated.weights[name]) for name, tensor in run.saved.weights.items()]
    yield run.row("command line, weights", float(len(same) - sum(same)))


def snippet(run: ExportedRun) -> Iterator[Row]:
    """The Python lines have the same losses and draw the same samples."""
    names: dict[str, Any] = {}
    exec(python_snippet(ExperimentConfig.of_saved(run.saved)), names)
    history = names["run"].view.history
    told = [dict(zip(history.names[2:], row[2:], strict=True)) for row in history.rows[:FIRST_LOSSES].tolist()]
    yield run.row("Python lines, first 5 losses", apart(run.terms, told), DECODED)
    yield run.row("Python lines, samples", largest(run.drawn(64, 1), names["images"]), DECODED)


def experiment(run: ExportedRun) -> Iterator[Row]:
    """The text of the experiment is short, and gives the same back, out of a mail too."""
    yield from _pasted([run], "experiment text")


def whole_experiment(runs: Sequence[ExportedRun]) -> Iterator[Row]:
    """The text of several lanes on the same data."""
    yield from _pasted(runs, f"experiment text of {len(runs)} lanes")


def _pasted(runs: Sequence[ExportedRun], name: str) -> Iterator[Row]:
    whole = [ExperimentConfig.of_saved(run.saved) for run in runs]
    one = dataclasses.replace(whole[0], lanes=tuple(each.lanes[0] for each in whole))
    text = experiment_text.written(one)
    yield runs[0].row(f"{name}, characters too many", max(0, len(text) - MOST_CHARACTERS), 0, f"{len(text)}")
    mailed = "On Monday somebody wrote:\n" + textwrap.indent(textwrap.fill(text, 60), "> ")
    for words, given in (("", text), (", mailed", mailed)):
        yield runs[0].row(name + words, float(experiment_text.read(given) != one.portable()))


# --- report ----------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Tags with their attributes, and the cells of all tables: text, and small print."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[list[str]]] = []
        self._inside = self._small = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._inside = True
            self.rows[-1].append(["", ""])
        self._small |= tag == "small"

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag not in ("td", "th")
        self._small &= tag != "small"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1][self._small] += data


_sides: dict[str, RealSide] = {}


def written_report(run: ExportedRun) -> Iterator[Row]:
    """The report fetches nothing, and its numbers and pictures are those of the run."""
    side = _sides.setdefault(run.dataset.fingerprint, RealSide(run.dataset))
    model = ModelSide(run.saved.snapshot(), side, "prior", len(run.dataset.test))
    answers = {
        name: finish(measured(METRICS.get(name)(), model))
        for name in applicable(MODELS.get(run.setting.model), run.dataset)
        if not METRICS.get(name).expensive
    }
    measures = Measures(answers, History(("step",)).table(), "prior")
    verdicts = verdicts_on(run.saved, run.dataset, answers)
    text = html(report([ReportedRun(0, run.saved, run.dataset, measures, verdicts)], datetime.now()))
    page = _Page(text)
    outside = [each for _, each in page.tags if not each.get("src", "data:").startswith("data:") or "href" in each]
    yield run.row("report, outside references", len(outside) + text.count("://") + text.count("url("))
    first = next(i for i, row in enumerate(page.rows) if row[0][0] == "Measure")
    cells = {row[0][0]: row for row in page.rows[first : first + 1 + len(METRICS.names())][::-1]}
    wrong = [
        METRICS.get(name).title
        for name, each in answers.items()
        if not is_told(each, cells.get(METRICS.get(name).title))
    ]
    yield run.row("report, measures that differ", len(wrong), 0, ", ".join(wrong) or f"{len(answers)} measures")
    steps = f"{run.saved.step:,}"
    yield run.row("report, steps", float(not any(row[1][0] == steps for row in page.rows if len(row) > 1)))
    if run.dataset.planar:
        yield run.row("report, samples", _dots_apart(run, text), 0.051, "px of the chart")
        return
    src = next(each["src"] for tag, each in page.tags if tag == "img")
    with Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))) as image:
        shown = tiles(np.asarray(image), REPORTED, 10)
    yield run.row("report, samples", differing(pictures(run.drawn(REPORTED, 1)), shown))


def _dots_apart(run: ExportedRun, text: str) -> float:
    """The largest distance on an axis of the samples on a report's plane from where they belong, px."""
    samples = text.partition(">Samples<")[2].partition("</section>")[0]
    (path,) = re.findall(r'<path d="([^"]*)" style="stroke:var\(--lane-1\)', samples)
    places = np.array(re.findall(r"M([\d.]+) ([\d.]+)", path), float)
    side = float(re.findall(r'viewBox="0 0 (\d+) ', samples)[0])
    x = run.drawn(len(places), 1)[:, :, 0, 0].clip(-FRAME, FRAME) * [1, -1]
    return float(np.abs((x / FRAME + 1) / 2 * (side - 4) + 2 - places).max())


def is_told(answer: Measured, row: list[list[str]] | None) -> bool:
    """Whether value, interval, floor and size of a measure stand in its row of a report, to the printed digit."""
    if row is None:
        return False
    text, note = row[1]
    told = is_printed(answer.value, text.removeprefix("≈ "))
    if np.isfinite(answer.low) and np.isfinite(answer.high):
        low, _, high = note.partition(", perfect")[0].partition(" to ")
        told &= is_printed(answer.low, low) and is_printed(answer.high, high)
    if answer.floor is not None:
        told &= is_printed(answer.floor, note.partition("perfect ")[2])
    return told and (not answer.n or f"{answer.n:,} " in row[0][1])


def is_printed(value: float, text: str) -> bool:
    """Whether a text is that value, rounded to the digits that it has."""
    if not np.isfinite(value):
        return text.strip() in ("—", "∞", "−∞")
    found = re.fullmatch(r"(−?)([\d,]+)(?:\.(\d+))?(?:e(−?\d+))?", text.strip())
    if found is None:
        return False
    sign, whole, part, power = found.groups()
    number = float(f"{sign and '-'}{whole.replace(',', '')}.{part or 0}e{(power or '0').replace('−', '-')}")
    unit = 10.0 ** (int((power or "0").replace("−", "-")) - len(part or ""))
    return bool(abs(number - value) <= 0.5 * unit * (1 + 1e-6))
