"""Made-up views for the tests of verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.datasets.base import Dataset
from core.engine.board import Measures, View
from core.engine.status import Status
from core.evaluation.training_codes import TrainingCodes
from core.foundation.history import History, Table
from core.metrics.base import Measured
from core.models.base import MODELS
from core.probes.codes import LatentCodes, LatentCodesLook, TrainingCodesLook
from core.probes.held_out import COLUMNS, HeldOutLook
from core.probes.look import Answer, Looks
from core.probes.samples import Samples, SamplesLook
from core.training.training import columns_of
from core.verdicts import Verdict, judge

STEPS = np.arange(400, 4_001, 400)


def history(model: str, steps: int, **terms: float | Callable[[Any], Any]) -> Table:
    names = columns_of(model)
    at = np.arange(1, steps + 1, dtype=np.float64)
    columns: dict[str, Any] = {"step": at, "seconds": at / 100}
    columns |= {name: (value(at) if callable(value) else np.full(steps, value)) for name, value in terms.items()}
    kept = History(names)
    kept.append(np.stack([columns.get(name, np.zeros(steps)) for name in names], 1))
    return kept.table()


def held_out(steps: Any, distortion: Any, rate: Any = float("nan"), paid: Any = None) -> Table:
    tests = History(COLUMNS)
    at = np.asarray(steps, np.float64)
    distortions = np.broadcast_to(np.asarray(distortion, np.float64), at.shape)
    rates = np.broadcast_to(np.asarray(rate, np.float64), at.shape)
    paid = rates if paid is None else np.broadcast_to(np.asarray(paid, np.float64), at.shape)
    tests.append(np.stack([at, at / 100, distortions, rates, distortions + rates, paid], 1))
    return tests.table()


def view_of(model: str, step: int = 4_000, **parts: Any) -> View:
    config = parts.pop("config", None) or MODELS.get(model).Config()
    parts.setdefault("history", history(model, min(step, 4_000)))
    looks = Looks()
    for name in ("latent_codes", "training_codes", "samples"):
        if name in parts:
            looks = looks.plus(parts.pop(name))
    if "tests" in parts:
        looks = looks.plus(Answer(HeldOutLook(), step, parts.pop("tests")))
    status = Status(parts.pop("state", "training"), step)
    return View(status, config=config, looks=looks, **parts)


def verdicts(model: str, dataset: Dataset, view: View, before: tuple[Verdict, ...] = ()) -> dict[str, Verdict]:
    found = judge(view, MODELS.get(model), dataset, view.config, before)
    return {verdict.name: verdict for verdict in found}


def codes_with_rates(rates: list[float], step: int = 4_000) -> Answer[LatentCodes]:
    each = np.array(rates, np.float32)
    codes = LatentCodes(np.zeros((4, len(each)), np.float32), np.zeros(4, np.int64), each)
    return Answer(LatentCodesLook(), step, codes)


def vae(**knobs: Any) -> Any:
    return MODELS.get("vae").Config(**knobs)


def measures(sampler: str = "prior", trail: Table | None = None, **values: Measured) -> Measures:
    return Measures(values, trail or History(("step", "seconds")).table(), sampler)


def hole(share: float, step: int = 4_000) -> Answer[TrainingCodes]:
    return Answer(TrainingCodesLook(), step, TrainingCodes(np.zeros((4, 2), np.float32), 1.0, share))


def pictures(pixels: Any, points: Any = None) -> Answer[Samples]:
    images = np.asarray(pixels, np.uint8)
    return Answer(SamplesLook(len(images), 1), 4_000, Samples(images, np.zeros((len(images), 2), np.float32), points))
