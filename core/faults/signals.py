"""Ctrl-C, SIGTERM, SIGHUP at random moments of a start, a training, an open window: an orderly end, nothing lost.

Needs POSIX. The program starts as the script `playground` starts it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from core.engine import run_folder
from core.faults.base import Fault
from core.foundation.files import FileError
from core.foundation.program import PROGRAM, ROOT
from core.training import devices

TRAIN = (
    *("train", "--dataset", "shapes", "--train-images", "1000", "--device", "cpu", "--threads", "1"),
    *("--network", "mlp", "--batch", "32", "--seconds", "600", "--json"),
)
WINDOW = (sys.executable, "-m", "gui.bench.announced")
"""The program without a command, which says when its window has lanes."""
BEFORE_US = 'start.py", line 0, in <module>'
"""In the traceback of a Ctrl-C that Python took some milliseconds before it ran the first line of the program."""
EARLY_S = 2.0
"""A start, s: signals arrive within it."""
LATE_S = 1.0
"""Time after the first steps, or after the lanes have come, within which a signal arrives, s."""
WINDOW_EVERY = 5
"""One of so many tries is a window, the others are trainings."""
PATIENCE_S = 60.0
"""Longest wait for an end, s: longer counts as hung."""
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    status: int
    out: str
    err: str

    def trouble(self, number: signal.Signals, is_early: bool = False) -> str:
        """What is wrong with an end by this signal; "" where nothing is."""
        if is_early and self.status == -number and (not self.err or BEFORE_US in self.err):
            return ""
        if self.status != 128 + number:
            return f"status {self.status} after {number.name}: {self.err.strip()[-300:]}"
        return f"a traceback: {self.err.strip()[-300:]}" if "Traceback" in self.err else ""


def _start(folder: Path, command: Sequence[str]) -> subprocess.Popen[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    own |= {"XDG_CONFIG_HOME": str(folder / "settings"), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=own, cwd=folder, stdout=pipe, stderr=pipe, text=True)


def _end(process: subprocess.Popen[str], *numbers: signal.Signals) -> Ended:
    for number in numbers:
        process.send_signal(number)
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Ended(0, "", "it did not end")
    return Ended(process.returncode, out, err)


def _early(folder: Path, is_window: bool, number: signal.Signals, rng: random.Random) -> str:
    """A signal during the start."""
    process = _start(folder, PROGRAM if is_window else (*PROGRAM, *TRAIN, "--out", "run"))
    time.sleep(rng.uniform(0, EARLY_S))
    ended = _end(process, number)
    return ended.trouble(number, is_early=True) or _unreadable(folder / "run")


def _late(folder: Path, is_window: bool, number: signal.Signals, rng: random.Random) -> str:
    """A signal to a training that has taken steps, or to an open window."""
    return _late_window(folder, number, rng) if is_window else _late_training(folder, number, rng)


def _late_training(folder: Path, number: signal.Signals, rng: random.Random) -> str:
    process = _start(folder, (*PROGRAM, *TRAIN, "--out", "run"))
    _read_until(process, lambda line: json.loads(line).get("step"))
    time.sleep(rng.uniform(0, LATE_S))
    ended = _end(process, number, *[number] * rng.randrange(3))  # some are impatient
    if trouble := ended.trouble(number):
        return trouble
    last = json.loads((ended.out.splitlines() or ["{}"])[-1])
    if last.get("event") != "stopped":
        return f"the last line is {last}"
    trouble = _unreadable(folder / "run")
    if not trouble and run_folder.load(folder / "run").step != last["steps"]:
        trouble = "another step is saved than is told"
    return trouble


def _late_window(folder: Path, number: signal.Signals, rng: random.Random) -> str:
    process = _start(folder, WINDOW)
    _read_until(process, lambda line: line == "open\n")
    time.sleep(rng.uniform(0, LATE_S))
    ended = _end(process, number)
    if trouble := ended.trouble(number):
        return trouble
    return "" if list((folder / "settings").rglob("*.ini")) else "settings are not written"


def _read_until(process: subprocess.Popen[str], is_it: Callable[[str], object]) -> None:
    """Read standard output up to a line; a process that does not come to it is ended."""
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    try:
        next((line for line in process.stdout if is_it(line)), None)
    finally:
        watchdog.cancel()


def _unreadable(folder: Path) -> str:
    """Why a folder that holds a run cannot be loaded; "" where it can, or holds none."""
    if not run_folder.holds_run(folder):
        return ""
    try:
        run_folder.load(folder)
    except FileError as error:
        return str(error)
    return ""


def _hear() -> None:
    """Take back what ignores a signal here: a shell has its background jobs ignore Ctrl-C, and what they start too."""
    for number in NUMBERS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _many(one: Callable[[Path, bool, signal.Signals, random.Random], str], count: int, seed: int) -> list[str]:
    """So many tries, as many at a time as there are cores; one sentence per failure."""

    def try_it(number: int) -> str:
        rng = random.Random(f"{seed} {number}")
        is_window, which = number % WINDOW_EVERY == 0, rng.choice(NUMBERS)
        with tempfile.TemporaryDirectory() as folder:
            trouble = one(Path(folder), is_window, which, rng)
        what = "window" if is_window else "training"
        return f"seed {seed}, try {number}, {what}, {which.name}: {trouble}" if trouble else ""

    _hear()
    with ThreadPoolExecutor(devices.cores()) as pool:
        return [sentence for sentence in pool.map(try_it, range(count)) if sentence]


def early(count: int, seed: int) -> list[str]:
    """Signals within the first two seconds."""
    return _many(_early, count, seed)


def late(count: int, seed: int) -> list[str]:
    """Signals to what trains, or is open."""
    return _many(_late, count, seed)


FAULTS = (
    Fault("early", "Ctrl-C, SIGTERM or SIGHUP in the first two seconds of a start", 100, 10, early),
    Fault("late", "Ctrl-C, SIGTERM or SIGHUP to a training or an open window", 100, 10, late),
)
