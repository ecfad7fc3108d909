"""The part of ``latent-playground bench`` beside another program: `train` with the threads it chooses by itself.

A program that keeps one core busy runs meanwhile. A round is `train` alone with one thread, then beside that program.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from core.benchmarks.engine import BATCH, HIDDEN, LATENT
from core.benchmarks.spread import Spread
from core.foundation.program import PROGRAM

ROUNDS = 3
"""Rounds; each takes two trainings, which begin with three seconds of imports and data."""
LENGTH = 3.0
"""Length of a training, in seconds of a stretch of the bench."""
ANOTHER = "print(flush=True)\nwhile True:\n    pass"
"""A program that keeps one core busy, and says when it begins."""


def busy(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Speed of a 784-400-20 VAE beside one busy process, over that of one thread alone; ``threads`` it took there."""
    alone, beside, ratios, threads = [], [], [], []
    for _ in range(ROUNDS):
        alone.append(_train(LENGTH * seconds, "--threads", "1")[0])
        with _busy_process():
            rate, chosen = _train(LENGTH * seconds)
        beside.append(rate)
        ratios.append(rate / alone[-1])
        threads.append(chosen)
    ratio = Spread.of(ratios)
    log(f"beside one busy process train keeps {ratio.median:.2f} of the speed of one thread alone")
    return {
        "ratio": ratio.json(),
        "alone_samples_per_second": Spread.of(alone).json(0),
        "beside_samples_per_second": Spread.of(beside).json(0),
        "threads": threads,
    }


@contextlib.contextmanager
def _busy_process() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", ANOTHER], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()


def _train(seconds: float, *more: str) -> tuple[float, int]:
    """Samples per second of a training of so long, and its number of threads."""
    setup = f"--model vae --network mlp --hidden {HIDDEN['vae']} --latent {LATENT} --batch {BATCH} --device cpu"
    words = [*PROGRAM, "train", *setup.split(), "--seconds", f"{seconds:g}", "--json", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    events = {said["event"]: said for said in map(json.loads, done.stdout.splitlines())}
    return float(events["done"]["samples_per_second"]), int(events["start"]["setup"]["threads"])
