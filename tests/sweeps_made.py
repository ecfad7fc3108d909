"""Sweeps that nobody trained: plans of any knobs, and results as a test wants them, written as a sweep writes them."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.datasets.base import SOURCES
from core.exports.contact_sheet import png_grid
from core.foundation import strict_json
from core.foundation.files import write_file
from core.foundation.params import KnobValue, changed, knobs
from core.models.base import MODELS
from core.sweeps import folder
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plan import Plan, PlannedRun, numbered, option_name
from core.training.setup import Setup

WORDS = "latent-playground sweep --out sweep"

Valued = Callable[[PlannedRun], Mapping[str, float | Value]]
"""The measures of a run by name; a number alone gets an interval of 1 % over 1,000 images."""


def planned_run(model: str, dataset: str, varied: Mapping[str, KnobValue], **setup: Any) -> PlannedRun:
    """A run with each of ``varied`` where it has such a knob: in its config, in its setup, or in the source."""
    parts: list[Any] = [MODELS.get(model).Config(), Setup(**setup), SOURCES.get(dataset).Config()]
    known: dict[str, KnobValue] = {}
    for name, value in varied.items():
        if name in ("model", "dataset"):
            known[name] = model if name == "model" else dataset
            continue
        for index, part in enumerate(parts):
            field = next((each.name for each in knobs(type(part)) if option_name(each) == name), None)
            if field is not None:
                parts[index] = changed(part, field, value)
                known[name] = getattr(parts[index], field)
                break
    config, training, source = parts
    return PlannedRun(0, model, config, training, dataset, source, known)


def made_plan(
    varied: Mapping[str, Sequence[KnobValue]],
    seeds: Sequence[int] = (1, 2, 3),
    model: str = "vae",
    dataset: str = "mixture",
    **setup: Any,
) -> Plan:
    """The grid of all values, with every seed of each setting; "model" and "dataset" may be among them."""
    values = {**varied, **({"seed": seeds} if len(seeds) > 1 else {})}
    setup = {"steps": 100, "threads": 1, "seed": seeds[0], **setup}
    runs = []
    for combination in itertools.product(*values.values()):
        chosen = dict(zip(values, combination, strict=True))
        names = str(chosen.get("model", model)), str(chosen.get("dataset", dataset))
        runs.append(planned_run(*names, chosen, **setup))
    return Plan(numbered(runs), words=WORDS)


def of_runs(runs: Sequence[PlannedRun]) -> Plan:
    """A plan of these runs."""
    return Plan(numbered(runs), words=WORDS)


def done(sweep: Path, run: PlannedRun, values: Mapping[str, float | Value], **facts: Any) -> Outcome:
    """A run that ended with these measures."""
    measured = {
        name: each if isinstance(each, Value) else Value(each, each - 0.01 * abs(each), each + 0.01 * abs(each), 1_000)
        for name, each in values.items()
    }
    told = {"step": 100, "seconds": 2.5, **facts}
    return Outcome(run, folder.folder_of(sweep, run), "done", values=measured, **told)


def made_outcomes(
    sweep: Path, plan: Plan, values: Valued, failed: Collection[int] = (), waiting: Collection[int] = ()
) -> tuple[Outcome, ...]:
    """How the runs stand, without a file: all done but those ``failed`` or ``waiting``, by number."""
    made = []
    for run in plan.runs:
        place = folder.folder_of(sweep, run)
        if run.number in waiting:
            made.append(Outcome(run, place))
        elif run.number in failed:
            made.append(Outcome(run, place, "failed", 40, 1.0, failure="the loss is no number since step 40"))
        else:
            made.append(done(sweep, run, values(run)))
    return tuple(made)


def made_sweep(
    sweep: Path,
    plan: Plan,
    values: Valued,
    failed: Collection[int] = (),
    waiting: Collection[int] = (),
    samples: Callable[[PlannedRun], bytes] | None = None,
) -> tuple[Outcome, ...]:
    """The folder of a sweep with plan and results; and ``samples`` (PNG) of each run that is done."""
    sweep.mkdir(parents=True, exist_ok=True)
    write_file(sweep / folder.PLAN, strict_json.dumps(plan.to_json()).encode())
    found = made_outcomes(sweep, plan, values, failed, waiting)
    for outcome in found:
        if outcome.is_over:
            outcome.folder.mkdir(parents=True, exist_ok=True)
            folder.write_result(outcome)
            if samples is not None and outcome.state == "done":
                write_file(outcome.folder / folder.SAMPLES, samples(outcome.run))
    return found


def with_points(outcome: Outcome, count: int = 200) -> Outcome:
    """The outcome with samples around a ring, at z of its seed."""
    random = np.random.default_rng(outcome.run.seed)
    angle = 2 * np.pi * random.random(count)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) + random.normal(0, 0.05, (count, 2))
    return dataclasses.replace(outcome, points=tuple((float(x), float(y)) for x, y in points))


def samples_png(run: PlannedRun, side: int = 28, colour: bool = False) -> bytes:
    """16 pictures of discs, as `core.sweeps.folder.SAMPLES` holds them."""
    random = np.random.default_rng(run.number)
    y, x = np.mgrid[:side, :side]
    channels = 3 if colour else 1
    pictures = np.zeros((folder.SAMPLES_SHOWN, side, side, channels), np.uint8)
    for picture in pictures:
        centre, radius = side * (0.3 + 0.4 * random.random(2)), side * (0.1 + 0.25 * random.random())
        inside = np.hypot(y - centre[0], x - centre[1]) < radius
        picture[inside] = random.integers(90, 256, channels)
    return png_grid(pictures if colour else pictures[..., 0], folder.SAMPLE_COLUMNS)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a picture, px."""
    return Image.open(io.BytesIO(png)).size


def convex_values(run: PlannedRun) -> dict[str, float]:
    """Rate, distortion and −ELBO on a convex curve over β, a little lower for more latent dimensions."""
    random = np.random.default_rng([run.seed, run.number])
    beta, latent = float(run.value("beta") or 0.01), float(run.value("latent") or 2)
    scale = {"mnist": 100.0, "faces": 1_700.0}.get(run.dataset, 10.0)
    reach = scale * (0.25 + 0.03 * latent)
    rate = reach / (1 + beta**0.8) * (1 + 0.02 * random.normal())
    distortion = scale * (0.9 - 0.02 * latent) + 0.8 * scale * (1 - rate / reach) ** 2 + 0.01 * scale * random.normal()
    return {"distortion": distortion, "rate": rate, "negative_elbo": distortion + rate}
