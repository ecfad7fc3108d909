"""Hands that are never still, and errors in every place: the last value wins, and no thread ends in silence."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from core.engine.board import Board, View
from core.engine.commands import Lend
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.faults.base import Fault
from core.faults.lanes import PATIENCE_S, STORM_MODELS, goes_back, pace_knob, small_experiment, wait
from core.foundation import memory
from core.foundation.mailbox import Mailbox
from core.foundation.memory import resident_mb
from core.foundation.params import KnobValue
from core.models.base import MODELS
from core.training import training as training_module
from core.training.training import Diverged, Training

EXTRA_S = 0.05
"""Longest time beyond the longest step until a command is in force, s, in the best of `TRIES`."""
CLOSE_S = 1.0
"""Longest time in which all threads end, s."""
TRIES = 4
COMMANDS_A_SECOND = 1000
SPELL_S = 2.0
"""Length of a stretch of commands, s; after each the last values are looked for."""
GROWTH_MB = 80.0
"""Largest growth of the process from the first stretch of a storm to the last."""
RESTING = ("ready", "paused", "finished")


# --- the last value is in force before the next step ------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """A training step: when it began, how long it took (s), and the value of a knob in it."""

    began: float
    took_s: float
    value: object


@contextlib.contextmanager
def _recorded(name: str) -> Iterator[list[Taken]]:
    """The steps that are taken meanwhile by any trainer, with the knob of that name."""
    taken: list[Taken] = []
    plain = Training.advance

    def advance(self: Training, *watch: Any) -> None:
        value, began = getattr(self.config, name), time.perf_counter()
        plain(self, *watch)
        taken.append(Taken(began, time.perf_counter() - began, value))

    Training.advance = advance  # type: ignore[method-assign, assignment]
    try:
        yield taken
    finally:
        Training.advance = plain  # type: ignore[method-assign]


@dataclass(frozen=True)
class Obeyed:
    """How late a command was: steps begun after it was said that did not obey it, and s beyond the longest step."""

    steps: int
    beyond_s: float


def obedience(model: str, network: str, commands: int = 300) -> tuple[Obeyed, Obeyed]:
    """How late the last of many values of a knob is in force, and a pause after as many; in the best of `TRIES`."""
    name = pace_knob(model)
    values, pauses = [], []
    with small_experiment(model, network=network) as experiment, _recorded(name) as taken:
        run = experiment.runs[0]
        for attempt in range(TRIES):
            taken.clear()
            run.start()
            step = run.view.status.step
            wait(run, lambda view, step=step: view.status.step > step + 1)  # type: ignore[misc]
            last = _scrub(run, name, commands, attempt)
            said = time.perf_counter()
            wait(run, lambda view, last=last: getattr(view.config, name) == last)  # type: ignore[misc]
            in_force = time.perf_counter()
            _scrub(run, name, commands, attempt)
            run.pause()
            paused = time.perf_counter()
            wait(run, lambda view: view.status.state == "paused")
            longest_s = max((each.took_s for each in taken), default=0.0)
            late = [each for each in taken if said < each.began < in_force and each.value != last]
            values.append(Obeyed(len(late), in_force - said - longest_s))
            late = [each for each in taken if each.began > paused]
            pauses.append(Obeyed(len(late), time.perf_counter() - paused - longest_s))
    return _best(values), _best(pauses)


def _best(tries: list[Obeyed]) -> Obeyed:
    """Steps must hold in every try, times in one: a machine may be busy."""
    return Obeyed(max(each.steps for each in tries), min(each.beyond_s for each in tries))


def _scrub(run: Run, name: str, count: int, salt: int) -> KnobValue:
    """Say many values of a knob at once; returns the last."""
    value = 0.0
    for number in range(count):
        value = 1e-4 * (1 + salt + number / count)
        run.set(name, value)
    return value


def _run_obedience(count: int, seed: int) -> list[str]:
    """``count`` models and networks, from number ``seed`` on."""
    pairs = list(itertools.product(MODELS.names(), ("mlp", "conv")))
    failures = []
    for number in range(count):
        model, network = pairs[(seed - 1 + number) % len(pairs)]
        for what, late in zip(("a value", "a pause"), obedience(model, network), strict=True):
            if late.steps > 1:  # one may have begun while the command was said
                failures.append(f"{model} {network}: {what} waited for {late.steps} more steps")
            if late.beyond_s > EXTRA_S:
                failures.append(f"{model} {network}: {what} came {1000 * late.beyond_s:.0f} ms after the longest step")
    return failures


# --- a storm of commands ----------------------------------------------------------------------------------------------


class Storm:
    """Random commands to the lanes of an experiment, as from hands that know no order."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        self._experiment = experiment
        self._random = random.Random(seed)

    def say(self) -> None:
        """Say one command. Most turn a knob; one in a hundred has networks built."""
        pick, run = self._random.random(), self._random.choice(self._experiment.runs)
        if pick < 0.80:
            run.set(pace_knob(run.model_name), 1e-4 * (1 + self._random.random()))
        elif pick < 0.99:
            actions: tuple[Callable[[], object], ...] = (
                run.start,
                run.start,
                run.start,
                run.pause,
                lambda: run.step(self._random.randrange(1, 9)),
                run.roll_back,
                lambda: self._experiment.give_way(self._random.random() < 0.5),
                lambda: run.limit(dataclasses.replace(run.setup, steps=self._random.choice((0, 50, 10**6)))),
                lambda: run.say(Lend(Mailbox())),
                lambda: self._experiment.hold(0.02),
            )
            self._random.choice(actions)()
        elif pick < 0.9985:
            self._experiment.restart_run(run)
        elif pick < 0.9995:
            self._experiment.set_setup(latent=self._random.randrange(2, 6))
        else:
            self._experiment.replace(run, self._random.choice(MODELS.names()))

    def rage(self, seconds: float) -> None:
        """Say `COMMANDS_A_SECOND` for so long."""
        began = time.perf_counter()
        due = 0
        while (now := time.perf_counter() - began) < seconds:
            while due < now * COMMANDS_A_SECOND:
                self.say()
                due += 1
            time.sleep(1 / COMMANDS_A_SECOND)


