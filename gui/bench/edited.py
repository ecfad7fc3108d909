"""The program in whose window somebody edits at random, looks back, and starts its engine again when it has ended.

``python -m gui.bench.edited SEED``, then ``python -m gui.bench.edited SEED again``, which first opens what was kept, or
``- again``, which only opens it. All print what the experiment is, as a line of JSON once what was kept is open, after
each edit, and once an engine computes again: for those who kill them.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox

from core.cli import start
from core.engine.lane_names import MOST_LANES
from core.foundation.params import to_json
from gui.desk.desk import Desk
from gui.shell.window import MainWindow

OPENED_S = 30.0
"""Longest wait for what was kept to be open, s."""
PAUSES_MS = (20, 400)
"""Shortest and longest time between two edits, ms."""
NOBODY = "-"
"""In place of a seed: nobody edits."""
MODELS = ("ae", "vae", "gan")
SETUPS: dict[str, tuple[Any, ...]] = {"seed": (1, 2, 3), "latent": (2, 3, 4), "batch": (32, 64)}


def facts_of(desk: Desk) -> dict[str, Any]:
    """All of an experiment that the user decides, as plain values, and how long each lane has trained, s."""
    experiment = desk.experiment
    return {
        "setup": to_json(experiment.setup),
        "data": experiment.dataset.name,
        "lanes": [[run.model_name, run.slot, to_json(run.pending)] for run in desk.runs],
        "pins": [pin.tolist() for pin in (experiment.pin_a, experiment.pin_b)],
        "seconds": [round(run.live_view.status.seconds, 2) for run in desk.runs],
    }


def say(what: str, desk: Desk) -> None:
    """Print what the experiment is now, and the time."""
    print(json.dumps({"event": what, "at": time.time(), **facts_of(desk)}), flush=True)


class Editor(QObject):
    """Edits the experiment of a window at random moments while its lanes train."""

    def __init__(self, window: MainWindow, seed: str) -> None:
        super().__init__(window)
        self._desk, self._random = window.desk, random.Random(seed)
        self._had_ended = False
        self._desk.experiment.start()
        say("edit", self._desk)
        self._wait()

    def _wait(self) -> None:
        QTimer.singleShot(self._random.randint(*PAUSES_MS), self, self._edit)

    def _edit(self) -> None:
        try:
            if self._desk.engine_watch.state == "running":
                self._act()
            else:
                self._had_ended = True
                self._desk.engine_watch.start_again()
        except Exception:
            traceback.print_exc()
            os._exit(1)  # an error here must not look like a window in which nobody edits
        self._wait()

    def _act(self) -> None:
        desk, chance = self._desk, self._random
        if self._had_ended:
            if not all(run.live_view.status.state in ("ready", "paused", "training") for run in desk.runs):
                return
            self._had_ended = False
            say("back", desk)
            desk.experiment.start()
        acts: list[Callable[[], object]] = [
            *3 * [self._turn],
            *3 * [lambda: desk.point.put_pin("a", np.array(self._place(), np.float32))],
            *2 * [desk.undo.undo],
            desk.undo.redo,
            self._set_up,
            self._close,
            self._add,
            desk.restart,
            lambda: desk.move_lane(desk.runs[0], 1),
            *3 * [lambda: desk.time.move(-chance.randint(1, 5))],
            desk.time.now,
            self._fork,
            *2 * [desk.experiment.pause],
            *2 * [desk.experiment.start],
        ]
        chance.choice(acts)()
        say("edit", desk)

    def _turn(self) -> None:
        run = self._random.choice(self._desk.runs)
        name = "lr_g" if run.model_name == "gan" else "lr"
        self._desk.set_knob(run, name, round(self._random.uniform(1e-4, 1e-2), 5))

    def _place(self) -> list[float]:
        return [round(self._random.uniform(-2, 2), 2) for _ in range(self._desk.experiment.setup.latent)]

    def _set_up(self) -> None:
        name = self._random.choice(list(SETUPS))
        self._desk.set_setup(name, self._random.choice(SETUPS[name]))

    def _close(self) -> None:
        if len(self._desk.runs) > 1:
            self._desk.close_lane(self._random.choice(self._desk.runs))

    def _fork(self) -> None:
        looks_back = [run for run in self._desk.runs if run.moment is not None]
        if looks_back and len(self._desk.runs) < MOST_LANES:
            self._desk.time.fork(self._random.choice(looks_back))

    def _add(self) -> None:
        if len(self._desk.runs) < MOST_LANES:
            self._desk.add_lane(self._random.choice(MODELS))


class Opener(QObject):
    """Answers the question whether to open what was kept, says what it is then, and edits it or ends the program."""

    def __init__(self, window: MainWindow, seed: str) -> None:
        super().__init__(window)
        self._seed = seed
        self._window, self._until, self._is_asked = window, time.monotonic() + OPENED_S, False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(20)

    def _look(self) -> None:
        box, desk = self._window.findChild(QMessageBox, "kept work"), self._window.desk
        if not self._is_asked and isinstance(box, QMessageBox) and box.isVisible():
            self._is_asked = True
            self._runs = list(desk.runs)
            next(button for button in box.buttons() if button.text() == "Open it").click()
        is_open = self._is_asked and not set(self._runs) & set(desk.runs)
        if is_open and all(run.view.status.state in ("ready", "paused") for run in desk.runs):
            say("opened", desk)
            if self._seed != NOBODY:
                self._timer.stop()
                Editor(self._window, self._seed)
                return
        elif time.monotonic() < self._until and (self._is_asked or not self._window.kept_work.has_looked):
            return
        else:
            print(json.dumps({"event": "nothing opened", "was asked": self._is_asked}), flush=True)
        self._timer.stop()
        self._window.close()


def main(words: list[str]) -> int:
    """Run the program; returns its exit status."""
    open_quietly, seed, opens = MainWindow.open, words[0], "again" in words[1:2]

    def open_and_edit(window: MainWindow, *parts: Any) -> None:
        open_quietly(window, *parts)
        if opens:
            Opener(window, seed)
        else:
            Editor(window, seed)

    with patch.object(MainWindow, "open", open_and_edit):
        return start.main(words[2 if opens else 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
