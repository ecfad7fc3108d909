"""``train --experiment``: every lane of a document trains on without a window, and the document is written back."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.cli import signals
from core.cli.reporters import Voice
from core.datasets.base import DataError, changed_data, reload
from core.engine import document_file
from core.engine.autosave import Every
from core.engine.document import Document, Lane
from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.order import STOPS
from core.engine.run import Run
from core.engine.run_folder import SavedRun
from core.foundation import strict_json
from core.foundation.files import FileError
from core.foundation.params import KnobError, checked, knobs
from core.training.setup import Setup

PROGRESS_S = 1.0
"""Time between two progress reports, s."""
STATE_PATIENCE_S = 60.0
"""Longest wait for the state of a lane, s."""
FAILED = 1
"""Exit status where a lane failed, or the document could not be written."""


def train_experiment(place: Path, options: Mapping[str, Any], as_json: bool) -> int:
    """Train every lane of a document to its stop conditions, or those of ``options``; returns the exit status.

    Raises `FileError`, `DataError` where its data are missing or others, `KnobError` without a stop condition. Signals
    end the training; the document is written all the same.
    """
    found = document_file.load(place)
    setup = _setup(found.setup, options)
    dataset, _ = reload(found.data)
    if difference := changed_data(dataset, found.data):
        raise DataError(f"{difference}: find the old ones")
    out, every = options["out"] or place, Every.parsed(options.get("save_every"))
    voice = Voice(sys.stdout)
    with contextlib.ExitStack() as held:
        experiment = Experiment(setup, dataset, ())
        held.callback(experiment.close)
        experiment.open_document(dataclasses.replace(found, setup=setup), dataset)
        for run in experiment.runs:
            run.board.wait(lambda view: view.status.state != "building")
        stop = signals.Stop(lambda: _end_now(experiment))
        with signals.handled_by(stop):
            _say(voice, as_json, "start", experiment)
            experiment.start()
            _watch(experiment, voice, as_json, every, lambda: _save(out, found, experiment))
            _save(out, found, experiment)
            _say(voice, as_json, "stopped" if stop.number else "done", experiment, str(out))
        if stop.number:
            return signals.status_of(stop.number)
        return FAILED if any(run.view.status.failure for run in experiment.runs) else 0


def _setup(setup: Setup, options: Mapping[str, Any]) -> Setup:
    """The setup of the document, with the stop conditions of the options where there are some."""
    free = [each for each in knobs(Setup) if each.name in STOPS and each.name in options]
    asked: dict[str, Any] = {each.name: each.parse(str(options[each.name])) for each in free}
    if asked:
        none: dict[str, Any] = dict.fromkeys(STOPS, 0)
        setup = checked(dataclasses.replace(setup, **{**none, **asked}))
    if not (setup.steps or setup.epochs or setup.seconds):
        raise KnobError("say how far the lanes are to go: --steps, --epochs or --seconds, counted from their beginning")
    return setup


def _end_now(experiment: Experiment) -> None:
    for run in experiment.runs:
        run.limit(dataclasses.replace(run.setup, steps=1))


def _has_ended(run: Run) -> bool:
    return run.view.status.state in ("finished", "failed")


def _watch(experiment: Experiment, voice: Voice, as_json: bool, every: Every, save: Any) -> None:
    """Report on the lanes, and save them, until all have ended."""
    due, steps = time.monotonic() + every.seconds, 0
    while running := [run for run in experiment.runs if not _has_ended(run)]:
        running[0].board.wait(lambda view: view.status.state in ("finished", "failed"), PROGRESS_S)
        now, least = time.monotonic(), min(run.view.status.step for run in experiment.runs)
        if (every.seconds and now >= due) or (every.steps and least // every.steps > steps):
            try:
                save()
            except FileError as error:
                print(f"latent-playground: not saved at step {least:,}: {error}", file=sys.stderr)
            steps = least // every.steps if every.steps else 0
            due = time.monotonic() + max(every.seconds, 100 * (time.monotonic() - now) if every.is_usual else 0.0)
        if as_json:
            _say(voice, as_json, "progress", experiment)


def _save(out: Path, found: Document, experiment: Experiment) -> None:
    """Write the document with the lanes as they are now. Raises `FileError`."""
    answers = [(run, run.keep()) for run in experiment.runs]
    lanes = []
    for (run, answer), lane in zip(answers, found.lanes, strict=True):
        kept = answer.take(STATE_PATIENCE_S)
        if isinstance(kept, Kept):
            setup = dataclasses.replace(kept.setup, **{name: getattr(found.setup, name) for name in STOPS})
            saved = SavedRun.of_kept(run.model_name, dataclasses.replace(kept, setup=setup), found.data)
        else:
            saved = SavedRun.of(run.model_name, run.view, found.setup, found.data)
        lanes.append(Lane(saved, lane.slot, lane.pending, lane.name))
    document_file.save(out, dataclasses.replace(found, lanes=tuple(lanes)))


def _say(voice: Voice, as_json: bool, event: str, experiment: Experiment, saved_in: str | None = None) -> None:
    views = [(run, run.view) for run in experiment.runs]
    if as_json:
        lanes = [
            {
                "model": run.model_name,
                "step": view.status.step,
                "seconds": view.status.seconds,
                "failure": None if view.status.failure is None else view.status.failure.sentence,
            }
            for run, view in views
        ]
        facts = {"event": event, "lanes": lanes} | ({} if saved_in is None else {"saved_in": saved_in})
        print(strict_json.dumps(facts), file=voice, flush=True)
        return
    if event == "start":
        names = ", ".join(f"{run.model.short} from step {view.status.step:,}" for run, view in views)
        print(f"{experiment.dataset.title}: {names}", file=voice, flush=True)
        return
    for run, view in views:
        why = "" if view.status.failure is None else f": {view.status.failure.sentence}"
        print(f"{run.model.short}: {view.status.step:,} steps in {view.status.seconds:.1f} s{why}", file=voice)
    print(f"saved in {saved_in}", file=voice, flush=True)
