"""What ``train`` says while it trains and at its end: text for people, JSON lines for programs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from core.datasets.base import Dataset, describe
from core.engine.board import View
from core.engine.order import Order
from core.engine.run import Run
from core.engine.status import Failure
from core.foundation import strict_json
from core.foundation.params import to_json

Test = dict[str, float | None]
"""Distortion, rate and their sum over the test images, nats per image; None where the model has none."""


@dataclass(frozen=True)
class Ending:
    """How a run ended: its last view and what was measured then.

    ``stopped_by`` names the signal that ended it, "" where it came to its limit. ``folder`` is where it is saved, None
    where it is not.
    """

    view: View
    test: Test
    samples_per_s: float
    stopped_by: str
    folder: Path | None


class Voice:
    """A text stream that falls silent when its reader has gone: a closed pipe ends the talking, not the training."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_heard = True

    def write(self, text: str) -> None:
        """Write, if anybody hears it."""
        self._try(lambda: self._stream.write(text))

    def flush(self) -> None:
        """Flush, if anybody hears it."""
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def _try(self, act: Callable[[], object]) -> None:
        if self.is_heard:
            try:
                act()
            except OSError:
                self.is_heard = False
                with contextlib.suppress(OSError):  # what is buffered must go somewhere when the program ends
                    os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class Reporter(Protocol):
    """Reports on a run. Every method is called from one thread."""

    @property
    def is_heard(self) -> bool:
        """Whether anybody reads the reports."""

    def started(self, order: Order, dataset: Dataset, run: Run) -> None:
        """Called once, before the first step."""

    def progress(self, view: View, share: float) -> None:
        """Called about every second; ``share`` (0 to 1) of the run is done."""

    def ended(self, ending: Ending) -> None:
        """Called once, at the end of a run that did not fail, when it is saved or cannot be."""

    def failed(self, failure: Failure, folder: Path | None) -> None:
        """Called once, at the end of a run that failed; ``folder`` holds the last good weights, if any are saved."""


class JsonReporter:
    """Reports as one JSON object a line, for programs."""

    def __init__(self, stream: TextIO) -> None:
        self._voice = Voice(stream)

    @property
    def is_heard(self) -> bool:
        """Whether anybody reads the reports."""
        return self._voice.is_heard

    def _write(self, event: str, **facts: Any) -> None:
        print(strict_json.dumps({"event": event, **facts}), file=self._voice, flush=True)

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
            busy_cores=order.busy,
            **({} if order.resumed is None else {"resumed_at": order.resumed.step}),
        )

    def progress(self, view: View, share: float) -> None:
        """Write progress and the terms of the newest step."""
        status, history = view.status, view.history
        terms = dict(zip(history.names[2:], map(float, history.rows[-1, 2:]), strict=True)) if len(history) else {}
        self._write("progress", step=status.step, epoch=status.epoch, seconds=status.seconds, share=share, **terms)

    def ended(self, ending: Ending) -> None:
        """Write the test results and the folder."""
        status = ending.view.status
        self._write(
            "stopped" if ending.stopped_by else "done",
            test=ending.test,
            steps=status.step,
            seconds=status.seconds,
            samples_per_second=ending.samples_per_s,
            stopped_by=ending.stopped_by or None,
            saved_in=_text(ending.folder),
        )

    def failed(self, failure: Failure, folder: Path | None) -> None:
        """Write why the run failed."""
        words = {"sentence": failure.sentence, "remedy": failure.remedy, "saved_in": _text(folder)}
        self._write("failed", step=failure.step, **words)


class TextReporter:
    """Reports for people: a progress bar on a terminal, the result as text."""

    WIDTH = 24
    """Characters of the bar."""

    def __init__(self, out: TextIO, bar: TextIO) -> None:
        self._out = Voice(out)
        self._bar = Voice(bar)
        self._is_terminal = bar.isatty()
        self._began = time.perf_counter()
        self._drawn_characters = 0
        self._title, self._no_rate, self._noun = "", "", "image"

    @property
    def is_heard(self) -> bool:
        """Whether anybody reads the results; the bar is not among them."""
        return self._out.is_heard

    def started(self, order: Order, dataset: Dataset, run: Run) -> None:
        """Print what is trained on which device, and why not with all cores where other programs need some."""
        self._title, self._no_rate = run.title, run.model.no_rate
        self._noun = dataset.noun
        images = f"{len(dataset.train):,} {self._noun}s"
        print(f"{run.title} on {dataset.title} ({images}), {run.view.status.device}", file=self._out, flush=True)
        if order.resumed is not None:
            is_whole = order.resumed.continuation is not None
            how = "" if is_whole else " with fresh moments and noise: only its weights were saved"
            self._print(f"goes on from step {order.resumed.step:,}{how}")
        if order.busy:
            self._print(few_threads(order.setup.threads, order.busy))
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

    def ended(self, ending: Ending) -> None:
        """Print speed, test results and the folder."""
        self._draw("")
        status, test = ending.view.status, ending.test
        speed = f"{status.step:,} steps in {status.seconds:.1f} s, {ending.samples_per_s:,.0f} {self._noun}s/s"
        self._print(speed + (f" (stopped by {ending.stopped_by})" if ending.stopped_by else ""))
        if test["negative_elbo"] is not None:
            sums = f"distortion {test['distortion']:.2f} + rate {test['rate']:.2f} = −ELBO {test['negative_elbo']:.2f}"
            self._print(f"held-out {self._noun}s: {sums} nats per {self._noun}")
        elif test["distortion"] is not None:
            cost = f"{test['distortion']:.2f} nats per {self._noun}"
            self._print(f"held-out {self._noun}s: distortion {cost}. {self._no_rate}")
        elif not ending.stopped_by:
            self._print(self._no_rate)
        if ending.folder is not None:
            self._print(f"saved in {ending.folder}")

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def failed(self, failure: Failure, folder: Path | None) -> None:
        """Print why the run failed."""
        self._draw("")
        print(f"{self._title or 'the run'} {failure.sentence}. {failure.remedy}", file=self._bar)
        if folder is not None:
            self._print(f"saved in {folder}")


def few_threads(threads: int, busy: int) -> str:
    """Why a run has no more threads: other programs keep so many cores busy."""
    others = "another program keeps a core busy" if busy == 1 else f"other programs keep {busy} cores busy"
    return f"{threads} thread{'s' if threads > 1 else ''}: {others}"


def _text(folder: Path | None) -> str | None:
    return None if folder is None else str(folder)
