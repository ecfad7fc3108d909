"""A hand in a window that knows no rest, and a window that is closed under it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.faults.base import Fault
from core.foundation.program import ROOT

PATIENCE_S = 60.0
"""Longest time for opening and closing, beyond three times that of the storm, s: longer counts as hung."""
GAP_P99_MS = 50.0
"""Largest gap of the window's event loop in a storm, but for one in a hundred, ms."""
TRAINING = 0.8
"""Least part of their speed that lanes keep in a storm, in the median over its spells."""
EVENTS_A_SECOND = 900.0
"""So many must have come."""
SPELL_S = 2.0
CLOSING_S = 3.0
"""Longest time from the request to close until the process has ended, s."""
NEAR = 0.3
"""The end of the time slider grows while lanes train: the same place is another step a moment later, by this part."""


def said_in_a_storm(seconds: float) -> tuple[list[dict[str, Any]], int, float]:
    """What a window says in a storm, its exit status, and how long it took to close, s."""
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    with TemporaryDirectory() as root:
        places = {name: str(Path(root) / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        own |= {**places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        command = (sys.executable, "-m", "gui.bench.stormed", str(seconds))
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, env=own, cwd=root, stdout=subprocess.PIPE, stderr=quiet, text=True) as window:
            watchdog = threading.Timer(3 * seconds + PATIENCE_S, window.kill)
            watchdog.start()
            assert window.stdout is not None
            said = [json.loads(line) for line in window.stdout]
            status = window.wait()
            ended = time.time()
            watchdog.cancel()
    asked = said[-1]["at"] if said and said[-1]["event"] == "closing" else ended
    return said, status, ended - asked


def _is_last(place: str, value: list[float], expected: list[float]) -> bool:
    """Whether what is in force is what the last event asked for."""
    if place == "time":
        pairs = zip(value, expected, strict=False)
        return len(value) == len(expected) > 0 and all(abs(a - b) <= NEAR * max(a, b) + 1 for a, b in pairs)
    return value == expected and (place != "beta" or len(set(value)) == 1)


def troubles(said: list[dict[str, Any]], status: int, closing_s: float, is_timed: bool = True) -> list[str]:
    """What did not hold; ``is_timed``: how fast it was counts too."""
    spells = [each for each in said if each["event"] == "spell"]
    if not spells or said[-1]["event"] != "closing":
        return [f"the window ended after {len(spells)} spells with status {status}"]
    found = []
    for number, each in enumerate(spells):
        if not _is_last(each["place"], each["value"], each["expected"]):
            found.append(f"spell {number} on {each['place']}: {each['value']} is in force, not {each['expected']}")
        if min(each["wild"]) <= 0:
            found.append(f"spell {number} on {each['place']}: a lane does not train: {each['wild']} steps/s")
        if is_timed and each["gap_ms"]["p99"] > GAP_P99_MS:
            found.append(f"spell {number} on {each['place']}: gaps of {each['gap_ms']} ms")
        if is_timed and each["events"] < SPELL_S * EVENTS_A_SECOND:
            found.append(f"spell {number} on {each['place']}: {each['events']} events")
    kept = training_of(spells)
    if is_timed and kept < TRAINING:
        found.append(f"lanes keep {kept:.2f} of their speed")
    if status:
        found.append(f"it ended with status {status}")
    if is_timed and closing_s > CLOSING_S:
        found.append(f"closing took {closing_s:.1f} s")
    return found


def training_of(spells: list[dict[str, Any]]) -> float:
    """The part of their speed that lanes keep: the median over spells of the geometric mean over lanes."""

    def ratio(each: dict[str, Any]) -> float:
        return statistics.geometric_mean(
            max(1e-9, wild) / max(1e-9, calm) for wild, calm in zip(each["wild"], each["calm"], strict=True)
        )

    return statistics.median(ratio(each) for each in spells)


def storms(seconds: int, seed: int) -> list[str]:
    """A storm of so long, s, spells on four places in turn."""
    return troubles(*said_in_a_storm(seconds))


FAULTS = (
    Fault(
        "storms", "seconds of 1,000 mouse events each in a window: the last counts, all ends", 60, 8, storms, alone=True
    ),
)
