"""kill -9 of an engine, of its window, or of both, amid edits: all but the last seconds is there again.

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
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from core.faults.base import Fault
from core.foundation.program import ROOT

PATIENCE_S = 90.0
"""Longest time that a window runs or opens, s: longer counts as hung."""
EDIT_S = 4.0
"""Longest time for which an edit may be lost, s: it is kept after two seconds, a busy machine takes a moment for it."""
TRAINING_S = 10.0
"""Longest training of a lane that may be lost, s."""
SOON_S, LATE_S = (0.5, 4.0), (10.0, 13.0)
"""When something is killed after a window or its engine began: mostly soon; late enough to lose too much, s."""
LATE = 0.1
"""How many of the kills come late."""
CHAIN = 9
"""Most kills in one home, each in the experiment that the one before has left."""
ERRORS = "errors.txt"
"""What the last window of a home has written to standard error."""
NOBODY = "-"
"""In place of a seed: see `gui.bench.edited`."""
DECIDED = ("setup", "data", "lanes", "pins")
"""What edits change."""


def _start(folder: Path, words: tuple[str, ...]) -> subprocess.Popen[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    places = {name: str(folder / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    own |= {**places, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "gui.bench.edited", *words, "--engine", "process")
    with (folder / ERRORS).open("w") as errors:
        return subprocess.Popen(command, env=own, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)


class _Window:
    """A window in which somebody edits, and what it has said so far. It is killed at the end of the block."""

    def __init__(self, home: Path, *words: str) -> None:
        self.said: list[dict[str, Any]] = []
        self._home = home
        self._heard = threading.Condition()
        self._process = _start(home, words)
        self._has_ended = False
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith("\n"):
                break  # killed amid it
            with self._heard:
                self.said.append(json.loads(line))
                self._heard.notify_all()
        with self._heard:
            self._has_ended = True
            self._heard.notify_all()

    def wait(self, *events: str, after: int = 0) -> dict[str, Any] | None:
        """The first of these events, of those after the first ``after`` ones; None where the window ends or is silent
        for too long before."""

        def found() -> dict[str, Any] | None:
            return next((each for each in self.said[after:] if each["event"] in events), None)

        with self._heard:
            self._heard.wait_for(lambda: found() is not None or self._has_ended, PATIENCE_S)
            return found()

    def state(self) -> str:
        """How it is, for a sentence on what went wrong."""
        status, errors = self._process.poll(), (self._home / ERRORS).read_text(errors="replace").split()
        return f"it has said {len(self.said)} things, its status is {status}: {' '.join(errors)[-300:]}"

    def ends(self) -> bool:
        """Whether it ends by itself within the patience."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(PATIENCE_S) == 0
        return False

    def kill_engine(self) -> None:
        """Kill its engine alone."""
        for listed in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            for child in listed.read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)

    def kill(self) -> float | None:
        """Kill it; gives when, as `time.time`, or None where it had ended by itself."""
        now = time.time() if self._process.poll() is None else None
        self._process.kill()
        self._process.wait()
        self._listener.join()
        return now

    def __enter__(self) -> _Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _trouble(said: list[dict[str, Any]], killed: float, opened: dict[str, Any] | None) -> str:
    """What is lost of what a window said until it, or its engine, was killed; "" where it is no more than may be."""
    first = max((n for n, each in enumerate(said) if each["at"] < killed - EDIT_S), default=0)
    if opened is None or opened["event"] == "nothing opened":
        has_trained = any(max(each["seconds"]) > EDIT_S for each in said[: first + 1])
        return "" if first == 0 and not has_trained else f"nothing is offered that opens: {opened}"
    allowed = [each for each in said[first:] if all(each[name] == opened[name] for name in DECIDED)]
    if not allowed:
        names = [name for name in DECIDED if all(each[name] != opened[name] for each in said[first:])]
        return f"an edit older than {EDIT_S:g} s is lost ({', '.join(names) or 'together'}): {opened}"
    lost = min(max(b - a for b, a in zip(each["seconds"], opened["seconds"], strict=True)) for each in allowed)
    return f"{lost:.1f} s of training are lost" if lost > TRAINING_S else ""


class _Chain:
    """Kills in one home, one after the other: of the engine, of the window, or of the one and then the other."""

    def __init__(self, home: Path, random: Random) -> None:
        self._home, self._random = home, random
        self._is_kept = False  # what the last window has left is offered to the next one

    def _window(self) -> _Window:
        words = (str(self._random.random()), *(("again",) if self._is_kept else ()))
        return _Window(self._home, *words)

    def _pause(self) -> None:
        time.sleep(self._random.uniform(*(LATE_S if self._random.random() < LATE else SOON_S)))

    def kills(self, count: int) -> Iterator[str]:
        """What was wrong with each of so many kills; the last is one of a window. Ends early where one is wrong."""
        done, before = 0, None
        while done < count:
            with self._window() as window:
                first = window.wait("opened", "edit", "nothing opened")
                if first is None:
                    yield f"a window does not open after {done} kills; {window.state()}"
                    return
                if before is not None and (trouble := _trouble(*before, first)):
                    yield trouble
                    return
                if before is not None:
                    yield ""
                if first["event"] == "nothing opened":  # all was younger than what may be lost: the next begins anew
                    self._is_kept, before = False, None
                    continue
                self._pause()
                while done < count - 1 and self._random.random() < 1 / 3:
                    trouble = self._engine_killed(window)
                    done += 1
                    yield trouble
                    if trouble:
                        return
                    self._pause()
                if self._random.random() < 0.5:
                    window.kill_engine()
                    time.sleep(0.5)
                killed = window.kill()
                done += 1
                if killed is None:
                    yield f"the window ended by itself after {len(window.said)} edits"
                    return
                before, self._is_kept = (window.said, killed), True
        with _Window(self._home, NOBODY, "again") as window:
            opened = window.wait("opened", "nothing opened")
            assert before is not None
            if opened is None:
                yield f"the last window does not open; {window.state()}"
                return
            yield (
                _trouble(*before, opened) or ("" if window.ends() else "the window does not end") or self._left(opened)
            )

    def _engine_killed(self, window: _Window) -> str:
        so_far, killed = len(window.said), time.time()
        window.kill_engine()
        back = window.wait("back", after=so_far)
        if back is None:
            return f"the window does not go on after its engine was killed: {window.said[-1]}"
        return _trouble(window.said[: window.said.index(back)], killed, back)

    def _left(self, opened: dict[str, Any] | None) -> str:
        left = [each for each in (self._home / "XDG_STATE_HOME").rglob("experiment") if each.is_dir()]
        return f"{len(left)} kept experiments are left after an end in order" if left and opened is not None else ""


def kills(count: int, seed: int) -> list[str]:
    """Kill so many windows and engines amid edits."""
    failures, done = [], 0
    while done < count:
        with TemporaryDirectory() as home:
            here = min(CHAIN, count - done)
            for trouble in _Chain(Path(home), Random(f"{seed} {done}")).kills(here):
                if trouble:
                    failures.append(f"seed {seed}, after kill {done}: {trouble}")
            done += here
    return failures


FAULTS = (Fault("edits", "windows and engines are killed amid edits: nothing is lost", 200, 1, kills, pieces=8),)
