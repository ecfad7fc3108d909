"""Training without a window: one run of the same engine, and reports on its progress."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from core.datasets.base import SOURCES, Dataset, Images, SourceConfig, describe, load
from core.engine import run_folder
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.engine.status import Failure
from core.evaluation import held_out
from core.foundation.params import from_options, to_json
from core.foundation.slices import finish
from core.models.base import MODELS, TrainConfig
from core.training import devices
from core.training.setup import Setup
from core.training.snapshot import Snapshot

DEFAULT_EPOCHS = 10.0
"""Epochs of training where no stop condition is given."""
PROGRESS_S = 1.0
"""Time between two progress reports, s."""
LAST_STEP_S = 60.0
"""Longest wait for the current step after Ctrl-C, s."""
FAILED, INTERRUPTED = 1, 130
"""Exit statuses."""

Test = dict[str, float | None]


@dataclass(frozen=True)
class Order:
    """The options of ``train``, parsed."""

    model: str
    config: TrainConfig
    setup: Setup
    dataset: str
    source: SourceConfig
    out: Path | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Order:
        """From option texts by knob name. Without a stop condition: ten epochs."""
        setup = from_options(Setup, options)
        if not (setup.steps or setup.epochs or setup.seconds):
            setup = dataclasses.replace(setup, epochs=DEFAULT_EPOCHS)
        if not setup.threads:  # all cores, as there is no window; the number is part of reproducibility
            setup = dataclasses.replace(setup, threads=devices.cores())
        model, dataset = options["model"], options["dataset"]
        config = from_options(MODELS.get(model).Config, options)
        source = from_options(SOURCES.get(dataset).Config, options)
        return cls(model, config, setup, dataset, source, options["out"])


class Reporter(Protocol):
    """Reports on a run. Every method is called from one thread."""

    def started(self, order: Order, dataset: Dataset, run: Run) -> None:
        """Called once, before the first step."""

    def progress(self, view: View, share: float) -> None:
        """Called about every second; ``share`` (0 to 1) of the run is done."""

    def ended(self, event: str, view: View, test: Test, samples_per_s: float) -> None:
        """Called once, at the end: ``event`` is "done", or "stopped" by Ctrl-C."""

    def failed(self, failure: Failure) -> None:
        """Called once, at the end of a run that failed."""


def train(order: Order, as_json: bool) -> int:
    """Train and return the exit status. Raises `UserError` if device, folder or data cannot be used."""
    devices.choose(order.setup.device)
    if order.out is not None:
        run_folder.prepare(order.out)
    reporter: Reporter = JsonReporter(sys.stdout) if as_json else TextReporter(sys.stdout, sys.stderr)
    dataset = load(order.dataset, order.source)
    experiment = Experiment(order.setup, dataset, ())
    try:
        return _train(order, experiment, reporter)
    finally:
        experiment.close()


def _train(order: Order, experiment: Experiment, reporter: Reporter) -> int:
    dataset, setup = experiment.dataset, order.setup
    run = experiment.add(order.model, order.config)
    interrupted = False
    try:
        run.board.wait(lambda view: view.status.state != "building")
        if run.view.status.failure is None:
            reporter.started(order, dataset, run)
            run.start()
            while not run.board.wait(lambda view: view.status.state in ("finished", "failed"), PROGRESS_S):
                reporter.progress(run.view, share_done(run.view, setup))
    except KeyboardInterrupt:
        interrupted = True
        run.pause()
        run.board.wait(lambda view: view.status.state not in ("building", "training"), LAST_STEP_S)
    view = run.view
    if view.status.failure is not None:
        reporter.failed(view.status.failure)
        _save_unless_worse(order, dataset, view)
        return FAILED
    assert view.snapshot is not None
    speed = view.status.step * setup.batch / view.status.seconds if view.status.seconds else 0.0
    try:
        (_save_unless_worse if interrupted else _save)(order, dataset, view)
    finally:  # a full disk must not lose the numbers too
        test = no_measurements() if interrupted else held_out_means(view.snapshot, dataset.test)
        reporter.ended("stopped" if interrupted else "done", view, test, speed)
    return INTERRUPTED if interrupted else 0


def _save_unless_worse(order: Order, dataset: Dataset, view: View) -> None:
    """Save after a failure or Ctrl-C, unless untrained weights would replace a saved run."""
    is_trained = view.snapshot is not None and view.snapshot.step > 0
    if is_trained or (order.out is not None and not (order.out / run_folder.MANIFEST).exists()):
        _save(order, dataset, view)


def _save(order: Order, dataset: Dataset, view: View) -> None:
    if order.out is None or view.snapshot is None:
        return
    data = describe(dataset, order.source)
    run_folder.save(order.out, order.model, view.snapshot, order.setup, data, view.history, view.status.seconds)


def share_done(view: View, setup: Setup) -> float:
    """Progress of a run to the stop condition that it will meet first, 0 to 1."""
    status = view.status
    progress = (status.step, setup.steps), (status.epoch, setup.epochs), (status.seconds, setup.seconds)
    return min(1.0, max((done / limit for done, limit in progress if limit), default=0.0))


def no_measurements() -> Test:
    """The result of `held_out_means` without values."""
    return {"distortion": None, "rate": None, "negative_elbo": None}


def held_out_means(snapshot: Snapshot, images: Images) -> Test:
    """Mean distortion, rate and -ELBO over all test images, nats per image; None where the model has none."""
    terms, test = finish(held_out.terms(snapshot, images.pixels)), no_measurements()
    return test | {name: held_out.mean(values) for name, values in terms.items() if name in test}


class JsonReporter:
    """Reports as one JSON object a line, for programs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _write(self, event: str, **facts: Any) -> None:
        print(json.dumps({"event": event, **facts}), file=self._stream, flush=True)

    def started(self, order: Order, dataset: Dataset, run: Run) -> None:
        """Write models, data and setup of the run."""
        self._write(
            "start",
            model=order.model,
            config=to_json(order.config),
            setup=to_json(order.setup),
            data=describe(dataset, order.source),
            train_images=len(dataset.train),
            test_images=len(dataset.test),
            device=run.view.status.device,
        )

    def progress(self, view: View, share: float) -> None:
        """Write progress and the terms of the newest step."""
        status, history = view.status, view.history
        terms = dict(zip(history.names[2:], map(float, history.rows[-1, 2:]), strict=True)) if len(history) else {}
        self._write("progress", step=status.step, epoch=status.epoch, seconds=status.seconds, share=share, **terms)

    def ended(self, event: str, view: View, test: Test, samples_per_s: float) -> None:
        """Write the test results."""
        status = view.status
        self._write(event, test=test, steps=status.step, seconds=status.seconds, samples_per_second=samples_per_s)

    def failed(self, failure: Failure) -> None:
        """Write why the run failed."""
        self._write("failed", step=failure.step, sentence=failure.sentence, remedy=failure.remedy)


