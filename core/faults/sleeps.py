"""A laptop is closed for a minute, and its clock set back meanwhile: lanes and `train` go on, their times are right.

Needs POSIX: every process of the program is stopped and goes on at once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.engine import run_folder
from core.faults.base import Fault
from core.foundation.files import FileError
from core.foundation.program import ROOT

SLEEP_S = 60.0
AWAKE_S = 8.0
"""Time before and after the sleep, s."""
SET_BACK_S = 3_600.0
MOST_JUMP_S = 3.0
"""Largest training time that may pass in a sleep, s."""
PATIENCE_S = 60.0
"""Longest wait for a start or an end, s: longer counts as hung."""
TRAIN = (
    *("train", "--dataset", "shapes", "--train-images", "1000", "--device", "cpu", "--threads", "1"),
    *("--network", "mlp", "--batch", "32", "--json", "--save-every", "2s"),
)
CODE = """
import sys, time
from pathlib import Path
from core.cli.main import main
from core.faults.sleeps import set_back
time.time = set_back(Path(sys.argv[1]))
sys.exit(main(sys.argv[2:]))
"""


def set_back(flag: Path) -> Callable[[], float]:
    """A clock that is set back by an hour once there is a file ``flag``."""
    real = time.time
    return lambda: real() - (SET_BACK_S if flag.exists() else 0.0)


class _Asleep:
    """A program in a session of its own, whose lines are read as they come."""

    def __init__(self, folder: Path, *command: str) -> None:
        own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        places = {name: str(folder / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        own |= {**places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        pipe: Any = subprocess.PIPE
        self.process = subprocess.Popen(
            (sys.executable, *command),
            env=own,
            cwd=folder,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )
        self.said: list[dict[str, Any]] = []
        self.has_begun = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said.append(json.loads(line))
                steps = self.said[-1].get("steps", self.said[-1].get("step", 0))
                if min(steps) if isinstance(steps, list) else steps:
                    self.has_begun.set()

    def sleep(self, seconds: float, meanwhile: Callable[[], object]) -> None:
        """Stop all of it for so long."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        meanwhile()
        time.sleep(seconds)
        os.killpg(self.process.pid, signal.SIGCONT)

    def end(self) -> str:
        """Wait for its end after its input has ended; its standard error."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join(PATIENCE_S)
        with self.process.stderr as errors:
            return errors.read()


def _window(seconds: float) -> str:
    """A window whose lanes train is put to sleep; what was wrong, or ""."""
    with TemporaryDirectory() as root:
        flag = Path(root) / "set back"
        program = _Asleep(Path(root), "-m", "gui.bench.slept", str(flag), "--engine", "process")
        if not program.has_begun.wait(PATIENCE_S):
            return f"nothing trained: {program.end()[-300:]}"
        time.sleep(AWAKE_S)
        at = len(program.said)
        program.sleep(seconds, flag.touch)
        time.sleep(AWAKE_S)
        errors = program.end()
        if program.process.returncode or "Traceback" in errors:
            return f"the window ended with status {program.process.returncode}: {errors.strip()[-300:]}"
        before, after = program.said[at - 1], program.said[-1]
        return _trouble(before, after, program.said[at:])


def _trouble(before: dict[str, Any], after: dict[str, Any], all_after: list[dict[str, Any]]) -> str:
    if not all(now > then for then, now in zip(before["steps"], after["steps"], strict=True)):
        return f"training did not go on: {before['steps']}, {after['steps']}"
    if set(after["states"]) != {"training"}:
        return f"the lanes are {after['states']}"
    if after["told"] != before["told"]:
        return f"it is told: {after['told']}"
    awake = AWAKE_S + MOST_JUMP_S
    grown = [now - then for then, now in zip(before["seconds"], after["seconds"], strict=True)]
    if not all(0 <= each <= awake for each in grown):
        return f"training took {grown} s of {AWAKE_S:g} awake"
    negative = [each for each in all_after if min(*each["seconds"], *each["speeds"]) < 0]
    return f"there is a negative time or speed: {negative[0]}" if negative else ""


def _training(seconds: float) -> str:
    """A training that is put to sleep; what was wrong, or ""."""
    with TemporaryDirectory() as root:
        flag, place = Path(root) / "set back", Path(root) / "run"
        words = (*TRAIN, "--seconds", str(3 * AWAKE_S), "--out", str(place))
        program = _Asleep(Path(root), "-c", CODE, str(flag), *words)
        if not program.has_begun.wait(PATIENCE_S):
            return f"nothing trained: {program.end()[-300:]}"
        time.sleep(AWAKE_S)
        at = len(program.said)
        program.sleep(seconds, flag.touch)
        errors = program.end()
        if program.process.returncode or errors:
            return f"train ended with status {program.process.returncode}: {errors.strip()[-300:]}"
        times = [each["seconds"] for each in program.said if "seconds" in each]
        if times != sorted(times):
            return f"times go back: {times}"
        if times[at] - times[at - 1] > MOST_JUMP_S:
            return f"{times[at] - times[at - 1]:.1f} s of training passed in the sleep"
        try:
            saved = run_folder.load(place)
        except FileError as error:
            return f"the run does not load: {error}"
        last = program.said[-1]
        return "" if saved.step == last["steps"] else f"step {saved.step} is saved, {last['steps']} is told"


def _sleeping(count: int, seed: int, seconds: float) -> list[str]:
    tries = [(_window, _training)[number % 2] for number in range(count)]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda each: each(seconds), tries)
        return [f"{act.__name__.strip('_')}: {why}" for act, why in zip(tries, found, strict=True) if why]


def sleeping(count: int, seed: int) -> list[str]:
    """So many sleeps, of a window and of `train` in turn; short ones where there are few. ``seed`` changes nothing."""
    return _sleeping(count, seed, SLEEP_S if count > 1 else 5.0)


FAULTS = (Fault("sleeps", "a laptop is closed for a minute, and its clock is set back", 4, 1, sleeping),)
