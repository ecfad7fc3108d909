"""kill -9 of an engine's process, and of the window that it computes for: a window goes on, an engine ends too.

Needs Linux: what is left of a try is found by a mark in the environment of its processes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from core.datasets.base import Dataset, Images
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.faults.base import Fault
from core.faults.signals import WINDOW
from core.foundation.program import ROOT
from core.probes.codes import TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.samples import SamplesLook
from core.remote.process import ProcessEngine
from core.training.setup import Setup

MARK = "LATENT_PLAYGROUND_FAULT"
"""A variable in the environment of all processes of a try."""
PATIENCE_S = 60.0
"""Longest wait for anything that takes its time, s: longer counts as hung."""
ENDED_S = 1.0
"""Longest time until a window knows that its engine was killed, s."""
LEFT_S = 3.0
"""Longest time for which an engine outlives its window, s."""
START_S = 3.0
"""About the time of a start, s: early kills come within it."""
MOMENT_S = 0.4
"""Longest time after what a try does until the kill, s."""
MODELS = ("vae", "gan")
WINDOW_EVERY = 10
"""One of so many windows that are killed is a real one, the others are a `stand_in`."""
SHARED_MEMORY = Path("/dev/shm")


def _noise(count: int, seed: int = 0) -> Dataset:
    """So many grey images of noise; half as many to test on."""
    chance = np.random.default_rng(seed)
    train, test = (chance.integers(0, 255, (size, 1, 28, 28), np.uint8) for size in (count, count // 2))
    return Dataset("noise", "Noise", Images(train), Images(test))


def _experiment(engine: ProcessEngine) -> Experiment:
    return Experiment(Setup(network="mlp", batch=16, device="cpu", threads=1), _noise(400), MODELS, engine)


# --- what a try leaves -----------------------------------------------------------------------------------------------


class _Marked:
    """Processes that are started meanwhile bear a mark, and find folders of their own for what is temporary."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.place = Path(self._folder.name)
        self._value = f"{os.getpid()} {time.monotonic_ns()}"
        self._old = dict(os.environ)
        self._shared = _names_in(SHARED_MEMORY)

    def __enter__(self) -> _Marked:
        for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
            folder = self.place / name
            folder.mkdir(mode=0o700)
            os.environ[name] = str(folder)
        os.environ[MARK] = self._value
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self._old)
        self._folder.cleanup()

    def running(self) -> list[int]:
        """Processes that bear the mark; zombies have no environment any more."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self._value}\0".encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
        return [number for number in found if number != os.getpid()]

    def left(self, within_s: float) -> str:
        """What is left after so long, in words; what runs is ended then. "" where nothing is."""
        if not _wait(lambda: not self.running(), within_s):
            numbers = self.running()
            for number in numbers:
                with contextlib.suppress(OSError):
                    os.kill(number, signal.SIGKILL)
            return f"{len(numbers)} processes are left" if numbers else ""
        for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
            if files := _names_in(self.place / name):
                return f"{sorted(files)[0]} is left in {name}"
        new = _names_in(SHARED_MEMORY) - self._shared
        if not _wait(lambda: not new & _names_in(SHARED_MEMORY), within_s):  # others may use it for a moment
            return f"{sorted(new)[0]} is left in {SHARED_MEMORY}"
        return ""


def _names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


def _wait(holds: Callable[[], object], patience_s: float) -> bool:
    """Whether something holds within a time; looked at again and again."""
    until = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


# --- the engine is killed --------------------------------------------------------------------------------------------


class Moment(NamedTuple):
    """When an engine is killed: while something is done, which ``act`` begins.

    ``trains``: lanes have pictures before. ``renews``: lanes begin anew by it, and have none until they are built.
    """

    says: str
    act: Callable[[Experiment, Random], object]
    trains: bool = True
    renews: bool = False


def _train(experiment: Experiment, random: Random) -> None:
    experiment.start()


def _drag(experiment: Experiment, random: Random) -> None:
    experiment.start()
    experiment.give_way(True)
    for _ in range(random.randrange(1, 30)):
        for run in experiment.runs:
            run.decode(np.full((1, experiment.setup.latent), random.uniform(-2, 2), np.float32))


def _look(experiment: Experiment, random: Random) -> None:
    for run in experiment.runs:
        for look in (SamplesLook(64, random.randrange(99)), TrainingCodesLook(), HeldOutLook()):
            run.ask(look)
        run.ask_measures(("distortion", "rate", "coverage"), "prior", "at once")
    experiment.want_real_side()


def _send(experiment: Experiment, random: Random) -> None:
    experiment.start()
    experiment.set_dataset(_noise(20_000, random.randrange(99)))


def _begin_again(experiment: Experiment, random: Random) -> None:
    experiment.start()
    for _ in range(random.randrange(1, 4)):
        experiment.set_setup(latent=random.randrange(2, 6))


MOMENTS = (
    Moment("training", _train),
    Moment("building", lambda experiment, random: None, trains=False),
    Moment("a drag", _drag),
    Moment("looks and measures", _look),
    Moment("data on their way", _send, renews=True),
    Moment("restarts", _begin_again, renews=True),
    Moment("closing", _train),
)


def kills(count: int, seed: int, ended_s: float = ENDED_S) -> list[str]:
    """Kill an engine so many times; its window says so within ``ended_s``, and trains on in a new one."""
    failures: list[str] = []
    experiment: Experiment | None = None
    with _Marked() as marked:
        for number in range(count):
            random = Random(f"{seed} {number}")
            moment = MOMENTS[number % len(MOMENTS)]
            if experiment is None:
                experiment = _experiment(ProcessEngine())
            trouble = _killed(experiment, moment, random, ended_s)
            if trouble or moment.says == "closing" or number == count - 1:
                has_ended = experiment.close(PATIENCE_S)
                trouble = trouble or ("" if has_ended else "it does not close") or marked.left(LEFT_S)
                experiment = None
            if trouble:
                failures.append(f"seed {seed}, kill {number}, {moment.says}: {trouble}")
    return failures


def _engine_of(experiment: Experiment) -> ProcessEngine:
    assert isinstance(experiment.engine, ProcessEngine)
    return experiment.engine


def _killed(experiment: Experiment, moment: Moment, random: Random, ended_s: float) -> str:
    """Kill the engine at a moment, and have it started again. What is wrong then; "" where nothing is."""
    engine = _engine_of(experiment)
    if moment.trains and not _all(experiment, lambda view: view.snapshot is not None):
        return "lanes are not built"
    moment.act(experiment, random)
    time.sleep(random.uniform(0, START_S if moment.says == "building" else MOMENT_S))
    pictures = [run.view.snapshot for run in experiment.runs]
    engine.process.kill()
    if moment.says == "closing":
        return ""
    if not _wait(lambda: engine.health().state == "ended", ended_s):
        return f"the window says “{engine.health().state}” after {ended_s} s"
    if "SIGKILL" not in engine.health().trouble:
        return f"it says “{engine.health().trouble}”"
    for run, picture in zip(experiment.runs, pictures, strict=True):
        has_begun_anew = moment.renews and run.view.status.step == 0
        if picture is not None and run.view.snapshot is None and not has_begun_anew:
            return f"{run.title} lost its pictures"
        run.start()
        run.ask(SamplesLook(4, 1))
    return _started_again(experiment)


def _started_again(experiment: Experiment) -> str:
    engine = _engine_of(experiment)
    engine.start_again()
    if not _wait(lambda: engine.health().state == "running", PATIENCE_S):
        return f"started again it is “{engine.health().state}”: {engine.health().trouble}"
    experiment.give_way(False)
    if not _all(experiment, lambda view: view.snapshot is not None and view.status.state != "failed"):
        return f"lanes are {[run.view.status.state for run in experiment.runs]} once it was started again"
    steps = [run.view.status.step for run in experiment.runs]
    experiment.start()
    for run, step in zip(experiment.runs, steps, strict=True):
        if not run.board.wait(lambda view, step=step: view.status.step > step, PATIENCE_S):  # type: ignore[misc]
            return f"{run.title} does not train once it was started again: {run.view.status}"
    return ""


def _all(experiment: Experiment, holds: Callable[[View], bool]) -> bool:
    def wait(run: Run) -> bool:
        return run.board.wait(holds, PATIENCE_S)

    return all(wait(run) for run in experiment.runs)


# --- the window is killed --------------------------------------------------------------------------------------------


def stand_in() -> None:
    """Be a window without a screen: lanes train, are looked at and dragged, until somebody ends this process."""
    experiment = _experiment(ProcessEngine())
    _all(experiment, lambda view: view.snapshot is not None)
    print("open", flush=True)
    random = Random(0)
    while True:
        _drag(experiment, random)
        _look(experiment, random)
        time.sleep(0.02)


STAND_IN = (sys.executable, "-c", f"from {__name__} import {stand_in.__name__}; {stand_in.__name__}()")


def window_kills(count: int, seed: int, left_s: float = LEFT_S) -> list[str]:
    """Kill so many windows with an engine in a process of its own: within ``left_s`` nothing is left of either."""
    failures = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        is_real = number % WINDOW_EVERY == WINDOW_EVERY - 1
        with _Marked() as marked:
            command = (*WINDOW, "--engine", "process") if is_real else STAND_IN
            trouble = _killed_window(command, marked, random) or marked.left(left_s)
        if trouble:
            what = "window" if is_real else "stand-in"
            failures.append(f"seed {seed}, {what} {number}: {trouble}")
    return failures


def _killed_window(command: tuple[str, ...], marked: _Marked, random: Random) -> str:
    """Start a window and kill it, early or once it is open. What went wrong before; "" where nothing did."""
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    own |= {"XDG_CONFIG_HOME": str(marked.place), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=own, cwd=marked.place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as window:
        try:
            if random.random() < 0.3:
                time.sleep(random.uniform(0, START_S))
            elif not _says_open(window):
                return f"it does not open; its status is {window.poll()}"
            else:
                time.sleep(random.uniform(0, MOMENT_S))
        finally:
            window.kill()
    return ""


def _says_open(window: subprocess.Popen[bytes]) -> bool:
    """Wait until a window is open; one that takes too long is ended."""
    assert window.stdout is not None
    watchdog = threading.Timer(PATIENCE_S, window.kill)
    watchdog.start()
    try:
        return window.stdout.readline() == b"open\n"
    finally:
        watchdog.cancel()


FAULTS = (
    Fault(
        "engine",
        "an engine's process is killed at random moments: its window goes on in a new one",
        200,
        1,
        kills,
        pieces=4,
    ),
    Fault("window", "windows are killed: their engines end too, and nothing is left", 50, 1, window_kills, pieces=2),
)
