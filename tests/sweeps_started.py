"""Sweeps as people start them, in a process of its own, and what is in their folders."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.engine import run_folder
from core.sweeps import folder

ROOT = Path(__file__).parents[1]
SMALL = ("--dataset", "shapes", "--train-images", "1000", "--device", "cpu", "--network", "mlp", "--batch", "32")
"""Options of runs that take a second."""


class Sweep:
    """``sweep --json`` in a process of its own."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "core", "sweep", "--json", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> Sweep:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def events(self) -> Iterator[dict[str, Any]]:
        """What it says from now on."""
        assert self.process.stdout is not None
        return map(json.loads, self.process.stdout)

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next event of that name."""
        return next(each for each in self.events() if each["event"] == event)


def table(place: Path) -> list[dict[str, str]]:
    """The rows of sweep.csv, without the time that runs took."""
    with (place / folder.CSV).open(encoding="utf-8") as file:
        return [{name: text for name, text in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def same_weights(one: Path, other: Path) -> bool:
    """Whether two run folders hold the same weights, to the last bit, at the same step."""
    first, second = (run_folder.load(each) for each in (one, other))
    pairs = ((first.weights[name].numpy(), second.weights[name].numpy()) for name in first.weights)
    return first.step == second.step and all(np.array_equal(a, b) for a, b in pairs)
