"""A saved run measured with everything there is, without a display: for ``evaluate`` and for reports."""

from __future__ import annotations

from collections.abc import Callable

from core.datasets.base import Dataset
from core.engine.board import Measures, View
from core.engine.run_folder import SavedRun
from core.engine.status import Status
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.history import History
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, applicable, measured
from core.models.base import MODELS
from core.verdicts import Verdict, judge

Progress = Callable[[str], None]
"""Called with what is being measured."""


def measure(
    saved: SavedRun, real_side: RealSide, sampler: str, progress: Progress
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Every measure that exists for the run, on all test images, and the error of each that failed.

    Runs of the same data share a ``real_side``, whose features take longest.
    """
    model, dataset = MODELS.get(saved.model), real_side.dataset
    images = len(dataset.test)
    used = sampler if model.has_encoder else "prior"
    model_side = ModelSide(saved.snapshot(dataset), real_side, used, images)
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