def storm(seconds: float, seed: int, close_s: float = CLOSE_S) -> list[str]:
    """Stretches of a storm over three lanes: after each the last commands must be in force. Ends amid another one."""
    failures: list[str] = []
    resident = []
    with small_experiment(*STORM_MODELS) as experiment:
        hands = Storm(experiment, seed)
        for number in range(max(1, round(seconds / SPELL_S))):
            hands.rage(min(SPELL_S, seconds))
            failures += [f"seed {seed}, stretch {number}: {each}" for each in _not_in_force(experiment, number)]
            gc.collect()
            memory.return_freed()
            resident.append(resident_mb())
            alive = sum(issubclass(type(each), Training) for each in gc.get_objects())
            if alive > 2 * len(experiment.runs):  # lanes that were replaced may still be ending
                failures.append(f"seed {seed}, stretch {number}: {alive} trainings are alive")
        if resident[-1] > resident[0] + GROWTH_MB:
            failures.append(f"seed {seed}: the process grew from {resident[0]:.0f} to {resident[-1]:.0f} MB")
        hands.rage(0.2)
        began = time.perf_counter()
        has_ended = experiment.close(PATIENCE_S)
        if not has_ended or time.perf_counter() - began > close_s:
            failures.append(f"seed {seed}: closing took {time.perf_counter() - began:.1f} s")
        failures += [f"seed {seed}: {error.splitlines()[-1]}" for error in experiment.engine.errors]
    return failures


def _not_in_force(experiment: Experiment, number: int) -> list[str]:
    """What was said last to each lane and is not obeyed."""
    last = 2e-4 * (1 + number / 1000)
    for run in experiment.runs:
        run.set(pace_knob(run.model_name), last)
        run.pause()
    failures = []
    for run in experiment.runs:
        name = pace_knob(run.model_name)

        def is_obeyed(view: View, name: str = name) -> bool:
            return getattr(view.config, name) == last and view.status.state in RESTING

        if not wait(run, is_obeyed):
            view = run.view
            failures.append(f"{run.model_name} is {view.status.state} with {name} {getattr(view.config, name)}")
        elif run.view.turned_at.get(name, 0) > run.view.status.step or run.will_train:
            failures.append(f"{run.model_name}: the step at which {name} was turned, or what it does next, is wrong")
    return failures


# --- errors in every place --------------------------------------------------------------------------------------------


class Blow(BaseException):
    """An error that nothing expects."""


ERRORS: tuple[type[BaseException], ...] = (
    RuntimeError,
    MemoryError,
    torch.OutOfMemoryError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    Blow,
)


@dataclass(frozen=True)
class Place:
    """A function of ``owner`` that raises. ``touch`` has a lane get there; none where training does by itself."""

    says: str
    owner: Any
    name: str
    touch: Callable[[Run], None] | None = None
    builds: bool = False  # a lane that fails there has no weights yet


