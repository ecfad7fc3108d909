"""One run of a sweep from its beginning, or from where it was kept, to its measures."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.autosave import USUAL as EVERY_MINUTE
from core.engine.autosave import Every
from core.engine.board import View
from core.engine.headless import Headless, share_done
from core.engine.order import Order
from core.engine.run_folder import SavedRun
from core.evaluation.real_side import RealSide
from core.exports.contact_sheet import png_grid
from core.exports.measured_run import measure
from core.foundation.files import FileError, write_file
from core.foundation.pixels import display, is_planar
from core.metrics.base import METRICS, applicable, why_missing
from core.models.base import MODELS
from core.sweeps import folder
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plan import PlannedRun
from core.theory.latent_space import prior

USUAL = ("distortion", "rate", "negative_elbo")
"""Measures of models with an encoder, where nobody says which."""
USUAL_OF_SAMPLES = ("proxy_fd", "modes")
"""Those of models without one; each where it exists."""
SAMPLES_SEED = 1
"""Seed of the z of samples."""
POINTS = 256
"""Samples of a plane in a result."""
HELD_S = 60.0
"""Longest wait for a folder that another process still holds, s: the worker before may be dying."""
HELD_AGAIN_S = 0.2
TRIAL_STEPS = 20
"""Steps of a trial before its clock begins: the first ones are slower."""


class Data(Protocol):
    """Gives data sets to runs."""

    def of(self, run: PlannedRun) -> RealSide:
        """The data of a run, loaded at most once in this process. Raises `UserError`."""


@dataclass(frozen=True)
class Asked:
    """What is measured of each run at its end (() the usual), where z of samples comes from, how often it is saved."""

    measures: tuple[str, ...] = ()
    sampler: str = "prior"
    save: Every = EVERY_MINUTE


def train_run(place: Path, run: PlannedRun, asked: Asked, data: Data, hears: Callable[[View, float], bool]) -> Outcome:
    """Train a run in its folder and measure it; what came of it, which is written there too.

    ``hears`` gets the view and the share that is done about every second, and returns whether the run is to end now: it
    is kept then, without a result, and goes on from there another time. Raises `UserError`.
    """
    outcome = Outcome(run, place)
    side = data.of(run)
    torch.set_num_threads(run.setup.threads)
    with _held(place):
        saved = resumed = _kept(run, place)
        if resumed is None or not _has_ended(run, resumed, side.dataset):
            order = dataclasses.replace(run.order(), out=place, overwrite=True, resumed=resumed, save=asked.save)
            outcome, saved = _train(order, outcome, side.dataset, hears)
            if outcome.state == "failed":
                folder.write_result(outcome)
            if outcome.state != "done":
                return outcome
        assert saved is not None
        outcome = dataclasses.replace(outcome, state="done", step=saved.step, seconds=saved.seconds)
        outcome = measured(outcome, saved, asked, side)
        outcome = _with_samples(outcome, saved, side.dataset)
        folder.write_result(outcome)
    return outcome


def _train(
    order: Order, outcome: Outcome, dataset: Dataset, hears: Callable[[View, float], bool]
) -> tuple[Outcome, SavedRun | None]:
    """Train to the end and save: "done", "failed", or "begun" where it was ended before. Raises `FileError`."""
    was_ended = False

    def is_to_end(view: View) -> bool:
        nonlocal was_ended
        was_ended = was_ended or hears(view, share_done(view, order.setup))
        return was_ended

    with contextlib.closing(Headless(order, dataset)) as lone:
        if lone.run.view.status.failure is None:
            lone.train(is_to_end)
        status = lone.run.view.status
        _, error = lone.save(unless_worse=was_ended or status.failure is not None)
        if error is not None:
            raise error
        outcome = dataclasses.replace(outcome, state="begun", step=status.step, seconds=status.seconds)
        if status.failure is not None:
            return dataclasses.replace(outcome, state="failed", failure=status.failure.sentence), None
        if was_ended and not order.setup.ends(status.step, status.epoch, status.seconds):
            return outcome, None
        return dataclasses.replace(outcome, state="done"), lone.saved


def _kept(run: PlannedRun, place: Path) -> SavedRun | None:
    """The run as it was kept on the way; None where nothing whole of this very run is there."""
    if not run_folder.holds_run(place):
        return None
    try:
        saved = run_folder.load(place)
    except FileError:
        return None  # damaged: it begins anew
    same = (saved.model, saved.config, saved.setup) == (run.model, run.config, run.setup)
    return saved if same and saved.continuation is not None else None


def _has_ended(run: PlannedRun, saved: SavedRun, dataset: Dataset) -> bool:
    """Whether a kept run had come to its end, and lacks its measures alone."""
    drawn = 0 if saved.continuation is None else saved.continuation.drawn
    return run.setup.ends(saved.step, drawn / len(dataset.train), saved.seconds)


@contextlib.contextmanager
def _held(place: Path) -> Iterator[None]:
    """Hold a run folder; one that another process still holds is waited for."""
    give_up = time.monotonic() + HELD_S
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(run_folder.claimed(place))
                break
            except FileError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(HELD_AGAIN_S)
        yield


# --- what is measured ------------------------------------------------------------------------------------------------


def wanted(measures: tuple[str, ...], run: PlannedRun, dataset: Dataset) -> tuple[str, ...]:
    """The measures of a run: those that were asked for, else the usual ones of its model."""
    if measures:
        return measures
    model = MODELS.get(run.model)
    usual = USUAL if model.has_encoder else USUAL_OF_SAMPLES
    exist = applicable(model, dataset)
    return tuple(name for name in usual if name in exist)


def measured(outcome: Outcome, saved: SavedRun, asked: Asked, side: RealSide) -> Outcome:
    """The outcome with its measures, on all test images, and why others are missing."""
    run, dataset = outcome.run, side.dataset
    model = MODELS.get(run.model)
    names = wanted(asked.measures, run, dataset)
    exist = [name for name in applicable(model, dataset) if name in names]
    answers, errors = measure(saved, side, asked.sampler, lambda _: None, exist)
    missing = {name: why_missing(METRICS.get(name), model, dataset) for name in names if name not in exist}
    values = {name: Value(each.value, each.low, each.high, each.n) for name, each in answers.items()}
    empty = [name for name, each in values.items() if not math.isfinite(each.value)]
    missing |= dict.fromkeys(empty, "Its value is not finite.") | errors
    values = {name: each for name, each in values.items() if name not in empty}
    return dataclasses.replace(outcome, values=values, missing=missing)


def _with_samples(outcome: Outcome, saved: SavedRun, dataset: Dataset) -> Outcome:
    """The outcome with its samples: points of a plane in itself, of all else a picture in the folder."""
    snapshot = saved.snapshot(dataset)
    count = POINTS if is_planar(dataset.shape) else folder.SAMPLES_SHOWN
    images = snapshot.decode(prior(count, saved.setup.latent, SAMPLES_SEED))
    if is_planar(dataset.shape):
        finite = images[np.isfinite(images).all((1, 2, 3)), :, 0, 0]
        return dataclasses.replace(outcome, points=tuple((round(float(x), 4), round(float(y), 4)) for x, y in finite))
    write_file(outcome.folder / folder.SAMPLES, png_grid(display(images), folder.SAMPLE_COLUMNS))
    return outcome


# --- how long it takes -----------------------------------------------------------------------------------------------


def seconds_per_step(run: PlannedRun, data: Data, seconds: float) -> float:
    """The time that a step of a run takes here, of a trial of so many seconds that is not kept. Raises `UserError`."""
    dataset = data.of(run).dataset
    setup = dataclasses.replace(run.setup, steps=0, epochs=0.0, seconds=seconds + 3600)
    torch.set_num_threads(run.setup.threads)
    with contextlib.closing(Headless(dataclasses.replace(run.order(), setup=setup), dataset)) as lone:
        board = lone.run.board
        lone.run.start()
        board.wait(lambda view: view.status.step >= TRIAL_STEPS or view.status.failure is not None, seconds)
        began, first = time.perf_counter(), lone.run.view.status.step
        board.wait(lambda view: view.status.failure is not None, seconds)
        steps = lone.run.view.status.step - first
        return (time.perf_counter() - began) / steps if steps > 0 else math.nan


def steps_of(run: PlannedRun, images: int) -> int:
    """The steps that a run takes, of its first stop condition; 0 where only a time ends it."""
    setup = run.setup
    limits = [setup.steps] if setup.steps else []
    if setup.epochs:
        limits.append(math.ceil(setup.epochs * images / setup.batch))
    return min(limits, default=0)
