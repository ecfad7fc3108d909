"""``latent-playground bench soak``: whether memory grows while somebody works in the window for a long time.

Three lanes train on MNIST. A hand does one thing after another, and begins again: it opens everything that opens, drags
the point, turns knobs, restarts, closes a lane and adds one, makes films, and changes the data. Resident memory of the
program and its children is read once a second.
"""

from __future__ import annotations

import functools
import gc
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer

from core.evaluation import samplers
from core.foundation.memory import resident_mb, resident_with_children_mb
from core.foundation.user_error import UserError
from core.theory.trend import LEAST_BLOCKS, trend
from gui.bench.reactions import all_reactions, dialogs_of_qt, open_once
from gui.bench.window import DRAG_HZ, circling, drop, mouse, open_window, wait
from gui.files.film_dialog import FilmDialog
from gui.shell.app import make_app
from gui.shell.window import MainWindow

WARM_UP_S = 180.0
"""Time before memory counts, s: about two rounds. The first opens pages and reads other data for the first time; in use
on the heap are 380 MB after it, 460 after the second, and 520 to 550 from the fourth on."""
BLOCK_S = 20.0
"""Shortest stretch of which one median counts, s."""
LEAST_S = WARM_UP_S + LEAST_BLOCKS * BLOCK_S
"""Shortest soak, s."""
SAMPLE_MS = 1000
"""Time between two readings of memory, ms."""
STAY_S = 1.0
"""How long the hand looks at what it has done, s."""
DRAG_S = 5.0
"""Length of a drag, s."""
PATIENCE_S = 120.0
"""Longest wait for lanes to be built, a film or data, s."""
STRONG_BETA = 8.0
"""The largest β that the hand turns to."""
OTHER_DATA = "digits"
"""The data to which the hand changes, before it returns to MNIST."""
TOGGLED = ("side_panels", "table", "help_box")
"""Reactions whose second press takes the first one back."""

Samples = list[tuple[float, float]]
"""Times, s, and resident memory, MB."""


class UnknownMemory(UserError):
    """The system does not say how much memory a process has."""

    is_misuse = False


def soak(seconds: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Work in the window for so long: how fast memory grew after `WARM_UP_S`, and how large it was, MB.

    `UserError` where ``seconds`` is below `LEAST_S`, `UnknownMemory` where memory cannot be read.
    """
    if seconds < LEAST_S:
        raise UserError(
            f"a soak of {seconds:g} s is too short: {WARM_UP_S:.0f} s pass until caches are full, and a slope takes "
            f"{LEAST_S - WARM_UP_S:.0f} s more; give --seconds {LEAST_S:.0f} or more"
        )
    if math.isnan(resident_with_children_mb()):
        raise UnknownMemory("this system does not say in /proc how much memory a process has; soak on Linux")
    app = make_app()
    gc.disable()
    window, experiment = open_window(("ae", "vae", "gan"))
    experiment.start()
    memory = _Memory(window)
    try:
        with dialogs_of_qt(app), tempfile.TemporaryDirectory() as folder:
            rounds = _work(_Hand(window, Path(folder)), memory, seconds, log)
    finally:
        memory.stop()
        experiment.close(PATIENCE_S)
        drop(window)
        gc.enable()
    report = {"seconds": round(memory.seconds, 1), "rounds": round(rounds, 2), **figures(memory.samples)}
    report |= {name: _growth(samples) for name, samples in memory.shares().items()}
    grown = report["growth_mb_per_10min"]
    log(f"memory grows by {grown['slope']} MB in 10 minutes, 95 % interval {grown['low']} to {grown['high']}")
    return report


def figures(samples: Samples) -> dict[str, Any]:
    """Memory after the warm-up, at the end and at most, MB, and its growth, MB in 10 minutes, with a 95 % interval.

    ``at_least`` is the lower end of the interval, and 0 where that is negative. `UserError` where the samples are of
    too short a time.
    """
    times, sizes = np.array(samples, np.float64).reshape(-1, 2).T
    return {
        "growth_mb_per_10min": _growth(samples),
        "start_mb": round(float(sizes[times >= WARM_UP_S][0])),
        "end_mb": round(float(sizes[-1])),
        "peak_mb": round(float(sizes.max())),
        "memory_mb": [[round(t, 1), round(mb, 1)] for t, mb in samples],
    }


def _growth(samples: Samples) -> dict[str, float]:
    times, sizes = np.array(samples, np.float64).reshape(-1, 2).T
    warm = times >= WARM_UP_S
    found = trend(times[warm], sizes[warm], BLOCK_S)
    if found is None:
        raise UserError(f"memory was read for too short a time to show a slope; give --seconds {LEAST_S:.0f} or more")
    slope, low, high = (round(600 * each, 1) for each in (found.slope, found.low, found.high))
    return {"slope": slope, "low": low, "high": high, "at_least": max(0.0, low)}


class _Memory(QObject):
    """Reads resident memory once a second, from now on."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.samples: Samples = []
        self._of_window: Samples = []
        self._began = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._read)
        self._timer.start(SAMPLE_MS)

    @property
    def seconds(self) -> float:
        """Time since the first moment, s."""
        return time.perf_counter() - self._began

    def _read(self) -> None:
        now = self.seconds
        self.samples.append((now, resident_with_children_mb()))
        self._of_window.append((now, resident_mb()))

    def shares(self) -> dict[str, Samples]:
        """What of the samples is the window's, and the engine's."""
        pairs = list(zip(self.samples, self._of_window, strict=True))
        return {
            "window_growth_mb_per_10min": self._of_window,
            "engine_growth_mb_per_10min": [(at, whole - mine) for (at, whole), (_, mine) in pairs],
        }

    def stop(self) -> None:
        """Read no more."""
        self._timer.stop()


