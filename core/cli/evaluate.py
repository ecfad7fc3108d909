"""``latent-playground evaluate DIR``: every measure of a saved run, without a display."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.datasets.base import Dataset, reload
from core.engine.board import Measures, View
from core.engine.run_folder import SavedRun, load
from core.engine.status import Status
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.history import History
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, Metric, applicable, measured, why_missing
from core.models.base import MODELS
from core.verdicts import Verdict, judge

Tell = Callable[[str], None]


def evaluate(folder: Path, sampler: str, as_json: bool, tell: Tell) -> int:
    """Measure and print; 0, or 1 where a measure failed. Raises `UserError` if folder or data cannot be used."""
    saved = load(folder)
    dataset, _ = reload(saved.data)
    answers, errors = measure(saved, dataset, sampler, tell)
    found = report(saved, dataset, answers, errors, said_of(saved, dataset, answers))
    print(json.dumps(found, indent=2, allow_nan=False) if as_json else table(found), file=sys.stdout)
    return 1 if errors else 0


def measure(saved: SavedRun, dataset: Dataset, sampler: str, tell: Tell) -> tuple[dict[str, Measured], dict[str, str]]:
    """Every measure that exists for the run, on all its test images, and the error of each that failed."""
    model = MODELS.get(saved.model)
    images = len(dataset.test)
    model_side = ModelSide(saved.snapshot(), RealSide(dataset), sampler if model.has_encoder else "prior", images)
    answers: dict[str, Measured] = {}
    errors: dict[str, str] = {}
    for name in applicable(model, dataset):
        tell(f"{METRICS.get(name).title} …")
        try:
            answers[name] = finish(measured(METRICS.get(name)(), model_side))
        except (Exception, SystemExit) as error:  # one broken measure must not cost the others
            errors[name] = f"{type(error).__name__}: {error}"
    return answers, errors


def said_of(saved: SavedRun, dataset: Dataset, answers: dict[str, Measured]) -> tuple[Verdict, ...]:
    """The verdicts on a saved run, from its history and its measures."""
    measures = Measures(answers, History(("step",)).table())
    status = Status("finished", saved.step, seconds=saved.seconds)
    view = View(status, saved.history, config=saved.config, measures=measures)
    return judge(view, MODELS.get(saved.model), dataset, saved.config)


def report(
    saved: SavedRun,
    dataset: Dataset,
    answers: dict[str, Measured],
    errors: dict[str, str],
    verdicts: tuple[Verdict, ...],
) -> dict[str, Any]:
    """Plain values: the run, its measures, why the others were not taken, and what is to be said of it."""
    model = MODELS.get(saved.model)
    left = [name for name in METRICS.names() if name not in answers]
    missing = {name: why_missing(METRICS.get(name), model, dataset) for name in left}
    unusable = {label: f"It cannot be used: {why}." for label, why in METRICS.broken.items()}
    return {
        "model": saved.model,
        "step": saved.step,
        "seconds": saved.seconds,
        "dataset": dataset.title,
        "points": dataset.points,
        "test_images": len(dataset.test),
        "measures": {name: plain(METRICS.get(name), answer) for name, answer in answers.items()},
        "not_measured": missing | errors | unusable,
        "verdicts": [
            {"name": each.name, "tone": each.tone, "sentence": each.sentence, "try": each.remedy} for each in verdicts
        ],
    }


def plain(metric: type[Metric], answer: Measured) -> dict[str, Any]:
    """A measure's answer as JSON has it: no number that is not one."""
    return {
        "title": metric.title,
        "unit": metric.unit,
        "value": _number(answer.value),
        "interval_95": None if math.isnan(answer.low) else [_number(answer.low), _number(answer.high)],
        "floor": _number(answer.floor),
        "n": answer.n,
        "against": answer.against or None,
        "parts": {name: _number(value) for name, value in answer.parts},
        "sampler": answer.sampler or None,
        "cost_seconds": round(answer.seconds, 3),
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def table(found: dict[str, Any]) -> str:
    """The same for people: one line a measure."""
    kind = "points" if found["points"] else "images"
    size = f"step {found['step']:,}, {found['test_images']:,} test {kind}"
    lines = [f"{MODELS.get(found['model']).title} on {found['dataset']}, {size}"]
    lines.append("")
    lines += [_line(METRICS.get(name), each) for name, each in found["measures"].items()]
    titles = {name: METRICS.get(name).title for name in METRICS.names()}
    lines += [f"{titles.get(name, name):<22} {'—':>10}  {why}" for name, why in found["not_measured"].items()]
    for said in found["verdicts"]:
        lines += ["", said["sentence"] + (f" Try: {said['try']}" if said["try"] else "")]
    return "\n".join(lines).replace(" -", " −")


def _line(metric: type[Metric], each: dict[str, Any]) -> str:
    def written(value: float | None) -> str:
        return "—" if value is None else f"{value:,.{metric.decimals}f}"

    words = f"{metric.title:<22} {written(each['value']):>10} {metric.unit:<6}"
    if each["interval_95"]:
        low, high = each["interval_95"]
        span = f"{written(low)} or more" if high is None else f"{written(low)} to {written(high)}"
        words += f" {span:<22}"
    else:
        words += " " * 23
    sizes = f"n = {each['n']:,}" + (f" against {each['against']:,}" if each["against"] else "")
    floor = f", a perfect model reads {written(each['floor'])}" if each["floor"] is not None else ""
    return f"{words} {sizes}{floor}"