class TextReporter:
    """Reports for people: a progress bar on a terminal, the result as text."""

    WIDTH = 24
    """Characters of the bar."""

    def __init__(self, out: TextIO, bar: TextIO) -> None:
        self._out = out
        self._bar = bar
        self._is_terminal = bar.isatty()
        self._began = time.perf_counter()
        self._drawn_characters = 0
        self._title, self._no_rate, self._folder = "", "", ""

    def started(self, order: Order, dataset: Dataset, run: Run) -> None:
        """Print what is trained on which device."""
        self._title, self._no_rate = run.title, run.model.no_rate
        self._folder = "" if order.out is None else str(order.out)
        images = f"{len(dataset.train):,} images"
        print(f"{run.title} on {dataset.title} ({images}), {run.view.status.device}", file=self._out, flush=True)
        self._began = time.perf_counter()

    def progress(self, view: View, share: float) -> None:
        """Draw the progress bar, on a terminal only."""
        if not self._is_terminal:
            return
        full = int(share * self.WIDTH)
        term = view.history.names[2]
        value = view.history.last(term)
        spent = time.perf_counter() - self._began
        left = f" · {spent * (1 - share) / share:,.0f} s left" if share > 0.01 else ""
        loss = "" if value is None else f" · {term.replace('_', ' ')} {value:.2f}"
        self._draw(f"[{'=' * full}{' ' * (self.WIDTH - full)}] {share:4.0%} · step {view.status.step:,}{loss}{left}")

    def _draw(self, line: str) -> None:
        if self._is_terminal:
            print(f"\r{line.ljust(self._drawn_characters)}", end="" if line else "\r", file=self._bar, flush=True)
            self._drawn_characters = len(line)

    def ended(self, event: str, view: View, test: Test, samples_per_s: float) -> None:
        """Print speed, test results and the folder."""
        self._draw("")
        status = view.status
        ending = "" if event == "done" else f" ({event})"
        print(f"{status.step:,} steps in {status.seconds:.1f} s, {samples_per_s:,.0f} images/s{ending}", file=self._out)
        if test["negative_elbo"] is not None:
            sums = f"distortion {test['distortion']:.2f} + rate {test['rate']:.2f} = −ELBO {test['negative_elbo']:.2f}"
            print(f"held-out images: {sums} nats per image", file=self._out)
        elif test["distortion"] is not None:
            print(
                f"held-out images: distortion {test['distortion']:.2f} nats per image. {self._no_rate}", file=self._out
            )
        elif event == "done":
            print(self._no_rate, file=self._out)
        if self._folder:
            print(f"saved in {self._folder}", file=self._out)

    def failed(self, failure: Failure) -> None:
        """Print why the run failed."""
        self._draw("")
        print(f"{self._title or 'the run'} {failure.sentence}. {failure.remedy}", file=self._bar)
