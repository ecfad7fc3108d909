"""A saved run measured with everything there is, without a display: for ``evaluate`` and for reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine.board import Measures, View
from core.engine.run_folder import SavedRun
from core.engine.status import Status
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.exports.reported_run import ReportedRun
from core.foundation.history import History
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, applicable, measured
from core.models.base import MODELS
from core.verdicts import Verdict, judge

Progress = Callable[[str], None]
"""Called with what is being measured."""


def measure(
    saved: SavedRun,
    real_side: RealSide,
    sampler: str,
    progress: Progress,
    names: Collection[str] | None = None,
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Every measure that exists for the run, on all test images, and the error of each that failed.

    ``names`` are those to measure; None takes all. Runs of the same data share a ``real_side``, whose features take
    longest.
    """
    model, dataset = MODELS.get(saved.model), real_side.dataset
    images = len(dataset.test)
    used = sampler if model.has_encoder else "prior"
    model_side = ModelSide(saved.snapshot(dataset), real_side, used, images)
    answers: dict[str, Measured] = {}
    errors: dict[str, str] = {}
    for name in applicable(model, dataset):
        if names is not None and name not in names:
            continue
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


def reported(saved: Sequence[SavedRun], sampler: str, progress: Progress, data_changed: bool) -> list[ReportedRun]:
    """Saved runs as a report shows them, measured with everything there is.

    Raises `DataError` where data are not those of a run, unless ``data_changed``.
    """
    sides = _real_sides(saved, data_changed)
    return [_measured(slot, *pair, sampler, progress) for slot, pair in enumerate(zip(saved, sides, strict=True))]


def _real_sides(saved: Sequence[SavedRun], data_changed: bool) -> list[RealSide]:
    """The data of each run; runs of the same data share them."""
    loaded: list[tuple[object, Dataset, RealSide]] = []
    sides = []
    for run in saved:
        described = run.data.get("name"), run.data.get("config"), run.data.get("shape")
        if (known := next((each for each in loaded if each[0] == described), None)) is None:
            dataset, _ = reload(run.data)
            known = described, dataset, RealSide(dataset)
            loaded.append(known)
        difference = changed_data(known[1], run.data)
        if difference and not data_changed:
            raise DataError(f"{difference}: find the old ones, or measure on these with --data-changed")
        sides.append(known[2])
    return sides


def _measured(slot: int, saved: SavedRun, side: RealSide, sampler: str, progress: Progress) -> ReportedRun:
    answers, errors = measure(saved, side, sampler, lambda words: progress(f"{saved.model}: {words}"))
    verdicts = verdicts_on(saved, side.dataset, answers)
    measures = Measures(answers, History(("step",)).table(), sampler)
    return ReportedRun(slot, saved, side.dataset, measures, verdicts, errors)
