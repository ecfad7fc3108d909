"""``latent-playground evaluate DIR``: every measure of a saved run, without a display."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine.board import Measures, View
from core.engine.run_folder import SavedRun, load
from core.engine.status import Status
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation import strict_json
from core.foundation.history import History
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, Metric, applicable, measured, why_missing, why_nothing
from core.models.base import MODELS
from core.verdicts import Verdict, judge

Progress = Callable[[str], None]


def evaluate(folder: Path, sampler: str, as_json: bool, progress: Progress, data_changed: bool = False) -> int:
    """Measure a saved run and print the results; 1 where a measure failed, else 0. Raises `UserError`.

    Data that are not those of the run are refused, unless ``data_changed`` says that this is known.
    """
    saved = load(folder)
    dataset, _ = reload(saved.data)
    difference = changed_data(dataset, saved.data)
    if difference and not data_changed:
        raise DataError(f"{difference}: find the old ones, or measure on these with --data-changed")
    answers, errors = measure(saved, dataset, sampler, progress)
    results = report(saved, dataset, answers, errors, verdicts_on(saved, dataset, answers))
    print(strict_json.dumps(results, indent=2) if as_json else table(results), file=sys.stdout)
    return 1 if errors else 0


def measure(
    saved: SavedRun, dataset: Dataset, sampler: str, progress: Progress
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Every measure that exists for the run, on all test images, and the error of each that failed."""
    model = MODELS.get(saved.model)
    images = len(dataset.test)
    used = sampler if model.has_encoder else "prior"
    model_side = ModelSide(saved.snapshot(dataset), RealSide(dataset), used, images)
    answers: dict[str, Measured] = {}
    errors: dict[str, str] = {}
    for name in applicable(model, dataset):
        progress(f"{METRICS.get(name).title} …")
        try:
            answers[name] = finish(measured(METRICS.get(name)(), model_side))
        except (Exception, SystemExit) as error:  # one broken measure must not stop the others
            errors[name] = f"{type(error).__name__}: {error}"
    return answers, errors


def verdicts_on(saved: SavedRun, dataset: Dataset, answers: dict[str, Measured]) -> tuple[Verdict, ...]:
    """Verdicts on a saved run, from its history and its measures."""
    measures = Measures(answers, History(("step",)).table())
    status = Status("finished", saved.step, seconds=saved.seconds)
    view = View(status, saved.history, config=saved.config, turned_at=saved.turned_at, measures=measures)
    return judge(view, MODELS.get(saved.model), dataset, saved.config)


def report(
    saved: SavedRun,
    dataset: Dataset,
    answers: dict[str, Measured],
    errors: dict[str, str],
    verdicts: tuple[Verdict, ...],
) -> dict[str, Any]:
    """The results as JSON values: the run, its measures, why others are missing, and the verdicts."""
    model = MODELS.get(saved.model)
    not_measured = [name for name in METRICS.names() if name not in answers]
    missing = {name: why_missing(METRICS.get(name), model, dataset) for name in not_measured}
    missing |= {name: why for name in answers if (why := why_nothing(answers[name], METRICS.get(name)))}
    unusable = {label: f"It cannot be used: {why}." for label, why in METRICS.broken.items()}
    return {
        "model": saved.model,
        "step": saved.step,
        "seconds": saved.seconds,
        "dataset": dataset.title,
        "data_changed": bool(changed_data(dataset, saved.data)),
        "points": dataset.points,
        "test_images": len(dataset.test),
        "measures": {
            name: as_json_values(METRICS.get(name), answer) for name, answer in answers.items() if name not in missing
        },
        "not_measured": missing | errors | unusable,
        "verdicts": [
            {"name": verdict.name, "tone": verdict.tone, "sentence": verdict.sentence, "try": verdict.remedy}
            for verdict in verdicts
        ],
    }


def as_json_values(metric: type[Metric], answer: Measured) -> dict[str, Any]:
    """A measured value as JSON values: null instead of NaN and infinity."""
    return {
        "title": metric.title,
        "unit": metric.unit,
        "value": _number(answer.value),
        "interval_95": None if math.isnan(answer.low) else [_number(answer.low), _number(answer.high)],
        "floor": _number(answer.floor),
        "n": answer.n,
        "against": answer.against or None,
        "not_finite": answer.not_finite,
        "parts": {name: _number(value) for name, value in answer.parts},
        "sampler": answer.sampler or None,
        "cost_seconds": round(answer.seconds, 3),
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def table(results: dict[str, Any]) -> str:
    """The results as text: one line per measure, then the verdicts."""
    kind = "points" if results["points"] else "images"
    size = f"step {results['step']:,}, {results['test_images']:,} test {kind}"
    lines = [f"{MODELS.get(results['model']).title} on {results['dataset']}, {size}"]
    if results["data_changed"]:
        lines.append("These are not the data that it was trained on.")
    lines.append("")
    lines += [_line(METRICS.get(name), each) for name, each in results["measures"].items()]
    titles = {name: METRICS.get(name).title for name in METRICS.names()}
    lines += [f"{titles.get(name, name):<22} {'—':>10}  {why}" for name, why in results["not_measured"].items()]
    for verdict in results["verdicts"]:
        lines += ["", verdict["sentence"] + (f" Try: {verdict['try']}" if verdict["try"] else "")]
    return "\n".join(lines).replace(" -", " −")


def _line(metric: type[Metric], result: dict[str, Any]) -> str:
    def text(value: float | None) -> str:
        return "—" if value is None else f"{value:,.{metric.decimals}f}"

    line = f"{metric.title:<22} {text(result['value']):>10} {metric.unit:<6}"
    if result["interval_95"]:
        low, high = result["interval_95"]
        span = f"{text(low)} or more" if high is None else f"{text(low)} to {text(high)}"
        line += f" {span:<22}"
    else:
        line += " " * 23
    sizes = f"n = {result['n']:,}" + (f" against {result['against']:,}" if result["against"] else "")
    floor = f", a perfect model reads {text(result['floor'])}" if result["floor"] is not None else ""
    lost = f", {result['not_finite']:,} more not finite" if result["not_finite"] else ""
    return f"{line} {sizes}{lost}{floor}"