PLACES = (
    Place("a step", Training, "advance"),
    Place("the rows of the terms", Training, "take_rows"),
    Place("a snapshot", Training, "snapshot", Run.pause),
    Place("the unit of the codes", training_module, "measure_unit", Run.pause),
    Place("publishing", Board, "change"),
    Place("building", training_module, "build", Run.restart, builds=True),
    Place("a roll-back", Training, "restore"),
)


@contextlib.contextmanager
def _raising(
    owner: Any, name: str, thread: str, error: Callable[[], BaseException], at: int, times: int
) -> Iterator[None]:
    """The function raises in the thread of that name, from its ``at``-th call on, so many times."""
    plain, calls = getattr(owner, name), itertools.count(1)

    @functools.wraps(plain)
    def raising(*args: Any, **options: Any) -> Any:
        if threading.current_thread().name == thread and at <= next(calls) < at + times:
            raise error()
        return plain(*args, **options)

    setattr(owner, name, raising)
    try:
        yield
    finally:
        setattr(owner, name, plain)


def _hurt_trainer(experiment: Experiment, place: Place, error: type[BaseException], at: int, times: int) -> str:
    """Have the first lane fail there. What is wrong then; "" where it says so, goes back and trains on."""
    run, other = experiment.runs
    thread = f"trainer {run.model.short}"
    with contextlib.ExitStack() as hurts:
        if place.name == "restore":
            hurts.enter_context(
                _raising(Training, "take_rows", thread, lambda: Diverged(run.view.status.step, "objective", 1e9), at, 1)
            )
            at = 1
        hurts.enter_context(_raising(place.owner, place.name, thread, lambda: error("on purpose"), at, times))
        if place.touch is not None:
            place.touch(run)
        if not wait(run, lambda view: view.status.failure is not None and view.status.state == "failed"):
            return f"the board says {run.view.status.state}" + (", the thread is gone" if run.has_ended else "")
        step = other.view.status.step
    if not wait(other, lambda view: view.status.step > step):
        return "the other lane does not train on"
    return goes_back(run, place.builds)


def _hurt_background(experiment: Experiment, number: int, error: type[BaseException], is_told: bool) -> str:
    """Have a job fail, and telling of it too unless ``is_told``. The slow lane must serve the next one."""
    run, before = experiment.runs[1], len(experiment.engine.errors)
    uncaught: list[object] = []
    hook, threading.excepthook = threading.excepthook, uncaught.append

    def job() -> None:
        raise error("on purpose")

    try:
        with contextlib.ExitStack() as hurts:
            if not is_told:
                hurts.enter_context(_raising(Board, "tell", "background", lambda: error("on purpose"), 1, 1))
            done = threading.Event()
            experiment.engine.background.ask((id(run.worker), f"hurt {number}"), job, urgent=True)
            experiment.engine.background.ask("next", done.set, urgent=True)
            if not done.wait(PATIENCE_S):
                return "the slow lane serves nobody after it"
    finally:
        threading.excepthook = hook
    if len(experiment.engine.errors) == before or bool(uncaught) is is_told:
        return "nobody heard of it"
    experiment.engine.errors.clear()
    return "" if not is_told or f"hurt {number}" in run.view.events[-1].text else "the lane does not tell"


def errors(count: int, seed: int) -> list[str]:
    """``count`` errors, whose places, kinds and moments ``seed`` decides; some twice, so that telling fails too."""
    chance, failures = random.Random(seed), []
    with small_experiment("ae", "vae") as experiment:
        for number in range(count):
            for run in experiment.runs:
                if not run.will_train:
                    run.restart(go=True)
                wait(run, lambda view: view.status.state == "training" and view.status.step > 1)
            error, at, times = chance.choice(ERRORS), chance.randrange(1, 6), chance.randrange(1, 3)
            if chance.random() < 0.15:
                place, trouble = "a background job", _hurt_background(experiment, number, error, times == 1)
            else:
                where = chance.choice(PLACES)
                at = at if where.touch is None else 1
                place, trouble = where.says, _hurt_trainer(experiment, where, error, at, times)
            if trouble:
                failures.append(f"seed {seed}, number {number}: {error.__name__} ({times}×) in {place}: {trouble}")
                experiment.restart()
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith(("trainer", "background"))]
    return [*failures, *(f"seed {seed}: the thread “{name}” is left" for name in left)]


FAULTS = (
    Fault("obedience", "models and networks under 300 values at once: the last, and a pause", 14, 2, _run_obedience),
    Fault(
        "storm", "seconds of 1,000 commands each to three lanes: the last counts, all ends", 60, 3, storm, alone=True
    ),
    Fault("errors", "errors in every place of a trainer and in the background", 300, 20, errors),
)