def _work(hand: _Hand, memory: _Memory, seconds: float, log: Callable[[str], None]) -> float:
    """Do everything again and again until so many seconds have passed; how many rounds that were."""
    acts = hand.acts()
    done = 0
    while memory.seconds < seconds:
        acts[done % len(acts)]()
        done += 1
        if done % len(acts) == 0:
            log(f"round {done // len(acts)}, after {memory.seconds:.0f} s: {resident_with_children_mb():.0f} MB")
    return done / len(acts)


class _Hand:
    """Somebody at work in a window with three lanes that train. Runs and films are written into ``folder``."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self._window, self._desk, self._folder = window, window.desk, folder

    def acts(self) -> tuple[Callable[[], object], ...]:
        """What is done in a round, in this order; all of it works on the Lineup, and returns to it."""
        look = (self.open_everything, self.drag, self.draw_samples, self.make_film)
        change = (self.turn_knobs, self.restart, self.change_lanes, self.change_data)
        return (*look, *change)

    def open_everything(self) -> None:
        """Open every tab, page, panel, sheet, menu and dialog, and save; the lanes stay."""
        for reaction in all_reactions(self._folder):
            if reaction.name != "lesson_set_up":  # it replaces them
                for _ in range(2 if reaction.name in TOGGLED else 1):
                    open_once(self._window, reaction)
        if not self._window.lessons.isHidden():
            self._window.middle.toggle_lessons()

    def drag(self) -> None:
        """Lead the point around the map of the second lane."""
        self._window.show_tab("lineup")
        wait(STAY_S)
        target = self._window.lineup.panel("map", self._desk.runs[1])
        assert target is not None
        middle, until = QPointF(target.width() / 2, target.height() / 2), time.perf_counter() + DRAG_S
        mouse(target, QEvent.Type.MouseButtonPress, middle)
        while time.perf_counter() < until:
            mouse(target, QEvent.Type.MouseMove, circling(middle))
            wait(1 / DRAG_HZ)
        mouse(target, QEvent.Type.MouseButtonRelease, middle)

    def draw_samples(self) -> None:
        """Draw samples from every sampler, and show the maps in every style."""
        for name in (*samplers.NAMES, "prior"):
            self._desk.set_sampler(name)
            self._desk.new_samples()
            self._desk.next_map_style()
            wait(STAY_S / 2)

    def make_film(self) -> None:
        """Look at the film of the path and of the training, and write the latter."""
        place = self._folder / "film.gif"
        place.unlink(missing_ok=True)
        for subject in ("line", "training"):
            self._window.films.ask(subject)
            dialog = self._window.findChild(FilmDialog, "film")
            assert isinstance(dialog, FilmDialog)
            wait(STAY_S)
            lanes, style = dialog.lanes, dialog.style_chosen()
            dialog.close()
            wait(STAY_S / 2)
        self._window.films.write(lanes, style, place)
        self._wait_until(place.exists)
        wait(STAY_S)  # it is read again

    def turn_knobs(self) -> None:
        """Turn β of the VAE up and back."""
        vae = next(run for run in self._desk.runs if run.model_name == "vae")
        for beta in (*np.linspace(1.0, STRONG_BETA, 40).round(2).tolist(), 1.0):
            self._desk.set_knob(vae, "beta", beta)
            wait(STAY_S / 20)

    def restart(self) -> None:
        """Restart every lane, then with another seed."""
        for act in (self._desk.restart, self._desk.new_seed):
            act()
            self._wait_for_lanes()

    def change_lanes(self) -> None:
        """Close the last lane, and add one of the same model."""
        last = self._desk.runs[-1]
        self._desk.close_lane(last)
        wait(STAY_S)
        self._desk.add_lane(last.model_name)
        self._wait_for_lanes()

    def change_data(self) -> None:
        """Train on other data, then on MNIST again."""
        for name in (OTHER_DATA, "mnist"):
            self._window.data.load(name, None)
            self._wait_until(functools.partial(self._trains_on, name))
            self._wait_for_lanes()

    def _trains_on(self, name: str) -> bool:
        return self._desk.experiment.dataset.name == name

    def _wait_for_lanes(self) -> None:
        """Wait until every lane trains, and watch it for a moment."""
        self._wait_until(lambda: all(run.view.status.state == "training" for run in self._desk.runs))
        wait(STAY_S)

    @staticmethod
    def _wait_until(is_so: Callable[[], bool]) -> None:
        until = time.perf_counter() + PATIENCE_S
        while not is_so():
            if time.perf_counter() > until:
                raise TimeoutError("the window did not come to where the soak goes on")
            wait(0.05)
