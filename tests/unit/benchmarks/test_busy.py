"""Training beside another program is compared with one thread alone, with the threads that ``train`` chose."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.benchmarks import busy, targets
from core.benchmarks.spread import Spread

TRAINS = """
import json, sys
alone = "--threads" in sys.argv
print(json.dumps({"event": "start", "setup": {"threads": 2 if alone else 1}}))
print(json.dumps({"event": "done", "samples_per_second": 20000.0 if alone else 15000.0}))
"""
"""A program that says what ``train`` would."""


def test_the_ratio_is_that_of_the_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy, "PROGRAM", (sys.executable, "-c", TRAINS))
    monkeypatch.setattr(busy, "ROUNDS", 2)
    started: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *words: object, **more: object) -> None:
            super().__init__(*words, **more)  # type: ignore[call-overload]
            started.append(self)

    monkeypatch.setattr(busy.subprocess, "Popen", Popen)
    lines: list[str] = []
    report = busy.busy(0.1, lines.append)
    assert report["ratio"] == Spread(0.75, 0.75, 0.75).json()
    assert report["threads"] == [1, 1]
    assert lines == ["beside one busy process train keeps 0.75 of the speed of one thread alone"]
    assert all(each.poll() is not None for each in started)
    assert targets.table({"busy": report}).endswith("| `busy.ratio` | 0.75 | ≥ 0.5 | met |")
