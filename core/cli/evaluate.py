"""``latent-playground evaluate DIR``: every measure of a saved run, without a display."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine.run_folder import SavedRun, load
from core.evaluation.real_side import RealSide
from core.exports.measured_run import Progress, measure, verdicts_on
from core.foundation import strict_json
from core.foundation.number_words import telling
from core.metrics.base import METRICS, Measured, Metric, why_missing, why_nothing
from core.models.base import MODELS
from core.verdicts import Verdict


def evaluate(folder: Path, sampler: str, as_json: bool, progress: Progress, data_changed: bool = False) -> int:
    """Measure a saved run and print the results; 1 where a measure failed, else 0. Raises `UserError`.

    Data that are not those of the run are refused, unless ``data_changed`` says that this is known.
    """
    saved = load(folder)
    dataset, _ = reload(saved.data)
    difference = changed_data(dataset, saved.data)
    if difference and not data_changed:
        raise DataError(f"{difference}: find the old ones, or measure on these with --data-changed")
    answers, errors = measure(saved, RealSide(dataset), sampler, progress)
    results = report(saved, dataset, answers, errors, verdicts_on(saved, dataset, answers))
    print(strict_json.dumps(results, indent=2) if as_json else table(results), file=sys.stdout)
    return 1 if errors else 0


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
    missing |= {name: why for name in answers if (why := why_nothing(answers[name], METRICS.get(name), dataset))}
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
        return "—" if value is None else telling(value, metric.decimals)

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
