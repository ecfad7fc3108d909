"""kill -9 of a window, or of its engine and then of it, amid edits: the next start offers all but the last seconds.

Needs Linux, see `core.faults.engines`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from core.faults.base import Fault
from core.foundation.program import ROOT
from core.training import devices

PATIENCE_S = 90.0
"""Longest time that a window runs or opens, s: longer counts as hung."""
EDIT_S = 4.0
"""Longest time for which an edit may be lost, s: it is kept after two seconds, a busy machine takes a moment for it."""
TRAINING_S = 10.0
"""Longest training of a lane that may be lost, s."""
KILL_S = (1.0, 14.0)
"""When a window is killed after its first edit, s."""
DECIDED = ("setup", "data", "lanes", "pins")
"""What edits change."""


def _start(folder: Path, words: tuple[str, ...]) -> subprocess.Popen[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    places = {name: str(folder / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    own |= {**places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "gui.bench.edited", *words, "--engine", "process")
    return subprocess.Popen(command, env=own, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _lines(window: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What a window says; one that says nothing more for too long is ended."""
    assert window.stdout is not None
    watchdog = threading.Timer(PATIENCE_S, window.kill)
    watchdog.start()
    try:
        for line in window.stdout:
            yield json.loads(line)
    finally:
        watchdog.cancel()


def _edited(folder: Path, random: Random) -> list[dict[str, Any]]:
    """What a window said until it was killed; the last has the time of that, as "killed"."""
    with _start(folder, (str(random.random()),)) as window:
        said: list[dict[str, Any]] = []
        killer: threading.Timer | None = None
        for each in _lines(window):
            if killer is None:
                killer = threading.Timer(random.uniform(*KILL_S), _kill, (window.pid, random.random() < 0.5, said))
                killer.start()
            said.append(each)
        if killer is not None:
            killer.join()
        window.kill()
    return said


def _kill(window: int, engine_first: bool, said: list[dict[str, Any]]) -> None:
    if engine_first:
        for listed in Path(f"/proc/{window}/task").glob("*/children"):
            for child in listed.read_text().split():
                os.kill(int(child), signal.SIGKILL)
        time.sleep(0.5)
    last, now = said[-1], time.time()
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.kill(window, signal.SIGKILL)
        last["killed"] = now


def _trouble(said: list[dict[str, Any]], opened: dict[str, Any]) -> str:
    """What is lost; "" where it is no more than may be."""
    killed = next((each["killed"] for each in reversed(said) if "killed" in each), None)
    if killed is None:
        return f"the window ended by itself after {len(said)} edits"
    first = max((n for n, each in enumerate(said) if each["at"] < killed - EDIT_S), default=0)
    if opened.get("event") != "opened":
        has_trained = any(max(each["seconds"]) > EDIT_S for each in said[: first + 1])
        return "" if first == 0 and not has_trained else f"nothing is offered that opens: {opened}"
    allowed = [each for each in said[first:] if all(each[name] == opened[name] for name in DECIDED)]
    if not allowed:
        names = [name for name in DECIDED if all(each[name] != opened[name] for each in said[first:])]
        return f"an edit older than {EDIT_S:g} s is lost ({', '.join(names) or 'together'}): {opened}"
    lost = min(max(b - a for b, a in zip(each["seconds"], opened["seconds"], strict=True)) for each in allowed)
    return f"{lost:.1f} s of training are lost" if lost > TRAINING_S else ""


def _try(number: int, seed: int) -> str:
    random = Random(f"{seed} {number}")
    with TemporaryDirectory() as root:
        said = _edited(Path(root), random)
        if not said:
            return "the window did not open"
        with _start(Path(root), ("again",)) as window:
            opened = next(_lines(window), {})
            window.wait(PATIENCE_S)
        trouble = _trouble(said, opened)
        if not trouble and opened.get("event") == "opened":
            left = [each for each in (Path(root) / "XDG_STATE_HOME").rglob("experiment") if each.is_dir()]
            trouble = f"{len(left)} kept experiments are left after an end in order" if left else ""
    return trouble


def kills(count: int, seed: int) -> list[str]:
    """Kill so many windows amid edits, as many at a time as there are cores."""
    with ThreadPoolExecutor(devices.cores()) as pool:
        found = pool.map(lambda number: _try(number, seed), range(count))
        return [f"seed {seed}, kill {number}: {trouble}" for number, trouble in enumerate(found) if trouble]


FAULTS = (Fault("edits", "windows and engines are killed amid edits: the next start has them all", 40, 1, kills),)
